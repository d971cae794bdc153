"""Reading exports: every cell as text, so that nothing is guessed before the schema says what a column is."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.databases import stream_table
from leadscore.data.layout import Layout, layout, undecodable
from leadscore.data.locations import DatabaseTable, Place
from leadscore.data.rows import Intake, leads_only
from leadscore.errors import BadInput

__all__ = ["read_table", "stream_tables"]


def read_table(
    path: Place,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    id: str | None = None,
    intake: Intake | None = None,
) -> pd.DataFrame:
    """Read one export with every cell as text.

    Parameters
    ----------
    path
        A CSV, Parquet or JSON-lines file, or a table of a database.
    encoding, delimiter
        Found out when None: the byte-order mark, UTF-8 or Windows-1252, and the most regular of ``, ; tab |``.
    id
        Column with the id of the lead, for rows that go on with the lead above; found out when None.
    intake
        Told what was skipped, and the line of each lead.

    Returns
    -------
    DataFrame
        Text columns, "" where a cell is empty; without title lines, footers, empty lines and repeated headers.

    Raises
    ------
    BadInput
        The file is missing, empty, of another encoding, or has a ragged row.
    """
    pieces = list(stream_tables(path, encoding=encoding, delimiter=delimiter, rows=None, id=id, intake=intake))
    return pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)


def stream_tables(
    path: Place,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    rows: int | None = 50_000,
    id: str | None = None,
    intake: Intake | None = None,
) -> Iterator[pd.DataFrame]:
    """Read an export in pieces of about ``rows`` leads; at least one piece, possibly empty, is given.

    The arguments are those of :func:`read_table`. Where no ``id`` is given, a row that goes on with the lead above is
    a lead of its own, unless the file is read in one piece.
    """
    intake = intake or Intake()
    if isinstance(path, DatabaseTable):
        for piece in stream_table(path) if rows is None else stream_table(path, rows=rows):
            intake.lines.append(piece.index.to_numpy())
            yield piece.reset_index(drop=True)
        return
    _must_be_readable(path)
    suffix = path.suffix.lower()
    if suffix in _READERS:
        try:
            frame = _READERS[suffix](path)
        except (ValueError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise BadInput(f"{path.name} is no {suffix} file: {reason}. Export it again.") from None
        intake.lines.append(frame.index.to_numpy())
        yield from _pieces(frame.reset_index(drop=True), rows)
        return
    raw = _read_csv(path, layout(path, encoding, delimiter, intake), rows)
    for piece in leads_only(raw, path.name, intake, id=id, whole=rows is None):
        intake.lines.append(piece.index.to_numpy())
        yield piece.reset_index(drop=True)


def _must_be_readable(path: Path) -> None:
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise BadInput(f"{path}: the file {kind}. Give the path of a CSV, Parquet or JSON-lines file.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: the file is empty. Export it again, with a header row and at least one lead.")
    with path.open("rb") as file:
        head = file.read(8)
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise BadInput(f"{path.name} is {kind}. Save it as CSV (UTF-8) and give that file.")


def _read_csv(path: Path, found: Layout, rows: int | None) -> Iterator[pd.DataFrame]:
    """Read a CSV as it stands; the index is the line of the file in which each row begins."""
    options: dict[str, Any] = {
        "sep": found.delimiter,
        "encoding": found.encoding,
        "header": None,
        "names": found.names,
        "skiprows": found.skip,
        "skip_blank_lines": False,
        "dtype": "str",
        "na_filter": False,
        "low_memory": rows is not None,
    }
    line = found.first_line
    try:
        with pd.read_csv(path, chunksize=rows or sys.maxsize, **options) as reader:
            for piece in reader:
                _check_width(piece, path, line)
                tall = 1 + _line_breaks(piece)
                yield piece.set_axis(pd.Index(line + np.cumsum(tall) - tall, dtype=np.intp))
                line += int(tall.sum())
    except pd.errors.EmptyDataError:
        yield pd.DataFrame({name: pd.Series(dtype="str") for name in found.names}, index=pd.Index([], dtype=np.intp))
    except UnicodeDecodeError as error:
        raise undecodable(path, error) from None
    except pd.errors.ParserError as error:
        raise BadInput(f"{path.name}: {_in_words(error)}. Mend that line, or set `delimiter` under [data].") from None


def _in_words(error: Exception) -> str:
    reason = str(error).rsplit("C error: ", maxsplit=1)[-1].strip()
    if found := re.match(r"EOF inside string starting at row (\d+)", reason):
        return f"the quote that opens in line {int(found[1]) + 1} is never closed"
    return reason


def _line_breaks(piece: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Line breaks inside the cells of each row."""
    breaks = np.zeros(len(piece), dtype=np.intp)
    for place in range(len(piece.columns)):
        cells = piece.iloc[:, place]
        if cells.str.contains("\n", regex=False).any():
            breaks += cells.str.count("\n").to_numpy(dtype=np.intp)
    return breaks


def _check_width(piece: pd.DataFrame, path: Path, line: int) -> None:
    if len(piece) and not isinstance(piece.index, pd.RangeIndex):
        # pandas takes the first column for row names when the first row is longer than the header.
        raise BadInput(
            f"{path.name}: line {line} has more cells than the header has columns. Mend that line, or set `delimiter` "
            "under [data]."
        )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    text = {}
    for name in frame.columns:
        column = frame[name]
        missing = column.isna()
        if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
            column = column.astype("Int64")
        cells = column.astype(str).mask(missing, "").astype("str")
        text[str(name).strip()] = _unmistakable(cells) if pd.api.types.is_float_dtype(column) else cells
    return pd.DataFrame(text, index=frame.index).set_axis(pd.RangeIndex(1, len(frame) + 1))


def _unmistakable(cells: pd.Series) -> pd.Series:
    """Write 1.234 as 1.2340, which stays the same number in a model that was trained on decimal commas."""
    return cells.str.replace(r"^(-?\d{1,3}\.\d{3})$", r"\g<1>0", regex=True)


def _pieces(frame: pd.DataFrame, rows: int | None) -> Iterator[pd.DataFrame]:
    if rows is None or len(frame) <= rows:
        yield frame
        return
    for start in range(0, len(frame), rows):
        yield frame.iloc[start : start + rows]


def _read_parquet(path: Path) -> pd.DataFrame:
    return _as_text(pd.read_parquet(path))


def _read_json_lines(path: Path) -> pd.DataFrame:
    """One object per line; numbers stay as they are written, so that no long id is rounded."""
    rows, lines = [], []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            content = json.loads(line, parse_int=_Written, parse_float=_Written, parse_constant=lambda _: "")
            if not isinstance(content, dict):
                raise ValueError(f"line {number} is no JSON object")
            rows.append({str(name).strip(): _json_text(value) for name, value in content.items()})
            lines.append(number)
    frame = pd.DataFrame(rows, index=pd.Index(lines, dtype=np.intp)).fillna("").astype("str")
    return frame


class _Written(str):
    """A number as the file writes it."""

    __slots__ = ()


def _json_text(value: Any) -> str:
    if isinstance(value, _Written):
        written = str(value)
        return f"{written}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", written) else written
    if isinstance(value, str):
        return value
    return "" if value is None else str(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
_FOREIGN = {
    b"PK\x03\x04": "a spreadsheet or a zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of an old version of Excel",
    b"\x1f\x8b": "packed with gzip",
    b"%PDF": "a PDF",
}
