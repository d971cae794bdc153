"""Rows of an export that are no leads: empty lines, footers, the header again, continuations of the lead above.

A report is written for people: it ends in totals and a line of copyright, and a lead with several tags goes on in the
next row. Here such rows are told from leads, left out or joined, counted and remembered with the line of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.numbers import parse_number

__all__ = ["Intake", "leads_only", "listed"]

_FOOTER = re.compile(
    r"((grand |sub-?|report )?totals?|summe|gesamt(summe)?|suma|total général|average|count)\s*(\(.*|:.*|\d.*)?"
    r"|(grand |sub-?)?totals?\b.*\b\d+ (records?|rows?|leads?)\b.*"
    r"|\d[\d.,]* (records?|rows?|leads?|contacts?|results?|entries|items|datensätze)\b.*"
    r"|(number of |total )?(records?|rows?|leads?)( count)?\s*:.*"
    r"|.*(all rights reserved|do not distribute|confidential|copyright|©|vertraulich).*"
    r"|(report |data |file )?(generated|exported|created|printed|run|downloaded|as of)( on| by| at)?\b.*\d.*"
    r"|filter(s|ed)?( by)?\b.*:.*|end of (report|file|export|data).*|page \d+.*|[-=*_]{3,}",
    re.IGNORECASE,
)
_HELD = 50
_BLANKS = " \t\r\n\x1a\ufeff\xa0"
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")


@dataclass(slots=True)
class Intake:
    """What was noticed while a file was read.

    Parameters
    ----------
    remarks
        Sentences for the user.
    lines
        Line of the file in which each lead begins, piece by piece.
    """

    remarks: list[str] = field(default_factory=list)
    lines: list[npt.NDArray[np.intp]] = field(default_factory=list)
    _frames: list[pd.DataFrame] = field(default_factory=list)

    def leave_out(self, frame: pd.DataFrame, lines: Sequence[int] | npt.NDArray[np.intp], reason: str) -> None:
        """Remember rows with their cells, the line of the file and one reason for all."""
        if len(frame):
            kept = frame.reset_index(drop=True)
            kept.insert(0, "reason", reason, allow_duplicates=True)
            kept.insert(0, "row", np.asarray(lines, dtype=np.intp), allow_duplicates=True)
            self._frames.append(kept)

    @property
    def left_out(self) -> pd.DataFrame:
        """Rows left out: ``row``, ``reason`` and their cells."""
        if not self._frames:
            return pd.DataFrame({"row": pd.Series(dtype=np.intp), "reason": pd.Series(dtype="str")})
        return pd.concat(self._frames, ignore_index=True).fillna("")


def listed(numbers: Sequence[int] | npt.NDArray[np.intp]) -> str:
    """Lines in words.

    Examples
    --------
    >>> listed([703]), listed([703, 705, 706]), listed(range(1, 10))
    ('line 703', 'lines 703, 705 and 706', 'lines 1, 2, 3 and 6 more')
    """
    shown = [str(int(n)) for n in numbers]
    if len(shown) == 1:
        return f"line {shown[0]}"
    head, last = (shown[:-1], shown[-1]) if len(shown) <= 5 else (shown[:3], f"{len(shown) - 3} more")
    return f"lines {', '.join(head)} and {last}"


def leads_only(
    pieces: Iterable[pd.DataFrame], file: str, intake: Intake, *, id: str | None = None, whole: bool = False
) -> Iterator[pd.DataFrame]:
    """Take everything out of a table that is no lead of its own.

    Parameters
    ----------
    pieces
        Parts of the table in order; the index is the line of the file.
    file
        Name of the file, for remarks.
    intake
        Told what was left out.
    id
        Column with the id of the lead: rows without one that are otherwise mostly empty go on with the lead above.
    whole
        Whether there is one piece only; then the id column of such rows is found out when ``id`` is None.

    Yields
    ------
    DataFrame
        Leads, indexed by the line of the file; at least one piece.
    """
    furniture, joined = _Furniture(file, intake), 0
    carried: pd.DataFrame | None = None
    rest = _with_end(pieces, furniture)
    for piece in [pd.concat(list(rest))] if whole else rest:
        key = id if id in piece.columns else _continued(piece) if whole and id is None else None
        if key is None:
            yield piece
            continue
        table = piece if carried is None else pd.concat([carried, piece])
        # The last lead may go on in the next piece.
        ended = len(table) if whole else int(np.flatnonzero((table[key] != "").to_numpy())[-1:].sum())
        carried = table.iloc[ended:]
        leads, count = _joined(table.iloc[:ended], key)
        joined += count
        yield leads
    if carried is not None and len(carried):
        leads, count = _joined(carried, str(id))
        joined += count
        yield leads
    if joined:
        intake.remarks.append(f"{file}: {joined} rows without an id go on with the lead above and are joined to it")
    furniture.tell()


def _with_end(pieces: Iterable[pd.DataFrame], furniture: _Furniture) -> Iterator[pd.DataFrame]:
    for piece in pieces:
        yield furniture.feed(piece)
    if len(last := furniture.finish()):
        yield last


class _Furniture:
    """Empty lines, footers and repeated headers; what may be a footer is held back until more rows come."""

    def __init__(self, file: str, intake: Intake) -> None:
        self._file = file
        self._intake = intake
        self._held: pd.DataFrame | None = None
        self._spaced: float | None = None
        self._blank: list[int] = []
        self._headers: list[int] = []
        self._footers: list[int] = []

    def feed(self, raw: pd.DataFrame) -> pd.DataFrame:
        table = raw if self._held is None or self._held.empty else pd.concat([self._held, raw])
        cut = len(table) - sum(1 for _ in takewhile(lambda r: _is_sparse(r, len(table.columns)), _upwards(table)))
        self._held = table.iloc[cut:]
        return self._rows(table.iloc[:cut])

    def finish(self) -> pd.DataFrame:
        if self._held is None:
            return pd.DataFrame()
        rows = [_filled(row) for row in self._held.to_numpy(dtype=object)]
        footers = [self._is_footer(row, len(self._held.columns)) for row in rows]
        start = footers.index(True) if any(footers) else len(rows)
        while start and not rows[start - 1] and any(footers):
            start -= 1
        # An empty line parts the leads from what follows, all of which is then the footer.
        gaps = [i for i, row in enumerate(rows[:start]) if not row] if any(footers) and not self._blank else []
        start = gaps[0] if gaps else start
        footer = self._held.iloc[start:]
        footer = footer[[bool(row) for row in rows[start:]]]
        self._intake.leave_out(footer, footer.index.to_numpy(), "footer of the report")
        self._footers += footer.index.tolist()
        return self._rows(self._held.iloc[:start])

    def tell(self) -> None:
        for lines, what in (
            (self._footers, "footer rows"),
            (self._headers, "repeated header rows"),
            (self._blank, "empty rows"),
        ):
            if lines:
                self._intake.remarks.append(f"{self._file}: {what} skipped: {len(lines)} ({listed(lines)})")

    def _rows(self, table: pd.DataFrame) -> pd.DataFrame:
        if table.empty:
            return table
        blank = _is_blank(table)
        again = (table.iloc[:, 0] == table.columns[0]).to_numpy()
        if again.any():
            again = again & (table == table.columns).all(axis=1).to_numpy()
            self._intake.leave_out(table[again], table.index[again].to_numpy(), "the header again")
            self._headers += table.index[again].tolist()
        self._blank += table.index[blank].tolist()
        rows = table if not (blank | again).any() else table[~(blank | again)]
        if self._spaced is None and len(rows):
            first = rows.iloc[:1000, 0]
            first = first[first != ""]
            self._spaced = float(first.str.strip().str.contains(" ", regex=False).mean()) if len(first) else 0.0
        return rows

    def _is_footer(self, filled: dict[int, str], width: int) -> bool:
        if not filled or len(filled) > max(1, width // 2):
            return False
        place, text = next(iter(filled.items()))
        if _FOOTER.fullmatch(text):
            return True
        return len(filled) == 1 and place == 0 and width >= 3 and " " in text and (self._spaced or 0.0) < 0.05


def _upwards(table: pd.DataFrame) -> Iterator[dict[int, str]]:
    for row in table.iloc[-_HELD:].to_numpy(dtype=object)[::-1]:
        yield _filled(row)


def _filled(row: npt.NDArray[np.object_]) -> dict[int, str]:
    return {place: text for place, cell in enumerate(row) if (text := cell.strip(_BLANKS))}


def _is_sparse(filled: dict[int, str], width: int) -> bool:
    if len(filled) <= 1:
        return True
    return len(filled) <= width // 2 and bool(_FOOTER.fullmatch(next(iter(filled.values()))))


def _is_blank(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    filled = np.zeros(len(table), dtype=np.intp)
    for name in range(len(table.columns)):
        filled += (table.iloc[:, name] != "").to_numpy()
    blank = filled == 0
    for row in np.flatnonzero(filled == 1):
        blank[row] = not _filled(table.iloc[row].to_numpy(dtype=object))
    return blank


def _continued(table: pd.DataFrame) -> str | None:
    """The first column, when rows that lack it are everywhere mostly empty and its values never repeat."""
    if len(table.columns) < 3 or len(table) < 2:
        return None
    key = table.iloc[:, 0]
    open_ = (key == "").to_numpy()
    if not open_.any() or open_[0] or key[~open_].duplicated().any():
        return None
    filled = np.array([(table.iloc[:, j] != "").to_numpy() for j in range(len(table.columns))])
    if any(not table.iloc[:, j].duplicated().any() for j in np.flatnonzero(filled.all(axis=1))):
        return None  # another column is the id
    few = filled[:, open_].any(axis=1).sum() <= len(table.columns) / 2
    always = filled[1:, ~open_].all(axis=1) & ~filled[1:, open_].any(axis=1)
    return str(table.columns[0]) if few and always.any() else None


def _joined(table: pd.DataFrame, id: str) -> tuple[pd.DataFrame, int]:
    """Join rows without an id that are mostly empty to the lead above."""
    without = (table[id] == "").to_numpy()
    if not without.any():
        return table, 0
    filled = np.sum([(table.iloc[:, j] != "").to_numpy() for j in range(len(table.columns))], axis=0)
    goes_on = without & (filled <= len(table.columns) / 2) & np.logical_or.accumulate(~without)
    lead = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(table))))
    leads = table[~goes_on].copy()
    place = np.cumsum(~goes_on) - 1
    for j, name in enumerate(table.columns):
        cells = table.iloc[:, j].to_numpy(dtype=object)
        told = np.flatnonzero(goes_on & (cells != ""))
        if len(told):
            merged = leads[name].to_numpy(dtype=object).copy()
            for row in told:
                merged[place[lead[row]]] = _both(merged[place[lead[row]]], cells[row])
            leads[name] = pd.Series(merged, index=leads.index, dtype="str")
    return leads, int(goes_on.sum())


def _both(one: str, other: str) -> str:
    """Several tags in one cell; of two numbers or dates the lead's own stays."""
    alike = parse_number(one) is not None or _DATE.fullmatch(one)
    if not one or alike or other in one.split("; "):
        return one or other
    return f"{one}; {other}"
