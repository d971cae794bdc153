"""Everything that is to be known of an export's columns before anybody learns from them, in one value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from leadscore.data.drift import Drift, drift
from leadscore.data.history import History
from leadscore.data.inference import Excluded
from leadscore.data.leakage import ColumnVerdict, audit
from leadscore.data.quality import FieldPage, field_pages, left_out_page

__all__ = ["Examination", "examine"]

_TEXT = "its seniority, function and wording are learned from, since they pay forward in time"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found out about the columns of an export.

    Parameters
    ----------
    verdicts
        What the leakage audit says of each column.
    fields
        Field page of every column.
    drift
        How the newest leads differ from those before them.
    rows, snapshots
        Leads, and how many exports of them were compared.
    """

    verdicts: tuple[ColumnVerdict, ...]
    fields: tuple[FieldPage, ...]
    drift: Drift
    rows: int
    snapshots: int = 1

    def reading_texts(self, names: Collection[str]) -> Examination:
        """The same, with these columns told to be read as text, which is decided after the audit."""
        pages = (replace(p, used=True, kind="text", why=_TEXT) if p.column in names else p for p in self.fields)
        return replace(self, fields=tuple(pages))

    def judging_texts(self, given_away: Iterable[Excluded]) -> Examination:
        """The same, with these texts, which passed as columns, judged by their wording."""
        found = {e.column: e for e in given_away}
        allowed = {v.column: v.allowed for v in self.verdicts if v.verdict == "ok" and v.column in found}
        verdicts = (_by_wording(v, found[v.column]) if v.column in allowed else v for v in self.verdicts)
        pages = (
            left_out_page(p, found[p.column], allowed[p.column]) if p.column in allowed else p for p in self.fields
        )
        return replace(self, verdicts=tuple(verdicts), fields=tuple(pages))

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``audit --json``."""
        return {
            "rows": self.rows,
            "snapshots": self.snapshots,
            "columns": [v.to_dict() for v in self.verdicts],
            "fields": [p.to_dict() for p in self.fields],
            "drift": self.drift.to_dict(),
        }


def _by_wording(verdict: ColumnVerdict, found: Excluded) -> ColumnVerdict:
    return replace(verdict, verdict="BLOCK" if found.verdict == "BLOCK" else "ASK", reason=found.reason)


def examine(
    history: History, *, allow: Mapping[str, str], later: History | pd.DataFrame | None = None, seed: int = 0
) -> Examination:
    """Audit the columns, describe each, and hold the newest leads beside the others.

    Parameters
    ----------
    history
        All leads, undecided ones too, before the audit was applied.
    allow
        Columns that the recipe uses whatever the audit says, each with the reason.
    later
        The same leads exported again later.
    seed
        Seed of the folds.
    """
    verdicts = audit(history, allow=allow, later=later, seed=seed)
    pages, moved = field_pages(history, verdicts), drift(history, seed=seed)
    return Examination(verdicts, pages, moved, len(history), 1 if later is None else 2)
