"""A history: past leads in time order, with what was known of each and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.contact import contact_kinds
from leadscore.data.inference import Excluded
from leadscore.data.outcomes import Stage
from leadscore.data.schema import Contact
from leadscore.data.schema import Field as LeadField
from leadscore.data.sinks import write_tables
from leadscore.data.snapshots import ActivityFeatures
from leadscore.data.splits import Split, TimeSplit, split_by_time
from leadscore.errors import TooFewOutcomes

__all__ = ["History", "decided_rows", "split_history", "write_left_out"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past leads in time order.

    Parameters
    ----------
    frame
        Text of the export's columns, and numbers for the activity features.
    fields
        What may be learned from.
    excluded
        Every column that is not learned from, with the reason.
    activities
        Definition of the activity features, or None.
    lead_id, segment
        Text; None where the recipe names no such column.
    created
        UTC moments, or None for an export without dates.
    until
        Last moment that the history knows of.
    labels
        By stage: 1, 0 or NaN (undecided, too young, untouched).
    amount
        Money of won deals, NaN elsewhere.
    customer, contactable
        Booleans.
    rows_read
        Rows of the export.
    remarks
        What a user should know about how the export was read.
    weight
        By stage: what each lead counts for; empty where all count alike.
    moment
        Days after creation at which each row looks at its lead; empty where every lead is looked at once, at creation.
    left_out
        Rows of the file that are no lead of the history: ``row`` (the line), ``reason`` and their cells.
    contacts
        Columns of persons' own data, learned from or not.
    texts
        Columns of free text, learned from or not.
    figures
        Features whose figure the encoder must not tell of the leads that it was fitted on, with the figures that models
        of other leads gave them; NaN elsewhere.
    kinds
        For each activity log with several kinds that may be counted as one, these.
    """

    frame: pd.DataFrame
    fields: tuple[LeadField, ...]
    excluded: tuple[Excluded, ...]
    activities: ActivityFeatures | None
    lead_id: npt.NDArray[np.object_]
    segment: npt.NDArray[np.object_]
    created: pd.Series | None
    until: pd.Timestamp | None
    labels: Mapping[Stage, Floats]
    amount: Floats
    customer: npt.NDArray[np.bool_]
    contactable: npt.NDArray[np.bool_]
    rows_read: int
    remarks: tuple[str, ...]
    weight: Mapping[Stage, Floats] = field(default_factory=dict)
    moment: Floats = field(default_factory=lambda: np.zeros(0))
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    figures: Mapping[str, Floats] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def days(self) -> Floats | None:
        """Creation in days since the first lead."""
        if self.created is None:
            return None
        days: Floats = ((self.created - self.created.iloc[0]) / pd.Timedelta(days=1)).to_numpy(dtype=float)
        return days

    @property
    def first_looks(self) -> npt.NDArray[np.bool_]:
        """Which rows look at a lead for the first time: one for each lead."""
        return np.ones(len(self), dtype=bool) if not len(self.moment) else self.moment == self.moment.min()

    @property
    def leads(self) -> History:
        """One row per lead, as it was when it was first looked at."""
        return self if self.first_looks.all() else self.take(np.flatnonzero(self.first_looks))

    @property
    def sources(self) -> dict[str, str]:
        """For each activity feature the activity that it tells of."""
        definition = self.activities
        if definition is None:
            return {}
        return dict(zip((f.name for f in definition.fields), definition.sources, strict=True))

    def column(self, name: str) -> pd.Series:
        """The cells of a column as reports may speak of them: of a person's own data only the kinds."""
        contact = self.contacts.get(name)
        return self.frame[name] if contact is None else contact_kinds(self.frame[name], contact)

    def take(self, rows: npt.NDArray[Any]) -> History:
        """The history of these rows."""
        return replace(
            self,
            frame=self.frame.iloc[rows].reset_index(drop=True),
            lead_id=self.lead_id[rows],
            segment=self.segment[rows],
            created=None if self.created is None else self.created.iloc[rows].reset_index(drop=True),
            labels={stage: values[rows] for stage, values in self.labels.items()},
            weight={stage: values[rows] for stage, values in self.weight.items()},
            amount=self.amount[rows],
            figures={name: values[rows] for name, values in self.figures.items()},
            customer=self.customer[rows],
            contactable=self.contactable[rows],
            moment=self.moment[rows] if len(self.moment) else self.moment,
        )


def decided_rows(history: History) -> npt.NDArray[np.intp]:
    """Rows whose outcome is known at every stage.

    Raises
    ------
    TooFewOutcomes
        No lead at all is decided, for instance because the horizon is longer than the history.
    """
    known = ~np.isnan(np.column_stack(list(history.labels.values()))).any(axis=1)
    if not known.any():
        raise TooFewOutcomes(
            f"none of the {len(history)} leads has a known outcome: the horizon may be longer than the history, or no "
            "value of the outcome column is in the recipe's lists. Shorten `horizon_days` or mend `positive`."
        )
    return np.flatnonzero(known)


def split_history(history: History, split: Split) -> TimeSplit:
    """Cut a history by time, all looks at a lead together; the test stretch has the first look at each lead only."""
    first = history.first_looks
    days = history.days
    parts = split_by_time(int(first.sum()), split, days=None if days is None else days[first])
    lead = np.cumsum(first) - 1
    learned = {part: np.flatnonzero(np.isin(lead, getattr(parts, part))) for part in ("fit", "calibrate")}
    return TimeSplit(**learned, test=np.flatnonzero(first)[parts.test])


def write_left_out(left_out: pd.DataFrame, path: Path) -> int:
    """Write the rows that were left out, each with its line in the file and the reason.

    Parameters
    ----------
    left_out
        ``History.left_out``.
    path
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``; nothing is written when no row was left out.

    Returns
    -------
    int
        Rows written.
    """
    return write_tables(path, [left_out]) if len(left_out) else 0
