"""The command that reviews the selling organisation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadscore.cli.skills import show_skills
from leadscore.cli.terminal import Data, Json, Quiet, Seed
from leadscore.errors import UsageError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(review)


def review(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export.")],
    skills: Annotated[
        bool, typer.Option("--skills", help="At which stage conversion is lost, and by whom if by anybody.")
    ] = False,
    data: Data = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the whole as one HTML page.")] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say where conversion is lost, by whom if by anybody, and what mending it would be worth.

    Example: leadscore review training/crm_opportunities.toml --skills --data ../shared/data/crm_opportunities
    """
    if not skills:
        raise UsageError("say what to review: --skills")
    show_skills(recipe, data, html=html, seed=seed, json=json, quiet=quiet)
