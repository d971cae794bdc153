"""Deleted rows leave the files too: overwritten, checkpointed, looked for and, where found, compacted away.

``secure_delete`` overwrites a row where it lies. When SQLite splits a page it leaves copies of rows behind in the free
part, and those it does not overwrite: so the bytes of an erased lead are looked for, and only if some are found the
file is written anew, which holds up everybody who writes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from leadscore.serving.store.schema import decision, outcome

__all__ = ["scrub", "traces_of"]

SCRUB_SECONDS = 5.0
CHUNK_BYTES = 1 << 20
PREFIX = 40


def traces_of(connection: Connection, lead_key: str) -> list[bytes]:
    """Bytes by which rows about a lead are known in a SQLite file, where the columns of a row lie side by side."""
    about = select(decision.c.decision_id, decision.c.request).where(decision.c.lead_key == lead_key)
    words = select(func.substr(outcome.c.reason, 1, PREFIX)).where(outcome.c.lead_key == lead_key)
    found = [lead_key]
    found += [text for query in (about, words) for row in connection.execute(query) for text in row]
    return [text.encode() for text in found if text]


def scrub(engine: Engine, path: Path | None, traces: Sequence[bytes] = ()) -> bool:
    """Remove deleted rows from the files, as far as that is ours to do; False when others kept us from it.

    On PostgreSQL the tables are vacuumed; its own log and backups age out as the operator has set.

    Parameters
    ----------
    engine
        Of the store.
    path
        Of a SQLite file; None for a PostgreSQL.
    traces
        Bytes that must not be left, from `traces_of`.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if path is None:
            connection.exec_driver_sql("VACUUM lead, decision, lead_snapshot, idempotency, outcome")
            return True
        done = _empty_log(connection)
        if done and _holds(path, traces):
            connection.exec_driver_sql("VACUUM")
            done = _empty_log(connection)
        return done


def _empty_log(connection: Connection) -> bool:
    until = time.monotonic() + SCRUB_SECONDS
    while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _holds(path: Path, traces: Sequence[bytes]) -> bool:
    return any(trace in piece for piece in _pieces(path, max(map(len, traces), default=0)) for trace in traces)


def _pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """The file in pieces, each beginning with the end of the one before."""
    end = b""
    with path.open("rb") as file:
        while read := file.read(CHUNK_BYTES):
            yield (piece := end + read)
            end = piece[-overlap:]
