"""Which structure of the selling organisation pays: several of them on the same leads, each with its best heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadscore.decisions.month import Draw
from leadscore.decisions.outsourcing import break_even_fee, buys
from leadscore.decisions.prospects import Prospects
from leadscore.decisions.review_result import BreakEven, HeadWorth, Reviewed, StructureReview
from leadscore.decisions.sensitivity import swings
from leadscore.decisions.simulation import draw_months, office_hours, simulate
from leadscore.decisions.staffing import Payroll, best_heads
from leadscore.decisions.structure import Structure

__all__ = ["review_structures"]

MONTHS = 40
"""How many months are simulated."""

_TRIALS = 12
"""Months of these by which a further head is judged."""

_WORTH_A_HEAD = 1e-3
"""Relative gain in these months under which a further head is not taken."""


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
        break_even_fee=bench.break_even(outsourced, _in_house(by_name, today, known), known),
        swings=swings(by_name, prospects, leads_per_period, known),
        leads_per_month=leads_per_period,
        currency=currency,
        notes=notes,
    )


def _in_house(by_name: Mapping[str, Structure], today: Structure, known: Mapping[str, float]) -> str | None:
    """Today's structure, or the best that buys no leads where today's does."""
    own = [name for name, structure in by_name.items() if not buys(structure)]
    return today.name if today.name in own else max(own, key=known.__getitem__, default=None)


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

    def break_even(self, buyer: Structure | None, against: str | None, known: Mapping[str, float]) -> BreakEven | None:
        """Fee at which a structure that buys comes out as another that does not, queues and all."""
        if buyer is None:
            return None
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
        accounts = any(role.account_margin for role in payroll.structure.role)
        return Reviewed(payroll.structure.name, heads, months, worth, accounts)
