"""Where words go: results to stdout, progress and remarks to stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

__all__ = [
    "Data",
    "Json",
    "Model",
    "Quiet",
    "RegistryName",
    "Seed",
    "home",
    "out",
    "print_json",
    "progress",
    "remark",
    "say",
]

_WIDTH = 100

out = Console(soft_wrap=False, highlight=False)
if not out.is_terminal and "COLUMNS" not in os.environ:
    # Into a file or a pipe there is no width to find out, and tables need more than the 80 that are assumed.
    out = Console(soft_wrap=False, highlight=False, width=_WIDTH)
_err = Console(stderr=True, soft_wrap=True, highlight=False)

Data: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PATH|URL", help="In place of the recipe's folder (a folder) or its leads (a file)."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")]
Seed: TypeAlias = Annotated[int, typer.Option(help="The same seed gives the same samples, models and scores.")]
RegistryName: TypeAlias = Annotated[str, typer.Option(help="Name of the registered model.")]
Model: TypeAlias = Annotated[
    str,
    typer.Argument(help="champion, challenger, a version number, an MLflow model URI, or the path of a Bundle folder."),
]


def say(text: str) -> None:
    """One line on stderr."""
    _err.print(text, markup=False)


def remark(text: str, *, quiet: bool) -> None:
    """One remark on stderr, unless the user wants none."""
    if not quiet:
        say(text)


def home() -> Path:
    """The working folder: ``LEADSCORE_HOME``, or the current one."""
    return Path(os.environ.get("LEADSCORE_HOME") or Path.cwd())


def print_json(content: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar that is told a text and the share that is done; plain lines where there is no terminal."""
    if quiet:
        yield lambda _text, _share: None
    elif not _err.is_terminal:
        yield lambda text, share: say(f"{share:4.0%}  {text}")
    else:
        columns = (SpinnerColumn(), BarColumn(24), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=_err, transient=True) as bar:
            task = bar.add_task("starting", total=1.0)
            yield lambda text, share: bar.update(task, description=text, completed=share)
