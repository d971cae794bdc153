"""Reading exports: every cell as text, so that nothing is guessed before the schema says what a column is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from leadscore.errors import BadInput

__all__ = ["ActivityLog", "Join", "Sources", "read_joined", "read_table", "stream_tables"]

DELIMITERS = ",;\t|"


class Join(BaseModel):
    """A further file whose columns are added to each lead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    """Path of the file, relative to the recipe or to the folder given by ``--data``."""
    on: str
    """Column that both files have; it must not repeat in the joined file."""
    columns: tuple[str, ...] | None = None
    """Columns to take; all of them when absent."""


class ActivityLog(BaseModel):
    """A log with one row per activity of a lead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    """Path of the log."""
    id: str = "Lead ID"
    """Column with the id of the lead."""
    time: str = "At"
    """Column with the moment of the activity."""
    type: str = "Type"
    """Column with the kind of activity."""


class Sources(BaseModel):
    """Where the history of leads lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leads: str = "leads.csv"
    """File with one row per lead."""
    activities: ActivityLog | str | None = None
    """Activity log, as a path or with the names of its columns."""
    join: tuple[Join, ...] = ()
    """Further files, joined in order; a joined column may be the next key."""
    encoding: str | None = None
    """Text encoding; found out when absent."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """Character between cells; found out when absent."""
    date_order: Literal["day_first", "month_first"] | None = None
    """How 03/04/2024 is meant; found out when absent."""


def read_table(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> pd.DataFrame:
    """Read one export with every cell as text.

    Parameters
    ----------
    path
        A CSV, Parquet or JSON-lines file.
    encoding, delimiter
        Found out when None: the byte-order mark or UTF-8, and the most regular of ``, ; tab |``.

    Returns
    -------
    DataFrame
        Text columns, "" where a cell is empty.

    Raises
    ------
    BadInput
        The file is missing, empty, of another encoding, or has a ragged row.
    """
    frames = list(stream_tables(path, encoding=encoding, delimiter=delimiter, rows=None))
    return frames[0]


def stream_tables(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, rows: int | None = 50_000
) -> Iterator[pd.DataFrame]:
    """Read an export in pieces of at most ``rows`` leads; at least one piece, possibly empty, is given."""
    _must_exist(path)
    if path.suffix in _READERS:
        try:
            frame = _READERS[path.suffix](path)
        except (ValueError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise BadInput(f"{path.name} is no {path.suffix} file: {reason}. Export it again.") from None
        yield from _pieces(_as_text(frame), rows)
    else:
        yield from _read_csv(path, encoding or _encoding(path), delimiter, rows)


def read_joined(sources: Sources, folder: Path, leads: Path | None = None) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read the leads and the files joined to them.

    Parameters
    ----------
    sources
        Names of the files.
    folder
        Folder that relative paths start from.
    leads
        File of the leads, in place of the recipe's.

    Returns
    -------
    frame, origin
        One row per lead, and for each joined column the file that it came from.

    Raises
    ------
    BadInput
        A file or key column is missing, or a key repeats in a joined file.
    """
    path = leads or folder / sources.leads
    frame = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter)
    origin: dict[str, str] = {}
    for join in sources.join:
        frame, added = _join(frame, join, folder / join.file, sources)
        origin |= dict.fromkeys(added, join.file)
    return frame, origin


