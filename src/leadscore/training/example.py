"""Leads that never lived, as a caller would send them: what the registered model shows as its input."""

from __future__ import annotations

from typing import Any

import pandas as pd

from leadscore.models.bundle import AnyBundle
from leadscore.models.features import Encoder, Feature
from leadscore.models.golden import golden_rows
from leadscore.scoring import Scorer

__all__ = ["input_example"]


def input_example(bundle: AnyBundle) -> pd.DataFrame:
    """Three leads that never lived, with the columns of the export that the model looks at."""
    encoder, parts = bundle.encoder, bundle.parts
    fields = {field.name for field in Scorer(bundle).fields}
    leads = [
        {f.column: _sent(encoder, f, code) for f, code in zip(encoder.features, row, strict=True) if f.column in fields}
        for row in golden_rows(encoder, n=3)
    ]
    frame = pd.DataFrame(leads, dtype=object)
    for name, value in ((parts.segment, None), (parts.customer, False), (parts.consent, True)):
        if name is not None and name not in frame:
            frame[name] = value
    if bundle.activities is not None:
        event = {"type": bundle.activities.types[0], "at": "2026-11-02T09:14:00+00:00"}
        frame["activities"] = [[event], [], []]
        frame["created"] = "2026-11-01T16:05:00+00:00"
        frame["at"] = "2026-11-02T09:30:00+00:00"
    if parts.id is not None:
        frame.insert(0, parts.id, ["001", "002", "003"])
    return frame.astype(object)


def _sent(encoder: Encoder, feature: Feature, code: float) -> Any:
    """A value as a caller would send it; of personal data and of texts an example in place of what is read from it."""
    value = encoder.decode(feature, code)
    return value if (feature.contact is None and feature.text is None) or value is None else feature.examples[0]
