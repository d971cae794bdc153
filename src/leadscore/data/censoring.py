"""Open leads made to count for what they are: not yet won, and by now a known share of the winners would have shown.

A curve tells how soon outcomes show after creation, by channel; it is a discrete-time hazard by the day, so that every
lead counts for as long as it was watched. From it each lead gets a weight: a winner of some age stands for the winners
of that age who have not shown yet, and an open lead for those open ones that will never win. A lead older than the
horizon has the weight 1. Where losses are stated, open leads teach nothing; the leads that were won or lost by some age
then stand for all that will be, since wins and losses take different times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

__all__ = [
    "DelayCurve",
    "censoring_weights",
    "cumulative_incidence",
    "decided_weights",
    "delay_curves",
    "inverse_propensity",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

MIN_SHOWN: Final = 0.2
"""Share of the winners that must have shown by a lead's age; younger leads teach nothing."""
MAX_WEIGHT: Final = 5.0
"""Weights are clipped here."""
MIN_OUTCOMES: Final = 50
"""Outcomes that a channel needs for a curve of its own; below it has the curve of all."""
MIN_WATCHED: Final = 30
"""Leads that must be watched on a day for a channel's curve to be believed there."""
MIN_PROPENSITY: Final = 0.05
"""Propensities are clipped here."""
_PRIOR_LEADS: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class DelayCurve:
    """How many leads win within the horizon, and which share of those has shown by each age.

    Parameters
    ----------
    share
        Likelihood of the outcome within the horizon.
    shown
        Share of the outcomes that shows by day 0, 1, ..., horizon; the last is 1.
    reach
        Day up to which the curve was observed; beyond it has the shape of the curve of all channels.
    """

    share: float
    shown: Floats
    reach: int

    def by(self, age: Floats) -> Floats:
        """Share of the outcomes that shows by an age in days."""
        return np.interp(age, np.arange(len(self.shown)), self.shown)


def cumulative_incidence(delay: Floats, age: Floats, horizon: int) -> tuple[Floats, Integers]:
    """Likelihood of an outcome by each day, from leads that were watched for different times.

    Parameters
    ----------
    delay
        Days from creation to the outcome; infinite where there is none yet.
    age
        Days that each lead was watched.
    horizon
        Last day of interest.

    Returns
    -------
    incidence
        At day 0, 1, ..., horizon; flat where nobody was watched.
    watched
        Leads at risk on each of these days.

    Examples
    --------
    >>> delay = np.array([1.0, 2.0, np.inf, np.inf])
    >>> incidence, watched = cumulative_incidence(delay, np.array([9.0, 9.0, 9.0, 1.0]), 3)
    >>> incidence.round(3), watched
    (array([0.   , 0.25 , 0.625, 0.625]), array([4, 4, 2, 1]))
    """
    last = np.minimum(np.floor(age), horizon).astype(np.intp)
    day = np.maximum(np.ceil(np.minimum(delay, horizon + 1.0)), 1.0).astype(np.intp)
    happened = day <= last
    leaving = np.bincount(np.where(happened, day, last), minlength=horizon + 1)
    watched: Integers = len(age) - np.r_[0, np.cumsum(leaving)[:-1]]
    events = np.bincount(day[happened], minlength=horizon + 1)
    hazard = np.where(watched > 0, events / np.maximum(watched, 1), 0.0)
    incidence = (1.0 - np.cumprod(1.0 - hazard)).astype(float)
    return incidence, watched


def delay_curves(delay: Floats, age: Floats, channel: Integers, horizon: int, *, channels: int) -> list[DelayCurve]:
    """Estimate one curve for each channel.

    A channel younger than the horizon has its own curve as far as it was watched, and from there the shape of all.

    Parameters
    ----------
    delay, age, horizon
        As for :func:`cumulative_incidence`.
    channel
        Number of each lead's channel, from 0.
    channels
        How many there are.
    """
    incidence, watched = cumulative_incidence(delay, age, horizon)
    reach = int(np.flatnonzero(watched > 0)[-1])
    total = max(float(incidence[-1]), 1e-9)
    pooled = DelayCurve(float(incidence[-1]), np.append(incidence[:-1] / total, 1.0), reach)
    return [_curve(delay[channel == i], age[channel == i], pooled) for i in range(channels)]


def _curve(delay: Floats, age: Floats, pooled: DelayCurve) -> DelayCurve:
    horizon = len(pooled.shown) - 1
    incidence, watched = cumulative_incidence(delay, age, horizon)
    believed = np.flatnonzero(watched >= MIN_WATCHED)
    reach = int(believed[-1]) if len(believed) else 0
    happened = int((delay <= np.minimum(age, horizon)).sum())
    if happened < MIN_OUTCOMES or incidence[reach] <= 0 or pooled.shown[reach] < MIN_SHOWN:
        # The outcomes so far over those that would have shown by now, drawn towards the share of all.
        expected = float(pooled.by(age).sum())
        share = (happened + _PRIOR_LEADS * pooled.share) / (expected + _PRIOR_LEADS)
        return DelayCurve(min(share, 1.0), pooled.shown, reach)
    shown = pooled.shown.copy()
    shown[: reach + 1] = incidence[: reach + 1] / incidence[reach] * pooled.shown[reach]
    return DelayCurve(min(float(incidence[reach] / pooled.shown[reach]), 1.0), shown, reach)


