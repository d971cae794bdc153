"""Batch scoring: a file in, a file out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadscore.cli.terminal import Quiet, RegistryName, home, remark
from leadscore.errors import BadInput

if TYPE_CHECKING:
    from pandas import DataFrame

    from leadscore.data.rows import Intake
    from leadscore.scoring import Scorer

__all__ = ["opened", "register"]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(score)


def score(
    leads: Annotated[str, typer.Argument(help="CSV, Parquet or JSON lines, or URL#table of a database.")],
    out: Annotated[Path, typer.Option(help="File to write: .csv, .parquet or .jsonl.")],
    activities: Annotated[
        list[str] | None, typer.Option(metavar="PATH|URL", help="Activity log of these leads; may be repeated.")
    ] = None,
    model: Annotated[str, typer.Option(help="champion, challenger, a number, a URI or a Bundle folder.")] = "champion",
    registry_name: RegistryName = "leadscore",
    reasons: Annotated[int, typer.Option(min=0, max=3, help="Sentences of reasons for each lead.")] = 3,
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="Scoring moment of all leads; else the last known activity.")
    ] = None,
    previous: Annotated[
        str | None, typer.Option(metavar="FILE", help="What an earlier run wrote, for trends and steady roles.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score a file of leads: one row per lead, in order, with the keys of the HTTP reply.

    Example: leadscore score new.csv --out scored.csv
    """
    from leadscore.data.locations import located
    from leadscore.data.rows import Intake
    from leadscore.data.sinks import write_tables
    from leadscore.data.tables import stream_tables
    from leadscore.scoring.batch import BatchScorer, earlier_decisions
    from leadscore.training import load

    scorer = load(model, home=home(), registry_name=registry_name)
    intake = Intake()
    frames, events = opened(scorer, leads, activities or (), intake)
    earlier = None if previous is None else earlier_decisions(stream_tables(located(previous), id="lead_id"))
    batches = BatchScorer(scorer, activities=events, as_of=_moment(as_of), reasons=reasons, earlier=earlier)
    write_tables(out, batches.score(frames))
    for line in (*intake.remarks, *batches.remarks()):
        remark(f"note: {line}", quiet=quiet)


def opened(
    scorer: Scorer, leads: str, activities: Sequence[str], intake: Intake
) -> tuple[Iterator[DataFrame], DataFrame | None]:
    """Leads piece by piece, and the activities of all of them, as the model's recipe reads them."""
    from leadscore.data.activities import read_activities
    from leadscore.data.locations import located
    from leadscore.data.sources import Sources
    from leadscore.data.tables import stream_tables

    sources = Sources.model_validate(scorer.bundle.card["sources"])
    logs = [located(log) for log in activities]
    events = read_activities(sources, Path(), logs, intake=intake) if logs else None
    named = scorer.bundle.parts.id
    frames = stream_tables(
        located(leads), encoding=sources.encoding, delimiter=sources.delimiter, id=named, intake=intake
    )
    return frames, events


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--as-of {text!r} is no moment; allowed: 2026-03-31 or 2026-03-31T09:15:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
