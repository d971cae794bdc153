"""Outcomes: what happened to a lead, by when, and of which leads that is known yet.

Open is not lost. Where most leads are older than the horizon, the younger ones teach nothing; where they are not, all
count with the weights of :mod:`leadscore.data.censoring`. Untouched is not lost either: a lead that nobody worked is
left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadscore.data.censoring import censoring_weights, delay_curves
from leadscore.data.schema import category_key, parse_boolean
from leadscore.errors import HorizonTooLong

__all__ = ["Known", "Outcome", "Stage", "Value", "known_outcomes", "label"]

Floats = npt.NDArray[np.float64]
Stage = Literal["qualify", "close"]

MATURE_SHARE: Final = 0.7
"""Share of leads older than the horizon from which on the younger ones are simply left out."""
MIN_OUTCOMES: Final = 100
"""Outcomes below which no curve of their delays is drawn."""
_WATCHED: Final = 0.95
_MIN_OF_CHANNEL: Final = 100

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
    horizon = pd.Timedelta(days=outcome.horizon_days)
    if at is not None:
        late = (at > created + horizon).to_numpy()
        result[positive & late] = 0.0
    if until is not None and outcome.negative is None:
        result[(created + horizon > until).to_numpy()] = np.nan
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of the outcomes by the end of the history.

    Parameters
    ----------
    labels
        By stage: 1, 0 or NaN, as :func:`label` says; with weights, an open lead of some age is 0 for the time being.
    weight
        By stage: what each lead counts for; empty where all count alike.
    remarks
        The rule that was chosen, in words.
    """

    labels: Mapping[Stage, Floats]
    weight: Mapping[Stage, Floats] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def known_outcomes(
    outcomes: Mapping[Stage, Outcome],
    values: Mapping[Stage, pd.Series],
    *,
    at: Mapping[Stage, pd.Series | None],
    created: pd.Series | None,
    until: pd.Timestamp | None,
    worked: npt.NDArray[np.bool_] | None = None,
    channel: pd.Series | None = None,
    channel_named: bool = False,
) -> Known:
    """Label leads at every stage, and weight them where too few are older than the horizon.

    The rule: a maturity window when at least 70 % of the leads are older than the longest horizon; otherwise inverse
    probability of censoring with a curve per channel; for a channel that is younger than the horizon as a whole, its
    own discrete-time hazard as far as it goes, and from there the shape of all. Where the recipe names the channel, a
    young one calls for this even when most leads are old enough.

    Parameters
    ----------
    outcomes
        By stage, in the order in which they happen.
    values, at
        By stage the text of the outcome column, and the moment of the outcome or None.
    created, until
        As for :func:`label`.
    worked
        Whether somebody worked each lead; the delays are learned from these. None: all count.
    channel
        Where each lead came from; None: one curve serves all.
    channel_named
        Whether the recipe names the column of ``channel``.

    Raises
    ------
    HorizonTooLong
        No lead was watched for as long as the horizon.
    """

    def labels(end: pd.Timestamp | None) -> dict[Stage, Floats]:
        return {s: label(o, values[s], at=at[s], created=created, until=end) for s, o in outcomes.items()}

    horizons = [o.horizon_days for o in outcomes.values() if o.horizon_days and o.negative is None]
    if created is None or until is None or not horizons:
        return Known(labels(until))
    horizon = max(horizons)
    age = ((until - created) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    _refuse_unwatched(age, horizon)
    mature = float((age >= horizon).mean())
    said = f"{mature:.0%} of the leads are older than the horizon of {horizon} days"
    groups = _Channels.of(channel, age)
    young = groups.younger_than(horizon)
    if mature >= MATURE_SHARE and not (channel_named and young):
        return Known(labels(until), remarks=(f"maturity window: {said}; younger ones teach nothing",))
    so_far = labels(None)
    delays = {stage: _delays(at[stage], created, y) for stage, y in so_far.items()}
    rows = np.ones(len(age), dtype=bool) if worked is None else worked
    if why := _unweightable(len(horizons) < len(outcomes), [d[rows] for d in delays.values()]):
        return Known(labels(until), remarks=(f"maturity window: {said}; younger ones teach nothing, as {why}",))
    curves = [
        delay_curves(d[rows], age[rows], groups.code[rows], days, channels=len(groups.names))
        for d, days in zip(delays.values(), horizons, strict=True)
    ]
    weight = censoring_weights(_reached(so_far), age, groups.code, curves)
    too_young = np.isnan(weight)
    return Known(
        labels={stage: np.where(too_young, np.nan, y) for stage, y in so_far.items()},
        weight=dict.fromkeys(outcomes, np.where(too_young, 1.0, weight)),
        remarks=(_in_words(said, groups, young),),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Channels:
    """Channels that are large enough for a curve; the last name stands for all others."""

    column: str
    names: tuple[str, ...]
    code: npt.NDArray[np.intp]
    oldest: Floats

    @classmethod
    def of(cls, channel: pd.Series | None, age: Floats) -> _Channels:
        if channel is None:
            return cls("", ("",), np.zeros(len(age), dtype=np.intp), np.array([age.max()]))
        counts = channel.value_counts()
        large = sorted(str(name) for name in counts.index[counts >= _MIN_OF_CHANNEL])
        position = {name: i for i, name in enumerate(large)}
        code = np.array([position.get(name, len(large)) for name in channel], dtype=np.intp)
        oldest = [float(age[code == i].max(initial=0.0)) for i in range(len(large))]
        return cls(str(channel.name), (*large, ""), code, np.array([*oldest, np.inf]))

    def younger_than(self, horizon: int) -> list[str]:
        """Names of the channels whose oldest lead is younger than the horizon."""
        return [name for name, oldest in zip(self.names, self.oldest, strict=True) if name and oldest < horizon]


def _refuse_unwatched(age: Floats, horizon: int) -> None:
    oldest = float(age.max(initial=0.0))
    if oldest < _WATCHED * horizon:
        raise HorizonTooLong(
            f"the oldest lead was watched for {oldest:.0f} days, which is less than the horizon of {horizon} days: "
            "nothing tells how many outcomes come that late. Shorten `horizon_days`, or export a longer history."
        )


def _delays(at: pd.Series | None, created: pd.Series, y: Floats) -> Floats:
    """Days from creation to the outcome; infinite without one."""
    if at is None:
        return np.full(len(y), np.inf)
    days = ((at - created) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    return np.where((y == 1) & ~np.isnan(days), days, np.inf)


def _unweightable(without_horizon: bool, delays: Sequence[Floats]) -> str | None:
    """Why the leads cannot be weighted, if so."""
    if without_horizon:
        return "not every outcome is open-ended with a horizon"
    fewest = min(int(np.isfinite(d).sum()) for d in delays)
    if fewest < MIN_OUTCOMES:
        return f"{fewest} outcomes with a moment (`at`) are too few to tell how late they come"
    return None


def _reached(labels: Mapping[Stage, Floats]) -> npt.NDArray[np.intp]:
    """Number of the last outcome that each lead has had, from 1; 0 without any."""
    reached = np.zeros(len(next(iter(labels.values()))), dtype=np.intp)
    for number, y in enumerate(labels.values(), start=1):
        reached[y == 1] = number
    return reached


def _in_words(said: str, groups: _Channels, young: Sequence[str]) -> str:
    curve = f"a curve for each {groups.column!r}" if groups.column else "one curve"
    sentence = f"weighted by the inverse probability of censoring with {curve}: {said}"
    if young:
        shown = ", ".join(repr(name) for name in young[:3])
        sentence += f"; {shown} is younger than that and has its discrete-time hazard, continued by that of all"
    return sentence


def _matches(values: pd.Series, wanted: Literal["filled"] | tuple[Value, ...]) -> npt.NDArray[np.bool_]:
    if isinstance(wanted, str):
        filled = {v: category_key(v) is not None for v in values.unique()}
        return values.map(filled).to_numpy(dtype=bool)
    booleans = {parse_boolean(v) for v in wanted if isinstance(v, bool)}
    keys = {category_key(v) for v in wanted if not isinstance(v, bool)}
    verdicts = {v: category_key(v) in keys or (parse_boolean(v) in booleans) for v in values.unique()}
    return values.map(verdicts).to_numpy(dtype=bool)
