"""One period in an office, event by event: who waits, who works, and what it comes to."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leadscore.decisions.delay import ReplyDecay
from leadscore.decisions.prospects import Floats, Positions
from leadscore.decisions.queues import Crew
from leadscore.decisions.structure_parts import Role
from leadscore.decisions.touches import Touch

__all__ = ["ACTS", "TURNS", "Draw", "Month", "Office"]

ACTS = ("screen", "qualify", "close", "keep")
"""What a role may do at a lead, in the order of the coins."""

TURNS = 2
"""Turns of one act at a lead that have a coin of their own."""

_PRIOR = ReplyDecay()


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What chance brings in one period, the same for all structures.

    Parameters
    ----------
    moment
        Arrivals in working hours, rising.
    lead
        Which of the leads arrives, by position.
    coin
        Numbers in [0, 1) of each arrival: `ACTS`, once for each of `TURNS`.
    work
        Factors on the working time of a touch, of mean 1, likewise.
    """

    moment: list[float]
    lead: Positions
    coin: list[list[float]]
    work: list[list[float]]


@dataclass(frozen=True, slots=True)
class Month:
    """What one simulated period came to.

    Parameters
    ----------
    net
        Margins minus fees and wages; hours over those that are paid are paid on top.
    used
        Share of the paid hours that was worked, by role.
    wait
        Mean wait for a free head in minutes of the working calendar, by role; 0 where nobody came.
    """

    net: float
    used: tuple[float, ...]
    wait: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Office:
    """A structure with heads, and the way that each lead is to take.

    Parameters
    ----------
    role, heads
        The roles, and heads of each.
    pace
        Working hours that an hour of work at a lead takes, by role: a head has other things to do, too.
    decay
        What waiting does; None where the structure does not say, and a prior stands in for promises that are broken.
    touches
        The turns of each path; none for nurture.
    way
        Path of each lead.
    q, closing, margin
        P(qualify) or None, P(close | qualify) and margin of each lead.
    """

    role: tuple[Role, ...]
    heads: tuple[float, ...]
    pace: tuple[float, ...]
    decay: ReplyDecay | None
    touches: tuple[tuple[Touch, ...], ...]
    way: Positions
    q: Floats | None
    closing: Floats
    margin: Floats

    def month(self, draw: Draw) -> Month:
        """Let one period happen."""
        run = _Run(self, draw)
        run.work_through()
        wages, used = 0.0, []
        for role, heads, worked in zip(self.role, self.heads, run.worked, strict=True):
            paid = heads * role.hours_per_period
            wages += role.cost_per_hour * max(paid, worked)
            used.append(worked / paid if heads else 0.0)
        return Month(run.value - wages, tuple(used), run.mean_waits())

    def answered(self, role: Role, minutes: float) -> float:
        """Factor on the odds of a lead that waited so long; a promise that is kept is what the structure counts on."""
        decay = self.decay or _PRIOR
        counted_on = 1.0 if self.decay else decay.factor(role.reply_within_minutes)
        return decay.factor(max(minutes, role.reply_within_minutes)) / counted_on


class _Lead:
    """A lead on its way."""

    __slots__ = ("at", "closing", "coin", "margin", "q", "seen", "way", "work")

    def __init__(
        self, way: Sequence[Touch], q: float, closing: float, margin: float, coin: list[float], work: list[float]
    ) -> None:
        self.way, self.at, self.q, self.closing, self.margin = way, 0, q, closing, margin
        self.coin, self.work, self.seen = coin, work, [0] * len(ACTS)

    def toss(self, touch: Touch) -> tuple[float, float]:
        """Return coin and working time of a turn; a further turn of the same act has its own."""
        act = ACTS.index(touch.act)
        place = act + len(ACTS) * (self.seen[act] % TURNS)
        self.seen[act] += 1
        return self.coin[place], self.work[place]

    def chance(self, touch: Touch) -> float:
        """How likely the turn succeeds; what is known of the lead after a success is kept."""
        if touch.act == "screen":
            passes = touch.sensitivity * self.q + touch.false_pass * (1 - self.q)
            self.q = touch.sensitivity * self.q / passes if passes else 0.0
            return passes
        if touch.act == "qualify":
            q, self.q = self.q, 1.0
            return _shifted(q, touch.effect)
        return self.q * _shifted(self.closing, touch.effect) if touch.act == "close" else 1.0

    @property
    def following(self) -> Touch | None:
        """The next turn on the lead's way."""
        return self.way[self.at + 1] if self.at + 1 < len(self.way) else None


class _Run:
    """The events of one period."""

    def __init__(self, office: Office, draw: Draw) -> None:
        self._office = office
        self._crews = [Crew(max(math.ceil(n), 1)) for n in office.heads]
        self._events = list(self._arrivals(draw))
        self.value, roles = 0.0, len(office.heads)
        self.worked, self._waited, self._taken = [0.0] * roles, [0.0] * roles, [0] * roles

    def _arrivals(self, draw: Draw) -> Iterator[tuple[float, int, _Lead]]:
        office, who = self._office, draw.lead
        q = np.ones(len(who)) if office.q is None else office.q[who]
        columns = (office.way[who], q, office.closing[who], office.margin[who])
        known = zip(draw.moment, *(column.tolist() for column in columns), draw.coin, draw.work, strict=True)
        for n, (moment, way, *rest) in enumerate(known):
            if office.touches[way]:
                yield moment, n, _Lead(office.touches[way], *rest)

    def work_through(self) -> None:
        """Take events in the order of time until nobody waits."""
        events = self._events  # they rise, which makes them a heap
        while events:
            moment, n, lead = heapq.heappop(events)
            touch = lead.way[lead.at]
            coin, factor = lead.toss(touch)
            done = self._work(touch, lead, moment, factor)
            if self._succeeds(touch, lead, coin):
                lead.at += 1
                heapq.heappush(events, (done, n, lead))

    def mean_waits(self) -> tuple[float, ...]:
        """Mean wait by role, in minutes."""
        return tuple(60 * waited / max(taken, 1) for waited, taken in zip(self._waited, self._taken, strict=True))

    def _work(self, touch: Touch, lead: _Lead, moment: float, factor: float) -> float:
        """Let a role work at a lead; return when it is done."""
        visit = touch.visit_hours if lead.margin >= touch.visit_from else 0.0
        hours, role = (touch.hours + visit) * factor, touch.role
        taken = hours * self._office.pace[role]
        begun = self._crews[role].begin(moment, taken)
        self.worked[role] += hours
        self._waited[role] += begun - moment
        self._taken[role] += 1
        if not lead.at:
            self._answer(lead, self._office.role[role], 60 * (begun - moment))
        return begun + taken

    def _answer(self, lead: _Lead, role: Role, minutes: float) -> None:
        factor = self._office.answered(role, minutes)
        if self._office.q is None:
            lead.closing = _shifted(lead.closing, factor)
        else:
            lead.q = _shifted(lead.q, factor)

    def _succeeds(self, touch: Touch, lead: _Lead, coin: float) -> bool:
        """Book what the turn brings; whether the lead arrives at a next one."""
        chance, following = lead.chance(touch), lead.following
        arrives = following.arrives if following else 0.0
        self.value -= touch.cost + (touch.fee_per_qualified if coin < chance else 0.0)
        if touch.act == "close":
            # Money comes in at its likelihood: the luck of single deals would hide what a structure does.
            account = arrives * following.account_margin if following else 0.0
            self.value += chance * lead.margin * (1 + account)
        return coin < chance * arrives


def _shifted(p: float, factor: float) -> float:
    raised = p * factor
    return raised / (1 - p + raised)
