"""The hot path: one lead's best path in plain numbers, with the prices built into the costs beforehand."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from leadscore.decisions.economics import Chains
from leadscore.decisions.prices import Prices, turn_of
from leadscore.decisions.structure import Structure
from leadscore.decisions.touches import Limits, Touch

__all__ = ["Best", "OneLead"]


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


_Turn: TypeAlias = tuple[Any, ...]
"""A `Touch` as a tuple, which is read faster than attributes, with what its hours cost at today's prices."""


class OneLead:
    """Finds the best path of one lead at a time; the same as `Economics` and `net` for all at once.

    Parameters
    ----------
    structure, prices
        As in a policy.
    """

    def __init__(self, structure: Structure, prices: Prices) -> None:
        chains = Chains(structure)
        self._structure, self._prices, self._chains = structure, prices, chains
        self._nurture = len(chains.paths) - 1
        self._named = frozenset().union(*(limit.segments or frozenset() for limit in chains.limits))
        self._trees: dict[tuple[str | None, bool], tuple[_Turn, ...]] = {}

    def best(
        self,
        p_qualify: float | None,
        p_close: float,
        margin: float,
        *,
        segment: str | None = None,
        customer: bool = False,
        contactable: bool = True,
        tie: float = 0.0,
    ) -> Best:
        """Choose the path with the greatest value minus price.

        Parameters
        ----------
        p_qualify, p_close
            Likelihoods; `p_qualify` is None where a policy closes only and has no such model.
        margin, segment, customer, contactable, tie
            As in `Prospects`.
        """
        if not contactable:
            return Best(self._nurture, 0.0, 0.0)
        key = (segment if segment in self._named else None, customer)
        turns = self._trees.get(key)
        if turns is None:
            turns = self._trees[key] = self._open_to(*key)
        chance, best = p_close, (self._nurture, 0.0, 0.0)
        if p_qualify is not None:
            chance = min(p_close / p_qualify, 1.0) if p_qualify > 0 else 0.0
        for turn in turns:
            arrives, q, closing = turn[1], p_qualify, chance
            if q is None:
                q, closing = 1.0, closing if arrives == 1.0 else closing * arrives / (1 - closing + closing * arrives)
            elif arrives != 1.0:
                q = q * arrives / (1 - q + q * arrives)
            best = _visit(turn, 1.0, q, closing, margin, tie, 0.0, 0.0, best)
        return Best(*best)

    def _open_to(self, segment: str | None, customer: bool) -> tuple[_Turn, ...]:
        """Keep the paths that such a lead may take, whatever its margin is."""
        allowed = {
            p: (limit.margin_from, limit.margin_below)
            for p, limit in enumerate(self._chains.limits[:-1])
            if (limit.customers if customer else limit.newcomers) and _serves(limit, segment)
        }
        return tuple(turn for touch in self._chains.firsts if (turn := self._turn(touch, allowed)))

    def _turn(self, touch: Touch, allowed: dict[int, tuple[float, float]]) -> _Turn | None:
        nexts = tuple(turn for following in touch.nexts if (turn := self._turn(following, allowed)))
        ends = None
        if touch.ends is not None and touch.ends in allowed:
            ends = (*allowed[touch.ends], touch.ends, self._prices.jitter, turn_of(touch.ends))
        if ends is None and not nexts:
            return None
        price = self._prices.per_hour[self._structure.roles[touch.role]]
        return (
            touch.act, touch.arrives, touch.cost, touch.cost + touch.hours * price, touch.visit_cost,
            touch.visit_cost + touch.visit_hours * price, touch.visit_from if touch.visit_hours else float("inf"),
            touch.sensitivity, touch.false_pass, touch.effect, touch.fee_per_qualified, touch.account_margin,
            ends, nexts,
        )  # fmt: skip


def _serves(limit: Limits, segment: str | None) -> bool:
    return limit.segments is None or segment in limit.segments


def _visit(
    turn: _Turn,
    reach: float,
    q: float,
    closing: float,
    margin: float,
    tie: float,
    value: float,
    net: float,
    best: tuple[int, float, float],
) -> tuple[int, float, float]:
    """Take one turn and those that follow; the steps are those of `economics`, in its order."""
    (act, _, cost, charge, visit_cost, visit_charge, visit_from, sensitivity, false_pass, effect, fee, share, ends,
     nexts) = turn  # fmt: skip
    if margin >= visit_from:
        cost, charge = cost + visit_cost, charge + visit_charge
    value, net = value - reach * cost, net - reach * charge
    if act == "close":
        if effect == 1.0:
            reach = reach * q * closing
        else:
            raised = closing * effect
            reach = reach * q * (raised / (1 - closing + raised))
        earned = reach * margin
        value, net = value + earned, net + earned
    elif act == "qualify":
        if effect == 1.0:
            reach = reach * q
        else:
            raised = q * effect
            reach = reach * (raised / (1 - q + raised))
        if fee:
            value, net = value - reach * fee, net - reach * fee
        q = 1.0
    elif act == "screen":
        through = sensitivity * q
        passed = through + false_pass * (1 - q)
        q = through / passed if passed > 0 else 0.0
        reach = reach * passed
    else:
        earned = reach * (share * margin)
        value, net = value + earned, net + earned
    if ends is not None:
        low, high, path, jitter, own = ends
        worth = net + jitter * ((tie * own) % 1.0)
        if (worth > best[2] or (worth == best[2] and path < best[0])) and low <= margin < high:
            best = (path, value, worth)
    for following in nexts:
        best = _visit(following, reach * following[1], q, closing, margin, tie, value, net, best)
    return best
