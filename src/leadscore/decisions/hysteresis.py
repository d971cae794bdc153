"""A lead that is scored again keeps its role unless another is clearly better: roles do not flicker, tiers are as ever.

Prices move every night and likelihoods with every opened e-mail, so that a lead near a boundary would change hands back
and forth. Each change costs the hours of a new first touch and a customer's patience, for a gain of next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from leadscore.decisions.prospects import Flags, Floats, Objects, Positions, Prospects

__all__ = ["BAND", "CLEAR", "WEIGHT", "Earlier", "keeps", "keeps_one"]

BAND = 0.05
"""Gain, as a share of the lead's value, up to which it keeps its role."""

CLEAR = 0.2
"""Gain of today, as a share of the lead's value, that is taken at once: a lead that asks for a call does not wait."""

WEIGHT = 0.3
"""Share of today's likelihood in the one that a change of role is judged by; the rest is the earlier one's."""


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What was decided about these leads when they were scored before: arrays in the order of the prospects.

    Parameters
    ----------
    role
        Role of the first touch; None where the lead is new.
    p_qualify, p_close
        Likelihoods of that time by the same model; NaN where there were none.
    """

    role: Objects
    p_qualify: Floats
    p_close: Floats

    def smoothed(self, prospects: Prospects) -> Prospects:
        """Return the leads with likelihoods between those of then and of today."""
        return replace(
            prospects,
            p_qualify=_between(self.p_qualify, prospects.p_qualify),
            p_close=_between(self.p_close, prospects.p_close),
        )

    def smoothed_one(self, p_qualify: float | None, p_close: float) -> tuple[float | None, float]:
        """`smoothed` for the likelihoods of a single lead."""
        q = None if p_qualify is None else _between_two(self.p_qualify.item(), p_qualify)
        return q, _between_two(self.p_close.item(), p_close)


def _between_two(then: float, today: float) -> float:
    return today if isnan(then) else WEIGHT * today + (1 - WEIGHT) * then


def _between(then: Floats, today: Floats | None) -> Floats | None:
    return None if today is None else np.where(np.isnan(then), today, WEIGHT * today + (1 - WEIGHT) * then)


def keeps(role_net: Floats, value: Floats, before: Positions, band: float = BAND) -> Flags:
    """Mark the leads that keep their role, because the best one gains too little.

    Parameters
    ----------
    role_net
        Net value by first role, leads by roles; -inf where the lead may not go.
    value
        Expected margin minus cost of the best path.
    before
        Column of the earlier role; -1 where there is none, or no longer.
    band
        Gain, as a share of the value, that is too little.

    Examples
    --------
    >>> keeps(np.array([[100.0, 102.0], [100.0, 140.0]]), np.array([200.0, 200.0]), np.zeros(2, dtype=int))
    array([ True, False])
    """
    theirs = np.where(before >= 0, role_net[np.arange(len(before)), before], -np.inf)
    kept: Flags = role_net.max(axis=1) - theirs <= band * np.maximum(value, 0.0)
    return kept


def keeps_one(role_net: Sequence[float], value: float, before: int, band: float = BAND) -> bool:
    """`keeps` for a single lead whose earlier role is known."""
    return max(role_net) - role_net[before] <= band * max(value, 0.0)
