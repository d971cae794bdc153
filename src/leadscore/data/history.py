"""From an export to a history: which lead, when, what was known, what became of it.

This is where a recipe's names meet the columns of a file. What comes out is in time order and typed; every row and
column that is left out is counted and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from leadscore.data.censoring import inverse_propensity
from leadscore.data.inference import Excluded, frame_decimals, infer_fields
from leadscore.data.numbers import Decimal
from leadscore.data.outcomes import Outcome, Stage, known_outcomes
from leadscore.data.remarks import missing_in_words, numbers_in_words, outcomes_in_words
from leadscore.data.rows import Intake
from leadscore.data.schema import Field as LeadField
from leadscore.data.schema import category_key, parse_boolean, parse_number
from leadscore.data.selection import Selection, far_ahead
from leadscore.data.sinks import write_tables
from leadscore.data.snapshots import ActivityFeatures
from leadscore.data.sources import ActivityLog, Sources, read_joined, read_table
from leadscore.data.times import looks_dated, parse_times
from leadscore.errors import BadInput, RecipeError, TooFewOutcomes

__all__ = [
    "Columns",
    "History",
    "LeadColumns",
    "Stage",
    "blank_missing",
    "channel_column",
    "decided_rows",
    "read_activities",
    "read_history",
    "write_left_out",
]

Floats = npt.NDArray[np.float64]

_MAX_CHANNELS = 30


class LeadColumns(BaseModel):
    """Which column of the export plays which part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = None
    """Identifier of the lead; the row number serves when absent."""
    created: str | None = None
    """Creation, which is the scoring moment of the history."""
    order: str | None = None
    """Column that rises with time, for an export without dates; ``row`` trusts the file's own order."""
    modified: str | None = None
    """Last change of the row; of several rows with one id the one changed last is kept."""
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
    propensity: str | None = None
    """Logged chance, in (0, 1], that the router let somebody work the lead; the worked ones count by its inverse."""
    channel: str | None = None
    """Column that tells channels apart whose outcomes come at different speeds; found by its name when absent."""
    missing: tuple[str, ...] = ()
    """Spellings that mean missing in this export."""

    @property
    def not_features(self) -> tuple[str, ...]:
        """Columns that are read for another purpose and never learned from."""
        parts = ("id", "created", "order", "modified", "account", "consent", "worked_at", "first_role", "propensity")
        return tuple(n for part in parts if (n := getattr(self, part)) is not None)


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
    intake = Intake()
    file = (leads or folder / sources.leads).name
    frame, origin = read_joined(sources, folder, leads, id=lead.id, intake=intake)
    rows_read, lines = len(frame), np.concatenate(intake.lines)
    if not rows_read:
        raise BadInput(f"{leads or sources.leads}: there is a header but no lead.")
    _check_columns(frame, lead, outcomes, columns)
    remarks = intake.remarks
    remarks += missing_in_words(frame, lead.missing)
    frame = blank_missing(frame, lead.missing)
    decimals = _decimals(frame, sources)
    times = _times(frame, lead, outcomes, sources, file, lines)
    log = read_activities(sources, folder, intake=intake) if sources.activities is not None else None
    rows = _rows_in_time_order(frame, times, lead, outcomes, lines, log, intake)
    frame, lines = frame.iloc[rows].reset_index(drop=True), lines[rows]
    times = {name: values.iloc[rows].reset_index(drop=True) for name, values in times.items()}
    created = times.get(lead.created or "")
    ids = _ids(frame, lead)
    times, early = _from_creation_on(outcomes, times, created, ids, lines)
    remarks += early
    features, log_end, log_remarks = _activity_features(frame, lead, created, log)
    remarks += log_remarks
    until = _until(created, outcomes, times, log_end)
    labels, weight = _outcomes(frame, lead, outcomes, columns, times, until, remarks)
    remarks += outcomes_in_words(frame, outcomes)
    fields, excluded = infer_fields(
        frame,
        taken=lead.not_features,
        outcome=[c for o in outcomes.values() for c in o.columns],
        ignore=columns.ignore,
        numbers=columns.numbers,
        categories=columns.categories,
        origin=origin,
        decimals=decimals,
    )
    remarks += numbers_in_words(frame, fields, lines)
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
        amount=_amount(frame, outcomes, labels, decimals),
        customer=_answers(frame, lead.customer, default=False),
        contactable=_answers(frame, lead.consent, default=True),
        rows_read=rows_read,
        remarks=tuple(remarks),
        weight=weight,
        left_out=intake.left_out,
    )


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


