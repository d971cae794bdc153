"""Activity logs: reading them, and what they had told of each lead at the moments at which it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.colleagues import account_numbers, colleague_counts
from leadscore.data.columns import LeadColumns
from leadscore.data.history import History
from leadscore.data.kinds import kinds_by_log
from leadscore.data.locations import Place, located
from leadscore.data.numbers import parse_number
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.rows import Intake
from leadscore.data.snapshots import ActivityFeatures, Measure
from leadscore.data.sources import ActivityLog, Sources
from leadscore.data.tables import read_table
from leadscore.data.times import parse_times
from leadscore.errors import RecipeError

__all__ = ["look_at_activities", "read_activities"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_DAY = np.timedelta64(1, "D")
_USUAL_TYPE = "Type"
_AT_CREATION: tuple[Measure, ...] = ("count", "touch")
_LATER: tuple[Measure, ...] = ("count", "recency", "trend", "touch")


def look_at_activities(
    history: History,
    log: pd.DataFrame,
    lead: LeadColumns,
    sources: Sources,
    *,
    outcomes: Mapping[Stage, Outcome],
    ended: pd.Series | None,
) -> History:
    """Look at each lead at the moments of the recipe, with the activities that had happened by then.

    Parameters
    ----------
    history
        One row per lead.
    log
        What :func:`read_activities` gives.
    lead, sources, outcomes
        The parts of a recipe.
    ended
        Moment of the first outcome of each lead, NaT without one; None when no outcome has a moment.

    Returns
    -------
    History
        One row per look, a lead's looks one after the other. A lead is not looked at any more once it had an outcome,
        nor at a moment after the end of the history. All looks count alike: to divide a lead's weight among its looks
        would favour the leads that were soon decided, and so their outcomes.

    Raises
    ------
    RecipeError
        The leads have no id or no creation, or an outcome has no moment although leads are looked at after creation.
    """
    created = history.created
    if created is None or lead.id is None:
        raise RecipeError("[data] activities needs `id` and `created` under [lead]: they join and date the events.")
    _check_moments(lead.moments, outcomes)
    looks = _Looks.of(lead.moments, created, ended, history.until)
    events, strangers = _Events.of(log, history.lead_id, created)
    definition = ActivityFeatures(
        types=tuple(sorted(log["type"].unique())),
        windows=sources.windows,
        measures=sources.measures or (_AT_CREATION if max(lead.moments) == 0 else _LATER),
        amounts=_amounts(log),
        answers=tuple(sorted({kind for each in sources.logs for kind in each.ours})),
        colleagues=sources.colleagues,
        age=len(lead.moments) > 1,
    )
    account = _accounts(history, lead, sources)
    matrix = np.empty((len(looks.row), len(definition.fields)))
    for moment in lead.moments:
        rows = looks.moment == moment
        matrix[rows] = events.features(definition, moment, account)[looks.row[rows]]
    said = _in_words(lead.moments, looks, events, strangers, len(history))
    return replace(_looked(history, looks, definition, matrix, list(said)), kinds=kinds_by_log(log, definition))


def _check_moments(moments: Sequence[float], outcomes: Mapping[Stage, Outcome]) -> None:
    for stage, outcome in outcomes.items():
        if outcome.at is None and max(moments) > 0:
            raise RecipeError(
                f"[lead] moments looks at leads {max(moments):g} days after creation, so [{stage}] needs `at`: without "
                "the moment of the outcome, activities that it caused would be taken for signs of it."
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """Row number of the lead, and days after its creation, of each look."""

    row: Integers
    moment: Floats

    @classmethod
    def of(
        cls, moments: Sequence[float], created: pd.Series, ended: pd.Series | None, until: pd.Timestamp | None
    ) -> _Looks:
        after = np.array(moments, dtype=float)
        known = np.full(len(created), np.inf) if until is None else ((until - created) / _DAY).to_numpy(dtype=float)
        open_for = np.full(len(created), np.inf)
        if ended is not None:
            open_for = ((ended - created) / _DAY).fillna(np.inf).to_numpy(dtype=float)
        # At creation everything is open, also where an outcome carries the date of that day.
        seen = (after <= known[:, None]) & ((after < open_for[:, None]) | (after == 0.0))
        row, which = np.nonzero(seen)
        return cls(row, after[which])


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Events of the leads of a history: which lead, what, and days from the event to the lead's creation.

    ``created`` has the days from the first lead's creation to each lead's.
    """

    row: Integers
    kind: Sequence[str]
    age: Floats
    created: Floats
    amounts: Mapping[str, Floats]

    @classmethod
    def of(cls, log: pd.DataFrame, ids: npt.NDArray[np.object_], created: pd.Series) -> tuple[_Events, int]:
        """Events of the leads, and the number of those that belong to none."""
        row_of = pd.Series(np.arange(len(ids)), index=ids)
        row = log["lead"].map(row_of[~row_of.index.duplicated()])
        log, strangers = log[row.notna()], int(row.isna().sum())
        row = row.dropna().to_numpy(dtype=np.intp)
        events = cls(
            row=row,
            kind=log["type"].tolist(),
            age=((created.iloc[row].reset_index(drop=True) - log["at"].reset_index(drop=True)) / _DAY).to_numpy(
                dtype=float
            ),
            created=((created - created.iloc[0]) / _DAY).to_numpy(dtype=float),
            amounts={name: log[name].to_numpy(dtype=float) for name in _amounts(log)},
        )
        return events, strangers

    def features(self, definition: ActivityFeatures, moment: float, account: Integers | None) -> Floats:
        """Features of all leads at so many days after their creation."""
        colleagues = None
        if account is not None:
            at, now = self.created[self.row] - self.age, self.created + moment
            colleagues = colleague_counts(self.row, at, now, account, definition.windows, known_since=self.created)
        return definition.matrix(
            self.row,
            definition.type_index(self.kind),
            self.age + moment,
            len(self.created),
            amounts=self.amounts,
            colleagues=colleagues,
            since_creation=np.full(len(self.created), moment),
        )

    def after(self, days: float) -> int:
        """Number of events later than so many days after the lead's creation."""
        return int((self.age < -days).sum())


