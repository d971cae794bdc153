"""Where to cut a likelihood into bands, one role each, so that least is lost: exact dynamic programming."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from leadscore.decisions.prospects import Floats, Positions

__all__ = ["NOBODY", "Bands", "best_bands", "best_cuts"]

NOBODY = -1
"""Stands for nurture among the numbers of roles."""


class Bands(NamedTuple):
    """Bands from the top down.

    Parameters
    ----------
    cuts
        Lowest value of every band but the last.
    roles
        Column of the band's role, `NOBODY` for nurture.
    """

    cuts: tuple[float, ...]
    roles: tuple[int, ...]


def best_bands(axis: Floats, gains: Floats, *, smallest: float = 0.01) -> Bands:
    """Cut leads along an axis into the bands with the greatest total gain.

    Bands are contiguous, every role has at most one, leads of equal value stay together, and nobody (gain 0) may have
    the lowest band. ``most[roles][j]`` is the greatest gain of the lowest ``j`` leads when just these roles have had
    their bands, so the work grows with 2 to the number of roles, and is exact.

    Parameters
    ----------
    axis
        Value of each lead, such as its likelihood to close.
    gains
        Gain of each lead by role, leads by roles; finite.
    smallest
        Least share of the leads in a band.

    Examples
    --------
    >>> best_bands(np.array([0.1, 0.2, 0.6, 0.7]), np.array([[-1.0], [-1.0], [2.0], [3.0]]))
    Bands(cuts=(0.6,), roles=(0, -1))
    """
    ladder = _Ladder(axis, gains, smallest)
    subsets = sorted(range(2 ** gains.shape[1]), key=int.bit_count)
    most = {0: np.where((ladder.position == 0) | (ladder.position >= ladder.least), 0.0, -np.inf)}
    for roles in subsets[1:]:
        most[roles] = np.max([ladder.top(role, most[roles ^ 1 << role]) for role in _members(roles)], axis=0)
    best = max(subsets, key=lambda roles: most[roles][-1])
    return _trace(ladder, most, best)


def best_cuts(axis: Floats, gains: Floats, *, smallest: float = 0.01) -> Floats:
    """Cut leads along an axis into bands whose order is given, with the greatest total gain.

    Parameters
    ----------
    axis, smallest
        As for `best_bands`.
    gains
        Gain of each lead by band, leads by bands from the top down; 0 for nurture.

    Returns
    -------
    array
        Lowest value of every band but the last.

    Examples
    --------
    >>> best_cuts(np.array([0.1, 0.2, 0.6, 0.7]), np.array([[-1.0, 0.0], [-1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))
    array([0.6])
    """
    ladder, last = _Ladder(axis, gains, smallest), gains.shape[1] - 1
    most = [ladder.top(last, np.where(ladder.position == 0, 0.0, -np.inf))]
    for band in reversed(range(last)):
        most.append(ladder.top(band, most[-1]))
    place, cuts = len(ladder.position) - 1, []
    for band in range(last):
        place = ladder.start(band, most[last - 1 - band], place)
        cuts.append(float(ladder.values[ladder.position[place]]))
    return np.array(cuts)


class _Ladder:
    """The places where a cut may be, from below the lowest lead to above the highest."""

    def __init__(self, axis: Floats, gains: Floats, smallest: float) -> None:
        order = np.argsort(axis, kind="stable")
        self.values = axis[order]
        self.position = np.concatenate(([0], np.flatnonzero(np.diff(self.values) > 0) + 1, [len(axis)]))
        self.least = max(math.ceil(smallest * len(axis)), 1)
        self.total = np.vstack([np.zeros(gains.shape[1]), np.cumsum(gains[order], axis=0)])[self.position]
        self.latest: Positions = np.searchsorted(self.position, self.position - self.least, side="right") - 1

    def top(self, role: int, below: Floats) -> Floats:
        """Return the greatest gain of the leads up to each place if the role has the band below that place."""
        start = np.maximum.accumulate(below - self.total[:, role])
        return self.total[:, role] + np.where(self.latest >= 0, start[self.latest], -np.inf)

    def start(self, role: int, below: Floats, end: int) -> int:
        """Return where the role's band starts that ends here."""
        return int(np.argmax((below - self.total[:, role])[: self.latest[end] + 1]))

    def cut(self, place: int) -> float:
        """Return the shortest decimal that parts the leads below this place from those above."""
        low, high = self.values[self.position[place] - 1 : self.position[place] + 1].tolist()
        for digits in range(2, 17):
            cut: float = math.floor(high * 10**digits) / 10**digits
            if low < cut <= high:
                return cut
        return float(high)


def _members(roles: int) -> list[int]:
    return [role for role in range(roles.bit_length()) if roles >> role & 1]


def _trace(ladder: _Ladder, most: dict[int, Floats], left: int) -> Bands:
    place, cuts, roles = len(ladder.position) - 1, [], []
    while left:
        role = max(_members(left), key=lambda role: ladder.top(role, most[left ^ 1 << role])[place])
        left ^= 1 << role
        place = ladder.start(role, most[left], place)
        roles.append(role)
        if place:
            cuts.append(ladder.cut(place))
    return Bands(tuple(cuts), (*roles, NOBODY) if place else tuple(roles))
