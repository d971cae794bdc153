"""The page of a review of skills: one HTML file that stands by itself and needs no script.

It names people, for whoever ran the review: it is written where they say, and never into MLflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from leadscore.decisions.funnel import Funnel
from leadscore.decisions.skills import SkillLevel
from leadscore.training.skills_review import SkillsReview, StageReview

__all__ = ["skills_page"]

_STYLE = """
:root { color-scheme: light }
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .25rem 1.2rem .25rem 0 }
tr { border-bottom: 1px solid #ddd } th { font-weight: 600; color: #666 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.why { color: #666 } .above { color: #0072B2; font-weight: 600 } .below { color: #D55E00; font-weight: 600 }
"""


def skills_page(review: SkillsReview) -> str:
    """Write the page."""
    name = escape(review.recipe.name)
    body = [
        f"<h1>Skills of {name}</h1>",
        *(f"<p><b>{escape(sentence)}.</b></p>" for sentence in review.conclusion),
        *(line for stage, found in review.stages.items() for line in _stage(stage, found, review.recipe.currency)),
        *_heads(review),
        *(f"<p class=why>{escape(note)}</p>" for note in review.notes),
    ]
    head = f'<meta charset="utf-8"><title>Skills of {name}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def _stage(stage: str, found: StageReview, currency: str) -> Iterator[str]:
    yield f"<h2>{escape(stage)}: {found.base_rate:.1%} of {found.leads:,} leads</h2>"
    if found.worth is not None:
        low, high = found.worth.lower_half_interval
        yield f"<p>One point of conversion: {found.worth.one_point:,.0f} {currency} a month. The lower half of the "
        yield f"reps at the median: {found.worth.lower_half:,.0f} ({low:,.0f} to {high:,.0f}).</p>"
    yield from _level("reps", found.reps)
    if found.teams is not None:
        yield from _level("teams", found.teams)


def _level(what: str, level: SkillLevel) -> Iterator[str]:
    yield Funnel.of(level, f"{what}: realised minus expected conversion").svg()
    order = "by effect" if level.ranked else "by name, since nobody is ranked"
    yield f"<p class=why>The dashed lines hold what chance allows. Below: {what} {order}; effects on the log-odds "
    yield "against the mean one, pooled.</p>"
    yield f"<table><tr><th>{what[:-1].title()}<th class=n>Leads<th class=n>Happened<th class=n>Expected"
    yield "<th class=n>Effect<th class=n>90 % interval<th class=n>Points<th></tr>"
    for g in level.groups:
        yield f"<tr><td>{escape(g.name)}<td class=n>{g.leads:,}<td class=n>{g.happened:,.10g}"
        yield f"<td class=n>{g.expected:,.1f}"
        yield f"<td class=n>{g.effect:+z.2f}<td class=n>{g.low:+z.2f} to {g.high:+z.2f}"
        yield f"<td class=n>{100 * g.points:+z.1f}"
        yield f'<td><span class="{g.flag or "alike"}">{g.flag or ""}</span></tr>'
    yield "</table>"


def _heads(review: SkillsReview) -> Iterator[str]:
    if review.heads:
        yield "<h2>Beside it: one more head</h2><table><tr><th>Role<th class=n>Worth a month</tr>"
        for role, worth in review.heads.items():
            yield f"<tr><td>{escape(role)}<td class=n>{worth:,.0f} {review.recipe.currency}</tr>"
        yield "</table>"
