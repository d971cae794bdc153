"""Commands around registered models: tiers, promote, rollback, pull, ui."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from leadscore.cli.terminal import Json, Model, Quiet, RegistryName, home, out, print_json, remark
from leadscore.errors import UsageError

__all__ = ["register"]


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
    registry_name: RegistryName = "leadscore",
    json: Json = False,
) -> None:
    """Show the tier table, or what moves in it under other figures, without refitting.

    Example: leadscore tiers --set SDR.heads=4 --set ISR.cost_per_hour=70
    """
    from leadscore.models.bundle import CardBundle
    from leadscore.training import load, preview
    from leadscore.training.report.card import card_table
    from leadscore.training.report.tables import cut_table, moved_table, tier_table

    scorer = load(model, home=home(), registry_name=registry_name)
    bundle, currency = scorer.bundle, scorer.bundle.card["currency"]
    if structure is None and not set_:
        if json:
            print_json(scorer.tier_table)
        elif isinstance(bundle, CardBundle):
            out.print(card_table(bundle))
        else:
            out.print(tier_table(bundle.policy, currency))
            out.print(cut_table(bundle.policy))
        return
    what_if = preview(scorer, structure=structure, settings=set_ or [])
    if json:
        print_json(what_if.to_dict())
    else:
        out.print(tier_table(what_if.after, currency))
        out.print(moved_table(what_if, currency))
        for note in what_if.notes:
            remark(f"note: {note}", quiet=False)


def promote(
    model: Model = "challenger",
    force: Annotated[
        bool, typer.Option("--force", help="Also past failed gates or another recipe's champion.")
    ] = False,
    registry_name: RegistryName = "leadscore",
    quiet: Quiet = False,
) -> None:
    """Make a version the champion, if it passed its gates.

    Example: leadscore promote 3
    """
    from leadscore.models.registry import Registry
    from leadscore.training.promotion import promote as move

    version = move(Registry(home(), name=registry_name), model, force=force)
    remark(f"version {version} is the champion now; leadscore rollback undoes it", quiet=quiet)


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