def censoring_weights(
    reached: Integers, age: Floats, channel: Integers, curves: Sequence[Sequence[DelayCurve]]
) -> Floats:
    """Weight of each lead, by how far it has come and how old it is.

    Leads of one age and channel are weighted so that each state has the mass that it will have at the horizon.

    Parameters
    ----------
    reached
        Number of outcomes that each lead has had, in their order: 0 none, 1 qualified, 2 closed.
    age
        Days that each lead was watched.
    channel
        Number of each lead's channel.
    curves
        For each outcome in order the curves of all channels.

    Returns
    -------
    ndarray of float
        NaN for leads too young to teach anything, 1 for those older than every horizon.

    Examples
    --------
    >>> curve = DelayCurve(0.2, np.array([0.0, 0.5, 1.0]), 2)
    >>> reached, age = np.array([1, 0, 1, 0]), np.array([1.0, 1.0, 2.0, 0.1])
    >>> censoring_weights(reached, age, np.zeros(4, dtype=int), [[curve]]).round(3)
    array([2.   , 0.889, 1.   ,   nan])
    """
    shown = np.ones((len(curves) + 2, len(age)))
    share = np.ones_like(shown)
    shown[-1] = share[-1] = 0.0
    for stage, of_channel in enumerate(curves, start=1):
        for number, curve in enumerate(of_channel):
            here = channel == number
            shown[stage, here] = curve.by(age[here])
            share[stage, here] = curve.share
    rows = np.arange(len(age))
    final = share[reached, rows] - share[reached + 1, rows]
    seen = share * shown
    by_now = seen[reached, rows] - seen[reached + 1, rows]
    weight = np.clip(final / np.maximum(by_now, 1e-9), 1 / MAX_WEIGHT, MAX_WEIGHT)
    mature = (shown[1:-1] == 1.0).all(axis=0)
    young = (shown[1:-1] < MIN_SHOWN).any(axis=0)
    return np.where(mature, 1.0, np.where(young, np.nan, weight))


def decided_weights(
    won: npt.NDArray[np.bool_],
    lost: npt.NDArray[np.bool_],
    age: Floats,
    channel: Integers,
    curves: Sequence[DelayCurve],
) -> Floats:
    """Weight of each lead that is won or lost, where leads that are still open are left out.

    Winners of some age stand for those who have not shown yet; the lost ones, whose share by age is read off the export
    itself, stand for all leads that are not won within the horizon.

    Parameters
    ----------
    won, lost
        What became of each lead; neither for an open one.
    age
        Days that each lead was watched.
    channel
        Number of each lead's channel.
    curves
        Delays of the wins, for each channel.

    Returns
    -------
    ndarray of float
        NaN for leads of an age at which too few are won or lost; what open leads get is of no use.

    Examples
    --------
    Half of the leads are won in the end, at once; the others are lost, but of the younger leads only every other one is
    lost so far.

    >>> curve = DelayCurve(0.5, np.array([1.0, 1.0]), 1)
    >>> won, lost = np.array([1, 1, 0, 0, 1, 1, 0, 0], bool), np.array([0, 0, 1, 1, 0, 0, 1, 0], bool)
    >>> age = np.array([9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0])
    >>> decided_weights(won, lost, age, np.zeros(8, dtype=int), [curve])
    array([1., 1., 1., 1., 1., 1., 2., 2.])
    """
    weight = np.full(len(age), np.nan)
    pooled = _share_by_age(lost, age)
    for number, curve in enumerate(curves):
        here = channel == number
        shown, known = curve.by(age[here]), pooled[here]
        if lost[here].sum() >= MIN_OUTCOMES:
            known = _share_by_age(lost[here], age[here])
        rest = 1.0 - curve.share
        told = np.where(won[here], 1.0 / np.maximum(shown, 1e-9), rest / np.maximum(known, 1e-9))
        young = (shown < MIN_SHOWN) | (known < MIN_SHOWN * rest)
        weight[here] = np.where(young, np.nan, np.clip(told, 1 / MAX_WEIGHT, MAX_WEIGHT))
    return weight


def _share_by_age(flags: npt.NDArray[np.bool_], age: Floats) -> Floats:
    """Share of the leads of each age that are flagged, never falling with the age; leads of one age have one share."""
    ages, place = np.unique(age, return_inverse=True)
    leads = np.bincount(place, minlength=len(ages))
    share = np.bincount(place, flags, minlength=len(ages)) / leads
    rising: Floats = isotonic_regression(share, weights=leads).x[place]
    return rising


def inverse_propensity(propensity: Floats, worked: npt.NDArray[np.bool_]) -> Floats:
    """Weight of the leads that were worked: one over the logged chance of being worked.

    Parameters
    ----------
    propensity
        Chance that the router gave each lead of being worked, in (0, 1].
    worked
        Whether the lead was worked; the others get 1, as they are left out anyway.

    Examples
    --------
    >>> inverse_propensity(np.array([0.25, 1.0, 0.25]), np.array([True, True, False]))
    array([4., 1., 1.])
    """
    return np.where(worked, 1.0 / np.maximum(propensity, MIN_PROPENSITY), 1.0)
