"""What a won deal is worth: the mean margin of past wins in a segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadscore.errors import RecipeError

__all__ = ["MarginTable", "Value", "fit_margins"]

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
    >>> MarginTable(500.0, {"enterprise": 9000.0})(np.array(["enterprise", "small", None], dtype=object))
    array([9000.,  500.,  500.])
    """

    def __init__(self, overall: float, by_segment: Mapping[str, float]) -> None:
        self.overall = overall
        self.by_segment = dict(by_segment)

    def __call__(self, segment: npt.NDArray[np.object_]) -> Floats:
        """Margin if won of each lead."""
        return np.array([self.by_segment.get(s, self.overall) for s in segment], dtype=float)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"overall": self.overall, "by_segment": self.by_segment}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> MarginTable:
        """Read the JSON form."""
        return cls(**content)


def fit_margins(
    value: Value, amount: Floats, segment: npt.NDArray[np.object_], *, default: float = 1000.0
) -> tuple[MarginTable, str]:
    """Learn the margin by segment from the amounts of won deals.

    The mean, not the median: expected margin must add up to money.

    Returns
    -------
    table, note
        The note is a sentence that says where the figures come from.

    Raises
    ------
    RecipeError
        A share of the amount is asked for but no won deal has an amount.
    """
    if value.margin_share is None:
        margin = value.margin_per_win or default
        source = "the recipe" if value.margin_per_win else "an assumption: set [value] in the recipe"
        return MarginTable(margin, {}), f"margin of a won deal: {margin:,.0f} ({source})"
    won = ~np.isnan(amount) & (amount > 0)
    if not won.any():
        raise RecipeError(
            "[value] margin_share needs the amounts of won deals, and none was read: name their column as `amount` "
            "under [close], or give `margin_per_win`."
        )
    margins = amount * value.margin_share
    names = sorted({s for s in segment[won] if s is not None})
    table = {
        name: float(margins[won & (segment == name)].mean())
        for name in names
        if (won & (segment == name)).sum() >= _ENOUGH_WINS
    }
    note = f"margin of a won deal: {value.margin_share:.0%} of the mean amount of {int(won.sum())} past wins by segment"
    return MarginTable(float(margins[won].mean()), table), note
