"""The command that compares structures of the selling organisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from leadscore.cli.terminal import Data, Json, Quiet, RegistryName, Seed, home, print_json, progress
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.models.bundle import AnyBundle

__all__ = ["register"]

_WORDS = "--structures"


class _ManyWords(TyperCommand):
    """A command with an option that takes all words up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the option before each of its words, which is what the parser knows."""
        return super().parse_args(ctx, list(_repeated(args)))


def _repeated(args: Sequence[str]) -> Iterator[str]:
    """Put the option before each of its words.

    Examples
    --------
    >>> list(_repeated(["r.toml", "--structures", "a", "b", "--json"]))
    ['r.toml', '--structures', 'a', '--structures', 'b', '--json']
    """
    inside = first = False
    for word in args:
        if word.startswith("-"):
            inside = first = word == _WORDS
        elif inside:
            if not first:
                yield _WORDS
            first = False
        yield word


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(cls=_ManyWords)(review)


def review(
    recipe: Annotated[Path, typer.Argument(help="TOML that describes the export, and today's structure.")],
    structures: Annotated[
        list[str] | None,
        typer.Option(metavar="A B ...", help="Presets or TOML files to compare: all words up to the next option."),
    ] = None,
    data: Data = None,
    model: Annotated[
        str | None, typer.Option(help="A registered model or Bundle folder, in place of learning from the recipe.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page.")] = None,
    registry_name: RegistryName = "leadscore",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell which structure of the sales organisation pays, with the heads that suit it.

    Example: leadscore review leads/sample.toml --structures outside_only three_tier outsourced
    """
    from leadscore.training.recipe import load_recipe
    from leadscore.training.structure_review import structure_review

    if not structures:
        raise UsageError("give what to compare: --structures outside_only paired three_tier four_tier outsourced")
    read = load_recipe(recipe)
    bundle = _bundle(recipe, data, model, registry_name, seed=seed, quiet=quiet)
    found = structure_review(read, bundle, structures, seed=seed)
    if json:
        print_json(found.to_dict())


def _bundle(
    recipe: Path, data: str | None, model: str | None, registry_name: str, *, seed: int, quiet: bool
) -> AnyBundle:
    """The model that is named, or one that is made for this and not registered."""
    from datetime import UTC, datetime

    from leadscore.training import load
    from leadscore.training.pipeline import fit_bundle

    if model is not None:
        return load(model, home=home(), registry_name=registry_name).bundle
    with progress(quiet=quiet) as advance:
        return fit_bundle(recipe, now=datetime.now(UTC), data=data, seed=seed, progress=advance).bundle
