"""Which structure of the selling organisation pays: several of them on the same leads, each with its best heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadscore.decisions.month import Draw, Month
from leadscore.decisions.outsourcing import SPARED, break_even_fee, buys
from leadscore.decisions.prospects import Floats, Prospects
from leadscore.decisions.recommendation import recommend
from leadscore.decisions.sensitivity import Swing, swings
from leadscore.decisions.simulation import draw_months, office_hours, simulate
from leadscore.decisions.staffing import Payroll, best_heads
from leadscore.decisions.structure import Structure

__all__ = ["BreakEven", "HeadWorth", "Reviewed", "StructureReview", "review_structures"]

MONTHS = 40
"""How many months are simulated."""

_TRIALS = 12
"""Months of these by which a further head is judged."""

_WORTH_A_HEAD = 1e-3
"""Relative gain in these months under which a further head is not taken."""

NINE_IN_TEN = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class HeadWorth:
    """What one head more or fewer changes in the net value of a period, before queues.

    Parameters
    ----------
    one_more, one_fewer
        Change of the net value; None where there is no head to miss.
    """

    one_more: float
    one_fewer: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """A structure with some heads, through all simulated months.

    Parameters
    ----------
    name
        Of the structure.
    heads
        Heads by role.
    months
        What each month came to.
    worth_per_head
        By role.
    """

    name: str
    heads: Mapping[str, float]
    months: tuple[Month, ...]
    worth_per_head: Mapping[str, HeadWorth]

    @property
    def nets(self) -> Floats:
        """Net value of each month."""
        return np.array([month.net for month in self.months])

    @property
    def net(self) -> float:
        """Mean net value of a month."""
        return float(self.nets.mean())

    @property
    def utilisation(self) -> dict[str, float]:
        """Share of the paid hours that is worked, by role."""
        return self._by_role([month.used for month in self.months])

    @property
    def wait_minutes(self) -> dict[str, float]:
        """Mean wait for a free head, in minutes of the working calendar, by role."""
        return self._by_role([month.wait for month in self.months])

    def _by_role(self, figures: Sequence[Sequence[float]]) -> dict[str, float]:
        return dict(zip(self.heads, np.mean(figures, axis=0).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Fee per qualified lead up to which outsourcing pays; None: never.

    Parameters
    ----------
    structure, against
        The structure that buys, and the best one that does not.
    qualification
        For qualification alone.
    with_development
        With early development of the opportunity, which spares later roles `spared_hours` of their time.
    asked
        The fee that the structure names.
    spared_hours
        That share, an assumption.
    """

    structure: str
    against: str
    qualification: float | None
    with_development: float | None
    asked: float
    spared_hours: float = SPARED

    def to_dict(self) -> dict[str, Any]:
        """JSON form, in which no fee that pays is ``never``."""
        fees = ("qualification", "with_development")
        return {k: "never" if v is None and k in fees else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True, eq=False)
