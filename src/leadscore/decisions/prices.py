"""What an hour of each role is worth when everybody's time is short: one price a role, from one linear program.

The program gives every lead one path so that the value is greatest and nobody works more hours than they have. Its
dual has one price per role and hour, and the best policy is then simple: each lead takes the path with the greatest
value minus the price of its hours. The dual is minimised by cutting planes: a lead-by-lead best response gives one
plane, and HiGHS finds the prices where the planes found so far are lowest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadscore.decisions.economics import Economics
from leadscore.decisions.prospects import Floats
from leadscore.decisions.structure import Structure
from leadscore.errors import StructureError

__all__ = ["Prices", "fit_prices", "net"]

TOLERANCE = 1e-10
"""Relative duality gap at which the search for prices ends."""

ROUNDS = 500
"""Cutting planes at most."""


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
    """

    per_hour: Mapping[str, float]
    load: Mapping[str, float]
    objective: float
    duality_gap: float
    jitter: float

    def __str__(self) -> str:
        return ", ".join(f"{name} {price:,.2f}/h ({self.load[name]:.0%} used)" for name, price in self.per_hour.items())


def fit_prices(structure: Structure, economics: Economics, tie: Floats, *, leads_per_period: float) -> Prices:
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

    Raises
    ------
    StructureError
        When there are no leads or no arrivals.
    """
    n = len(tie)
    if not n or not leads_per_period > 0:
        raise StructureError(f"prices need leads and arrivals; got {n} leads, {leads_per_period:g} arrivals a period")
    capacity = np.array([role.capacity for role in structure.role]) * (n / leads_per_period)
    jitter = _jitter(economics)
    dual = _Dual(_jittered(economics, tie, jitter), economics.hours, capacity)
    price, objective, gap = dual.minimise()
    used = dual.respond(price).used
    return Prices(
        per_hour=dict(zip(structure.roles, price.tolist(), strict=True)),
        load=dict(zip(structure.roles, (used / capacity).tolist(), strict=True)),
        objective=objective * leads_per_period / n,
        duality_gap=gap,
        jitter=jitter,
    )


def net(economics: Economics, prices: Prices, tie: Floats) -> Floats:
    """Value minus the price of the hours, leads by paths, with the tie-break; -inf where the lead may not go."""
    per_hour = np.array([prices.per_hour[role] for role in economics.roles])
    worth: Floats = _jittered(economics, tie, prices.jitter) - economics.hours @ per_hour
    return worth


def _jitter(economics: Economics) -> float:
    positive = economics.value[economics.value > 0]
    return 1e-4 * float(np.median(positive)) if len(positive) else 0.0


def _jittered(economics: Economics, tie: Floats, scale: float) -> Floats:
    """Add to each path (but nurture) a small number that no two leads or paths share."""
    turns = 1e4 * np.sqrt(np.arange(2, len(economics.paths) + 1))
    value = economics.value.copy()
    value[:, :-1] += scale * ((tie[:, None] * turns) % 1.0)
    return value


class _Response(NamedTuple):
    """What the leads do at given prices: their value, and the hours that they use."""

    value: float
    used: Floats


class _Dual:
    """The dual program: value of the leads at given prices, plus what the hours would cost."""

    def __init__(self, value: Floats, hours: Floats, capacity: Floats) -> None:
        self._value, self._hours, self._capacity = value, hours, capacity
        self._rows = np.arange(len(value))

    def respond(self, price: Floats) -> _Response:
        best = (self._value - self._hours @ price).argmax(axis=1)
        return _Response(float(self._value[self._rows, best].sum()), self._hours[self._rows, best].sum(axis=0))

    def minimise(self) -> tuple[Floats, float, float]:
        """Return prices, the least upper bound on the value and its relative distance to the lower bound."""
        # HiGHS works to absolute tolerances: prices are scaled to 0-1 and values to the value of all leads.
        top = self._top()
        scale = max(self.respond(np.zeros(len(top))).value, 1e-300)
        point = best = np.zeros(len(top))
        upper, lower = np.inf, 0.0
        planes: list[Floats] = []
        for _ in range(ROUNDS):
            response = self.respond(point * top)
            slope = (self._capacity - response.used) * top / scale
            height = response.value / scale
            if (bound := height + float(slope @ point)) < upper:
                best, upper = point, bound
            planes.append(np.array([*slope, -1.0, height]))
            lowest, lower = _lowest(np.array(planes))
            if upper - lower <= TOLERANCE * upper:
                break
            point = lowest
        return best * top, upper * scale, max(upper - lower, 0.0) / max(upper, 1e-300)

    def _top(self) -> Floats:
        """Return the highest price at which some lead might still want an hour, by role."""
        value = np.where(np.isfinite(self._value), self._value, 0.0)[:, :, None]
        per_hour = np.divide(value, self._hours, out=np.zeros(self._hours.shape), where=self._hours > 0)
        top: Floats = np.maximum(per_hour.max(axis=(0, 1)), 0.0)
        return top


def _lowest(planes: Floats) -> tuple[Floats, float]:
    """Return where the greatest of the planes is lowest within the unit box, and how low."""
    from scipy.optimize import linprog  # a scoring process fits nothing and starts sooner without it

    roles = planes.shape[1] - 2
    solution = linprog(
        c=[0.0] * roles + [1.0],
        A_ub=planes[:, :-1],
        b_ub=-planes[:, -1],
        bounds=[(0, 1)] * roles + [(0, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    point = np.clip(solution.x[:-1], 0, 1)
    return point, float((planes[:, :-2] @ point + planes[:, -1]).max())
