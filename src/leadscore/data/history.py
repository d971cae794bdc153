"""From an export to a history: which lead, when, what was known, what became of it.

This is where a recipe's names meet the columns of a file. What comes out is in time order and typed; every row and
column that is left out is counted and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from leadscore.data.inference import Excluded, infer_fields
from leadscore.data.outcomes import Outcome, label
from leadscore.data.schema import Field as LeadField
from leadscore.data.schema import category_key, parse_boolean, parse_number
from leadscore.data.snapshots import ActivityFeatures
from leadscore.data.sources import ActivityLog, Sources, read_joined, read_table
from leadscore.data.times import parse_times
from leadscore.errors import BadInput, RecipeError, TooFewOutcomes

__all__ = [
    "Columns",
    "History",
    "LeadColumns",
    "Stage",
    "blank_missing",
    "decided_rows",
    "read_activities",
    "read_history",
]

Stage = Literal["qualify", "close"]
Floats = npt.NDArray[np.float64]


class LeadColumns(BaseModel):
    """Which column of the export plays which part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = None
    """Identifier of the lead; the row number serves when absent."""
    created: str | None = None
    """Creation, which is the scoring moment of the history."""
    order: str | None = None
    """Column that rises with time, for an export without dates; ``row`` trusts the file's own order."""
    account: str | None = None
    """Company of the lead."""
    segment: str | None = None
    """Segment that structures and tiers speak of, such as the size of the company."""
    territory: str | None = None
    """Sales territory."""
    customer: str | None = None
    """Whether the lead belongs to an existing customer (yes or no)."""
    consent: str | None = None
    """Whether people may contact the lead (yes or no)."""
    worked_at: str | None = None
    """When somebody first worked the lead; leads that nobody worked are left out."""
    first_role: str | None = None
    """Role that worked the lead first."""
    missing: tuple[str, ...] = ()
    """Spellings that mean missing in this export."""

    @property
    def not_features(self) -> tuple[str, ...]:
        """Columns that are read for another purpose and never learned from."""
        names = (self.id, self.created, self.order, self.account, self.consent, self.worked_at, self.first_role)
        return tuple(n for n in names if n is not None)


