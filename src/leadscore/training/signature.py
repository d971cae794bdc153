"""Columns in and out of the registered model, and an example of what goes in."""

from __future__ import annotations

from typing import Any

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from leadscore.models.bundle import AnyBundle
from leadscore.models.features import Encoder, Feature
from leadscore.models.golden import golden_rows
from leadscore.scoring import Scorer
from leadscore.scoring.decision import REPLY_KEYS

__all__ = ["input_example", "model_signature"]


def model_signature(bundle: AnyBundle) -> ModelSignature:
    """Columns in and out.

    Every input is optional and of any type, since an export writes numbers as text, answers as words, and leaves
    cells empty, and the encoder reads all of that.
    """
    inputs = [ColSpec(AnyType(), name, required=False) for name in input_example(bundle).columns]
    kinds = dict.fromkeys(("p_qualify", "p_close", "value", "reply_within_minutes", "horizon_days"), DataType.double)
    kinds |= dict.fromkeys(("score", "fit", "engagement"), DataType.long)
    outputs = [ColSpec(kinds.get(key, DataType.string), key, required=False) for key in REPLY_KEYS]
    return ModelSignature(Schema(inputs), Schema(outputs))


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
