"""Outcomes: which column tells what became of a lead, which of its values mean what, and within which time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadscore.data.schema import category_key, parse_boolean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "Stage", "Value", "label"]

Stage = Literal["qualify", "close"]

Value = bool | int | float | str
"""A value of an outcome column as a recipe writes it."""


class Outcome(BaseModel):
    """One outcome: learned from a column, or assumed as a rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    """Column of the export that tells the outcome."""
    positive: Literal["filled"] | tuple[Value, ...] = "filled"
    """Values that mean yes; ``filled``: any value does."""
    negative: tuple[Value, ...] | None = None
    """Values that mean no; when given, values in neither list are undecided. When absent, all others mean no."""
    at: str | None = None
    """Column with the moment of the outcome."""
    horizon_days: int | None = Field(None, ge=1)
    """Days after creation within which the outcome must happen to count; needs dates."""
    rate: float | None = Field(None, gt=0, lt=1)
    """An assumption in place of a column: the mean share of leads for which the outcome happens."""
    amount: str | None = None
    """Column with the money of a won deal."""
    rep: str | None = None
    """Column with the person; for the skills review only, never a feature."""
    team: str | None = None
    """Column with the team; for the skills review only, never a feature."""

    @model_validator(mode="after")
    def _column_or_rate(self) -> Outcome:
        if (self.column is None) == (self.rate is None):
            raise ValueError("give either `column` (with `positive`) or `rate`, not both and not neither")
        return self

    @property
    def learned(self) -> bool:
        """Whether there is a column to learn from."""
        return self.column is not None

    def happened(self, values: pd.Series) -> npt.NDArray[np.bool_]:
        """Whether a cell means yes, whenever that was."""
        return _matches(values, self.positive)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the export that this outcome takes for itself; none may be a feature."""
        return tuple(c for c in (self.column, self.at, self.amount, self.rep, self.team) if c is not None)


def label(
    outcome: Outcome,
    values: pd.Series,
    *,
    at: pd.Series | None,
    created: pd.Series | None,
    until: pd.Timestamp | None,
) -> npt.NDArray[np.float64]:
    """Label leads: 1 happened within the horizon, 0 did not, NaN undecided or not old enough to tell.

    Parameters
    ----------
    outcome
        Which values mean what.
    values
        Text of the outcome column, "" where empty.
    at
        Moment of the outcome, or None when the export does not tell.
    created
        Creation of each lead, or None for an export without dates.
    until
        Last moment that the history knows of.

    Examples
    --------
    >>> won = Outcome(column="Won", positive=("yes",), negative=("no",))
    >>> import pandas as pd
    >>> label(won, pd.Series(["Yes", "no", "open"]), at=None, created=None, until=None)
    array([ 1.,  0., nan])
    """
    positive = _matches(values, outcome.positive)
    result = positive.astype(float)
    if outcome.negative is not None:
        result[~positive & ~_matches(values, outcome.negative)] = np.nan
    elif outcome.positive != "filled":
        result[~_matches(values, "filled")] = np.nan
    if outcome.horizon_days is None or created is None:
        return result
    horizon = timedelta(days=outcome.horizon_days)
    if at is not None:
        late = (at > created + horizon).to_numpy()
        result[positive & late] = 0.0
    if until is not None and outcome.negative is None:
        result[(created + horizon > until).to_numpy()] = np.nan
    return result


def _matches(values: pd.Series, wanted: Literal["filled"] | tuple[Value, ...]) -> npt.NDArray[np.bool_]:
    if isinstance(wanted, str):
        filled = {v: category_key(v) is not None for v in values.unique()}
        return values.map(filled).to_numpy(dtype=bool)
    booleans = {parse_boolean(v) for v in wanted if isinstance(v, bool)}
    keys = {category_key(v) for v in wanted if not isinstance(v, bool)}
    verdicts = {v: category_key(v) in keys or (parse_boolean(v) in booleans) for v in values.unique()}
    return values.map(verdicts).to_numpy(dtype=bool)
