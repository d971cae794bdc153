"""Writing tables: whole or not at all, in the format that the file's ending names."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.errors import BadInput

__all__ = ["write_tables"]


def write_tables(path: Path, frames: Iterable[pd.DataFrame]) -> int:
    """Write frames one after the other into one file, which appears when the last of them is written.

    Parameters
    ----------
    path
        Ends in ``.csv``, ``.parquet`` or ``.jsonl``.
    frames
        All with the same columns; at least one.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    BadInput
        Another ending, or a folder that does not exist.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise BadInput(f"{path}: cannot write {path.suffix or 'a file without an ending'!r}; allowed: {_ENDINGS}.")
    if not path.parent.is_dir():
        raise BadInput(f"{path}: the folder {path.parent} does not exist. Make it, or choose another --out.")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        rows = write(scratch, frames)
        scratch.chmod(0o644)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return rows


def _write_csv(path: Path, frames: Iterable[pd.DataFrame]) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            frame.to_csv(file, index=False, header=number == 0)
            rows += len(frame)
    return rows


def _write_jsonl(path: Path, frames: Iterable[pd.DataFrame]) -> int:
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for frame in frames:
            # Not by pandas, which writes at most 15 digits of a number: its last bits would be lost.
            records = frame.astype(object).where(frame.notna(), None).to_dict("records")
            file.writelines(json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in records)
            rows += len(frame)
    return rows


def _write_parquet(path: Path, frames: Iterable[pd.DataFrame]) -> int:
    rows, writer = 0, None
    try:
        for frame in frames:
            table = pa.Table.from_pandas(frame, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, _without_null_types(table.schema))
            writer.write_table(table.cast(writer.schema))
            rows += len(frame)
    finally:
        if writer is not None:
            writer.close()
    return rows


def _without_null_types(schema: pa.Schema) -> pa.Schema:
    # A column that is empty in the first piece may have text in the next.
    return pa.schema([pa.field(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in schema])


_WRITERS: dict[str, Callable[[Path, Iterable[pd.DataFrame]], int]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}
_ENDINGS = ", ".join(_WRITERS)