def _join(frame: pd.DataFrame, join: Join, path: Path, sources: Sources) -> tuple[pd.DataFrame, list[str]]:
    other = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter)
    for table, name in ((frame, "the leads"), (other, path.name)):
        if join.on not in table.columns:
            raise BadInput(
                f"join on {join.on!r}: {name} has no such column; it has {_listed(table.columns)}. "
                "Mend `on` of this file under [data] join."
            )
    wanted = [c for c in (join.columns or tuple(other.columns)) if c != join.on]
    if absent := [c for c in wanted if c not in other.columns]:
        raise BadInput(f"{path.name} has no column {absent[0]!r}; it has {_listed(other.columns)}.")
    repeated = other[join.on].duplicated() & (other[join.on] != "")
    if repeated.any():
        row = int(np.flatnonzero(repeated.to_numpy())[0]) + 2
        raise BadInput(
            f"{path.name}, row {row}, column {join.on!r}: the key repeats ({int(repeated.sum())} times in all), so a "
            "lead would be counted twice. Keep one row per key in that file."
        )
    names = {c: f"{Path(join.file).stem}.{c}" if c in frame.columns else c for c in wanted}
    other = other.loc[other[join.on] != "", [join.on, *wanted]].rename(columns=names)
    return frame.merge(other, on=join.on, how="left").fillna(""), list(names.values())


def _must_exist(path: Path) -> None:
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise BadInput(f"{path}: the file {kind}. Give the path of a CSV, Parquet or JSON-lines file.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: the file is empty. Export it again, with a header row and at least one lead.")


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = [byte == 0 for byte in head[:2]]
    return {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get((zeros[0], zeros[-1]), "utf-8-sig")


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline(65_536)
    counts = {d: len(next(csv.reader([header], delimiter=d), [])) for d in DELIMITERS}
    return max(counts, key=lambda d: counts[d])


def _read_csv(path: Path, encoding: str, delimiter: str | None, rows: int | None) -> Iterator[pd.DataFrame]:
    try:
        options: dict[str, Any] = {
            "sep": delimiter or _delimiter(path, encoding),
            "encoding": encoding,
            "dtype": "str",
            "na_filter": False,
            "low_memory": rows is not None,
        }
        _check_names(pd.read_csv(path, **options, header=None, nrows=1).iloc[0], path)
        if rows is None:
            yield _checked(pd.read_csv(path, **options), path)
            return
        with pd.read_csv(path, chunksize=rows, **options) as reader:
            for piece in reader:
                yield _checked(piece, path)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name}: byte {error.start} is not {error.encoding}. Set `encoding` under [data], for example "
            'encoding = "latin-1", or export the file as UTF-8.'
        ) from None
    except LookupError:
        raise BadInput(f"{path.name}: {encoding!r} is no text encoding that Python knows; try 'latin-1'.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = str(error).rsplit("C error: ", maxsplit=1)[-1].strip()
        raise BadInput(f"{path.name}: {reason}. Mend that line, or set `delimiter` under [data].") from None


def _check_names(header: pd.Series, path: Path) -> None:
    # pandas renames the second of two equal names without a word, so the header is looked at as it stands.
    names = header.str.strip()
    doubled = names[names.duplicated() & (names != "")]
    if len(doubled):
        raise BadInput(f"{path.name}: the column {doubled.iloc[0]!r} occurs twice. Rename one of them in the export.")


def _checked(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    if len(frame) and not isinstance(frame.index, pd.RangeIndex):
        # pandas takes the first column for row names when the first row is longer than the header.
        raise BadInput(
            f"{path.name}: line 2 has more cells than the header has columns. Mend that line, or set `delimiter` under "
            "[data]."
        )
    frame.columns = [str(c).strip() for c in frame.columns]
    return frame


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    text = {}
    for name in frame.columns:
        column = frame[name]
        missing = column.isna()
        if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
            column = column.astype("Int64")
        text[str(name).strip()] = column.astype(str).mask(missing, "").astype("str")
    return pd.DataFrame(text, index=frame.index)


def _pieces(frame: pd.DataFrame, rows: int | None) -> Iterator[pd.DataFrame]:
    if rows is None or len(frame) <= rows:
        yield frame
        return
    for start in range(0, len(frame), rows):
        yield frame.iloc[start : start + rows]


def _read_json_lines(path: Path) -> pd.DataFrame:
    return pd.read_json(path, lines=True, dtype=False, precise_float=True)


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": pd.read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}


def _listed(names: pd.Index) -> str:
    shown = ", ".join(repr(n) for n in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
