"""How many heads a structure needs for given leads: everybody is paid for all hours, busy or idle."""

from __future__ import annotations

from collections.abc import Mapping

from leadscore.decisions.economics import Chains
from leadscore.decisions.prices import fit_prices
from leadscore.decisions.prospects import Prospects
from leadscore.decisions.structure import Structure

__all__ = ["Payroll", "best_heads"]

_LEAST = 1e-9
"""Heads that stand for none: a role has some."""


class Payroll:
    """What a structure's leads bring in one period after fees and full wages, by number of heads.

    Parameters
    ----------
    structure
        The structure; its heads are where a search begins.
    prospects
        Leads that stand for a period, with both likelihoods.
    leads_per_period
        Arrivals in one period.
    """

    def __init__(self, structure: Structure, prospects: Prospects, *, leads_per_period: float) -> None:
        self._structure, self._tie, self._arrivals = structure, prospects.tie, leads_per_period
        # Wages are paid for every hour there is, so the hours of a touch cost nothing further.
        self._unpaid = structure.with_({f"{role}.cost_per_hour": 0.0 for role in structure.roles})
        self._economics = Chains(self._unpaid).value(prospects)
        self._known: dict[tuple[float, ...], float] = {}

    def net(self, heads: Mapping[str, float]) -> float:
        """Net value of one period with these heads by role; 0 heads close the role."""
        key = tuple(heads[role] for role in self._structure.roles)
        if key not in self._known:
            self._known[key] = self._value(heads) - self._wages(heads)
        return self._known[key]

    def _value(self, heads: Mapping[str, float]) -> float:
        staffed = self._unpaid.with_({f"{role}.heads": max(n, _LEAST) for role, n in heads.items()})
        prices = fit_prices(staffed, self._economics, self._tie, leads_per_period=self._arrivals)
        return prices.objective

    def _wages(self, heads: Mapping[str, float]) -> float:
        return sum(heads[r.name] * r.hours_per_period * r.cost_per_hour for r in self._structure.role)


def best_heads(payroll: Payroll, start: Mapping[str, float]) -> dict[str, float]:
    """Search whole heads by single and paired steps until none raises the net value.

    Parameters
    ----------
    payroll
        The net value by heads, which is concave in them.
    start
        Heads to begin with.
    """
    heads = {role: float(round(n)) for role, n in start.items()}
    while True:
        # Pairs are many and seldom better: they are tried where no single step helps.
        better = _best_of(payroll, heads, _singles(heads)) or _best_of(payroll, heads, _pairs(heads))
        if better is None:
            return heads
        heads = better


def _best_of(payroll: Payroll, heads: dict[str, float], steps: list[dict[str, float]]) -> dict[str, float] | None:
    now = payroll.net(heads)
    found = max((heads | step for step in steps), key=payroll.net, default=heads)
    return found if payroll.net(found) > now + 1e-6 * abs(now) else None


def _singles(heads: Mapping[str, float]) -> list[dict[str, float]]:
    return [{role: n + d} for role, n in heads.items() for d in (-1, 1) if n + d >= 0]


def _pairs(heads: Mapping[str, float]) -> list[dict[str, float]]:
    singles = _singles(heads)
    return [a | b for a in singles for b in singles if min(a) < min(b)]
