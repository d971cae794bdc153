"""Months of a structure lead by lead, with queues: what a program of averages does not see.

Leads arrive at random, are routed by value minus price, wait for a free head and move down the hand-offs by the toss of
a coin. Arrivals, coins and working times are drawn once and shared by all structures, so that what differs between two
of them is the structures' doing; a structure differs from itself by exactly nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from leadscore.decisions.economics import Chains
from leadscore.decisions.month import ACTS, TURNS, Draw, Month, Office
from leadscore.decisions.prices import net
from leadscore.decisions.prospects import Prospects
from leadscore.decisions.staffing import Payroll
from leadscore.decisions.structure import DAYS, Period
from leadscore.decisions.touches import Touch

__all__ = ["draw_months", "office_hours", "simulate"]

WORKING_HOURS = 40.0
"""Hours that an office is open in a week."""


def office_hours(period: Period) -> float:
    """Working hours of a period.

    Examples
    --------
    >>> round(office_hours("month"), 1)
    173.9
    """
    return WORKING_HOURS * DAYS[period] / DAYS["week"]


def draw_months(leads: int, leads_per_period: float, *, hours: float, months: int, seed: int = 0) -> tuple[Draw, ...]:
    """Draw arrivals, coins and working times.

    Parameters
    ----------
    leads
        How many leads there are to draw from, with replacement.
    leads_per_period
        Mean arrivals in a period.
    hours
        Working hours of a period.
    months
        How many periods.
    seed
        The same seed draws the same.
    """
    rng = np.random.default_rng(seed)
    return tuple(_draw(rng, leads, int(rng.poisson(leads_per_period)), hours) for _ in range(months))


def _draw(rng: np.random.Generator, leads: int, arrivals: int, hours: float) -> Draw:
    moment, lead = np.sort(rng.uniform(0, hours, arrivals)), rng.integers(leads, size=arrivals)
    shape = (arrivals, len(ACTS) * TURNS)
    return Draw(moment.tolist(), lead, rng.random(shape).tolist(), rng.exponential(1.0, shape).tolist())


def simulate(
    payroll: Payroll, prospects: Prospects, heads: Mapping[str, float], draws: Sequence[Draw]
) -> tuple[Month, ...]:
    """Let the same periods happen to a structure with these heads.

    Parameters
    ----------
    payroll
        Of the structure and the leads.
    prospects
        The leads.
    heads
        Heads by role; a part of a head works so much slower.
    draws
        Of :func:`draw_months`.
    """
    structure, chains, economics = payroll.structure, Chains(payroll.unpaid), payroll.open_to(heads)
    arriving, closing = chains.likelihoods(prospects)
    row = tuple(heads[role] for role in structure.roles)
    day = office_hours(structure.period)
    office = Office(
        role=structure.role,
        heads=row,
        pace=tuple(
            max(day / role.hours_per_period, 1.0) * (math.ceil(n) / n if n else 1.0)
            for role, n in zip(structure.role, row, strict=True)
        ),
        decay=structure.reply_decay,
        touches=tuple(_touches_to(path, chains.firsts) for path in range(len(economics.paths))),
        way=net(economics, payroll.prices(heads), prospects.tie).argmax(axis=1),
        q=None if prospects.p_qualify is None else arriving,
        closing=closing,
        margin=prospects.margin,
    )
    return tuple(office.month(draw) for draw in draws)


def _touches_to(path: int, turns: Sequence[Touch]) -> tuple[Touch, ...]:
    """Return the turns that end at the path of this position; none for nurture."""
    for touch in turns:
        if touch.ends == path:
            return (touch,)
        if after := _touches_to(path, touch.nexts):
            return (touch, *after)
    return ()