class Columns(BaseModel):
    """Corrections of what is found out about the columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ignore: tuple[str, ...] = ()
    """Columns that are not learned from."""
    allow_leaky: Mapping[str, str] = Field(default_factory=dict)
    """Columns that the audit would leave out, each with the reason why it may stay."""
    numbers: tuple[str, ...] = ()
    """Columns that are numbers whatever they look like."""
    categories: tuple[str, ...] = ()
    """Columns that are categories whatever they look like."""


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
            amount=self.amount[rows],
            customer=self.customer[rows],
            contactable=self.contactable[rows],
        )


def read_history(
    sources: Sources,
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    columns: Columns,
    *,
    folder: Path,
    leads: Path | None = None,
) -> History:
    """Read an export into a history.

    Parameters
    ----------
    sources, lead, outcomes, columns
        The parts of a recipe that speak of the export; ``outcomes`` holds the stages that are learned.
    folder
        Folder that relative paths start from.
    leads
        File of the leads, in place of the recipe's.

    Raises
    ------
    BadInput
        A file, column or value cannot be used; the message names it.
    """
    frame, origin = read_joined(sources, folder, leads)
    rows_read = len(frame)
    if not rows_read:
        raise BadInput(f"{leads or sources.leads}: there is a header but no lead.")
    _check_columns(frame, lead, outcomes, columns)
    frame = blank_missing(frame, lead.missing)
    remarks: list[str] = []
    times = _times(frame, lead, outcomes, sources, Path(leads or sources.leads).name)
    frame, times = _in_time_order(frame, times, lead, remarks)
    created = times.get(lead.created or "")
    features, log_end, log_remarks = _activity_features(frame, lead, created, sources, folder)
    remarks += log_remarks
    until = _until(created, outcomes, times, log_end)
    labels = {
        stage: label(o, frame[o.column], at=times.get(o.at or ""), created=created, until=until)
        for stage, o in outcomes.items()
    }
    labels = _without_untouched(labels, frame, lead, remarks)
    ids = _ids(frame, lead, remarks)
    _remark_outcomes_before_creation(outcomes, times, created, ids, remarks)
    fields, excluded = infer_fields(
        frame,
        taken=lead.not_features,
        outcome=[c for o in outcomes.values() for c in o.columns],
        ignore=columns.ignore,
        numbers=columns.numbers,
        categories=columns.categories,
        origin=origin,
    )
    if features is not None:
        definition, values = features
        names = [f.name for f in definition.fields]
        frame = pd.concat([frame, pd.DataFrame(values, columns=names, index=frame.index)], axis=1)
        fields += tuple(f for f in definition.fields if frame[f.name].nunique(dropna=False) > 1)
    return History(
        frame=frame,
        fields=fields,
        excluded=excluded,
        activities=features[0] if features else None,
        lead_id=ids,
        segment=_segment(frame, lead),
        created=created,
        until=until,
        labels=labels,
        amount=_amount(frame, outcomes, labels),
        customer=_answers(frame, lead.customer, default=False),
        contactable=_answers(frame, lead.consent, default=True),
        rows_read=rows_read,
        remarks=tuple(remarks),
    )


def blank_missing(frame: pd.DataFrame, spellings: Sequence[str]) -> pd.DataFrame:
    """Empty the text cells whose whole content is one of these spellings of missing."""
    if not spellings:
        return frame
    wanted = {s.strip().casefold() for s in spellings}
    emptied = {}
    for name in frame.columns:
        column = frame[name]
        hits = [v for v in column.unique() if isinstance(v, str) and v.strip().casefold() in wanted]
        emptied[name] = column.mask(column.isin(hits), "") if hits else column
    return pd.DataFrame(emptied)


def _check_columns(frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], columns: Columns) -> None:
    named = {f"[lead] {k}": v for k, v in lead.model_dump(exclude={"missing"}).items() if v and v != "row"}
    for stage, outcome in outcomes.items():
        named |= {f"[{stage}] {k}": getattr(outcome, k) for k in ("column", "at", "amount", "rep", "team")}
    for key in ("ignore", "numbers", "categories", "allow_leaky"):
        named |= {f"[columns] {key}, {c!r}": c for c in getattr(columns, key)}
    for where, column in named.items():
        if column is not None and column not in frame.columns:
            known = ", ".join(repr(c) for c in frame.columns[:40])
            raise RecipeError(f"{where} names the column {column!r}, which the export does not have; it has {known}.")


def _times(
    frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], sources: Sources, file: str
) -> dict[str, pd.Series]:
    named = [lead.created, *(o.at for o in outcomes.values())]
    names = list(dict.fromkeys(n for n in named if n is not None))
    return parse_times({n: frame[n] for n in names}, file=file, order=sources.date_order) if names else {}


def _in_time_order(
    frame: pd.DataFrame, times: dict[str, pd.Series], lead: LeadColumns, remarks: list[str]
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    if lead.created is not None:
        created = times[lead.created]
        undated = int(created.isna().sum())
        if undated:
            remarks.append(f"{undated} leads without {lead.created!r} are left out: they have no place in time")
        order = created.dropna().sort_values(kind="stable").index
    elif lead.order is not None and lead.order != "row":
        numbers = frame[lead.order].map(parse_number)
        if numbers.isna().any():
            row = int(np.flatnonzero(numbers.isna().to_numpy())[0])
            raise BadInput(
                f"row {row + 2}, column {lead.order!r}: {frame[lead.order].iloc[row][:40]!r} is no number, so the "
                "leads cannot be put in order. Mend the cell or name another column under `order` in [lead]."
            )
        order = numbers.sort_values(kind="stable").index
    else:
        order = frame.index
        remarks.append("no column tells the time: the order of the rows is taken for the order of the leads")
    sorted_times = {name: values.loc[order].reset_index(drop=True) for name, values in times.items()}
    return frame.loc[order].reset_index(drop=True), sorted_times


def _activity_features(
    frame: pd.DataFrame, lead: LeadColumns, created: pd.Series | None, sources: Sources, folder: Path
) -> tuple[tuple[ActivityFeatures, Floats] | None, pd.Timestamp | None, list[str]]:
    if sources.activities is None:
        return None, None, []
    if created is None or lead.id is None:
        raise RecipeError("[data] activities needs `id` and `created` under [lead]: they join and date the events.")
    log = read_activities(sources, folder)
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


def read_activities(sources: Sources, folder: Path, file: Path | None = None) -> pd.DataFrame:
    """Read the activity log as columns ``lead``, ``type`` and ``at``."""
    log = sources.activities if isinstance(sources.activities, ActivityLog) else None
    log = log or ActivityLog(file=str(sources.activities))
    path = file or folder / log.file
    table = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter)
    for key in ("id", "time", "type"):
        if getattr(log, key) not in table.columns:
            known = ", ".join(repr(c) for c in table.columns)
            raise RecipeError(
                f"{path.name} has no column {getattr(log, key)!r}; it has {known}. Name it as `{key}` of activities "
                "under [data]."
            )
    at = parse_times({log.time: table[log.time]}, file=path.name, order=sources.date_order)[log.time]
    frame = pd.DataFrame({"lead": table[log.id], "type": table[log.type].str.strip(), "at": at})
    return frame[at.notna() & (frame["type"] != "")]


def _until(
    created: pd.Series | None,
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    log_end: pd.Timestamp | None,
) -> pd.Timestamp | None:
    if created is None:
        return None
    ends = [created.max(), log_end, *(times[o.at].max() for o in outcomes.values() if o.at)]
    return max((e for e in ends if e is not None and not pd.isna(e)), default=None)


def _without_untouched(
    labels: dict[Stage, Floats], frame: pd.DataFrame, lead: LeadColumns, remarks: list[str]
) -> dict[Stage, Floats]:
    if lead.worked_at is None:
        return labels
    happened = np.any([values == 1 for values in labels.values()], axis=0)
    untouched = frame[lead.worked_at].map(category_key).isna().to_numpy() & ~happened
    remarks.append(f"{int(untouched.sum())} leads that nobody worked are left out: untouched is not lost")
    return {stage: np.where(untouched, np.nan, values) for stage, values in labels.items()}


def _remark_outcomes_before_creation(
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    created: pd.Series | None,
    ids: npt.NDArray[np.object_],
    remarks: list[str],
) -> None:
    for outcome in outcomes.values():
        if outcome.at is None or created is None:
            continue
        early = np.flatnonzero((times[outcome.at] < created).to_numpy())
        if len(early):
            remarks.append(
                f"{outcome.at!r} before creation: {len(early)} (such as {ids[early[0]]!r}), kept as if at creation"
            )


def _ids(frame: pd.DataFrame, lead: LeadColumns, remarks: list[str]) -> npt.NDArray[np.object_]:
    if lead.id is None:
        return np.array([str(i) for i in range(len(frame))], dtype=object)
    repeated = frame[lead.id].duplicated()
    if repeated.any():
        first = frame[lead.id][repeated].iloc[0]
        remarks.append(f"{int(repeated.sum())} rows repeat the {lead.id!r} of an earlier row (such as {first!r})")
    return frame[lead.id].to_numpy(dtype=object)


def _segment(frame: pd.DataFrame, lead: LeadColumns) -> npt.NDArray[np.object_]:
    if lead.segment is None:
        return np.full(len(frame), None, dtype=object)
    keys = {v: category_key(v) for v in frame[lead.segment].unique()}
    return np.array([keys[v] for v in frame[lead.segment]], dtype=object)


def _amount(frame: pd.DataFrame, outcomes: Mapping[Stage, Outcome], labels: Mapping[Stage, Floats]) -> Floats:
    close = outcomes.get("close")
    if close is None or close.amount is None:
        return np.full(len(frame), np.nan)
    amount = frame[close.amount].map(parse_number).to_numpy(dtype=float)
    return np.where(labels["close"] == 1, amount, np.nan)


def _answers(frame: pd.DataFrame, column: str | None, *, default: bool) -> npt.NDArray[np.bool_]:
    if column is None:
        return np.full(len(frame), default)
    answers = {v: parse_boolean(v) for v in frame[column].unique()}
    bad = [v for v, answer in answers.items() if answer is None and v.strip()]
    if bad:
        raise BadInput(f"column {column!r}: {bad[0][:40]!r} is neither yes nor no. Mend the cells or the recipe.")
    return frame[column].map({v: default if a is None else a == 1 for v, a in answers.items()}).to_numpy(dtype=bool)


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
