"""One lead weighed in plain numbers: what `economics` and `prices` give for many at once, to the last bit.

A request brings one lead, and arrays of length one take ten times as long as the arithmetic. Each step here is that of
the arrays, in its order, so that a lead gets the same bits alone and in a batch.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import NamedTuple

from leadscore.decisions.economics import Chains
from leadscore.decisions.prices import Prices, turn_of
from leadscore.decisions.structure import Structure
from leadscore.decisions.touches import Touch

__all__ = ["Best", "PlainPaths", "Weighed", "place_of_largest"]


class Best(NamedTuple):
    """Where one lead goes.

    Parameters
    ----------
    path
        Position of the path; the last is nurture.
    value
        Expected margin minus cost.
    net
        Value minus the price of the hours, with the tie-break.
    """

    path: int
    value: float
    net: float


class Weighed(NamedTuple):
    """The paths of one lead, in the order of the policy's; -inf where it may not go.

    Parameters
    ----------
    value
        Expected margin minus cost.
    net
        Value minus the price of the hours, with the tie-break.
    """

    value: list[float]
    net: list[float]


class PlainPaths:
    """Weighs the paths of one lead at a time.

    Parameters
    ----------
    structure, prices
        As in a policy.
    """

    def __init__(self, structure: Structure, prices: Prices) -> None:
        chains = Chains(structure)
        self._firsts, self._limits = chains.firsts, chains.limits
        self._count = len(chains.paths)
        self._per_hour = [prices.per_hour[role] for role in structure.roles]
        self._jitter, self._turns = prices.jitter, [turn_of(path) for path in range(self._count - 1)]
        self._open = lru_cache(maxsize=4096)(self._open_to)
        self.closes_only = all(role.closes for role in structure.role)

    def __call__(
        self,
        p_qualify: float | None,
        p_close: float,
        margin: float,
        *,
        segment: str | None,
        customer: bool,
        contactable: bool,
        tie: float,
    ) -> Weighed:
        """Value and net value of every path; `p_qualify` is None where every role closes and there is no such model."""
        value, charge = [0.0] * self._count, [0.0] * self._count
        if p_qualify is None:
            for touch in self._firsts:
                self._visit(touch, 1.0, 1.0, _shifted(p_close, touch.arrives), margin, 0.0, 0.0, value, charge)
        else:
            closing = min(p_close / p_qualify if p_qualify > 0 else 0.0, 1.0)
            for touch in self._firsts:
                self._visit(touch, 1.0, _shifted(p_qualify, touch.arrives), closing, margin, 0.0, 0.0, value, charge)
        for path, (low, high) in enumerate(self._open(segment, customer)):
            if not (contactable and low <= margin < high):
                value[path] = -inf
        spread = self._jitter
        net = [v + spread * ((tie * turn) % 1.0) - c for v, turn, c in zip(value, self._turns, charge, strict=False)]
        return Weighed(value, [*net, value[-1] - charge[-1]])

    def _open_to(self, segment: str | None, customer: bool) -> list[tuple[float, float]]:
        """Margins with which such a lead may take each path but nurture; none at all where it may not."""
        return [
            (limit.margin_from, limit.margin_below)
            if (limit.segments is None or segment in limit.segments)
            and (limit.customers if customer else limit.newcomers)
            else (inf, -inf)
            for limit in self._limits[:-1]
        ]

    def _visit(
        self,
        touch: Touch,
        reach: float,
        q: float,
        closing: float,
        margin: float,
        worth: float,
        spent: float,
        value: list[float],
        charge: list[float],
    ) -> None:
        """Take one turn and those that follow, as `economics` does; `spent` is the price of the hours so far."""
        cost, hours, act = touch.cost, touch.hours, touch.act
        if touch.visit_hours and margin >= touch.visit_from:
            cost, hours = cost + touch.visit_cost, hours + touch.visit_hours
        worth, spent = worth - reach * cost, spent + (reach * hours) * self._per_hour[touch.role]
        if act == "screen":
            through = touch.sensitivity * q
            passed = through + touch.false_pass * (1 - q)
            q = through / passed if passed > 0 else 0.0
            reach = reach * passed
        elif act == "qualify":
            reach = reach * _shifted(q, touch.effect)
            worth, q = worth - reach * touch.fee_per_qualified, 1.0
        elif act == "close":
            reach = reach * q * _shifted(closing, touch.effect)
            worth = worth + reach * margin
        else:
            worth = worth + reach * (touch.account_margin * margin)
        if touch.ends is not None:
            value[touch.ends], charge[touch.ends] = worth, spent
        for following in touch.nexts:
            self._visit(following, reach * following.arrives, q, closing, margin, worth, spent, value, charge)


def place_of_largest(numbers: list[float]) -> int:
    """Position of the first largest number.

    Examples
    --------
    >>> place_of_largest([1.0, 3.0, 3.0])
    1
    """
    return numbers.index(max(numbers))


def _shifted(p: float, factor: float) -> float:
    if factor == 1:
        return p
    raised = p * factor
    return raised / (1 - p + raised)