class StructureReview:
    """What the comparison found.

    Parameters
    ----------
    standing
        Today's structure with the heads that it has.
    today
        Today's structure with its best heads, which all others are measured against.
    ranking
        All structures with their best heads, the greatest net value first.
    break_even_fee
        Of outsourcing; None where these leads cannot be bought qualified.
    swings
        What a fifth more or less of each assumption does.
    leads_per_month, currency
        Arrivals, and ISO 4217 code of the money.
    notes
        What was left out, and where figures come from.
    """

    standing: Reviewed
    today: Reviewed
    ranking: tuple[Reviewed, ...]
    break_even_fee: BreakEven | None
    swings: tuple[Swing, ...]
    leads_per_month: float
    currency: str
    notes: tuple[str, ...] = ()

    def gain(self, reviewed: Reviewed) -> float:
        """How much more a month brings than today's structure with its best heads."""
        return float((reviewed.nets - self.today.nets).mean())

    def probability(self, reviewed: Reviewed) -> float:
        """Share of the months in which it brings more than today's structure with its best heads."""
        return float((reviewed.nets > self.today.nets).mean())

    @property
    def recommendation(self) -> str:
        """What to do, in plain words."""
        return recommend(self, self.currency)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``review --json``."""
        return {
            "recommendation": self.recommendation,
            "ranking": [self._entry(reviewed) for reviewed in self.ranking],
            "today": self._entry(self.standing),
            "worth_per_head": {r.name: _worths(r) for r in self.ranking},
            "break_even_fee": self.break_even_fee and self.break_even_fee.to_dict(),
            "flips": [asdict(swing) for swing in self.swings if swing.flips_from is not None],
            "tornado": [asdict(swing) for swing in self.swings],
            "leads_per_month": self.leads_per_month,
            "currency": self.currency,
            "months": len(self.today.months),
            "notes": list(self.notes),
        }

    def _entry(self, reviewed: Reviewed) -> dict[str, Any]:
        gains = reviewed.nets - self.today.nets
        return {
            "structure": reviewed.name,
            "today": reviewed.name == self.today.name,
            "net_value": reviewed.net,
            "net_value_interval": np.quantile(reviewed.nets, NINE_IN_TEN).tolist(),
            "gain": self.gain(reviewed),
            "gain_interval": np.quantile(gains, NINE_IN_TEN).tolist(),
            "probability_beats_today": self.probability(reviewed),
            "heads": dict(reviewed.heads),
            "utilisation": reviewed.utilisation,
            "wait_minutes": reviewed.wait_minutes,
            "worth_per_head": _worths(reviewed),
        }


def _worths(reviewed: Reviewed) -> dict[str, Any]:
    return {role: asdict(worth) for role, worth in reviewed.worth_per_head.items()}


def review_structures(
    structures: Sequence[Structure],
    today: Structure,
    outsourced: Structure | None,
    prospects: Prospects,
    *,
    leads_per_period: float,
    currency: str = "EUR",
    months: int = MONTHS,
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> StructureReview:
    """Compare structures, all of one period and none of a name twice.

    Parameters
    ----------
    structures
        To compare; today's is added where it is missing.
    today
        The one that the company has, with its heads.
    outsourced
        One with roles that are paid by the qualified lead, whose break-even fee is asked for; None: there is none.
    prospects
        Leads that stand for a period, with both likelihoods.
    leads_per_period
        Arrivals in one period.
    currency
        ISO 4217 code of the margins.
    months
        Periods to simulate.
    seed
        The same seed draws the same months.
    notes
        To be passed on.
    """
    by_name = {s.name: s for s in (*structures, today)}
    hours = office_hours(today.period)
    draws = draw_months(len(prospects), leads_per_period, hours=hours, months=months, seed=seed)
    bench = _Bench(prospects, leads_per_period, draws)
    found = {name: bench.at_best(structure) for name, structure in by_name.items()}
    known = {name: reviewed.net for name, reviewed in found.items()}
    return StructureReview(
        standing=bench.as_it_stands(today),
        today=found[today.name],
        ranking=tuple(sorted(found.values(), key=lambda reviewed: -reviewed.net)),
        break_even_fee=bench.break_even(outsourced, [name for name in found if not buys(by_name[name])], known),
        swings=swings(by_name, prospects, leads_per_period, known),
        leads_per_month=leads_per_period,
        currency=currency,
        notes=notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """The leads and months that all structures are put through."""

    prospects: Prospects
    leads: float
    draws: tuple[Draw, ...]

    def at_best(self, structure: Structure) -> Reviewed:
        payroll = self._payroll(structure)
        heads = best_heads(payroll)
        return self._reviewed(payroll, self._with_queues(payroll, heads))

    def _with_queues(self, payroll: Payroll, heads: dict[str, float]) -> dict[str, float]:
        """Add heads, which the program does without because it knows no queues, as long as the months gain by it."""
        net = self._trial(payroll, heads)
        while True:
            trials = {role: self._trial(payroll, {**heads, role: n + 1}) for role, n in heads.items() if n}
            role = max(trials, key=trials.__getitem__, default=None)
            if role is None or trials[role] <= net + _WORTH_A_HEAD * abs(net):
                return heads
            heads, net = {**heads, role: heads[role] + 1}, trials[role]

    def _trial(self, payroll: Payroll, heads: Mapping[str, float]) -> float:
        months = simulate(payroll, self.prospects, heads, self.draws[:_TRIALS])
        return float(np.mean([month.net for month in months]))

    def as_it_stands(self, structure: Structure) -> Reviewed:
        return self._reviewed(self._payroll(structure), {role.name: role.heads for role in structure.role})

    def break_even(self, buyer: Structure | None, own: Sequence[str], known: Mapping[str, float]) -> BreakEven | None:
        """Fee at which a structure that buys comes out as the best of those that do not, queues and all."""
        if buyer is None:
            return None
        against = max(own, key=known.__getitem__, default=None)
        simulated = known[buyer.name] if buyer.name in known else self.at_best(buyer).net
        friction = simulated - self._payroll(buyer).relaxed().net
        target = (known[against] if against else 0.0) - friction
        alone, developed = (
            break_even_fee(buyer, self.prospects, leads_per_period=self.leads, against=target, developed=further)
            for further in (False, True)
        )
        asked = buyer.role_named(buys(buyer)[0]).fee_per_qualified
        return BreakEven(buyer.name, against or "doing nothing", alone, developed, asked)

    def _payroll(self, structure: Structure) -> Payroll:
        return Payroll(structure, self.prospects, leads_per_period=self.leads)

    def _reviewed(self, payroll: Payroll, heads: Mapping[str, float]) -> Reviewed:
        months = simulate(payroll, self.prospects, heads, self.draws)
        now = payroll.net(heads)
        worth = {
            role: HeadWorth(
                payroll.net({**heads, role: n + 1}) - now,
                payroll.net({**heads, role: max(n - 1, 0.0)}) - now if n else None,
            )
            for role, n in heads.items()
        }
        return Reviewed(payroll.structure.name, heads, months, worth)
