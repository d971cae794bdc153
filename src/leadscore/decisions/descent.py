"""Coordinate descent on the dual: one role's price after the other, each set where its hours are just enough."""

from __future__ import annotations

import numpy as np

from leadscore.decisions.offers import Offers
from leadscore.decisions.prospects import Floats

__all__ = ["descend"]

_SWEEPS = 30

_STILL = 1e-4
"""Relative change of all prices under which a further sweep is not worth it."""

_EXACT = 1e-6
"""Relative width at which the search for one price ends."""


def descend(offers: Offers, start: Floats, top: Floats) -> Floats:
    """Lower the dual role by role until no price moves.

    Paths that use several roles make the dual stick now and then where no single price can lower it: the prices are
    near the optimum, and proven by other means.

    Parameters
    ----------
    offers
        Leads and hours.
    start, top
        Prices to begin with, and the highest there can be.
    """
    price = start.copy()
    for _ in range(_SWEEPS):
        before = price.copy()
        for role in range(len(price)):
            price[role] = _balance(offers, price, role, top[role])
        if np.abs(price - before).max() <= _STILL * max(price.max(), 1e-300):
            break
    return price


def _balance(offers: Offers, price: Floats, role: int, top: float) -> float:
    """Return the least price of one role at which its hours suffice, with all other prices as they are."""
    without = price.copy()
    without[role] = 0.0
    net = offers.net(without)
    users = np.flatnonzero((offers.workers == role).any(axis=0))
    spent = sum(offers.time[d][users] * (offers.workers[d][users] == role)[:, None] for d in range(len(offers.time)))
    assert isinstance(spent, np.ndarray)
    others = np.delete(net, users, axis=0).max(axis=0)
    lines = _Lines(net[users], spent, others, offers.settled.used[role], offers.capacity[role])
    return lines.crossing(price[role], top)


class _Lines:
    """For each lead its paths through one role, whose worth falls with the role's price, and its best other path."""

    def __init__(self, net: Floats, spent: Floats, others: Floats, used: float, capacity: float) -> None:
        self._net, self._spent, self._others = net, spent, others
        self._used, self._capacity = used, capacity

    def crossing(self, guess: float, top: float) -> float:
        """Bisect; a lead that uses the same hours at both ends uses them in between, for its best value is convex."""
        low, high = 0.0, top
        at_low = self._spends(low)
        if self._used + at_low.sum() <= self._capacity:
            return low
        at_high = self._spends(high)
        step = 0.02 * guess or high
        trial = guess if low < guess < high else (low + high) / 2
        while high - low > _EXACT * high:
            spends = self._spends(trial)
            if self._used + spends.sum() > self._capacity:
                low, at_low = trial, spends
                trial = min(low + step, (low + high) / 2)
            else:
                high, at_high = trial, spends
                trial = max(high - step, (low + high) / 2)
            step *= 2
            at_low, at_high = self._keep_open(at_low, at_high)
            if not len(at_low):
                break
        return high

    def _spends(self, price: float) -> Floats:
        best, spends = self._others, np.zeros(len(self._others))
        for net, spent in zip(self._net, self._spent, strict=True):
            worth = net - spent * price
            spends = np.where(worth > best, spent, spends)
            best = np.maximum(best, worth)
        return spends

    def _keep_open(self, at_low: Floats, at_high: Floats) -> tuple[Floats, Floats]:
        open_ = at_low != at_high
        self._used += float(at_low[~open_].sum())
        self._net, self._spent, self._others = self._net[:, open_], self._spent[:, open_], self._others[open_]
        return at_low[open_], at_high[open_]
