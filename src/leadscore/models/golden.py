"""Golden rows: leads that never lived, and the likelihoods and margins that a Bundle must give them for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.models.features import Encoder

__all__ = ["golden_answers", "golden_difference", "golden_rows"]

Floats: TypeAlias = npt.NDArray[np.float64]
Answers: TypeAlias = Callable[[Floats], tuple[Floats | None, Floats | None, Floats]]

_NAMES = ("p_qualify", "p_close", "margin")


def golden_rows(encoder: Encoder, n: int = 64, seed: int = 7) -> Floats:
    """Encoded leads that never lived: usual values, every level at random, some of them missing."""
    rng = np.random.default_rng(seed)
    rows = np.full((n, len(encoder.features)), np.nan)
    for j, feature in enumerate(encoder.features):
        if feature.kind == "category":
            rows[:, j] = rng.integers(0, len(feature.levels) + 1, n)
        elif feature.kind == "boolean":
            rows[:, j] = rng.integers(0, 2, n)
        else:
            rows[:, j] = np.round(float(feature.typical or 1.0) * rng.lognormal(0.0, 1.0, n), 2)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


def golden_answers(encoder: Encoder, answer: Answers) -> dict[str, Any]:
    """The rows and what the model says of them, as JSON."""
    rows = golden_rows(encoder)
    answers = {name: None if p is None else p.tolist() for name, p in zip(_NAMES, answer(rows), strict=True)}
    return {"rows": [[None if np.isnan(v) else v for v in row] for row in rows.tolist()], **answers}


def golden_difference(answer: Answers, golden: Mapping[str, Any]) -> str | None:
    """Name of the figure that comes out differently than it was written down, or None."""
    rows = np.array([[np.nan if v is None else v for v in row] for row in golden["rows"]], dtype=float)
    for name, found in zip(_NAMES, answer(rows), strict=True):
        expected = golden[name]
        if (found is None) != (expected is None) or (found is not None and not np.allclose(found, expected, atol=1e-9)):
            return name
    return None
