"""What a won deal is worth: the mean margin of past wins in a segment, the baseline of every other estimate.

:mod:`leadscore.models.value_model` has the boosted models that must beat it forward in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["MarginModel", "MarginTable", "Value", "fit_table"]

Floats = npt.NDArray[np.float64]

_ENOUGH_WINS = 20


class Value(BaseModel):
    """What a won deal brings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin_share: float | None = Field(None, gt=0, le=1)
    """Share of a won deal's amount that is margin; needs ``amount`` under ``[close]``."""
    margin_per_win: float | None = Field(None, gt=0)
    """Margin of every won deal, in the recipe's currency."""

    @model_validator(mode="after")
    def _not_both(self) -> Value:
        if self.margin_share is not None and self.margin_per_win is not None:
            raise ValueError("give either `margin_share` or `margin_per_win`, not both")
        return self


class MarginModel(Protocol):
    """One contract for every estimate of a margin."""

    @property
    def kind(self) -> str:
        """``table``, ``gamma`` or ``log_normal``."""

    def __call__(self, X: Floats, segment: npt.NDArray[np.object_]) -> Floats:
        """Margin if won of each encoded lead."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without trees."""


class MarginTable:
    """Mean margin by segment.

    Parameters
    ----------
    overall
        Margin of a win in a segment that has too few wins of its own.
    by_segment
        Margin by segment.

    Examples
    --------
    >>> table = MarginTable(500.0, {"enterprise": 9000.0})
    >>> table(np.empty((3, 0)), np.array(["enterprise", "small", None], dtype=object))
    array([9000.,  500.,  500.])
    """

    kind = "table"

    def __init__(self, overall: float, by_segment: Mapping[str, float]) -> None:
        self.overall = overall
        self.by_segment = dict(by_segment)

    def __call__(self, X: Floats, segment: npt.NDArray[np.object_]) -> Floats:
        """Margin if won of each lead; the encoded row makes no difference."""
        return np.array([self.by_segment.get(s, self.overall) for s in segment], dtype=float)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"overall": self.overall, "by_segment": self.by_segment}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> MarginTable:
        """Read the JSON form."""
        return cls(**content)


def fit_table(margin: Floats, segment: npt.NDArray[np.object_]) -> MarginTable:
    """Learn the margin by segment from those of past wins.

    The mean, not the median: expected margin must add up to money.

    Examples
    --------
    >>> table = fit_table(np.array([100.0] * 20 + [700.0] * 10), np.array(["small"] * 20 + ["big"] * 10, dtype=object))
    >>> table.to_dict()  # too few wins in "big" for a mean of its own
    {'overall': 300.0, 'by_segment': {'small': 100.0}}
    """
    names = sorted({s for s in segment if s is not None})
    wins = {name: margin[segment == name] for name in names}
    return MarginTable(float(margin.mean()), {n: float(m.mean()) for n, m in wins.items() if len(m) >= _ENOUGH_WINS})
