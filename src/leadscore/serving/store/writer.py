"""The one thread that writes: everything that waits goes into one transaction and shares its fsync."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal

from sqlalchemy import Table

from leadscore.errors import OutOfReach
from leadscore.serving.store import schema
from leadscore.serving.store.records import DecisionRecord

__all__ = ["GroupWriter", "StoreUnavailable"]

GROUP_ROWS = 2000
STATEMENT_ROWS = 32


class StoreUnavailable(OutOfReach):
    """The decision store did not answer; nothing was recorded and nothing decided, send the request again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    records: Sequence[DecisionRecord]
    done: asyncio.Future[None]


class GroupWriter:
    """Writes decisions in groups and tells each caller when they are durable.

    One group is what has gathered while the previous one was being synced: a lone caller waits for nobody, sixteen
    callers share an fsync.

    Parameters
    ----------
    path
        A prepared SQLite file.
    synchronous
        ``FULL`` syncs at every commit.

    Attributes
    ----------
    commits, rows : int
        Transactions committed and decisions written so far.
    """

    def __init__(self, path: Path, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        self.commits = self.rows = 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._connection = schema.connect(path, synchronous)
        self._thread = Thread(target=self._run, name="leadscore-writer", daemon=True)
        self._thread.start()

    async def append(self, records: Sequence[DecisionRecord]) -> None:
        """Return when all records are durable.

        Raises
        ------
        StoreUnavailable
            None of them was written.
        """
        if not self.alive:
            raise StoreUnavailable("the writer has ended")
        done = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(records, done))
        await done

    @property
    def alive(self) -> bool:
        """Whether the writer takes records."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then end."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while group := self._next_group():
            self._write_group(group)

    def _next_group(self) -> list[_Job]:
        """Everything that waits, at least one job; empty at the end."""
        group: list[_Job] = []
        rows = 0
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            rows += len(job.records)
            if rows >= GROUP_ROWS:
                return group
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return group
        if group:
            self._jobs.put(None)  # the end is met again after this group
        return group

    def _write_group(self, group: Sequence[_Job]) -> None:
        try:
            self._commit([record for job in group for record in job.records])
        except Exception as error:
            # One caller's impossible record must not cost the others theirs.
            if len(group) > 1 and not isinstance(error, sqlite3.OperationalError):
                for job in group:
                    self._write_group([job])
            else:
                _settle(group, f"{type(error).__name__} in the decision store")
        else:
            _settle(group, None)

    def _commit(self, records: Sequence[DecisionRecord]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for start in range(0, len(records), STATEMENT_ROWS):
                self._insert(records[start : start + STATEMENT_ROWS])
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self.commits += 1
        self.rows += len(records)

    def _insert(self, records: Sequence[DecisionRecord]) -> None:
        leads = [{"lead_id": record.lead.lead_id, "lead_key": secrets.token_hex(16)} for record in records]
        decisions = [{**record.decision_row(), "lead_key": record.lead.lead_id} for record in records]
        self._insert_rows(schema.lead, leads)
        self._insert_rows(schema.decision, decisions)
        self._insert_rows(schema.lead_snapshot, [record.snapshot_row() for record in records])

    def _insert_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = [column.name for column in table.columns]
        values: Iterator[Any] = chain.from_iterable(map(row.__getitem__, columns) for row in rows)
        self._connection.execute(_statement(table, len(rows)), tuple(values))


def _statement(table: Table, rows: int) -> str:
    # One statement for many rows: sqlite3 gives up and takes back the interpreter lock once a statement, and the event
    # loop does not hand it back quickly.
    key = "(SELECT lead_key FROM lead WHERE lead_id = ?)"
    names = [column.name for column in table.columns]
    row = ", ".join(key if table is schema.decision and name == "lead_key" else "?" for name in names)
    known = " ON CONFLICT (lead_id) DO NOTHING" if table is schema.lead else ""
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([f'({row})'] * rows)}{known}"


def _settle(group: Sequence[_Job], problem: str | None) -> None:
    """Tell every caller, on its own loop."""
    for loop in {job.done.get_loop() for job in group}:
        futures = [job.done for job in group if job.done.get_loop() is loop]
        try:
            loop.call_soon_threadsafe(_resolve, futures, problem)
        except RuntimeError:  # the loop has closed, and with it all who waited there
            continue


def _resolve(futures: Sequence[asyncio.Future[None]], problem: str | None) -> None:
    for future in futures:
        if future.done():
            continue
        if problem is None:
            future.set_result(None)
        else:
            future.set_exception(StoreUnavailable(problem))
