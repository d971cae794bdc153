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
"""A `Touch` as a tuple, which is read faster than attributes, with the price of its hours."""

_NONE: tuple[int, float, float] = (-1, 0.0, float("-inf"))


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
        self._trees: dict[tuple[str | None, bool], tuple[tuple[int, list[_Turn]], ...]] = {}

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
        best: Best = Best(self._nurture, 0.0, 0.0)
        for _, found in self.by_role(p_qualify, p_close, margin, segment, customer, contactable, tie):
            if found.net > best.net or (found.net == best.net and found.path < best.path):
                best = found
        return best

    def by_role(
        self,
        p_qualify: float | None,
        p_close: float,
        margin: float,
        segment: str | None,
        customer: bool,
        contactable: bool,
        tie: float,
    ) -> list[tuple[int, Best]]:
        """Return the best path of every first role that the lead may go to, with the role's position; see `best`."""
        if not contactable:
            return []
        key = (segment if segment in self._named else None, customer)
        trees = self._trees.get(key)
        if trees is None:
            trees = self._trees[key] = self._open_to(*key)
        chance, found = p_close, []
        if p_qualify is not None:
            chance = min(p_close / p_qualify, 1.0) if p_qualify > 0 else 0.0
        for role, turns in trees:
            best = _NONE
            for turn in turns:
                arrives, q, closing = turn[1], p_qualify, chance
                if q is None:
                    q = 1.0
                    closing = closing if arrives == 1.0 else closing * arrives / (1 - closing + closing * arrives)
                elif arrives != 1.0:
                    q = q * arrives / (1 - q + q * arrives)
                best = _visit(turn, 1.0, q, closing, margin, tie, 0.0, 0.0, best)
            if best is not _NONE:
                found.append((role, Best(*best)))
        return found

    def _open_to(self, segment: str | None, customer: bool) -> tuple[tuple[int, list[_Turn]], ...]:
        """Keep the paths that such a lead may take, whatever its margin is, by first role."""
        allowed = {
            p: (limit.margin_from, limit.margin_below)
            for p, limit in enumerate(self._chains.limits[:-1])
            if (limit.customers if customer else limit.newcomers) and _serves(limit, segment)
        }
        trees: dict[int, list[_Turn]] = {}
        for touch in self._chains.firsts:
            if turn := self._turn(touch, allowed):
                trees.setdefault(touch.role, []).append(turn)
        return tuple(trees.items())

    def _turn(self, touch: Touch, allowed: dict[int, tuple[float, float]]) -> _Turn | None:
        nexts = tuple(turn for following in touch.nexts if (turn := self._turn(following, allowed)))
        ends = None
        if touch.ends is not None and touch.ends in allowed:
            ends = (*allowed[touch.ends], touch.ends, self._prices.jitter, turn_of(touch.ends))
        if ends is None and not nexts:
            return None
        price = self._prices.per_hour[self._structure.roles[touch.role]]
        return (
            touch.act, touch.arrives, touch.cost, touch.hours, price, touch.visit_cost, touch.visit_hours,
            touch.visit_from if touch.visit_hours else float("inf"),
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
    charge: float,
    best: tuple[int, float, float],
) -> tuple[int, float, float]:
    """Take one turn and those that follow; the steps are those of `economics`, in its order, to the same bits."""
    (act, _, cost, hours, price, visit_cost, visit_hours, visit_from, sensitivity, false_pass, effect, fee, share, ends,
     nexts) = turn  # fmt: skip
    if margin >= visit_from:
        cost, hours = cost + visit_cost, hours + visit_hours
    value, charge = value - reach * cost, charge + reach * hours * price
    if act == "close":
        if effect == 1.0:
            reach = reach * q * closing
        else:
            raised = closing * effect
            reach = reach * q * (raised / (1 - closing + raised))
        value = value + reach * margin
    elif act == "qualify":
        if effect == 1.0:
            reach = reach * q
        else:
            raised = q * effect
            reach = reach * (raised / (1 - q + raised))
        if fee:
            value = value - reach * fee
        q = 1.0
    elif act == "screen":
        through = sensitivity * q
        passed = through + false_pass * (1 - q)
        q = through / passed if passed > 0 else 0.0
        reach = reach * passed
    else:
        value = value + reach * (share * margin)
    if ends is not None:
        low, high, path, jitter, own = ends
        worth = value + jitter * ((tie * own) % 1.0) - charge
        if (worth > best[2] or (worth == best[2] and path < best[0])) and low <= margin < high:
            best = (path, value, worth)
    for following in nexts:
        best = _visit(following, reach * following[1], q, closing, margin, tie, value, charge, best)
    return best
