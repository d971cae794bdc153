"""What a first touch is worth: expected margin minus cost over the hand-offs, for all leads at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from leadscore.decisions.prospects import Flags, Floats, Positions, Prospects, shift_odds
from leadscore.decisions.structure import Path, Structure
from leadscore.decisions.touches import Limits, Touch, limits, touches
from leadscore.errors import StructureError

__all__ = ["Chains", "Economics", "first_touch"]


@dataclass(frozen=True, slots=True, eq=False)
class Economics:
    """Value and time of every path for every lead.

    Parameters
    ----------
    roles
        Roles of the structure.
    paths
        Its paths, nurture last.
    value
        Expected margin minus expected cost, leads by paths; -inf where the lead may not go.
    won
        Chance that the path ends in a won deal, leads by paths; 0 for nurture.
    time
        Expected hours of the first, second, ... role of each path, places by leads by paths; 0 where there is none.
    workers
        Position of that role in `roles`, places by paths; -1 where there is none.
    eligible
        Whether every role of the path may touch the lead, leads by paths.
    """

    roles: tuple[str, ...]
    paths: tuple[Path, ...]
    value: Floats
    won: Floats
    time: Floats
    workers: Positions
    eligible: Flags

    @property
    def hours(self) -> Floats:
        """Expected hours, leads by paths by roles: large, and mostly 0."""
        hours = np.zeros((*self.value.shape, len(self.roles)))
        for time, worker in zip(self.time, self.workers, strict=True):
            for path, role in enumerate(worker):
                hours[:, path, role] += time[:, path]
        return hours

    def take(self, leads: Positions) -> Economics:
        """Return those of these leads."""
        rows = {name: getattr(self, name)[leads] for name in ("value", "won", "eligible")}
        return replace(self, **rows, time=self.time[:, leads])

    def charge(self, per_hour: Floats) -> Floats:
        """What the hours cost at these prices by role, leads by paths."""
        charged: Floats = np.zeros(self.value.shape, order="F")
        for time, worker in zip(self.time, self.workers, strict=True):
            charged += time * per_hour[worker]
        return charged

    def by_first_touch(self, net_values: Floats) -> Floats:
        """Best of a figure per path by first role, in the order of the structure, nurture last.

        It is -inf for a role that takes no new leads.
        """
        best = np.full((len(net_values), len(self.roles) + 1), -np.inf)
        starts = [p for p, path in enumerate(self.paths) if not p or path[:1] != self.paths[p - 1][:1]]
        firsts = [self.roles.index(self.paths[p][0]) if self.paths[p] else -1 for p in starts]
        best[:, firsts] = np.maximum.reduceat(net_values, starts, axis=1)
        return best


def first_touch(structure: Structure, prospects: Prospects) -> Economics:
    """Value every path of a structure for every lead.

    Raises
    ------
    StructureError
        When `p_close` is missing, or `p_qualify` is missing and the structure has a role that screens or qualifies.
    """
    return Chains(structure).value(prospects)


@dataclass(frozen=True)
class Chains:
    """The paths of a structure laid out so that all leads are valued at once.

    Parameters
    ----------
    structure
        The structure.
    """

    structure: Structure

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The paths of the structure, nurture last."""
        return self.structure.paths()

    @cached_property
    def firsts(self) -> tuple[Touch, ...]:
        """The first touches, with all that may follow."""
        return touches(self.structure)

    @cached_property
    def limits(self) -> tuple[Limits, ...]:
        """Which leads may take each path."""
        return tuple(limits(self.structure, path) for path in self.paths)

    @cached_property
    def _workers(self) -> Positions:
        depth = max(map(len, self.paths))
        roles = self.structure.roles
        return np.array([[roles.index(p[d]) if d < len(p) else -1 for p in self.paths] for d in range(depth)])

    def value(self, prospects: Prospects) -> Economics:
        """Value every path for every lead; see `first_touch`."""
        arriving, closing = self.likelihoods(prospects)
        walk = _Walk(prospects.margin, (len(self.paths), len(prospects)), len(self._workers))
        everybody = np.ones(len(prospects))
        for touch in self.firsts:
            if prospects.p_qualify is None:
                walk.visit(touch, everybody, arriving, _shifted(closing, touch.arrives), np.zeros(len(prospects)), ())
            else:
                walk.visit(touch, everybody, _shifted(arriving, touch.arrives), closing, np.zeros(len(prospects)), ())
        eligible = self._eligible(prospects)
        value = np.where(eligible, walk.value, -np.inf).T
        time = walk.time.transpose(0, 2, 1)
        return Economics(self.structure.roles, self.paths, value, walk.won.T, time, self._workers, eligible.T)

    def likelihoods(self, prospects: Prospects) -> tuple[Floats, Floats]:
        """Return P(qualify) and P(close | qualify); with one likelihood, leads count as qualified on arrival.

        Raises
        ------
        StructureError
            As `first_touch`.
        """
        p_close = prospects.along("p_close")
        if prospects.p_qualify is not None:
            q = prospects.p_qualify
            return q, np.minimum(np.divide(p_close, q, out=np.zeros(len(q)), where=q > 0), 1.0)
        if not all(role.closes for role in self.structure.role):
            raise StructureError(
                f"structure {self.structure.name!r} has roles that screen or qualify, and there is no likelihood to "
                "qualify; give a rate under [qualify] in the recipe or cut the structure to its closing roles"
            )
        return np.ones(len(prospects)), p_close

    def _eligible(self, prospects: Prospects) -> Flags:
        """Whether each lead may take each path, paths by leads."""
        named = sorted(set().union(*(limit.segments or () for limit in self.limits)))
        is_of = {name: prospects.segment == name for name in named}
        eligible = np.ones((len(self.paths), len(prospects)), dtype=bool)
        for allowed, limit in zip(eligible[:-1], self.limits[:-1], strict=True):
            allowed &= prospects.contactable
            if limit.segments is not None:
                allowed &= np.logical_or.reduce([is_of[name] for name in limit.segments] or [np.zeros_like(allowed)])
            if not (limit.customers and limit.newcomers):
                allowed &= np.where(prospects.customer, limit.customers, limit.newcomers)
            if limit.margin_from > -np.inf or limit.margin_below < np.inf:
                allowed &= (limit.margin_from <= prospects.margin) & (prospects.margin < limit.margin_below)
        return eligible


