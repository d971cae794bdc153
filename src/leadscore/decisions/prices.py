"""What an hour of each role is worth when everybody's time is short: one price a role, from one linear program.

The program gives every lead one path so that the value is greatest and nobody works more hours than they have. Its
dual has one price per role and hour, and the best policy is then simple: each lead takes the path with the greatest
value minus the price of its hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from leadscore.decisions.dual import minimise
from leadscore.decisions.economics import Economics
from leadscore.decisions.offers import Offers
from leadscore.decisions.prospects import Floats
from leadscore.decisions.structure import Structure
from leadscore.errors import StructureError

__all__ = ["Prices", "fit_prices", "net"]


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of the roles' time and what they imply.

    Parameters
    ----------
    per_hour
        Net worth of one more hour, by role, in the currency of the margins.
    load
        Share of the role's hours that the policy uses, by role.
    objective
        Net value of the leads of one period at the optimum.
    duality_gap
        Distance between the bounds on the optimum, as a share of it.
    jitter
        Size of the tie-break that is added to the values, in the currency of the margins.
    leads, leads_per_period
        Leads that the prices were fitted on, and arrivals that they stand for; 0 where that was not kept.
    band
        Where nine in ten of the prices lie that other leads of the same kind give, by role; empty where not asked for.
    """

    per_hour: Mapping[str, float]
    load: Mapping[str, float]
    objective: float
    duality_gap: float
    jitter: float
    leads: int = 0
    leads_per_period: float = 0.0
    band: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{name} {price:,.2f}/h ({self.load[name]:.0%} used)" for name, price in self.per_hour.items())


def fit_prices(
    structure: Structure, economics: Economics, tie: Floats, *, leads_per_period: float, start: Prices | None = None
) -> Prices:
    """Find the prices at which the roles' hours are just enough for the leads.

    Parameters
    ----------
    structure
        The structure that the economics were made with.
    economics
        Value and hours of every path for the leads that stand for a period.
    tie
        Tie-break of each lead, in [0, 1).
    leads_per_period
        Arrivals in one period; the hours are scaled to the number of leads given.
    start
        Prices to begin with, such as yesterday's; the result is the same, sooner.

    Raises
    ------
    StructureError
        When there are no leads or no arrivals.
    """
    n = len(tie)
    if not n or not leads_per_period > 0:
        raise StructureError(f"prices need leads and arrivals; got {n} leads, {leads_per_period:g} arrivals a period")
    jitter = _jitter(economics)
    offers = offers_of(structure, economics, tie, jitter, leads_per_period)
    begin = None if start is None else np.array([start.per_hour.get(role, 0.0) for role in structure.roles])
    optimum = minimise(offers, begin)
    used = offers.respond(optimum.price).used
    return Prices(
        per_hour=dict(zip(structure.roles, optimum.price.tolist(), strict=True)),
        load=dict(zip(structure.roles, (used / offers.capacity).tolist(), strict=True)),
        objective=optimum.upper * leads_per_period / n,
        duality_gap=max(optimum.upper - optimum.lower, 0.0) / max(optimum.upper, 1e-300),
        jitter=jitter,
        leads=n,
        leads_per_period=leads_per_period,
    )


def offers_of(
    structure: Structure, economics: Economics, tie: Floats, jitter: float, leads_per_period: float
) -> Offers:
    """Leads and hours as the program sees them: values with the tie-break, capacity for the number of leads given."""
    capacity = np.array([role.capacity for role in structure.role]) * (len(tie) / leads_per_period)
    return Offers.of(economics, _jittered(economics, tie, jitter), capacity)


def net(economics: Economics, prices: Prices, tie: Floats) -> Floats:
    """Value minus the price of the hours, leads by paths, with the tie-break; -inf where the lead may not go."""
    per_hour = np.array([prices.per_hour[role] for role in economics.roles])
    worth: Floats = _jittered(economics, tie, prices.jitter) - economics.charge(per_hour)
    return worth


def _jitter(economics: Economics) -> float:
    positive = economics.value[economics.value > 0]
    return 1e-4 * float(np.median(positive)) if len(positive) else 0.0


def _jittered(economics: Economics, tie: Floats, scale: float) -> Floats:
    """Add to each path (but nurture) a small number that no two leads or paths share."""
    turns = np.array([turn_of(path) for path in range(len(economics.paths) - 1)])
    value = economics.value.copy()
    value[:, :-1] += scale * ((tie[:, None] * turns) % 1.0)
    return value


def turn_of(path: int) -> float:
    """Number by which the tie-break of a lead is spread over the paths, by position."""
    return 1e4 * math.sqrt(path + 2)
