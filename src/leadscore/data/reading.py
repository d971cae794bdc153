"""From an export to a history: which lead, when, what was known, what became of it.

This is where a recipe's names meet the columns of a file. What comes out is in time order and typed; every row and
column that is left out is counted and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.activities import look_at_activities, read_activities
from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.contact_columns import contact_columns
from leadscore.data.history import History
from leadscore.data.inference import frame_decimals, infer_fields, possible_texts
from leadscore.data.joins import read_joined
from leadscore.data.labels import from_creation_on, label_history, last_moment
from leadscore.data.locations import Place, located
from leadscore.data.numbers import Decimal
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.protected import unlisted
from leadscore.data.remarks import missing_in_words, numbers_in_words, outcomes_in_words
from leadscore.data.rows import Intake
from leadscore.data.schema import category_key, parse_boolean, parse_number
from leadscore.data.selection import Selection, far_ahead
from leadscore.data.sources import Sources
from leadscore.data.text import text_columns
from leadscore.data.times import looks_dated, parse_times
from leadscore.errors import BadInput, RecipeError

__all__ = ["blank_missing", "read_history"]

Floats = npt.NDArray[np.float64]


def read_history(
    sources: Sources,
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    columns: Columns,
    *,
    folder: Path,
    leads: Place | None = None,
) -> History:
    """Read an export into a history.

    Parameters
    ----------
    sources, lead, outcomes, columns
        The parts of a recipe that speak of the export; ``outcomes`` holds the stages that are learned.
    folder
        Folder that relative paths start from.
    leads
        File or table of the leads, in place of the recipe's.

    Raises
    ------
    BadInput
        A file, column or value cannot be used; the message names it.
    """
    intake = Intake()
    file = (leads or located(sources.leads, folder)).name
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
    log = read_activities(sources, folder, intake=intake) if sources.logs else None
    rows = _rows_in_time_order(frame, times, lead, outcomes, lines, log, intake)
    frame, lines = frame.iloc[rows].reset_index(drop=True), lines[rows]
    times = {name: values.iloc[rows].reset_index(drop=True) for name, values in times.items()}
    created = times.get(lead.created or "")
    ids = _ids(frame, lead)
    times, early = from_creation_on(outcomes, times, created, ids, lines)
    remarks += early
    until = last_moment(created, outcomes, times, None if log is None else log["at"].max())
    labels, weight = label_history(frame, lead, outcomes, columns, times, until, remarks)
    remarks += outcomes_in_words(frame, outcomes)
    contacts = contact_columns(
        frame, given=columns.contact, other=(*columns.numbers, *columns.categories, *columns.text)
    )
    fields, excluded = infer_fields(
        frame,
        taken=lead.not_features,
        outcome=[c for o in outcomes.values() for c in o.columns],
        ignore=columns.ignore,
        protected=columns.protected,
        numbers=columns.numbers,
        categories=columns.categories,
        texts=columns.text,
        contacts=contacts,
        origin=origin,
        decimals=decimals,
    )
    remarks += unlisted(field.name for field in fields)
    remarks += numbers_in_words(frame, fields, lines)
    history = History(
        frame=frame,
        fields=fields,
        excluded=excluded,
        activities=None,
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
        contacts=contacts,
        texts=text_columns(frame, possible_texts(fields, excluded, columns.categories), given=columns.text),
    )
    if log is None:
        return _once(history, lead)
    told = [times[o.at] for o in outcomes.values() if o.at]
    ended = pd.concat(told, axis=1).min(axis=1) if told else None
    return look_at_activities(history, log, lead, sources, outcomes=outcomes, ended=ended)


def _once(history: History, lead: LeadColumns) -> History:
    if lead.moments != (0.0,):
        raise RecipeError(
            f"[lead] moments = {list(lead.moments)} needs `activities` under [data]: without a log, nothing is known "
            "of a lead after its creation."
        )
    return history


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
    named = {f"[lead] {k}": v for k, v in lead.model_dump(exclude={"missing", "moments"}).items() if v and v != "row"}
    for stage, outcome in outcomes.items():
        named |= {f"[{stage}] {k}": getattr(outcome, k) for k in ("column", "at", "amount", "rep", "team")}
    for key in ("ignore", "protected", "numbers", "categories", "text", "contact", "allow_leaky"):
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