def _decimals(frame: pd.DataFrame, sources: Sources) -> dict[str, Decimal]:
    if sources.decimal is not None:
        return dict.fromkeys(map(str, frame.columns), sources.decimal)
    return frame_decimals(frame)


def _times(
    frame: pd.DataFrame,
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    sources: Sources,
    file: str,
    lines: npt.NDArray[np.intp],
) -> dict[str, pd.Series]:
    named = [lead.created, lead.modified, *(o.at for o in outcomes.values())]
    names = list(dict.fromkeys(n for n in named if n is not None))
    if not names:
        return {}
    beside = {str(n): frame[n] for n in frame.columns if sources.date_order is None and looks_dated(frame[n])}
    chosen = {n: frame[n] for n in names}
    return parse_times(chosen, file=file, order=sources.date_order, beside=beside, rows=lines)


def _rows_in_time_order(
    frame: pd.DataFrame,
    times: Mapping[str, pd.Series],
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    lines: npt.NDArray[np.intp],
    log: pd.DataFrame | None,
    intake: Intake,
) -> npt.NDArray[np.intp]:
    """Places of the rows that are leads of the history, the oldest first."""
    selection = Selection(frame, lead.id, lines, intake)
    modified = None if lead.modified is None else times[lead.modified].rename(lead.modified)
    selection.one_row_per_id([str(o.column) for o in outcomes.values()], modified)
    if lead.created is not None:
        created = times[lead.created]
        told = [times[o.at][~far_ahead(created)].max() for o in outcomes.values() if o.at]
        known = [t for t in (*told, None if log is None else log["at"].max()) if not pd.isna(t)]
        return selection.in_time_order(created, lead.created, max(known, default=None))
    if lead.order is not None and lead.order != "row":
        sign = frame_decimals(frame[[lead.order]]).get(lead.order, ".")
        numbers = frame[lead.order].map(lambda cell: parse_number(cell, sign)).astype(float)
        if numbers.isna().any():
            row = int(np.flatnonzero(numbers.isna().to_numpy())[0])
            raise BadInput(
                f"row {lines[row]}, column {lead.order!r}: {frame[lead.order].iloc[row][:40]!r} is no number, so the "
                "leads cannot be put in order. Mend the cell or name another column under `order` in [lead]."
            )
        return np.array([i for i in np.argsort(numbers.to_numpy(), kind="stable") if selection.kept[i]], dtype=np.intp)
    intake.remarks.append("no column tells the time: the order of the rows is taken for the order of the leads")
    return np.flatnonzero(selection.kept)


def _activity_features(
    frame: pd.DataFrame, lead: LeadColumns, created: pd.Series | None, log: pd.DataFrame | None
) -> tuple[tuple[ActivityFeatures, Floats] | None, pd.Timestamp | None, list[str]]:
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


def _until(
    created: pd.Series | None,
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    log_end: pd.Timestamp | None,
) -> pd.Timestamp | None:
    if created is None:
        return None
    # A date typed wrongly, or a planned one, must not make every lead look mature.
    told = [moments[~far_ahead(moments)].max() for o in outcomes.values() if o.at for moments in (times[o.at],)]
    ends = [created.max(), log_end, *told]
    return max((e for e in ends if e is not None and not pd.isna(e)), default=None)


def _outcomes(
    frame: pd.DataFrame,
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    columns: Columns,
    times: Mapping[str, pd.Series],
    until: pd.Timestamp | None,
    remarks: list[str],
) -> tuple[dict[Stage, Floats], dict[Stage, Floats]]:
    """Labels and weights: open is not lost, and untouched is not lost."""
    values: dict[Stage, pd.Series] = {stage: frame[o.column] for stage, o in outcomes.items()}
    untouched = _untouched(frame, lead, outcomes, values)
    channel = channel_column(frame, lead, outcomes, columns)
    known = known_outcomes(
        outcomes,
        values,
        at={stage: times.get(o.at or "") for stage, o in outcomes.items()},
        created=times.get(lead.created or ""),
        until=until,
        worked=~untouched,
        channel=None if channel is None else frame[channel],
        channel_named=lead.channel is not None,
    )
    remarks += known.remarks
    labels, weight = dict(known.labels), dict(known.weight)
    if lead.worked_at is not None:
        remarks.append(f"{int(untouched.sum())} leads that nobody worked are left out: untouched is not lost")
        labels = {stage: np.where(untouched, np.nan, y) for stage, y in labels.items()}
    if lead.propensity is not None:
        inverse = inverse_propensity(_propensity(frame, lead.propensity, ~untouched), ~untouched)
        weight = {stage: weight.get(stage, 1.0) * inverse for stage in labels}
        remarks.append(f"worked leads count by the inverse of {lead.propensity!r}")
    return labels, weight


