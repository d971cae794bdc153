"""The command that reviews the selling organisation: its structure, or the skills of its reps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from leadscore.cli.skills import show_skills
from leadscore.cli.terminal import Data, Json, Quiet, RegistryName, Seed, home, out, print_json, progress, remark
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.decisions.review_result import StructureReview

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
    skills: Annotated[
        bool, typer.Option("--skills", help="At which stage conversion is lost, and by whom if by anybody.")
    ] = False,
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
    """Tell which structure of the sales organisation pays, with the heads that suit it; or where conversion is lost.

    Example: leadscore review leads/sample.toml --structures outside_only three_tier outsourced
    """
    if bool(structures) == skills:
        raise UsageError("say what to review: --structures outside_only paired three_tier outsourced, or --skills")
    if skills:
        if model is not None:
            raise UsageError("--skills learns what was to be expected from the recipe; leave --model out")
        show_skills(recipe, data, html=html, seed=seed, json=json, quiet=quiet)
        return
    from leadscore.training.structure_review import review as compare

    with progress(quiet=quiet) as advance:
        found = compare(
            recipe,
            structures or (),
            home=home(),
            data=data,
            model=model,
            registry_name=registry_name,
            seed=seed,
            progress=advance,
        )
    if html is not None:
        from leadscore.training.report.review_page import review_page

        html.write_text(review_page(found, recipe.stem), encoding="utf-8")
        remark(f"written to {html}", quiet=quiet)
    if json:
        print_json(found.to_dict())
    else:
        _show(found, quiet=quiet)


def _show(found: StructureReview, *, quiet: bool) -> None:
    from leadscore.training.report.review_tables import head_table, ranking_table, swing_table

    for table in (ranking_table, head_table, swing_table):
        out.print(table(found))
    out.print(found.recommendation, markup=False)
    for note in found.notes:
        remark(f"note: {note}", quiet=quiet)