def _amounts(log: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(c) for c in log.columns if c not in ("lead", "log", "type", "at"))


def _accounts(history: History, lead: LeadColumns, sources: Sources) -> Integers | None:
    if not sources.colleagues:
        return None
    if lead.account is None:
        raise RecipeError("[data] colleagues needs `account` under [lead]: it tells who works at the same company.")
    return account_numbers(history.frame[lead.account])


def _looked(
    history: History, looks: _Looks, definition: ActivityFeatures, matrix: Floats, remarks: Sequence[str]
) -> History:
    looked = history.take(looks.row)
    names = [field.name for field in definition.fields]
    made = pd.DataFrame(matrix, columns=names, index=looked.frame.index)
    frame = pd.concat([looked.frame.drop(columns=names, errors="ignore"), made], axis=1)
    taken = tuple(f for f in history.fields if f.name not in names)
    return replace(
        looked,
        frame=frame,
        fields=(*taken, *(f for f in definition.fields if made[f.name].nunique(dropna=False) > 1)),
        activities=definition,
        moment=looks.moment,
        remarks=(*history.remarks, *remarks),
    )


def _in_words(moments: Sequence[float], looks: _Looks, events: _Events, strangers: int, leads: int) -> Iterator[str]:
    later = events.after(max(moments))
    yield f"{len(events.row)} activities read, {later} of them after the scoring moment and not looked at"
    if strangers:
        yield f"{strangers} activities belong to no lead of the export and are left out"
    if tuple(moments) != (0.0,):
        counts = ", ".join(f"{int((looks.moment == m).sum())} at {m:g} days" for m in moments)
        yield f"{leads} leads are looked at as long as they are open and old enough: {counts} after creation"


def read_activities(
    sources: Sources, folder: Path, files: Sequence[Place] = (), *, intake: Intake | None = None
) -> pd.DataFrame:
    """Read the activity logs as columns ``lead``, ``log``, ``type``, ``at`` and one for each numeric attribute.

    A record that occurs again counts once.

    Parameters
    ----------
    sources
        The recipe's logs.
    folder
        Folder that relative paths start from.
    files
        In place of the recipe's: each stands for the log of the same file name, or else of the same place in the list.
    intake
        Told what was left out.
    """
    logs = sources.logs or (ActivityLog(file=""),)
    pairs = [(log, located(log.file, folder)) for log in logs]
    if files:
        by_name = {located(log.file).name: log for log in logs}
        pairs = [(by_name.get(f.name, logs[min(place, len(logs) - 1)]), f) for place, f in enumerate(files)]
    return pd.concat([_read_log(log, path, sources, intake) for log, path in pairs], ignore_index=True)


def _read_log(log: ActivityLog, path: Place, sources: Sources, intake: Intake | None) -> pd.DataFrame:
    seen = Intake()
    table = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter, intake=seen)
    lines = np.concatenate(seen.lines)
    kind = _kind_column(log, table)
    _check_log(log, kind, table, path)
    at = parse_times({log.time: table[log.time]}, file=path.name, order=sources.date_order, rows=lines)[log.time]
    name = located(log.file).stem or path.stem
    kinds = table[kind].str.strip() if kind else pd.Series(name, index=table.index)
    frame = pd.DataFrame({"lead": table[log.id], "log": name, "type": kinds, "at": at})
    for value in log.values:
        sign = sources.decimal or "."
        numbers = {cell: parse_number(cell, sign) for cell in table[value].unique()}
        frame[value] = table[value].map(numbers).astype(float)
    again = table.duplicated()
    empty = ~again & (at.isna() | (frame["type"] == ""))
    for flags, what in ((again, "repeat another one"), (empty, f"have no {log.time!r} or no {kind or 'kind'!r}")):
        if flags.any():
            first = lines[int(np.argmax(flags.to_numpy()))]
            seen.remarks.append(f"{path.name}: {int(flags.sum())} activities {what} (such as row {first}): left out")
    if intake is not None:
        intake.remarks += seen.remarks
    return frame[~again & ~empty]


def _kind_column(log: ActivityLog, table: pd.DataFrame) -> str | None:
    return log.type or (_USUAL_TYPE if _USUAL_TYPE in table.columns else None)


def _check_log(log: ActivityLog, kind: str | None, table: pd.DataFrame, path: Place) -> None:
    named = {"id": log.id, "time": log.time} | ({"type": kind} if kind else {})
    named |= {f"values, {name!r},": name for name in log.values}
    for key, column in named.items():
        if column not in table.columns:
            known = ", ".join(repr(c) for c in table.columns)
            raise RecipeError(
                f"{path.name} has no column {column!r}; it has {known}. Name it as `{key}` of activities under [data]."
            )
