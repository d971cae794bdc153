"""A month of leads, the hours of a sales team, and what policies make of both.

Hours bind by the week: a lead is booked with the hours that its path is expected to take of each role, and a role whose
hours are booked takes no further lead until Monday. All policies see the same estimated likelihoods; what they bring is
counted by the true ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadscore.decisions import (
    Economics,
    Prices,
    Prospects,
    Structure,
    first_touch,
    fit_prices,
    net,
    prices_for_the_rest,
)

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

WEEK, DAYS = 7, 28
TRAILING = 28
"""Days of leads that the nightly prices look back on."""
RECENT = 7
"""Days that the nightly arrivals are counted over."""


@dataclass(frozen=True, eq=False)
class Market:
    """Leads to draw from, as the model sees them and as they truly are.

    Parameters
    ----------
    structure
        The selling organisation.
    estimated, true
        The same leads with estimated and true likelihoods.
    """

    structure: Structure
    estimated: Prospects
    true: Prospects

    @cached_property
    def seen(self) -> Economics:
        """Value and hours as the model sees them."""
        return first_touch(self.structure, self.estimated)

    @cached_property
    def happens(self) -> Economics:
        """Value as it truly is."""
        return first_touch(self.structure, self.true)

    @cached_property
    def hours(self) -> Floats:
        """Expected hours, leads by paths by roles."""
        return self.seen.hours

    @property
    def capacity(self) -> Floats:
        """Hours of a week by role."""
        return np.array([role.capacity for role in self.structure.role])

    def draw(self, rate: float, weight: Floats, random: np.random.Generator) -> tuple[Positions, Positions]:
        """Draw four weeks of leads at so many a day: their positions, and their days in order."""
        day = np.repeat(np.arange(DAYS), random.poisson(rate, DAYS))
        return random.choice(len(weight), len(day), p=weight / weight.sum()), day


@dataclass(frozen=True, eq=False)
class Month:
    """What a policy is held to: the leads of the month before, and those that come.

    Parameters
    ----------
    market
        Where the leads are from.
    before, before_day
        Leads of the four weeks before, and their days.
    leads, day
        Leads to decide on, and their days.
    capacity
        Hours of a week by role, in this month.
    """

    market: Market
    before: Positions
    before_day: Positions
    leads: Positions
    day: Positions
    capacity: Floats

    @property
    def past(self) -> Month:
        """The month before as one to decide on, with all hands on deck: what cut-offs are tuned on."""
        return Month(self.market, self.before, self.before_day, self.before, self.before_day, self.market.capacity)

    def weeks(self) -> Sequence[Positions]:
        """Positions within the month of each week's leads."""
        return [np.flatnonzero(self.day // WEEK == week) for week in range(DAYS // WEEK)]

    def worth(self, economics: Economics, paths: Positions) -> float:
        """Sum of the value of these paths."""
        return float(economics.value[self.leads, paths].sum())

    def optimum(self, economics: Economics) -> float:
        """True value of the policy that knows each week's leads beforehand, as these economics see them."""
        total = 0.0
        for week in self.weeks():
            some = self.leads[week]
            mine, tie = economics.take(some), self.market.estimated.tie[some]
            left = dict(zip(economics.roles, self.capacity.tolist(), strict=True))
            prices = prices_for_the_rest(
                self.market.structure, mine, tie, hours_left=left, leads_to_come=float(len(some))
            )
            paths = net(mine, prices, tie).argmax(axis=1)
            total += float(self.market.happens.value[some, paths].sum())
        return total


Wishes = list[list[int]]
"""For each lead of a day the paths that a policy would take, best first; nurture comes of itself."""


@dataclass
class Books:
    """Hours that are left in a week, and where each lead went.

    Parameters
    ----------
    month
        The month.
    """

    month: Month
    left: list[float] = field(init=False)
    paths: list[int] = field(default_factory=list)

    def run(self, wishes: Callable[[Positions, int, Floats], Wishes]) -> Positions:
        """Ask a policy each morning, and book its leads one after the other; returns the path of each lead."""
        month, nurture = self.month, len(self.month.market.seen.paths) - 1
        for day in range(DAYS):
            if day % WEEK == 0:
                self.left = month.capacity.tolist()
            leads = month.leads[month.day == day]
            for hours, wished in zip(
                month.market.hours[leads].tolist(), wishes(leads, day, np.array(self.left)), strict=True
            ):
                self.paths.append(next((path for path in wished if self._book(hours[path])), nurture))
        return np.array(self.paths, dtype=np.intp)

    def _book(self, hours: list[float]) -> bool:
        after = [left - spent for left, spent in zip(self.left, hours, strict=True)]
        if min(after) < 0:
            return False
        self.left = after
        return True


def by_net(net_values: Floats) -> Wishes:
    """Paths by net value, as far as they are better than nurture, which is the last."""
    order = (-net_values).argsort(axis=1, kind="stable")
    worth = net_values > np.maximum(net_values[:, -1:], 0.0)
    return [[p for p in row if ok[p]] for row, ok in zip(order.tolist(), worth.tolist(), strict=True)]


def static_prices(month: Month) -> Positions:
    """Prices of last month, all month long."""
    prices = last_month(month)
    market = month.market

    def wishes(leads: Positions, _day: int, _left: Floats) -> Wishes:
        return by_net(net(market.seen.take(leads), prices, market.estimated.tie[leads]))

    return Books(month).run(wishes)


def last_month(month: Month) -> Prices:
    """Prices that the leads of the month before give."""
    market = month.market
    weekly = len(month.before) * WEEK / DAYS
    return fit_prices(
        market.structure, market.seen.take(month.before), market.estimated.tie[month.before], leads_per_period=weekly
    )


def nightly_prices(month: Month) -> Positions:
    """Prices solved anew each night, from the leads of the last weeks and the hours that are left in this one."""
    market, prices = month.market, last_month(month)
    leads, day = np.concatenate([month.before, month.leads]), np.concatenate([month.before_day - DAYS, month.day])

    def wishes(today: Positions, now: int, left: Floats) -> Wishes:
        nonlocal prices
        late = leads[(day >= now - TRAILING) & (day < now)]
        rate = ((day >= now - RECENT) & (day < now)).sum() / RECENT
        prices = prices_for_the_rest(
            market.structure,
            market.seen.take(late),
            market.estimated.tie[late],
            hours_left=dict(zip(market.seen.roles, left.tolist(), strict=True)),
            leads_to_come=max(float(rate), 1e-9) * (WEEK - now % WEEK),
            start=prices,
        )
        return by_net(net(market.seen.take(today), prices, market.estimated.tie[today]))

    return Books(month).run(wishes)
