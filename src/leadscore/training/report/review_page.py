"""The page of a structure review: the answer in words, the ranking, the heads, and what the answer hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

import numpy as np

from leadscore.decisions.review_result import NINE_IN_TEN, BreakEven, Reviewed, StructureReview
from leadscore.decisions.sensitivity import SWING
from leadscore.training.report.page import sheet

__all__ = ["review_page"]

_WIDTH, _HEIGHT = 260, 16


def review_page(review: StructureReview, name: str) -> str:
    """Write the page.

    Parameters
    ----------
    review
        What was found.
    name
        Name of the recipe.
    """
    return sheet(f"Structures for {name}", _body(review, name))


def _body(review: StructureReview, name: str) -> Iterator[str]:
    yield f"<h1>Structures for {escape(name)}</h1><p>{escape(review.recommendation)}</p>"
    yield f"<p class=why>{review.leads_per_month:,.0f} leads a month; net value in {escape(review.currency)} a month "
    yield f"after fees and full wages, in {len(review.today.months)} simulated months that are the same for all "
    yield "structures.</p>"
    yield "<h2>Ranking</h2>"
    yield from _ranking(review)
    yield "<h2>Heads</h2><p class=why>Wait: mean for a free head, in hours of the working calendar. One more, one "
    yield "fewer: change of the net value before queues.</p>"
    yield from _heads(review)
    if review.break_even_fee is not None:
        yield from _fees(review.break_even_fee, escape(review.currency))
    yield f"<h2>What the answer hangs on</h2><p class=why>Net value of {escape(review.ranking[0].name)} with a fifth "
    yield "less and more of each assumption; heads follow. The upright line is the net value as it is.</p>"
    yield from _swings(review)
    yield from (f"<p class=why>{escape(note)}</p>" for note in review.notes)


def _ranking(review: StructureReview) -> Iterator[str]:
    ends = [np.quantile(r.nets, NINE_IN_TEN) for r in (*review.ranking, review.standing)]
    low, high = float(np.min(ends)), float(np.max(ends))
    yield _head(("Structure",), ("Net value",), (f"Nine in ten months, {low:,.0f} to {high:,.0f}",), ("Gain", "Ahead"))
    for reviewed in review.ranking:
        yield from _ranked(review, reviewed, reviewed.name, (low, high))
    yield from _ranked(review, review.standing, f"{review.standing.name}, as it stands", (low, high))
    yield "</table>"
    yield f"<p class=why>Gain and ahead: mean difference to {escape(review.today.name)} with its best heads, and share "
    yield "of the months that bring more.</p>"


def _ranked(review: StructureReview, reviewed: Reviewed, name: str, ends: tuple[float, float]) -> Iterator[str]:
    low, high = np.quantile(reviewed.nets, NINE_IN_TEN).tolist()
    base = reviewed is review.today
    yield f"<tr><td>{escape(name)}<td class=n>{reviewed.net:,.0f}<td>{_interval(low, reviewed.net, high, ends)}"
    yield f"<td class=n>{'' if base else f'{review.gain(reviewed):+,.0f}'}"
    yield f"<td class=n>{'' if base else f'{review.probability(reviewed):.0%}'}</tr>"


def _heads(review: StructureReview) -> Iterator[str]:
    yield _head(("Structure", "Role"), ("Heads", "Used", "Wait", "One more", "One fewer"))
    for reviewed, name in ((review.standing, ", as it stands"), *((r, "") for r in review.ranking)):
        used, wait, shown = reviewed.utilisation, reviewed.wait_minutes, reviewed.name + name
        for role, worth in reviewed.worth_per_head.items():
            fewer = "" if worth.one_fewer is None else f"{round(worth.one_fewer) + 0:+,.0f}"
            yield f"<tr><td>{escape(shown)}<td>{escape(role)}<td class=n>{reviewed.heads[role]:g}"
            yield f"<td class=n>{used[role]:.0%}<td class=n>{wait[role] / 60:,.1f} h"
            yield f"<td class=n>{round(worth.one_more) + 0:+,.0f}<td class=n>{fewer}</tr>"
            shown = ""
    yield "</table>"


def _fees(fee: BreakEven, currency: str) -> Iterator[str]:
    yield "<h2>Up to which fee outsourcing pays</h2>"
    yield _head((f"{fee.structure} against {fee.against}",), (f"Fee per qualified lead, {currency}",))
    develops = f"Qualification and early opportunity development (assumed to spare later roles {fee.spared_hours:.0%})"
    for words, value in (("Qualification alone", fee.qualification), (develops, fee.with_development)):
        yield f"<tr><td>{escape(words)}<td class=n>{'never' if value is None else f'up to {value:,.0f}'}</tr>"
    yield f"<tr><td>Asked<td class=n>{fee.asked:,.0f}</tr></table>"


def _swings(review: StructureReview) -> Iterator[str]:
    now = review.ranking[0].net
    nets: dict[str, dict[float, float]] = {}
    for swing in review.swings:
        nets.setdefault(swing.parameter, {})[swing.change] = swing.net
    every = [net for pair in nets.values() for net in pair.values()]
    ends = (min(now, *every), max(now, *every))
    then = {(s.parameter, s.change): s for s in review.swings}
    yield _head(("Assumption",), ("A fifth less",), ("",), ("A fifth more",), ("Another leads",))
    for parameter, pair in nets.items():
        yield f"<tr><td>{escape(parameter)}<td class=n>{pair[-SWING]:,.0f}"
        yield f"<td>{_interval(min(pair.values()), now, max(pair.values()), ends)}<td class=n>{pair[SWING]:,.0f}<td>"
        flips = (then[parameter, change] for change in (-SWING, SWING))
        yield escape(", ".join(f"{s.leader} from {s.flips_from:+.1%}" for s in flips if s.flips_from is not None))
    yield "</table>"


def _head(*groups: Iterable[str]) -> str:
    """A table's first row: groups of texts and of figures in turn."""
    cells = (f"<th{' class=n' if n % 2 else ''}>{escape(header)}" for n, group in enumerate(groups) for header in group)
    return "<table><tr>" + "".join(cells) + "</tr>"


def _interval(low: float, middle: float, high: float, ends: tuple[float, float]) -> str:
    first, last = ends
    left, at, right = (round(_WIDTH * (v - first) / max(last - first, 1e-9), 1) for v in (low, middle, high))
    y = _HEIGHT / 2
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{low:,.0f} to {high:,.0f}">'
        f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke="#0072B2" stroke-width="6" opacity=".4"/>'
        f'<line x1="{at}" x2="{at}" y1="1" y2="{_HEIGHT - 1}" stroke="#0072B2" stroke-width="2"/></svg>'
    )
