"""Commands around registered models: tiers, promote, rollback, pull, ui."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from leadscore.cli.terminal import Json, Model, Quiet, RegistryName, home, out, print_json, remark, say
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.decisions import Moves, Preview
    from leadscore.scoring import Scorer

__all__ = ["register"]

Leads: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Leads, as for `score`: list those that get another tier or role.")
]
Activities: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="PATH|URL", help="Activity log of these leads; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(tiers)
    app.command()(promote)
    app.command()(rollback)
    app.command()(pull)
    app.command()(ui)


def tiers(
    model: Model = "champion",
    structure: Annotated[str | None, typer.Option(help="TOML of another structure, or the name of a preset.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="ROLE.KEY=VALUE", help="What if; may be repeated.")
    ] = None,
    leads: Leads = None,
    activities: Activities = None,
    register: Annotated[
        bool, typer.Option("--register", help="Make a new version of these figures; the champion stays.")
    ] = False,
    registry_name: RegistryName = "leadscore",
    json: Json = False,
) -> None:
    """Show the tier table, or what moves in it under other figures, without refitting.

    Example: leadscore tiers --set SDR.heads=4 --set ISR.cost=70 --leads open.csv
    """
    from leadscore.models.bundle import CardBundle
    from leadscore.training import load, preview, register_repriced
    from leadscore.training.report.card import card_table
    from leadscore.training.report.tables import cut_table, tier_table

    scorer = load(model, home=home(), registry_name=registry_name)
    bundle, currency = scorer.bundle, scorer.bundle.card["currency"]
    if structure is None and not set_:
        if leads is not None:
            raise UsageError("--leads tells which leads move under other figures: give --set or --structure, too.")
        if register:
            raise UsageError("--register makes a version of other figures: give --set or --structure, too.")
        if json:
            print_json(scorer.tier_table)
        elif isinstance(bundle, CardBundle):
            out.print(card_table(bundle))
        else:
            out.print(tier_table(bundle.policy, currency))
            out.print(cut_table(bundle.policy))
        return
    what_if = preview(scorer, structure=structure, settings=set_ or [])
    if leads is not None:
        assert not isinstance(bundle, CardBundle)
        other = type(scorer)(bundle.with_policy(what_if.after), version=scorer.model_version)
        what_if = what_if.on(_moves(scorer, other, leads, activities))
    made = register_repriced(model, what_if, home=home(), registry_name=registry_name) if register else None
    if json:
        print_json(what_if.to_dict() | ({"registered": asdict(made)} if made else {}))
    else:
        _show(what_if, currency)
    if made is not None:
        say(f"{made.model} is {' and '.join(made.aliases)}; leadscore promote makes it the champion")
        say("note: train and recalibrate go on with the structure of the recipe; change it there, too")


def promote(
    model: Model = "challenger",
    force: Annotated[
        bool, typer.Option("--force", help="Also past failed gates or another recipe's champion.")
    ] = False,
    leads: Leads = None,
    activities: Activities = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would move, and promote nothing.")] = False,
    registry_name: RegistryName = "leadscore",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what moves, and make a version the champion, if it passed its gates.

    Example: leadscore promote 3 --leads open.csv
    """
    from leadscore.models.registry import Registry
    from leadscore.training.promotion import promote as move
    from leadscore.training.what_if import champion_and

    registry = Registry(home(), name=registry_name)
    scorers, what_if = champion_and(registry, model)
    if what_if is not None:
        if leads is not None:
            what_if = what_if.on(_moves(*scorers, leads, activities))
        if not json:
            _show(what_if, scorers[1].bundle.card["currency"])
    version = None if dry_run else move(registry, model, force=force)
    if json:
        print_json((what_if.to_dict() if what_if else {}) | {"promoted": version})
    if version is None:
        remark("nothing was promoted", quiet=quiet)
    else:
        remark(f"version {version} is the champion now; leadscore rollback undoes it", quiet=quiet)


def _moves(before: Scorer, after: Scorer, leads: str, activities: list[str] | None) -> Moves:
    from leadscore.cli.batch import opened
    from leadscore.data.rows import Intake
    from leadscore.scoring.batch import BatchScorer
    from leadscore.scoring.comparison import compare_batches

    frames, events = opened(after, leads, activities or (), Intake())
    old, new = (BatchScorer(scorer, activities=events, reasons=0) for scorer in (before, after))
    return compare_batches(old, new, frames)


def _show(what_if: Preview, currency: str) -> None:
    from leadscore.training.report.tables import moved_table, moves_table, shift_table, tier_table

    out.print(tier_table(what_if.after, currency))
    out.print(shift_table(what_if))
    out.print(moved_table(what_if, currency))
    if what_if.moves is None:
        remark("note: which leads move is told for a file of them: --leads FILE", quiet=False)
    elif what_if.moves.listed:
        out.print(moves_table(what_if.moves))
    for note in what_if.notes:
        remark(f"note: {note}", quiet=False)


def rollback(registry_name: RegistryName = "leadscore", quiet: Quiet = False) -> None:
    """Make the champion before the present one champion again.

    Example: leadscore rollback
    """
    from leadscore.models.registry import Registry

    version = Registry(home(), name=registry_name).rollback()
    remark(f"version {version} is the champion again", quiet=quiet)


def pull(
    model: Model = "champion",
    to: Annotated[Path, typer.Option(help="Folder that a service reads.")] = Path("models/bundles/champion"),
    registry_name: RegistryName = "leadscore",
    quiet: Quiet = False,
) -> None:
    """Put a verified Bundle where a service finds it, whole or not at all.

    Example: leadscore pull champion --to serving/champion
    """
    from leadscore.models.registry import Registry

    folder = Registry(home(), name=registry_name).pull(model, to)
    remark(f"{folder} holds {model}; serve it with: leadscore serve {folder}", quiet=quiet)


def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
) -> None:
    """Open MLflow's own pages on the store of this folder.

    Example: leadscore ui --port 5001
    """
    from leadscore.models.registry import Registry

    registry = Registry(home())
    if not registry.embedded:
        raise UsageError("MLFLOW_TRACKING_URI names a server, which has pages of its own; open that address instead.")
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", registry.uri]
    raise typer.Exit(subprocess.call([*command, "--host", host, "--port", str(port)]))
