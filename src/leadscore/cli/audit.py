"""The command that judges the columns of an export before anybody learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadscore.cli.terminal import Json, Quiet, Seed, out, print_json, remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadscore.data.leakage import ColumnVerdict
    from leadscore.data.quality import FieldPage

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(audit)


def audit(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export.")],
    data: Annotated[
        Path | None, typer.Option(help="In place of the recipe's folder (a folder) or its leads (a file).")
    ] = None,
    later: Annotated[
        Path | None, typer.Option(help="The same leads exported again later (a folder or a file of leads).")
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say of each column whether it gives the outcome away: BLOCK, ASK or ok, and why.

    Example: leadscore audit training/xeducation.toml --data ../shared/data/xeducation_leads.csv
    """
    from leadscore.data.drift import drift
    from leadscore.data.leakage import audit as audit_columns
    from leadscore.data.quality import field_pages
    from leadscore.training.pipeline import read
    from leadscore.training.recipe import load_recipe

    what = load_recipe(recipe)
    history = read(what, data)
    again = None if later is None else read(what, later)
    verdicts = audit_columns(history, allow=what.columns.allow_leaky, later=again, seed=seed)
    pages = field_pages(history, verdicts)
    moved = drift(history, seed=seed)
    if json:
        print_json(
            {
                "recipe": what.name,
                "rows": len(history),
                "snapshots": 1 if again is None else 2,
                "columns": [v.to_dict() for v in verdicts],
                "fields": [p.to_dict() for p in pages],
                "drift": moved.to_dict(),
            }
        )
        return
    out.print(_verdict_table(verdicts, {p.column: p for p in pages}))
    for sentence in moved.sentences:
        remark(f"note: {sentence}", quiet=quiet)
    if again is None:
        remark("one export shows no soft leak: export the same leads again later and give both (--later)", quiet=quiet)


def _verdict_table(verdicts: Sequence[ColumnVerdict], pages: dict[str, FieldPage]) -> Table:
    count = ", ".join(f"{sum(v.verdict == word for v in verdicts)} {word}" for word in ("BLOCK", "ASK", "ok"))
    table = Table(
        title="Does the column give the outcome away?",
        caption=f"{count}. Training leaves BLOCK and ASK out; a column named under [columns] allow_leaky\n"
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
