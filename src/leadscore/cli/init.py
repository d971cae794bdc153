"""From an export to a recipe, without a question."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leadscore.cli.terminal import Json, Quiet, out, print_json, remark
from leadscore.errors import BadInput

if TYPE_CHECKING:
    from rich.table import Table

    from leadscore.data.guess_values import Guess
    from leadscore.data.locations import DatabaseTable

__all__ = ["register"]

_NEAR = 3
DateOrder = Literal["day_first", "month_first"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(init)


def init(
    export: Annotated[
        list[str],
        typer.Argument(metavar="EXPORT...", help="Leads, and files that belong to them; or a database's URL."),
    ],
    recipe: Annotated[
        Path | None, typer.Option("--out", help="TOML to write; leads.toml beside leads.csv when absent.")
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Identifier of the lead.")] = None,
    created: Annotated[str | None, typer.Option(metavar="COLUMN", help="When the lead came in.")] = None,
    close: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="What says that a lead was won; may be repeated.")
    ] = None,
    qualify: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="What says that a lead qualified; likewise.")
    ] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="How 03/04/2024 is meant, where the export does not tell.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the recipe that lies there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read any export, guess the recipe, and write it with the reason for each guess.

    Example: leadscore init leads.csv activities.csv && leadscore train leads.toml
    """
    from leadscore.data.guess import guess_export
    from leadscore.data.guess_values import Given
    from leadscore.training.recipe import load_recipe
    from leadscore.training.recipe_text import check_name, recipe_text

    path = recipe or _beside(export[0])
    if path.exists() and not force:
        raise BadInput(f"{path} exists already. Choose another --out, or --force to overwrite it.")
    if not path.parent.is_dir():
        raise BadInput(f"{path}: the folder {path.parent} does not exist. Make it, or choose another --out.")
    given = Given(id_, created, tuple(close or ()), tuple(qualify or ()), date_order)
    guess = guess_export([_location(path.parent, name) for name in export], folder=path.parent, given=given)
    path.write_text(recipe_text(guess, name=check_name(path.stem)), encoding="utf-8")
    load_recipe(path)
    if json:
        print_json({"recipe": str(path), "environment": guess.sources.environment, **guess.to_dict()})
        return
    out.print(_table(guess))
    _tell(guess, path, quiet=quiet)


def _beside(export: str) -> Path:
    if "://" in export:
        return Path("leads.toml")
    path = Path(export)
    if path.name in ("", ".."):  # a folder that is not called by its name
        return path / f"{path.resolve().name}.toml"
    return path.with_suffix(".toml")


def _location(folder: Path, export: str) -> str | DatabaseTable:
    if "://" in export:
        from leadscore.data.locations import DatabaseTable

        return DatabaseTable.parse(export).with_path(lambda path: _from(folder, path))
    return _from(folder, export)


def _from(folder: Path, export: str) -> str:
    """An export's path as the recipe writes it: relative where it is near, so that both can move together."""
    path = os.path.relpath(export, folder)
    return str(Path(export).resolve()) if path.split(os.sep).count("..") > _NEAR else Path(path).as_posix()


def _table(guess: Guess) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=f"{guess.sources.leads}: {guess.rows} leads", box=SIMPLE_HEAD, title_justify="left")
    for header in ("Part", "Guess", "How sure", "Why"):
        table.add_column(header, overflow="fold")
    from rich.text import Text

    for found in guess.remarks:
        table.add_row(*(Text(_short(cell)) for cell in (found.part, found.value, found.sure, found.why)))
    return table


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def _tell(guess: Guess, path: Path, *, quiet: bool) -> None:
    for stage, counts in guess.counts.items():
        undecided = f", {counts['undecided']} undecided" if counts["undecided"] else ""
        remark(f"{stage}: {counts['positive']} yes, {counts['negative']} no{undecided}", quiet=quiet)
    remark(f"left out of the learning: {_listed(guess)}", quiet=quiet)
    for line in guess.noticed:
        remark(f"note: {line}", quiet=quiet)
    for file, why in guess.skipped:
        remark(f"not used: {file}: {why}", quiet=quiet)
    for name in guess.sources.environment:
        remark(f"set {name} in the environment before training: the recipe holds no password", quiet=quiet)
    out.print(f"{path} is written; go on with: leadscore train {path}", markup=False)


def _listed(guess: Guess) -> str:
    by_reason: dict[str, list[str]] = {}
    for column, why in guess.left_out.items():
        by_reason.setdefault(why, []).append(column)
    said: Sequence[str] = [f"{', '.join(map(repr, columns))} ({why})" for why, columns in by_reason.items()]
    return "; ".join(said) or "nothing"
