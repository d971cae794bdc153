"""Which rows of an export stand for a lead of the history: one row per id, with a place in time that can be true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.rows import Intake
from leadscore.data.schema import category_key

__all__ = ["Selection", "far_ahead", "latest_rows"]

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_BULK = 0.95
_YEAR = pd.Timedelta(days=365)
_LONGEST_PAUSE = 5 * _YEAR
_DAYS_OF_A_RUN = 5
_AS_CLOSE = 0.2


def latest_rows(ids: pd.Series, modified: pd.Series | None) -> Flags:
    """Flag the row to keep of each id: the one that was changed last, among equals the last in the file.

    Rows without an id are all kept.

    Examples
    --------
    >>> latest_rows(pd.Series(["a", "b", "a", "", ""]), None)
    array([False,  True,  True,  True,  True])
    """
    key = ids.str.strip().reset_index(drop=True)
    order = key.index
    if modified is not None:
        order = modified.reset_index(drop=True).sort_values(kind="stable", na_position="first").index
    last = ~key.loc[order].duplicated(keep="last")
    return (last.sort_index() | (key == "")).to_numpy()


def far_ahead(moments: pd.Series, known_until: pd.Timestamp | None = None) -> Flags:
    """Flag moments that lie far after all others and so cannot be true, told without a clock.

    Among the last 5 % of the moments a gap of more than a year parts them from the rest, and nothing else in the export
    is known from after the gap. Moments that follow each other nearly as closely as those before the gap are true: a
    company that paused has leads again. No pause lasts for five years.

    Parameters
    ----------
    moments
        UTC moments, NaT where missing; fewer than 20 tell nothing.
    known_until
        Last outcome or activity of the other leads.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=40, tz="UTC"))
    >>> days[7] = pd.Timestamp("2099-01-01", tz="UTC")
    >>> np.flatnonzero(far_ahead(days))
    array([7])
    """
    known = moments.dropna().sort_values()
    if len(known) < 20:
        return np.zeros(len(moments), dtype=bool)
    tail = known.iloc[int(np.floor(_BULK * len(known))) - 1 :]
    gaps = np.flatnonzero((tail.diff() > _YEAR).to_numpy())
    if not len(gaps):
        return np.zeros(len(moments), dtype=bool)
    start = tail.iloc[gaps[0]]
    goes_on = _goes_on(known[known < start], known[known >= start])
    if goes_on or (known_until is not None and known_until >= start):
        return np.zeros(len(moments), dtype=bool)
    return (moments >= start).to_numpy()


def _goes_on(before: pd.Series, after: pd.Series) -> bool:
    """Whether moments after a gap are a run of their own, as typing errors, scattered or all of one day, are not."""
    if after.iloc[0] - before.iloc[-1] > _LONGEST_PAUSE or after.dt.floor("D").nunique() < _DAYS_OF_A_RUN:
        return False
    return _days_in_use(after) >= _AS_CLOSE * _days_in_use(before)


def _days_in_use(moments: pd.Series) -> float:
    """Share of the days, from the first to the last, that have any of these moments in time order."""
    days = moments.dt.floor("D")
    return float(days.nunique() / ((days.iloc[-1] - days.iloc[0]).days + 1))


class Selection:
    """Rows that are kept; what goes is counted, named with an example and remembered.

    Parameters
    ----------
    frame
        Rows of the export.
    id
        Column with the id of the lead; the place of the row serves when None.
    lines
        Line of the file for each row.
    intake
        Told what goes.
    """

    def __init__(self, frame: pd.DataFrame, id: str | None, lines: Places, intake: Intake) -> None:
        self._frame = frame
        self._id = id
        self._lines = lines
        self._intake = intake
        self.kept: Flags = np.ones(len(frame), dtype=bool)

    def one_row_per_id(self, outcomes: Sequence[str], modified: pd.Series | None) -> None:
        """Keep the row of each id that was changed last; ``outcomes`` are the columns that tell what became of it."""
        if self._id is None:
            return
        latest = latest_rows(self._frame[self._id], modified)
        if not latest.all():
            self._intake.remarks.append(self._repeats(self._frame[self._id].str.strip(), outcomes, modified))
            self._go(~latest, f"another row has the same {self._id!r} and is kept")
        if blank := int((self._frame[self._id].str.strip() == "").sum()):
            self._intake.remarks.append(f"{blank} leads have no {self._id!r} and are kept")

    def in_time_order(self, created: pd.Series, name: str, known_until: pd.Timestamp | None) -> Places:
        """Keep the rows whose creation, the column ``name``, can be true; their places, the oldest first."""
        undated = f"leads without {name!r} are left out: they have no place in time"
        self._leave_out(created.isna().to_numpy(), f"no {name!r}", undated)
        ahead = far_ahead(created.where(self.kept), known_until)
        if ahead.any():
            first = created[ahead & self.kept].min().date()
            what = f"leads have {name!r} more than a year after all others (from {first} on)"
            reason = "taken for the future or a typing error and left out"
            self._leave_out(ahead, f"{name!r} far ahead of all others", f"{what}: {reason}")
        return created.reset_index(drop=True)[self.kept].sort_values(kind="stable").index.to_numpy()

    def _leave_out(self, flags: Flags, reason: str, what: str) -> None:
        gone = np.flatnonzero(flags & self.kept)
        if len(gone):
            row = f"row {self._lines[gone[0]]}"
            example = row if self._id is None else f"{self._frame[self._id].iloc[gone[0]]!r} in {row}"
            self._intake.remarks.append(f"{len(gone)} {what} (such as {example})")
            self._go(flags, reason)

    def _go(self, flags: Flags, reason: str) -> None:
        gone = flags & self.kept
        self._intake.leave_out(self._frame[gone], self._lines[gone], reason)
        self.kept &= ~flags

    def _repeats(self, key: pd.Series, outcomes: Sequence[str], modified: pd.Series | None) -> str:
        several = key.duplicated(keep=False) & (key != "")
        told = self._frame.loc[several, list(outcomes)].map(category_key).fillna("")
        differ = (told.groupby(key[several]).nunique() > 1).any(axis=1)
        first = differ.index[int(np.argmax(differ.to_numpy()))]
        rows = " and ".join(map(str, self._lines[(key == first).to_numpy()][:2]))
        rule = (
            "the last of them in the file is kept, unless `modified` under [lead] names a column that decides"
            if modified is None
            else f"the row with the latest {modified.name!r} is kept"
        )
        different = f"{int(differ.sum())} of them with different outcomes (such as {first!r} in rows {rows})"
        ids = key[key != ""].nunique()
        return f"{len(differ)} of {ids} ids in {self._id!r} occur more than once, {different}: {rule}"
