"""Tables of what became of leads, such as opportunities, as logs: what they date was known from that day on.

Their columns cannot be joined, since nobody knows when each was filled in. Their dates say when something happened: a
deal was opened, a deal was closed as lost. Where leads are looked at after their creation, that tells more than most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from leadscore.data.guess_columns import Profile, first_match
from leadscore.data.guess_files import CREATED, LATE_NAME
from leadscore.data.leakage_names import words
from leadscore.data.locations import located
from leadscore.data.sources import ActivityLog, Join

__all__ = ["dated_logs"]

_ALIKE = 0.98
_MOST_KINDS = 12


def dated_logs(
    columns: Sequence[Profile], joins: Sequence[Join], origin: Mapping[str, str], outcomes: Collection[str]
) -> tuple[ActivityLog, ...]:
    """Logs among the joined files that have rows only for leads that got far.

    Parameters
    ----------
    columns
        Columns of the leads with all that is joined to them.
    joins
        Those files.
    origin
        File that a joined column came from.
    outcomes
        Columns that outcomes are told by; a file that has one of them is no log.
    """
    found: list[ActivityLog] = []
    for join in joins:
        own = [c for c in columns if origin.get(c.name) == str(join.file)]
        if not any(c.name in outcomes for c in own):
            found += _logs(join, own)
    return tuple(found)


def _logs(join: Join, columns: Sequence[Profile]) -> Iterator[ActivityLog]:
    """One log for the date of the opening, and one for each date that has its kind beside it and only then."""
    stem = located(join.file).stem + "."
    dates = [c for c in columns if c.look == "date"]
    named = [replace(c, phrase=words(c.name.removeprefix(stem))) for c in dates]
    opened = first_match([c for c in named if not LATE_NAME.search(c.phrase)], CREATED[:5])
    for date in dates:
        kind = next((c for c in columns if c.look in ("category", "answer") and _dates(date, c)), None)
        opens = opened is not None and date.name == opened.name
        if not opens and kind is None:
            continue
        yield ActivityLog(
            file=join.file,
            id=join.on,
            time=date.name.removeprefix(stem),
            type=None if opens or kind is None else kind.name.removeprefix(stem),
        )


def _dates(date: Profile, kind: Profile) -> bool:
    """Whether a kind is told where a date is, and nowhere else."""
    dated, told = date.text != "", kind.text != ""
    either = (dated | told).sum()
    return len(kind.counts) <= _MOST_KINDS and either > 0 and (dated & told).sum() >= _ALIKE * either
