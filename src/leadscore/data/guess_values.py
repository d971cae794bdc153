"""What a guess consists of: what a user gives, one remark for each part, and the whole as a recipe needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.sources import Sources
from leadscore.data.times import DateOrder

__all__ = ["Given", "Guess", "Remark", "Sure"]

Sure = Literal["given", "sure", "likely", "look"]
"""``look``: the user should look at it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a user says in place of a guess.

    Parameters
    ----------
    id, created
        Column names.
    close, qualify
        ``COLUMN=VALUE``, once for each value.
    date_order
        How 03/04/2024 is meant.
    """

    id: str | None = None
    created: str | None = None
    close: tuple[str, ...] = ()
    qualify: tuple[str, ...] = ()
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """One guess.

    Parameters
    ----------
    part
        Key of the recipe, such as ``lead.id``.
    value
        What was guessed, in words.
    sure
        ``given``, ``sure``, ``likely`` or ``look``.
    why
        One sentence.
    """

    part: str
    value: str
    sure: Sure
    why: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What was guessed about an export.

    Parameters
    ----------
    sources, lead, outcomes, columns
        The parts of a recipe that speak of the export.
    remarks
        The guesses with their reasons.
    left_out
        Column and reason, for each column that will not be learned from.
    skipped
        File and reason, for each file that plays no part.
    noticed
        What the reader of the files noticed, such as footers left out.
    rows
        Leads of the export.
    counts
        ``positive``, ``negative``, ``undecided`` by stage, before any horizon.
    table
        For each column ``column``, ``look``, ``levels``, ``missing`` and ``use``.
    """

    sources: Sources
    lead: LeadColumns
    outcomes: Mapping[Stage, Outcome]
    columns: Columns
    remarks: tuple[Remark, ...]
    left_out: Mapping[str, str]
    skipped: tuple[tuple[str, str], ...]
    noticed: tuple[str, ...]
    rows: int
    counts: Mapping[Stage, Mapping[str, int]]
    table: tuple[Mapping[str, Any], ...]

    def remark(self, part: str) -> Remark | None:
        """The guess for this part of the recipe."""
        return next((r for r in self.remarks if r.part == part), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``init --json``."""
        return {
            "rows": self.rows,
            "guesses": [{"part": r.part, "value": r.value, "sure": r.sure, "why": r.why} for r in self.remarks],
            "outcomes": {s: {"column": o.column, **self.counts[s]} for s, o in self.outcomes.items()},
            "columns": list(self.table),
            "ignored": [{"column": c, "reason": self.left_out[c]} for c in self.columns.ignore],
            "skipped": [{"file": name, "reason": why} for name, why in self.skipped],
            "noticed": list(self.noticed),
        }
