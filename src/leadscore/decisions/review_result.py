"""What a review of structures found: figures, and how they are read against today's structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadscore.decisions.month import Month
from leadscore.decisions.outsourcing import SPARED
from leadscore.decisions.prospects import Floats
from leadscore.decisions.recommendation import recommend
from leadscore.decisions.sensitivity import Swing

__all__ = ["NINE_IN_TEN", "BreakEven", "HeadWorth", "Reviewed", "StructureReview"]

NINE_IN_TEN = (0.05, 0.95)
"""Quantiles of an interval that holds nine in ten months."""


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
    counts_accounts
        Whether its figures count what won accounts bring later.
    """

    name: str
    heads: Mapping[str, float]
    months: tuple[Month, ...]
    worth_per_head: Mapping[str, HeadWorth]
    counts_accounts: bool

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
        The structure that buys, and today's, or the best that does not where today's does.
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
