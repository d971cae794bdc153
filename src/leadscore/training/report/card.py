"""Tables of a points card for a terminal; they say that it is one."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from leadscore.models.bundle import CardBundle

__all__ = ["card_table", "rules_table"]


def rules_table(bundle: CardBundle) -> Table:
    """The rules and their points."""
    table = _table("Rules of the points card")
    table.add_column("If")
    table.add_column("Points", justify="right")
    for rule in bundle.rules.points:
        table.add_row(rule.words, f"{rule.points:+d}")
    return table


def card_table(bundle: CardBundle) -> Table:
    """The tiers: their points, their scores, and who calls their leads first."""
    least, most = bundle.points_card.range
    table = _table(
        title=f"Tiers of {bundle.structure.name} by rules, without a model",
        caption=f"Leads have from {least} (score 0) to {most} points (score 99). Points are no likelihood.",
    )
    for header in ("Tier", "Points", "Score", "Role", "Reply\nwithin"):
        table.add_column(header, justify="left" if header in ("Tier", "Role") else "right")
    for row in bundle.tier_rows:
        points = "all others" if row["from_points"] is None else f"from {row['from_points']}"
        score = "" if row["from_score"] is None else f"from {row['from_score']}"
        reply = "" if row["reply_within_minutes"] is None else f"{row['reply_within_minutes']} min"
        table.add_row(row["tier"], points, score, ", else ".join(row["roles"]), reply)
    return table


def _table(title: str, caption: str | None = None) -> Table:
    return Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