class _Walk:
    """All leads on the way down the hand-offs, path by path."""

    def __init__(self, margin: Floats, shape: tuple[int, int], depth: int) -> None:
        self._margin = margin
        self.value, self.won, self.time = np.zeros(shape), np.zeros(shape), np.zeros((depth, *shape))

    def visit(
        self, touch: Touch, reach: Floats, q: Floats, closing: Floats, value: Floats, before: tuple[Floats, ...]
    ) -> None:
        """Take one turn with the share of each lead that reaches it, and the turns that follow.

        Parameters
        ----------
        touch
            The turn.
        reach, q, closing
            Chance that the lead gets here, that it qualifies then, and that it closes once qualified.
        value
            Margin minus cost so far.
        before
            Hours of the turns so far.
        """
        cost, hours = self._cost_and_hours(touch)
        value, spent = value - reach * cost, (*before, reach * hours)
        if touch.act == "screen":
            passed = touch.sensitivity * q + touch.false_pass * (1 - q)
            q = np.divide(touch.sensitivity * q, passed, out=np.zeros(len(q)), where=passed > 0)
            reach = reach * passed
        elif touch.act == "qualify":
            reach = reach * _shifted(q, touch.effect)
            value, q = value - reach * touch.fee_per_qualified, np.ones(len(q))
        elif touch.act == "close":
            reach = reach * q * _shifted(closing, touch.effect)
            value = value + reach * self._margin
            self.won[[t.ends for t in (touch, *touch.nexts) if t.ends is not None]] = reach
        else:
            value = value + reach * (touch.account_margin * self._margin)
        if touch.ends is not None:
            self.value[touch.ends], self.time[: len(spent), touch.ends] = value, spent
        for following in touch.nexts:
            self.visit(following, reach * following.arrives, q, closing, value, spent)

    def _cost_and_hours(self, touch: Touch) -> tuple[float | Floats, float | Floats]:
        if not touch.visit_hours:
            return touch.cost, touch.hours
        visits = (self._margin >= touch.visit_from).astype(np.float64)
        return touch.cost + visits * touch.visit_cost, touch.hours + visits * touch.visit_hours


def _shifted(p: Floats, factor: float) -> Floats:
    return p if factor == 1 else shift_odds(p, factor)
