"""Commands of the data scientist: sample and train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadscore.cli.terminal import Data, Json, Quiet, RegistryName, Seed, home, out, print_json, progress, remark, say

if TYPE_CHECKING:
    from leadscore.training import CardResult, TrainingResult

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(sample)
    app.command()(train)


def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into; created.")],
    leads: Annotated[int, typer.Option(help="How many leads.")] = 20_000,
    months: Annotated[int, typer.Option(help="Over how many months they arrive.")] = 24,
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what lies there.")] = False,
) -> None:
    """Write sample leads, activities, outcomes and their recipe into a folder.

    Example: leadscore sample leads && leadscore train leads/sample.toml
    """
    from leadscore.data.synthetic import write_sample

    for path in write_sample(directory, n_leads=leads, months=months, seed=seed, force=force):
        out.print(str(path), markup=False)


def train(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export.")],
    data: Data = None,
    registry_name: RegistryName = "leadscore",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn from past leads, cut the tiers, log the run and register the model.

    Example: leadscore train training/xeducation.toml --data ../shared/data/xeducation_leads.csv
    """
    from leadscore.training import train as train_model

    with progress(quiet=quiet) as advance:
        result = train_model(recipe, data=data, seed=seed, home=home(), registry_name=registry_name, progress=advance)
    if json:
        print_json(result.to_dict())
        return
    from leadscore.training import CardResult

    for warning in result.warnings:
        remark(f"note: {warning}", quiet=quiet)
    if isinstance(result, CardResult):
        _show_card(result)
    else:
        _show_model(result, quiet=quiet)
    registered = result.registered
    if registered is not None:
        for gate, verdict in registered.gates.items():
            remark(f"gate {gate}: {verdict}", quiet=quiet)
        out.print(f"{registered.model} is {' and '.join(registered.aliases)}", markup=False)


def _show_model(result: TrainingResult, *, quiet: bool) -> None:
    from leadscore.training.report.tables import excluded_line, stage_table, tier_table

    out.print(stage_table(result))
    out.print(tier_table(result.bundle.policy, result.recipe.currency))
    remark(excluded_line(result), quiet=quiet)


def _show_card(result: CardResult) -> None:
    from leadscore.training.report.card import card_table, rules_table

    say(f"no model: {result.refusal}")
    say('in its place, as the recipe asks with cold_start = "rules", a points card: its points are no likelihood')
    out.print(rules_table(result.bundle))
    out.print(card_table(result.bundle))
