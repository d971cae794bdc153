"""A history: past leads in time order, with what was known of each and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.inference import Excluded
from leadscore.data.outcomes import Stage
from leadscore.data.schema import Field as LeadField
from leadscore.data.sinks import write_tables
from leadscore.data.snapshots import ActivityFeatures
from leadscore.errors import TooFewOutcomes

__all__ = ["History", "decided_rows", "write_left_out"]

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
    left_out
        Rows of the file that are no lead of the history: ``row`` (the line), ``reason`` and their cells.
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
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)

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
    def sources(self) -> dict[str, str]:
        """For each activity feature the activity that it tells of."""
        definition = self.activities
        if definition is None:
            return {}
        return dict(zip((f.name for f in definition.fields), definition.sources, strict=True))

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
            customer=self.customer[rows],
            contactable=self.contactable[rows],
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
