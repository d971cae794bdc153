"""The field page of a run: one HTML file that stands by itself and needs no script.

Values of few leads are not in it, and of personal data only the kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from leadscore.data.drift import Drift
from leadscore.data.examination import Examination
from leadscore.data.leakage import ColumnVerdict
from leadscore.data.quality import FieldPage, ValueRate

__all__ = ["examination_page", "sheet"]

_STYLE = """
:root { color-scheme: light; --ink: #222; --grey: #666; --line: #ddd; --blue: #0072B2; --red: #D55E00; --amber: #960 }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; color: var(--grey) } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
details { border-bottom: 1px solid var(--line); padding: .35rem 0 }
summary { cursor: pointer } summary b { margin-right: .6rem }
.BLOCK, .ASK, .ok { font-weight: 600 }
.BLOCK { color: var(--red) } .ASK { color: var(--amber) } .ok { color: var(--blue) }
.why { color: var(--grey) } .rates { margin: .5rem 0 1rem 1.2rem; width: calc(100% - 1.2rem); table-layout: fixed }
.rates th:nth-child(2), .rates th:nth-child(3), .rates th:nth-child(6) { width: 5rem }
.rates th:nth-child(4) { width: 9rem }
.rates th:nth-child(5) { width: 280px; padding-left: 1rem } .rates td:nth-child(5) { padding-left: 1rem }
svg { display: block; overflow: visible }
"""
_WIDTH, _HEIGHT = 260, 16


def examination_page(found: Examination, name: str) -> str:
    """Write the page.

    Parameters
    ----------
    found
        What was found out about the columns.
    name
        Name of the recipe.
    """
    verdicts = {v.column: v for v in found.verdicts}
    body = [
        f"<h1>Fields of {escape(name)}</h1>",
        f"<p>{_summary(found)}</p>",
        "<h2>Columns</h2>",
        *_columns(found.fields, verdicts),
        "<h2>Old and new leads</h2>",
        *_drift(found.drift),
    ]
    return sheet(f"Fields of {name}", body)


def sheet(title: str, body: Iterable[str]) -> str:
    """One HTML file of these lines."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def _summary(found: Examination) -> str:
    words = ("BLOCK", "ASK", "ok")
    counts = ", ".join(f'<span class="{w}">{sum(v.verdict == w for v in found.verdicts)} {w}</span>' for w in words)
    bases = next((p.base_rates for p in found.fields), {})
    rates = ", ".join(f"{escape(stage)} {rate:.1%}" for stage, rate in bases.items())
    exports = "one export" if found.snapshots == 1 else f"{found.snapshots} exports"
    return f"{found.rows:,} leads of {exports}; base rates: {rates or 'none is known'}; audit: {counts}."


def _columns(pages: Sequence[FieldPage], verdicts: dict[str, ColumnVerdict]) -> Iterator[str]:
    yield "<p class=why>A column opens into the rate of the outcome by value: the dot is the rate, the bar its 95 % "
    yield "interval, the upright line the base rate. Values of fewer than 20 leads are not shown.</p>"
    order = {"BLOCK": 0, "ASK": 1, "ok": 2}
    for page in sorted(pages, key=lambda p: order[verdicts[p.column].verdict] if p.column in verdicts else 3):
        yield from _column(page, verdicts.get(page.column))


def _column(page: FieldPage, verdict: ColumnVerdict | None) -> Iterator[str]:
    word = "" if verdict is None else f'<span class="{verdict.verdict}">{verdict.verdict}</span> '
    auc = "" if verdict is None or verdict.auc is None else f", AUC {verdict.auc:.2f}"
    used = f"used as {page.kind}" if page.used else "not used"
    facts = f"{page.filled:.0%} filled, {page.distinct:,} values{auc}; known {page.known}; {used}"
    yield f"<details><summary>{word}<b>{escape(page.column)}</b> {escape(facts)}"
    yield f"<br><span class=why>{escape(page.why)}</span></summary>"
    if page.placeholders:
        listed = ", ".join(f"{spelling!r} ({count})" for spelling, count in page.placeholders.items())
        yield f"<p>Counts as a value and looks like none: {escape(listed)}. List it under <code>missing</code>.</p>"
    for stage, rates in page.rates.items():
        if rates:
            yield from _rates(stage, rates, page.base_rates[stage])
    yield "</details>"


def _rates(stage: str, rates: Sequence[ValueRate], base: float) -> Iterator[str]:
    top = min(1.0, 1.05 * max(base, *(r.high for r in rates)))
    yield f"<table class=rates><tr><th>Value<th class=n>Leads<th class=n>{escape(stage)}<th class=n>95 % interval<th>"
    yield f"0 to {top:.0%}, base rate {base:.1%}<th></tr>"
    for r in rates:
        interval = f"{r.low:.1%} to {r.high:.1%}"
        yield f"<tr><td>{escape(r.value)}<td class=n>{r.leads:,}<td class=n>{r.rate:.1%}<td class=n>{interval}"
        yield f"<td>{_bar(r, base, top)}<td>{r.differs}</tr>"
    yield "</table>"


def _bar(r: ValueRate, base: float, top: float) -> str:
    low, high, dot, line = (round(_WIDTH * share / top, 1) for share in (r.low, r.high, r.rate, base))
    colour = "#777" if r.differs == "as all" else "#0072B2"
    middle = _HEIGHT / 2
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{r.low:.1%} to {r.high:.1%}">'
        f'<line x1="{line}" x2="{line}" y1="0" y2="{_HEIGHT}" stroke="#bbb"/>'
        f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}" stroke="{colour}" stroke-width="4" opacity=".4"/>'
        f'<circle cx="{dot}" cy="{middle}" r="4" fill="{colour}"/></svg>'
    )


def _drift(moved: Drift) -> Iterator[str]:
    yield f"<p class=why>The newest {moved.new:,} leads beside the {moved.old:,} before them. AUC: how well the "
    yield "column alone tells new leads from old ones (0.50: not at all). Cost: log loss a new lead of going on with "
    yield "the old rates.</p>"
    yield "".join(f"<p>{escape(sentence[0].upper() + sentence[1:])}.</p>" for sentence in moved.sentences)
    yield "<table><tr><th>Outcome<th class=n>Old<th class=n>New<th class=n>z<th class=n>Cost</tr>"
    for stage, o in moved.outcomes.items():
        yield f"<tr><td>{escape(stage)}<td class=n>{o.old:.1%}<td class=n>{o.new:.1%}<td class=n>{o.z:+.1f}"
        yield f"<td class=n>{o.cost:.4f}</tr>"
    yield "</table><p></p><table><tr><th>Column<th class=n>AUC<th class=n>Filled<th class=n>Cost<th>Came<th>Went</tr>"
    for c in moved.columns:
        cost = max(c.cost.values(), default=0.0)
        yield f"<tr><td>{escape(c.column)}<td class=n>{c.adversarial_auc:.2f}"
        yield f"<td class=n>{c.filled_old:.0%} to {c.filled_new:.0%}<td class=n>{cost:.4f}"
        yield f"<td>{escape(', '.join(c.came))}<td>{escape(', '.join(c.went))}</tr>"
    yield "</table>"
