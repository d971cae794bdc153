"""Preview: what moves when the structure changes and the model does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadscore.decisions.adapting import adapt
from leadscore.decisions.prospects import Prospects
from leadscore.decisions.routing import Policy
from leadscore.decisions.structure import Structure

__all__ = ["Preview", "preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """Before, after, and what moved.

    Parameters
    ----------
    before, after
        The policies.
    prices
        Price of an hour by role, before and after; None where the role does not exist.
    wins, value
        Expected won deals and value in one period, before and after.
    changed_tier, changed_role
        Share of the leads that get another tier, and another role.
    notes
        A sentence for each role that these leads cannot feed.
    """

    before: Policy
    after: Policy
    prices: Mapping[str, tuple[float | None, float | None]]
    wins: tuple[float, float]
    value: tuple[float, float]
    changed_tier: float
    changed_role: float
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form: ``before``, ``after``, ``moved``."""
        return {
            "before": _table(self.before),
            "after": _table(self.after),
            "moved": {
                "prices": {role: list(pair) for role, pair in self.prices.items()},
                "expected_won": list(self.wins),
                "expected_value": list(self.value),
                "share_other_tier": self.changed_tier,
                "share_other_role": self.changed_role,
                "notes": list(self.notes),
            },
        }


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
    known = policy.assumption is not None
    fitting, notes = adapt(
        structure,
        has_qualify=known or reference.p_qualify is not None,
        has_close=known or reference.p_close is not None,
        segments={segment for segment in reference.segment if segment is not None},
        has_customers=bool(reference.customer.any()),
    )
    after = policy.reprice(reference, fitting)
    old, new = policy.decide(reference), after.decide(reference)
    roles = dict.fromkeys((*policy.structure.roles, *fitting.roles))
    return Preview(
        before=policy,
        after=after,
        prices={r: (policy.prices.per_hour.get(r), after.prices.per_hour.get(r)) for r in roles},
        wins=(_total(policy, "expected_won"), _total(after, "expected_won")),
        value=(_total(policy, "expected_value"), _total(after, "expected_value")),
        changed_tier=float(np.mean(old.tier != new.tier)),
        changed_role=float(np.mean(old.role != new.role)),
        notes=notes,
    )


def _table(policy: Policy) -> dict[str, Any]:
    return {"tiers": [asdict(row) for row in policy.tiers.rows], "prices": dict(policy.prices.per_hour)}


def _total(policy: Policy, column: str) -> float:
    return float(sum(getattr(row, column) or 0.0 for row in policy.tiers.rows))
