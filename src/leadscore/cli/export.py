"""The command that turns the decision log into the next training's export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadscore.cli.service import SettingsFile, service_settings
from leadscore.cli.terminal import Json, Quiet, out, print_json, remark

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(export)


def export(
    folder: Annotated[Path, typer.Argument(help="Where leads, activities, decisions and their recipe are written.")],
    recipe: Annotated[
        Path | None, typer.Option(help="Recipe of the last training: segments, horizons, values, structure.")
    ] = None,
    settings: SettingsFile = None,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="Of the files.")] = "csv",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write decisions and outcomes as the next training set, with a recipe that reads it.

    Example: leadscore export next --recipe leads/sample.toml
    """
    from leadscore.serving import DecisionStore
    from leadscore.training.next_history import Log, write_history

    with DecisionStore(service_settings(settings).store) as store:
        written = write_history(folder, Log(store.leads, store.decisions), recipe=recipe, form=form)
    if json:
        counts = {"leads": written.leads, "activities": written.activities, "decisions": written.decisions}
        print_json({"recipe": str(written.recipe), **counts, "told": dict(written.told)})
        return
    out.print(f"{written.leads} leads, {written.activities} activities, {written.decisions} decisions in {folder}")
    remark(f"train on them: leadscore train {written.recipe}", quiet=quiet)