def _untouched(
    frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], values: Mapping[Stage, pd.Series]
) -> npt.NDArray[np.bool_]:
    """Leads that nobody worked; an outcome shows that somebody did."""
    if lead.worked_at is None:
        return np.zeros(len(frame), dtype=bool)
    happened = np.any([o.happened(values[stage]) for stage, o in outcomes.items()], axis=0)
    return frame[lead.worked_at].map(category_key).isna().to_numpy() & ~happened


def channel_column(
    frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], columns: Columns
) -> str | None:
    """Column that tells channels apart: the named one, else the one of the fewest values that is called so."""
    if lead.channel is not None:
        return lead.channel
    taken = {*lead.not_features, *columns.ignore, *(c for o in outcomes.values() for c in o.columns)}
    called = [c for c in frame.columns if c not in taken and any(w in c.casefold() for w in ("channel", "source"))]
    sizes = {c: frame[c].nunique() for c in called}
    fitting = [c for c in called if 2 <= sizes[c] <= _MAX_CHANNELS]
    return min(fitting, key=lambda c: sizes[c], default=None)


def _propensity(frame: pd.DataFrame, column: str, worked: npt.NDArray[np.bool_]) -> Floats:
    chance: Floats = np.array([parse_number(v) or 0.0 for v in frame[column]], dtype=float)
    bad = np.flatnonzero(worked & ~((chance > 0) & (chance <= 1)))
    if len(bad):
        raise BadInput(
            f"column {column!r}: {frame[column].iloc[bad[0]][:40]!r} of a lead that was worked is no chance in (0, 1]. "
            "Mend the cell, or name another column under `propensity` in [lead]."
        )
    return chance


def _from_creation_on(
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    created: pd.Series | None,
    ids: npt.NDArray[np.object_],
    lines: npt.NDArray[np.intp],
) -> tuple[dict[str, pd.Series], list[str]]:
    """Move outcomes before the creation to the creation, since no time to an outcome is negative, and say so."""
    moved, remarks = dict(times), []
    for outcome in outcomes.values():
        if outcome.at is None or created is None:
            continue
        at = times[outcome.at]
        # A date without a clock lies at midnight, before every lead of its own day.
        early = np.flatnonzero((at < created.where(at != at.dt.normalize(), created.dt.normalize())).to_numpy())
        moved[outcome.at] = at.where(~(at < created), created)
        if len(early):
            first = early[np.argmin(lines[early])]
            remarks.append(
                f"{len(early)} leads have {outcome.at!r} before their creation (such as {ids[first]!r} in row "
                f"{lines[first]}): kept, as if it had happened at creation"
            )
    return moved, remarks


def _ids(frame: pd.DataFrame, lead: LeadColumns) -> npt.NDArray[np.object_]:
    if lead.id is None:
        return np.array([str(i) for i in range(len(frame))], dtype=object)
    return frame[lead.id].to_numpy(dtype=object)


def _segment(frame: pd.DataFrame, lead: LeadColumns) -> npt.NDArray[np.object_]:
    if lead.segment is None:
        return np.full(len(frame), None, dtype=object)
    keys = {v: category_key(v) for v in frame[lead.segment].unique()}
    return np.array([keys[v] for v in frame[lead.segment]], dtype=object)


def _amount(
    frame: pd.DataFrame,
    outcomes: Mapping[Stage, Outcome],
    labels: Mapping[Stage, Floats],
    decimals: Mapping[str, Decimal],
) -> Floats:
    close = outcomes.get("close")
    if close is None or close.amount is None:
        return np.full(len(frame), np.nan)
    sign = decimals.get(close.amount, ".")
    amount = frame[close.amount].map(lambda cell: parse_number(cell, sign)).to_numpy(dtype=float)
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
