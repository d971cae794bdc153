"""Which outcomes are known by the end of a history, and what each lead then counts for.

Open is not lost. Where most leads are older than the horizon, the younger ones teach nothing; where they are not, all
count with the weights of :mod:`leadscore.data.censoring`. Where losses are stated, open leads are left out, and the
decided ones count for them. Untouched is not lost either: a lead that nobody worked is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.censoring import censoring_weights, decided_weights, delay_curves
from leadscore.data.outcomes import Outcome, Stage, label
from leadscore.errors import HorizonTooLong

__all__ = ["Known", "known_outcomes"]

Floats = npt.NDArray[np.float64]

MATURE_SHARE: Final = 0.7
"""Share of leads older than the horizon from which on the younger ones are simply left out."""
MIN_OUTCOMES: Final = 100
"""Outcomes below which no curve of their delays is drawn."""
_WATCHED: Final = 0.95
_MIN_OF_CHANNEL: Final = 100
_FEW_OPEN: Final = 0.02


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

    Where the recipe states losses, open leads are undecided. If that is the only outcome, and it has a horizon and
    moments, the decided leads of each age are weighted to the shares that won and lost ones have at the horizon.

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
        stated = _stated(outcomes, labels(until), at=at, created=created, until=until, worked=worked, channel=channel)
        return stated or Known(labels(until))
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


def _stated(
    outcomes: Mapping[Stage, Outcome],
    labels: Mapping[Stage, Floats],
    *,
    at: Mapping[Stage, pd.Series | None],
    created: pd.Series | None,
    until: pd.Timestamp | None,
    worked: npt.NDArray[np.bool_] | None,
    channel: pd.Series | None,
) -> Known | None:
    """Weights for a single outcome whose losses are stated; None where nothing tells how late wins come."""
    (stage, outcome), *further = outcomes.items()
    horizon, y = outcome.horizon_days, labels[stage]
    if further or horizon is None or created is None or until is None or np.isnan(y).mean() < _FEW_OPEN:
        return None
    age = ((until - created) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    delay = _delays(at[stage], created, y)
    if age.max(initial=0.0) < _WATCHED * horizon or min(np.isfinite(delay).sum(), (y == 0).sum()) < MIN_OUTCOMES:
        return None
    groups = _Channels.of(channel, age)
    rows = np.ones(len(age), dtype=bool) if worked is None else worked
    curves = delay_curves(delay[rows], age[rows], groups.code[rows], horizon, channels=len(groups.names))
    weight = np.full(len(age), np.nan)
    weight[rows] = decided_weights((y == 1)[rows], (y == 0)[rows], age[rows], groups.code[rows], curves)
    too_young = np.isnan(weight) & rows
    return Known(
        labels={stage: np.where(too_young, np.nan, y)},
        weight={stage: np.where(np.isnan(weight), 1.0, weight)},
        remarks=(_stated_in_words(y, age, too_young & ~np.isnan(y), horizon),),
    )


def _stated_in_words(y: Floats, age: Floats, too_young: npt.NDArray[np.bool_], horizon: int) -> str:
    still = np.isnan(y)
    young = int((still & (age < horizon)).sum())
    return (
        f"losses are stated, so {int(still.sum())} leads in neither list are left out, {young} of them younger than "
        f"the horizon of {horizon} days; won and lost leads of each age are weighted to the shares that they will have "
        f"at the horizon, and {int(too_young.sum())} that are too young for it are left out too"
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
