"""The command that refits only the calibration of a registered model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadscore.cli.terminal import Data, Json, Quiet, RegistryName, Seed, home, out, print_json, progress, remark

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(recalibrate)


def recalibrate(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export.")],
    model: Annotated[
        str, typer.Option(help="The model: champion, challenger, a version number or a URI.")
    ] = "champion",
    data: Data = None,
    registry_name: RegistryName = "leadscore",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Refit only the calibration on outcomes that are newer than the model, and register a new version.

    Example: leadscore recalibrate leads/sample.toml
    """
    from leadscore.training import recalibrate as recalibrate_model

    with progress(quiet=quiet) as advance:
        result = recalibrate_model(
            recipe, model, data=data, seed=seed, home=home(), registry_name=registry_name, progress=advance
        )
    if json:
        print_json(result.to_dict())
        return
    from leadscore.training.report.tables import stage_table, tier_table

    for warning in result.warnings:
        remark(f"note: {warning}", quiet=quiet)
    out.print(stage_table(result))
    out.print(tier_table(result.bundle.policy, result.recipe.currency))
    if result.registered is not None:
        out.print(f"{result.model} is {' and '.join(result.registered.aliases)}", markup=False)
