"""The least upper bound on what the leads can bring within the hours: prices, and the proof that they are right.

Coordinate descent finds where the prices are; cutting planes prove it there. In a narrow box of prices nearly all
leads choose the same path whatever the price is, so only the few that waver are looked at again for each plane. A
plane lies under the dual everywhere: when the planes are lowest inside the box, they are lowest anywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from leadscore.decisions.descent import descend
from leadscore.decisions.offers import Offers, Response
from leadscore.decisions.prospects import Floats

__all__ = ["Optimum", "minimise"]

FINE, GOOD = 1e-10, 1e-8
"""Relative duality gaps at which the search for prices ends, up to `SAMPLE` leads and over."""

ACCEPTED = 1e-6
"""Relative duality gap that is good enough, should rounding or `ROUNDS` keep the search from the former."""

_CORRECTIONS = 5

ROUNDS = 400
"""Cutting planes in one box at most."""

SAMPLE = 10_000
"""Leads that give the first prices, where there are more."""


class Optimum(NamedTuple):
    """Prices, and bounds on the value of the best policy.

    Parameters
    ----------
    price
        By role.
    upper, lower
        Bounds on the net value of all leads.
    """

    price: Floats
    upper: float
    lower: float


def minimise(offers: Offers, start: Floats | None = None) -> Optimum:
    """Find the prices at which the dual is lowest.

    Parameters
    ----------
    offers
        Leads and hours.
    start
        Prices to begin with, such as yesterday's.
    """
    free = offers.respond(np.zeros(len(offers.capacity)))
    if (free.used <= offers.capacity).all():
        return Optimum(np.zeros(len(offers.capacity)), free.value, free.value)
    top = _top(offers)
    price, doubt = _first_guess(offers, start, top)
    size, tolerance = offers.sizes(price), FINE if len(offers) <= SAMPLE else GOOD
    planes = _Planes(offers.capacity, size, free.value)
    upper = offers.bound(price)
    for width in (doubt, 2 * doubt, 10 * doubt, np.maximum(10 * doubt, 0.5 * size), top):
        found, lower = planes.lowest(offers.narrow(price, width), price, width, tolerance)
        price, upper = _lower_of(offers, found, price, upper)
        if upper - lower <= ACCEPTED * upper:
            return Optimum(price, upper, lower)
    price, upper = _lower_of(offers, _smooth(offers, price, size), price, upper)
    return Optimum(price, upper, _within_the_hours(offers, price))


def _lower_of(offers: Offers, found: Floats, price: Floats, upper: float) -> tuple[Floats, float]:
    """Return the prices at which the dual is lower, and how low."""
    bound = offers.bound(found)
    return (found, bound) if bound < upper else (price, upper)


def _first_guess(offers: Offers, start: Floats | None, top: Floats) -> tuple[Floats, Floats]:
    """Return prices near the optimum, and how far off they may be."""
    price = np.zeros(len(top)) if start is None else np.minimum(start, top)
    if len(offers) <= SAMPLE:
        price = descend(offers, price, top)
        return price, 4 / math.sqrt(len(offers)) * offers.sizes(price)
    some = offers.sample(SAMPLE)
    if start is None:
        price = minimise(some).price
    return _newton(offers, some, price)


def _newton(offers: Offers, some: Offers, price: Floats) -> tuple[Floats, Floats]:
    """Correct prices that some of the leads gave by the hours that all of them use."""
    size = some.sizes(price)
    steepness = some.steepness(price, 0.05 * size) * (len(offers) / len(some))
    before = price
    for _ in range(_CORRECTIONS):
        excess = offers.respond(price).used - offers.capacity
        step = np.linalg.lstsq(steepness, excess, rcond=1e-6)[0]
        before, price = price, np.maximum(price + np.clip(step, -0.2 * size, 0.2 * size), 0.0)
    return price, np.clip(4 * np.abs(price - before), 0.002 * size, 0.05 * size)


def _top(offers: Offers) -> Floats:
    """Return the highest price at which some lead might still want an hour, by role."""
    top = np.zeros(len(offers.capacity))
    for place, path, role in offers.turns():
        time = offers.time[place, path]
        per_hour = np.divide(offers.value[path], time, out=np.zeros(len(time)), where=time > 0)
        top[role] = max(top[role], per_hour.max())
    return top


class _Planes:
    """Planes under the dual, in prices of the given size and values that are shares of the scale.

    HiGHS works to absolute tolerances, hence the scales. A plane is kept as its slopes, -1, and its height at price 0.
    """

    def __init__(self, capacity: Floats, size: Floats, scale: float) -> None:
        self._capacity, self._size, self._scale = capacity, size, scale
        self._rows: list[Floats] = []

    def lowest(self, offers: Offers, centre: Floats, width: Floats, tolerance: float) -> tuple[Floats, float]:
        """Cut until the planes touch the dual where they are lowest in a box; return where, and how low anywhere.

        That is -inf when a side of the box holds the lowest point: outside it may be lower.
        """
        low, high = np.maximum(centre - width, 0.0) / self._size, (centre + width) / self._size
        point = centre / self._size
        best, upper, lower, inside = point, np.inf, -np.inf, False
        for _ in range(ROUNDS):
            height = self._cut(offers, point)
            if height < upper:
                best, upper = point, height
            point, lower = self._lowest_point(low, high)
            inside = _is_inside(point, low, high)
            if upper - lower <= (1 if inside else 0.01) * tolerance * abs(upper):
                break
        return best * self._size, lower * self._scale if inside else -np.inf

    def _cut(self, offers: Offers, point: Floats) -> float:
        response: Response = offers.respond(point * self._size)
        slope = (self._capacity - response.used) * self._size / self._scale
        height = response.value / self._scale
        self._rows.append(np.array([*slope, -1.0, height]))
        return height + float(slope @ point)

    def _lowest_point(self, low: Floats, high: Floats) -> tuple[Floats, float]:
        from scipy.optimize import linprog  # a scoring process fits nothing and starts sooner without it

        planes = np.array(self._rows)
        solution = linprog(
            c=[0.0] * len(low) + [1.0],
            A_ub=planes[:, :-1],
            b_ub=-planes[:, -1],
            bounds=[*zip(low, high, strict=True), (None, None)],
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if solution.x is None:
            return (low + high) / 2, -np.inf
        point = np.clip(solution.x[:-1], low, high)
        return point, float((planes[:, :-2] @ point + planes[:, -1]).max())


def _is_inside(point: Floats, low: Floats, high: Floats) -> bool:
    """Whether no side of the box holds the point, but that of a price of 0."""
    edge = 1e-6 * (high - low)
    return bool(((point > low + edge) | (low == 0)).all() and (point < high - edge).all())


def _smooth(offers: Offers, start: Floats, size: Floats) -> Floats:
    """Return the prices at which a dual is lowest that was softened, in case no planes can be had."""
    from scipy.optimize import minimize

    scale = max(offers.respond(start).value, 1e-300)

    def dual(point: Floats, heat: float) -> tuple[float, Floats]:
        net = offers.net(point * size) / heat
        best = net.max(axis=0)
        weight = np.exp(net - best)
        total = weight.sum(axis=0)
        used = offers.settled.used.copy()
        for place, path, role in offers.turns():
            used[role] += offers.time[place, path] @ (weight[path] / total)
        soft = heat * float((best + np.log(total)).sum()) + float(offers.capacity @ (point * size))
        return soft / scale, (offers.capacity - used) * size / scale

    point = start / size
    for heat in (1e-2, 1e-3, 1e-4):
        arguments = (heat * scale / len(offers),)
        found = minimize(dual, point, args=arguments, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(size))
        point = found.x
    return np.asarray(point * size)


def _within_the_hours(offers: Offers, price: Floats) -> float:
    """Value of the policy of these prices that serves the best leads first and stops where hours run out."""
    net = offers.net(price)
    choice, leads = net.argmax(axis=0), np.arange(len(offers))
    spent = np.zeros((len(price), len(offers)))
    for place, path, role in offers.turns():
        spent[role] += np.where(choice == path, offers.time[place, path], 0.0)
    order = np.argsort(-net[choice, leads])
    fits = (np.cumsum(spent[:, order], axis=1) <= offers.capacity[:, None]).all(axis=0)
    return float(offers.value[choice, leads][order][fits].sum())
