"""Tables of a structure review for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadscore.decisions.review_result import NINE_IN_TEN, Reviewed, StructureReview

__all__ = ["head_table", "ranking_table", "swing_table"]


def ranking_table(review: StructureReview) -> Table:
    """The structures with their best heads, the best first, and today's as it stands last."""
    table = _table(
        title=f"Structures for {review.leads_per_month:,.0f} leads a month, net value in {review.currency} a month",
        caption=(
            f"{len(review.today.months)} simulated months, the same for all; each structure with its best heads.\n"
            f"Gain and ahead: against {review.today.name} with its best heads."
        ),
    )
    table.add_column("Structure")
    for header in ("Net\nvalue", "Nine in ten\nmonths", "Gain", "Ahead"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Heads")
    for reviewed in review.ranking:
        table.add_row(*_ranked(review, reviewed, reviewed.name))
    table.add_section()
    table.add_row(*_ranked(review, review.standing, f"{review.standing.name}, as it stands"))
    return table


def _ranked(review: StructureReview, reviewed: Reviewed, name: str) -> Iterator[str]:
    low, high = np.quantile(reviewed.nets, NINE_IN_TEN)
    base = reviewed is review.today
    yield escape(name)
    yield f"{reviewed.net:,.0f}"
    yield f"{low:,.0f} to {high:,.0f}"
    yield "" if base else f"{review.gain(reviewed):+,.0f}"
    yield "" if base else f"{review.probability(reviewed):.0%}"
    yield escape(", ".join(f"{n:g} {role}" for role, n in reviewed.heads.items() if n))


def head_table(review: StructureReview) -> Table:
    """Use, wait and worth of a head: today's as it stands, and the best structure where that is another."""
    table = _table(
        title=f"Heads, in {review.currency} a month",
        caption="Wait: mean for a free head, in hours of the working calendar. Worth: before queues.",
    )
    table.add_column("Structure")
    table.add_column("Role")
    for header in ("Heads", "Used", "Wait", "One more", "One fewer"):
        table.add_column(header, justify="right", no_wrap=True)
    best = review.ranking[0]
    for reviewed in (review.standing, *((best,) if best is not review.today else (review.today,))):
        used, wait = reviewed.utilisation, reviewed.wait_minutes
        for role, worth in reviewed.worth_per_head.items():
            table.add_row(
                escape(reviewed.name),
                escape(role),
                f"{reviewed.heads[role]:g}",
                f"{used[role]:.0%}",
                f"{wait[role] / 60:,.1f} h",
                f"{round(worth.one_more) + 0:+,.0f}",
                "" if worth.one_fewer is None else f"{round(worth.one_fewer) + 0:+,.0f}",
            )
        table.add_section()
    return table


def swing_table(review: StructureReview) -> Table:
    """What a fifth less and more of each assumption does to the best structure, and who leads then."""
    best = review.ranking[0]
    table = _table(
        title=f"A fifth less or more of each assumption: net value of {best.name}, {review.currency} a month",
        caption="Heads follow each change. Flips from: the least change at which another structure leads.",
    )
    table.add_column("Assumption")
    for header in ("Change", "Net value", "Difference"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Leads then")
    table.add_column("Flips\nfrom", justify="right")
    for swing in review.swings:
        table.add_row(
            swing.parameter,
            f"{swing.change:+.0%}",
            f"{swing.net:,.0f}",
            f"{swing.net - best.net:+,.0f}",
            escape(swing.leader),
            "" if swing.flips_from is None else f"{swing.flips_from:+.1%}",
        )
    return table


def _table(title: str, caption: str) -> Table:
    return Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
