"""How many heads a structure needs for given leads: everybody is paid for all hours, busy or idle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from leadscore.decisions.economics import Chains, Economics
from leadscore.decisions.prices import Prices, fit_prices
from leadscore.decisions.prospects import Floats, Prospects
from leadscore.decisions.structure import Structure

__all__ = ["PLANNED", "Payroll", "Relaxed", "best_heads"]

PLANNED = 0.9
"""Share of the paid hours that is planned with: queues explode above."""

_LEAST = 1e-9
"""Heads of a closed role, which no path leads to: a role has some."""

_GAIN = 1e-6
"""Relative gain under which a step is none."""

Heads = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best that a structure can do when hours can be bought one by one.

    Parameters
    ----------
    net
        Net value of one period.
    heads
        Heads by role, in fractions.
    """

    net: float
    heads: Mapping[str, float]


class Payroll:
    """What a structure's leads bring in one period after fees and full wages, by number of heads.

    Parameters
    ----------
    structure
        The structure; its own heads do not matter.
    prospects
        Leads that stand for a period, with both likelihoods.
    leads_per_period
        Arrivals in one period.
    """

    def __init__(self, structure: Structure, prospects: Prospects, *, leads_per_period: float) -> None:
        self.structure = structure
        self.leads_per_period = leads_per_period
        self._tie = prospects.tie
        # Wages are paid for every hour there is, so the hours of a touch cost nothing further.
        self.unpaid = structure.with_({f"{role}.cost_per_hour": 0.0 for role in structure.roles})
        self.economics = Chains(self.unpaid).value(prospects)
        self._wage = np.array([role.hours_per_period * role.cost_per_hour for role in structure.role])
        self._hours = np.array([role.hours_per_period * PLANNED for role in structure.role])
        self._known: dict[tuple[float, ...], Prices] = {}
        self._slopes: list[Floats] = []
        self._heights: list[float] = []

    def net(self, heads: Heads) -> float:
        """Net value of one period with these heads by role; 0 heads close the role."""
        return self.prices(heads).objective - float(self._wage @ self._row(heads))

    def prices(self, heads: Heads) -> Prices:
        """Prices of the hours with these heads."""
        row = self._row(heads)
        key = tuple(row.tolist())
        if key not in self._known:
            prices = self._known[key] = self._fit(heads)
            if row.all():  # nothing is known of an hour of a role that is closed
                self._slopes.append(np.array(list(prices.per_hour.values())) * self._hours)
                self._heights.append(prices.objective - float(self._slopes[-1] @ row))
        return self._known[key]

    def ceiling(self, heads: Heads) -> float:
        """What the net value with these heads cannot exceed, from the prices that are known at other heads.

        Prices of any heads bound the value at all others: the dual is linear in the hours.
        """
        row = self._row(heads)
        if not self._slopes:
            return np.inf
        return float((np.array(self._slopes) @ row + self._heights).min() - self._wage @ row)

    def relaxed(self) -> Relaxed:
        """Buy hours one by one: the price of an hour is then its wage, and no program is to be solved."""
        net = self.after_wages(self.economics)
        choice = net.argmax(axis=1)
        leads, scale = np.arange(len(choice)), self.leads_per_period / len(choice)
        used = np.zeros(len(self._hours))
        for time, worker in zip(self.economics.time, self.economics.workers, strict=True):
            used += np.bincount(worker[choice] % len(used), time[leads, choice], len(used))  # no role, no time
        heads = dict(zip(self.structure.roles, (used * scale / self._hours).tolist(), strict=True))
        return Relaxed(float(net[leads, choice].sum()) * scale, heads)

    def after_wages(self, economics: Economics) -> Floats:
        """Value minus the wage of the hours, leads by paths."""
        worth: Floats = economics.value - economics.charge(self._wage / self._hours)
        return worth

    def _fit(self, heads: Heads) -> Prices:
        hours = {f"{role.name}.hours_per_period": role.hours_per_period * PLANNED for role in self.structure.role}
        staffed = self.unpaid.with_(hours | {f"{role}.heads": max(n, _LEAST) for role, n in heads.items()})
        start = next(reversed(self._known.values()), None)
        return fit_prices(staffed, self.open_to(heads), self._tie, leads_per_period=self.leads_per_period, start=start)

    def open_to(self, heads: Heads) -> Economics:
        """Value and time of the paths, without those through a role that has no heads."""
        closed = {role for role, n in heads.items() if not n}
        if not closed:
            return self.economics
        value = self.economics.value.copy()
        value[:, [p for p, path in enumerate(self.economics.paths) if closed & set(path)]] = -np.inf
        return replace(self.economics, value=value)

    def _row(self, heads: Heads) -> Floats:
        return np.array([heads[role] for role in self.structure.roles])


def best_heads(payroll: Payroll, start: Heads | None = None) -> dict[str, float]:
    """Search whole heads by single and paired steps until none raises the net value.

    Parameters
    ----------
    payroll
        The net value by heads, which is concave in them.
    start
        Heads to begin with; those of `Payroll.relaxed` when absent.
    """
    begin = payroll.relaxed().heads if start is None else start
    heads = {role: float(round(n)) for role, n in begin.items()}
    while (better := _better(payroll, heads)) is not None:
        heads = better
    return heads


def _better(payroll: Payroll, heads: dict[str, float]) -> dict[str, float] | None:
    now = payroll.net(heads)
    least = now + _GAIN * abs(now)
    steps = [heads | step for step in _steps(heads)]
    # The most promising first; most are ruled out without being looked at.
    for found in sorted(steps, key=payroll.ceiling, reverse=True):
        if payroll.ceiling(found) > least and payroll.net(found) > least:
            return found
    return None


def _steps(heads: Heads) -> list[dict[str, float]]:
    singles = [{role: n + d} for role, n in heads.items() for d in (-1, 1) if n + d >= 0]
    return singles + [a | b for a, b in combinations(singles, 2) if a.keys() != b.keys()]
