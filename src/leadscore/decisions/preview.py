"""Preview: what moves when the structure changes and the model does not, or when another model takes over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from leadscore.decisions.adapting import adapt_to
from leadscore.decisions.prospects import Prospects
from leadscore.decisions.routing import Policy
from leadscore.decisions.structure import Structure
from leadscore.decisions.tier_row import TierRow

__all__ = ["Move", "Moves", "Preview", "preview"]

Pair: TypeAlias = tuple[float | None, float | None]
"""A figure before and after; None where there is none."""


class Move(NamedTuple):
    """A lead that gets another tier or role, before and after."""

    lead_id: str
    tier: tuple[str, str]
    role: tuple[str, str]


class Moves(NamedTuple):
    """How many of the leads looked at get another tier and another role; which ones, where they have names."""

    leads: int
    other_tier: int
    other_role: int
    listed: tuple[Move, ...] | None = None

    @property
    def shares(self) -> tuple[float, float]:
        """Share of the leads that get another tier, and another role."""
        leads = max(self.leads, 1)
        return self.other_tier / leads, self.other_role / leads


@dataclass(frozen=True, slots=True)
class Preview:
    """Before, after, and what moved.

    Parameters
    ----------
    before, after
        The policies.
    moves
        Leads that move; None where no leads are known to both policies.
    notes
        A sentence for each role that these leads cannot feed.
    """

    before: Policy
    after: Policy
    moves: Moves | None = None
    notes: tuple[str, ...] = ()

    def on(self, moves: Moves) -> Preview:
        """The same preview with the leads that move."""
        return replace(self, moves=moves)

    @property
    def prices(self) -> dict[str, Pair]:
        """Price of an hour by role; None where the role does not exist."""
        return self._by_role(self.before.prices.per_hour, self.after.prices.per_hour)

    @property
    def load(self) -> dict[str, Pair]:
        """Share of the hours used by role; None where the role does not exist."""
        return self._by_role(self.before.prices.load, self.after.prices.load)

    @property
    def wins(self) -> tuple[float, float]:
        """Won deals expected in one period."""
        return _total(self.before, "expected_won"), _total(self.after, "expected_won")

    @property
    def value(self) -> tuple[float, float]:
        """Value expected in one period."""
        return _total(self.before, "expected_value"), _total(self.after, "expected_value")

    @property
    def cuts(self) -> list[dict[str, Any]]:
        """Lower end and share of every band, by segment, margin band and role; None where there is no such band."""
        bands: dict[tuple[str | None, str | None, str], list[TierRow | None]] = {}
        for side, policy in enumerate((self.before, self.after)):
            for row in policy.tiers.rows:
                bands.setdefault((row.segment, row.margin_band, row.role), [None, None])[side] = row
        names = ("segment", "margin_band", "role")
        figures = ("tier", "from_p_close", "share")
        return [
            dict(zip(names, key, strict=True)) | {f: [row and getattr(row, f) for row in rows] for f in figures}
            for key, rows in bands.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON form: ``before``, ``after``, ``moved``."""
        return {"before": _table(self.before), "after": _table(self.after), "moved": dict(self._moved())}

    def _moved(self) -> Iterator[tuple[str, Any]]:
        yield "prices", {role: list(pair) for role, pair in self.prices.items()}
        yield "load", {role: list(pair) for role, pair in self.load.items()}
        yield "cuts", self.cuts
        yield "expected_won", list(self.wins)
        yield "expected_value", list(self.value)
        moves = self.moves
        names = ("leads", "other_tier", "other_role", "share_other_tier", "share_other_role")
        counts: tuple[Any, ...] = (None,) * 5 if moves is None else (*moves[:3], *moves.shares)
        yield from zip(names, counts, strict=True)
        listed = moves and moves.listed
        yield "listed", None if listed is None else [move._asdict() for move in listed]
        yield "notes", list(self.notes)

    def _by_role(self, before: Any, after: Any) -> dict[str, Pair]:
        return {role: (before.get(role), after.get(role)) for role in dict.fromkeys((*before, *after))}


def preview(policy: Policy, reference: Prospects, structure: Structure) -> Preview:
    """Price and cut again for another structure, on the same leads.

    Parameters
    ----------
    policy
        Today's.
    reference
        The leads that today's tiers were cut from.
    structure
        What if; cut to what these leads can feed, as in training.
    """
    fitting, notes = adapt_to(structure, reference, policy.assumption, policy.structure)
    after = policy.reprice(reference, fitting)
    old, new = policy.decide(reference), after.decide(reference)
    moves = Moves(len(reference), int(np.sum(old.tier != new.tier)), int(np.sum(old.role != new.role)))
    return Preview(policy, after, moves, notes)


def _table(policy: Policy) -> dict[str, Any]:
    return {
        "tiers": [asdict(row) for row in policy.tiers.rows],
        "prices": dict(policy.prices.per_hour),
        "load": dict(policy.prices.load),
        "expected_won": _total(policy, "expected_won"),
        "expected_value": _total(policy, "expected_value"),
        "leads_per_period": policy.leads_per_period,
        "table_loss": policy.tiers.losses,
    }


def _total(policy: Policy, column: str) -> float:
    return float(sum(getattr(row, column) or 0.0 for row in policy.tiers.rows))
