"""The command that draws a selling organisation, and gives a preset as a file to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadscore.cli.terminal import Json, print_json, remark
from leadscore.errors import UsageError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group of commands to the app."""
    group = typer.Typer(help="The selling organisation: roles, hand-offs, figures.", no_args_is_help=True)
    group.command()(show)
    app.add_typer(group, name="structure")

    @group.callback()
    def _group() -> None:
        """The selling organisation: roles, hand-offs, figures."""


def show(
    structure: Annotated[str, typer.Argument(help="TOML of a structure, or the name of a preset.")],
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it as an SVG picture.")] = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a TOML to edit.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what lies there.")] = False,
    json: Json = False,
) -> None:
    """Draw a structure, after checking it.

    Example: leadscore structure show four_tier --write ours.toml
    """
    from leadscore.decisions import read_structure
    from leadscore.decisions.structure_drawing import draw
    from leadscore.decisions.structure_svg import structure_svg

    found = read_structure(structure)
    for path in (svg, write):
        if path is not None and path.exists() and not force:
            raise UsageError(f"{path} exists already; choose another name, or overwrite it with --force")
    if json:
        print_json(found.model_dump(mode="json") | {"paths": [list(path) for path in found.paths()]})
    else:
        typer.echo(draw(found))
    for path, text in ((svg, structure_svg), (write, found.__class__.to_toml)):
        if path is not None:
            path.write_text(text(found), encoding="utf-8")
            remark(f"written to {path}", quiet=False)
