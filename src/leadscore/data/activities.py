"""The activity log: reading it, and what it had told of each lead at the scoring moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.columns import LeadColumns
from leadscore.data.rows import Intake
from leadscore.data.snapshots import ActivityFeatures
from leadscore.data.sources import ActivityLog, Sources, read_table
from leadscore.data.times import parse_times
from leadscore.errors import RecipeError

__all__ = ["activity_features", "read_activities"]

Floats = npt.NDArray[np.float64]


def activity_features(
    frame: pd.DataFrame, lead: LeadColumns, created: pd.Series | None, log: pd.DataFrame | None
) -> tuple[tuple[ActivityFeatures, Floats] | None, pd.Timestamp | None, list[str]]:
    """Features of the activities before creation, the last moment of the log, and remarks; all empty without a log."""
    if log is None:
        return None, None, []
    if created is None or lead.id is None:
        raise RecipeError("[data] activities needs `id` and `created` under [lead]: they join and date the events.")
    row_of = pd.Series(frame.index, index=frame[lead.id])
    row = log["lead"].map(row_of[~row_of.index.duplicated()])
    known = row.notna()
    log, row = log[known], row[known].astype(int).to_numpy()
    definition = ActivityFeatures(types=tuple(sorted(log["type"].unique())))
    age = (created.iloc[row].to_numpy() - log["at"].to_numpy()) / np.timedelta64(1, "D")
    matrix = definition.matrix(row, definition.type_index(log["type"].tolist()), age, len(frame))
    later = int((age < 0).sum())
    remarks = [f"{len(log)} activities read, {later} of them after the scoring moment and not looked at"]
    if strangers := int((~known).sum()):
        remarks.append(f"{strangers} activities belong to no lead of the export and are left out")
    return (definition, matrix), log["at"].max(), remarks


def read_activities(
    sources: Sources, folder: Path, file: Path | None = None, *, intake: Intake | None = None
) -> pd.DataFrame:
    """Read the activity log as columns ``lead``, ``type`` and ``at``; a record that occurs again counts once."""
    log = sources.activities if isinstance(sources.activities, ActivityLog) else None
    log = log or ActivityLog(file=str(sources.activities))
    path = file or folder / log.file
    seen = Intake()
    table = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter, intake=seen)
    for key in ("id", "time", "type"):
        if getattr(log, key) not in table.columns:
            known = ", ".join(repr(c) for c in table.columns)
            raise RecipeError(
                f"{path.name} has no column {getattr(log, key)!r}; it has {known}. Name it as `{key}` of activities "
                "under [data]."
            )
    moments = {log.time: table[log.time]}
    at = parse_times(moments, file=path.name, order=sources.date_order, rows=np.concatenate(seen.lines))[log.time]
    frame = pd.DataFrame({"lead": table[log.id], "type": table[log.type].str.strip(), "at": at})
    again = table.duplicated()
    empty = ~again & (at.isna() | (frame["type"] == ""))
    for flags, what in ((again, "repeat another one"), (empty, f"have no {log.time!r} or no {log.type!r}")):
        if flags.any():
            first = np.concatenate(seen.lines)[int(np.argmax(flags.to_numpy()))]
            seen.remarks.append(f"{path.name}: {int(flags.sum())} activities {what} (such as row {first}): left out")
    if intake is not None:
        intake.remarks += seen.remarks
    return frame[~again & ~empty]
