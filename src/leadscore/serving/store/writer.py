"""The one thread that writes: everything that waits goes into one transaction and shares its fsync."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from leadscore.errors import OutOfReach
from leadscore.serving.store.databases import Database
from leadscore.serving.store.idempotency import KeyedReply
from leadscore.serving.store.transactions import Entry, Transaction

__all__ = ["GroupWriter", "StoreUnavailable", "Written"]

GROUP_ROWS = 2000
RETRY_SECONDS = 0.25
"""After a failure the database is left alone so long; whoever comes meanwhile hears of it at once."""


class StoreUnavailable(OutOfReach):
    """The decision store did not answer; nothing was recorded and nothing decided, send the request again."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an entry.

    Parameters
    ----------
    stored
        Whether it is durable.
    kept
        What stood under its idempotency key already; then nothing was written.
    """

    stored: bool = True
    kept: KeyedReply | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    entry: Entry
    done: asyncio.Future[Written]


class GroupWriter:
    """Writes decisions in groups and tells each caller when they are durable.

    One group is what has gathered while the previous one was being synced: a lone caller waits for nobody, sixteen
    callers share an fsync.

    Parameters
    ----------
    database
        Its tables are there.

    Attributes
    ----------
    commits, rows : int
        Transactions committed and decisions written so far.
    """

    def __init__(self, database: Database) -> None:
        self.commits = self.rows = 0
        self._database = database
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._connection: Any = database.connect()
        self._down_until = 0.0
        self._thread = Thread(target=self._run, name="leadscore-writer", daemon=True)
        self._thread.start()

    async def append(self, entry: Entry) -> Written:
        """Return when all records are durable.

        Raises
        ------
        StoreUnavailable
            None of them was written.
        """
        if not self.alive:
            raise StoreUnavailable("the writer has ended")
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(entry, done))
        return await done

    @property
    def alive(self) -> bool:
        """Whether the writer takes records."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then end."""
        self._jobs.put(None)
        self._thread.join()
        with suppress(Exception):  # a connection that the server has closed
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
            rows += len(job.entry.records)
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
        if monotonic() < self._down_until:
            self._refuse(group, "the decision store does not answer")
            return
        try:
            answered = self._commit(lambda transaction: transaction.write([job.entry for job in group]))
        except self._database.unavailable as error:
            self._down_until = monotonic() + RETRY_SECONDS
            self._refuse(group, f"{type(error).__name__} in the decision store")
        except Exception as error:
            # One caller's impossible record must not cost the others theirs.
            if len(group) > 1:
                for job in group:
                    self._write_group([job])
            else:
                self._refuse(group, f"{type(error).__name__} in the decision store")
        else:
            written = [job.entry for job in group if job.entry not in answered]
            self.rows += sum(len(entry.records) for entry in written)
            _settle({job: Written(kept=answered.get(job.entry)) for job in group})

    def _refuse(self, group: Sequence[_Job], problem: str) -> None:
        _settle({job: StoreUnavailable(problem) for job in group})

    def _commit(self, work: Callable[[Transaction], Mapping[Entry, KeyedReply]]) -> Mapping[Entry, KeyedReply]:
        if not self._database.is_open(self._connection):
            self._connection = self._database.connect()
        self._connection.execute(self._database.begin)
        try:
            result = work(Transaction(self._connection, self._database.mark))
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(Exception):  # no transaction is open any more, or no connection
                self._connection.execute("ROLLBACK")
            raise
        self.commits += 1
        return result


def _settle(results: Mapping[_Job, Written | StoreUnavailable]) -> None:
    """Tell every caller, on its own loop."""
    for loop in {job.done.get_loop() for job in results}:
        told = [(job.done, result) for job, result in results.items() if job.done.get_loop() is loop]
        with suppress(RuntimeError):  # the loop has closed, and with it all who waited there
            loop.call_soon_threadsafe(_resolve, told)


def _resolve(told: Sequence[tuple[asyncio.Future[Written], Written | StoreUnavailable]]) -> None:
    for future, result in told:
        if future.done():
            continue
        if isinstance(result, Written):
            future.set_result(result)
        else:
            future.set_exception(result)
