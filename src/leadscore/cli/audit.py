"""The command that judges the columns of an export before anybody learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadscore.cli.terminal import Data, Json, Quiet, Seed, out, print_json, remark
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadscore.data.drift import Drift
    from leadscore.data.leakage import ColumnVerdict
    from leadscore.data.quality import FieldPage

__all__ = ["register"]

_MOVED = 8


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(audit)


def audit(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export.")],
    data: Data = None,
    later: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="The same leads exported again later (a folder or a file of leads)."),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Show the rates by value of this column; may be repeated."),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the whole as one HTML page.")] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say of each column whether it gives the outcome away: BLOCK, ASK or ok, and why.

    Example: leadscore audit training/xeducation.toml --data ../shared/data/xeducation_leads.csv
    """
    from leadscore.training.examining import examine_export
    from leadscore.training.pipeline import read
    from leadscore.training.recipe import load_recipe

    what = load_recipe(recipe)
    history = read(what, data)
    again = None if later is None else read(what, later)
    found, remarks = examine_export(what, history, later=again, seed=seed)
    pages = {p.column: p for p in found.fields}
    shown = [_page_of(pages, name) for name in field or ()]
    if html is not None:
        from leadscore.training.report.page import examination_page

        html.write_text(examination_page(found, what.name), encoding="utf-8")
    if json:
        print_json({"recipe": what.name, **found.to_dict()})
        return
    if shown:
        for page in shown:
            _print_page(page)
        return
    out.print(_verdict_table(found.verdicts, pages))
    out.print(_drift_table(found.drift))
    for page in found.fields:
        if page.placeholders:
            listed = ", ".join(f"{spelling!r} ({count})" for spelling, count in page.placeholders.items())
            remark(f"note: {page.column!r} has {listed}: missing? List it under `missing` of [lead]", quiet=quiet)
    for sentence in (*remarks, *found.drift.sentences):
        remark(f"note: {sentence}", quiet=quiet)
    if again is None:
        remark("one export shows no soft leak: export the same leads again later and give both (--later)", quiet=quiet)


def _page_of(pages: dict[str, FieldPage], name: str) -> FieldPage:
    if name not in pages:
        raise UsageError(f"--field {name!r}: the export has no such column; it has {', '.join(map(repr, pages))}.")
    return pages[name]


def _print_page(page: FieldPage) -> None:
    used = f"used as {page.kind}" if page.used else "not used"
    out.print(
        f"{page.column}: {page.filled:.0%} filled, {page.distinct} values, known {page.known}, {used}", markup=False
    )
    out.print(page.why, markup=False)
    for stage, rates in page.rates.items():
        table = Table(title=f"{stage}: {page.base_rates[stage]:.1%} of all", box=SIMPLE_HEAD, title_justify="left")
        for header in ("Value", "Leads", "Rate", "95 % interval", "Against all"):
            table.add_column(header, justify="left" if header in ("Value", "Against all") else "right", overflow="fold")
        for r in rates:
            cells = (str(r.leads), f"{r.rate:.1%}", f"{r.low:.1%} to {r.high:.1%}", r.differs)
            table.add_row(escape(r.value), *cells)
        out.print(table)


def _drift_table(moved: Drift) -> Table:
    table = Table(
        title=f"How do the newest {moved.new} leads differ from the {moved.old} before them?",
        caption="AUC: of telling new leads from old ones by it alone. Cost: log loss a new lead of going on\n"
        "with the old rates. The columns that moved most.",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for header in ("", "AUC", "Old", "New", "Cost"):
        table.add_column(header, justify="right" if header else "left", overflow="fold")
    table.add_column("Values that came, went", ratio=1, overflow="fold")
    for stage, o in moved.outcomes.items():
        rates = (f"{o.old:.1%}", f"{o.new:.1%}")
        table.add_row(escape(f"[{stage}] happened"), f"{o.adversarial_auc:.2f}", *rates, f"{o.cost:.4f}", "")
    for c in moved.columns[:_MOVED]:
        values = "; ".join(
            f"{word} {', '.join(values)}" for word, values in (("came", c.came), ("went", c.went)) if values
        )
        filled = (f"{c.filled_old:.0%} filled", f"{c.filled_new:.0%}")
        cost = f"{max(c.cost.values(), default=0.0):.4f}"
        table.add_row(escape(c.column), f"{c.adversarial_auc:.2f}", *filled, cost, escape(values))
    return table


def _verdict_table(verdicts: Sequence[ColumnVerdict], pages: dict[str, FieldPage]) -> Table:
    count = ", ".join(f"{sum(v.verdict == word for v in verdicts)} {word}" for word in ("BLOCK", "ASK", "ok"))
    table = Table(
        title="Does the column give the outcome away?",
        caption=f"{count}. Training leaves BLOCK and ASK out; a column named under \\[columns] allow_leaky\n"
        "with a reason is used all the same. AUC: of the column by itself.",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("")
    table.add_column("Column", max_width=26, overflow="fold")
    for header in ("AUC", "Filled"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Values away from the base rate", max_width=24, overflow="fold")
    table.add_column("Reason", ratio=1, overflow="fold")
    for v in sorted(verdicts, key=lambda v: ("BLOCK", "ASK", "ok").index(v.verdict)):
        page = pages[v.column]
        auc = "" if v.auc is None else f"{v.auc:.2f}"
        reason = v.reason if v.allowed is None else f"{v.reason} (allowed: {v.allowed})"
        table.add_row(v.verdict, escape(v.column), auc, f"{page.filled:.0%}", escape(_values(page)), escape(reason))
    return table


def _values(page: FieldPage) -> str:
    """The two values whose rates differ most from the base rate, in the last stage."""
    if not page.rates:
        return ""
    stage = list(page.rates)[-1]
    base = page.base_rates[stage]
    apart = sorted((r for r in page.rates[stage] if r.differs != "as all"), key=lambda r: -abs(r.rate - base))
    return "; ".join(f"{r.value[:16]} {r.rate:.0%}" for r in apart[:2])
