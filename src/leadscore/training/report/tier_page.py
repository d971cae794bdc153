"""The tier page of a run: the table, how sure each cut is, in numbers and in words, and what an hour is worth."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from leadscore.decisions import Policy, TierRow
from leadscore.training.report.page import sheet

__all__ = ["tier_page"]

_HEADERS = ("Tier", "Segment", "Deal margin", "Role")
_FIGURES = ("From", "Nine in ten cuts", "Leads", "Other role", "Won", "Value")


def tier_page(policy: Policy, name: str, currency: str) -> str:
    """Write the page.

    Parameters
    ----------
    policy
        Prices and tiers.
    name
        Name of the recipe.
    currency
        ISO 4217 code of the money.
    """
    return sheet(f"Tiers of {name}", _body(policy, name, currency))


def _body(policy: Policy, name: str, currency: str) -> Iterator[str]:
    structure, tiers = policy.structure, policy.tiers
    yield f"<h1>Tiers of {escape(name)}</h1>"
    yield f"<p>{escape(structure.name)}, {policy.leads_per_period:,.0f} leads a {structure.period}; "
    yield f"won deals and value ({escape(currency)}) are expected in one {structure.period}. "
    yield f"{escape(tiers.loss_in_words)}</p>"
    yield "<table><tr>" + "".join(f"<th>{h}" for h in _HEADERS) + "".join(f"<th class=n>{h}" for h in _FIGURES)
    yield from map(_row, tiers.rows)
    yield "</table><h2>The cuts in words</h2><ul>"
    yield from (f"<li>{escape(row.cut_in_words)}" for row in tiers.rows)
    yield f"</ul><h2>What one more hour would bring, {escape(currency)}</h2>"
    yield "<table><tr><th>Role<th class=n>Price<th class=n>Nine in ten prices<th class=n>Hours used"
    for role, price in policy.prices.per_hour.items():
        low, high = policy.prices.band.get(role, (price, price))
        yield f"<tr><td>{escape(role)}<td class=n>{price:,.0f}<td class=n>{low:,.0f} to {high:,.0f}"
        yield f"<td class=n>{policy.prices.load[role]:.0%}"
    yield "</table>"


def _row(row: TierRow) -> str:
    texts = (row.tier, row.segment or "", row.margin_band or "", row.role)
    band = row.from_p_close_band
    figures = (
        f"{row.from_p_close:.2%}",
        "" if band is None else f"{band[0]:.2%} to {band[1]:.2%}",
        f"{row.share:.1%}",
        f"{row.share_other_role:.1%}",
        "" if row.expected_won is None else f"{row.expected_won:.1f}",
        f"{row.expected_value:,.0f}",
    )
    return "<tr>" + "".join(f"<td>{escape(t)}" for t in texts) + "".join(f"<td class=n>{f}" for f in figures)
