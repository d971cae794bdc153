"""Everything that waits is written in one transaction and shares its fsync: at once, or by a thread that can wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from leadscore.serving.store.databases import Database
from leadscore.serving.store.jobs import Job, StoreUnavailable, Written, resolve, settle
from leadscore.serving.store.records import Rows
from leadscore.serving.store.spool import Spool
from leadscore.serving.store.transactions import Entry, Transaction

__all__ = ["GroupWriter"]

Result = TypeVar("Result")

GROUP_ROWS = 2000
AT_ONCE_ROWS = 64
"""Most decisions that the event loop writes itself: they take less than an fsync on a slow disk."""

SLOW_SECONDS, SLOW_PAUSE_SECONDS = 0.02, 1.0
"""After a commit that held up the event loop so long, the thread commits for a while: the disk may have stopped."""

CHECKPOINT_COMMITS = 64
"""After so many commits the thread brings the log into the file, beside the event loop: 10 ms and more."""

LOCKED_SECONDS, LOCKED_POLL_SECONDS = 0.2, 0.0005
"""How long the thread waits for a lock that another process holds; everybody who waits for a reply waits for it.
SQLite's own waiting asks ever more seldom, and starves beside a process that writes all the time."""

RETRY_SECONDS = 0.25
"""After a failure the database is left alone so long; whoever comes meanwhile hears of it at once."""


class GroupWriter:
    """Writes decisions in groups and tells each caller when they are durable.

    One group is what one turn of the event loop gave, or what has gathered while the previous one was being synced: a
    lone caller waits for nobody, sixteen callers share an fsync. On a local file the event loop writes itself, because
    a thread beside it costs more than it saves: each statement has to get the interpreter's lock back from the loop.
    What does not go at once (the file is locked, the disk is slow, a record is impossible, the database is a server) is
    left to the thread.

    Parameters
    ----------
    database
        Its tables are there.
    spool
        Takes decisions while the database does not answer, and gives them back afterwards; None: they are refused. A
        request with an idempotency key is refused in any case: only the database knows what it was answered before.

    Attributes
    ----------
    commits, rows : int
        Transactions committed and decisions written so far.
    """

    def __init__(self, database: Database, spool: Spool | None = None) -> None:
        self.commits = self.rows = 0
        self.spool = spool
        self._database = database
        self._pieces: Iterator[list[Rows]] | None = None
        self._gathered: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Job]] = WeakKeyDictionary()
        self._jobs: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._connection: Any = database.connect()
        self._free = Lock()
        self._down_until = self._slow_until = 0.0
        self._checkpointed = 0
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
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Written] = loop.create_future()
        gathered = self._gathered.setdefault(loop, [])
        gathered.append(Job(entry, done))
        if len(gathered) == 1:
            loop.call_soon(self._end_turn, loop)
        return await done

    def _end_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write what one turn of the event loop gave, or pass it on."""
        jobs = self._gathered.pop(loop, None)  # nothing, when the end came first and took them along
        if jobs and not self._write_at_once(jobs):
            self._jobs.put(jobs)
            if not self.alive:
                self._refuse_late()

    def _write_at_once(self, jobs: Sequence[Job]) -> bool:
        """Write in the event loop, where nothing has to be waited for but the disk."""
        now = monotonic()
        if not self._database.at_once or now < max(self._down_until, self._slow_until):
            return False
        if sum(len(job.entry.records) for job in jobs) > AT_ONCE_ROWS or not self._free.acquire(blocking=False):
            return False
        try:
            results = self._written(jobs)
        except Exception:
            return False  # nothing was written; the thread waits, or finds out whose fault it is
        finally:
            self._free.release()
        if monotonic() - now > SLOW_SECONDS:
            self._slow_until = monotonic() + SLOW_PAUSE_SECONDS
        if self.commits % CHECKPOINT_COMMITS == 0:
            self._jobs.put([])
        resolve([(job.done, result) for job, result in results.items()])
        return True

    @property
    def alive(self) -> bool:
        """Whether the writer takes records."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then end."""
        for loop in list(self._gathered):
            self._jobs.put(self._gathered.pop(loop, []))
        self._jobs.put(None)
        self._thread.join()
        self._refuse_late()
        if self.spool:
            self.spool.close()
        with self._free, suppress(Exception):  # a connection that the server has closed
            self._connection.close()

    def _refuse_late(self) -> None:
        """Tell those who came when the end had begun."""
        with suppress(Empty):
            while True:
                settle({job: StoreUnavailable("the writer has ended") for job in self._jobs.get_nowait() or ()})

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            with self._free:
                if group:
                    self._write_group(group)
                if self.spool and self.spool.waiting and monotonic() >= self._down_until:
                    self._bring_in(self.spool)
            if self.commits >= self._checkpointed + CHECKPOINT_COMMITS:
                self._checkpointed = self.commits
                with suppress(Exception):  # the log waits for the next time
                    self._database.checkpoint()

    def _next_group(self) -> list[Job] | None:
        """Everything that waits; nothing, when it is time to look after the spool; None at the end."""
        group: list[Job] = []
        rows = 0
        try:
            jobs = self._jobs.get(timeout=self._patience())
        except Empty:
            return group
        while jobs is not None:
            group += jobs
            rows += sum(len(job.entry.records) for job in jobs)
            if rows >= GROUP_ROWS:
                return group
            try:
                jobs = self._jobs.get_nowait()
            except Empty:
                return group
        if group:
            self._jobs.put(None)  # the end is met again after this group
        return group or None

    def _patience(self) -> float | None:
        if self._pieces is not None and monotonic() >= self._down_until:
            return 0.0
        return RETRY_SECONDS if self.spool and self.spool.waiting else None

    def _write_group(self, group: Sequence[Job]) -> None:
        if monotonic() < self._down_until:
            self._put_off(group, "the decision store does not answer")
            return
        try:
            settle(self._written(group, LOCKED_SECONDS))
        except self._database.unavailable as error:
            self._down_until = monotonic() + RETRY_SECONDS
            self._put_off(group, f"{type(error).__name__} in the decision store")
        except Exception as error:
            # One caller's impossible record must not cost the others theirs.
            if len(group) > 1:
                for job in group:
                    self._write_group([job])
            else:
                settle({job: StoreUnavailable(f"{type(error).__name__} in the decision store") for job in group})

    def _written(self, group: Sequence[Job], patience: float = 0.0) -> dict[Job, Written]:
        """Commit a group, and return what became of each."""
        answered = self._commit(lambda transaction: transaction.write([job.entry for job in group]), patience)
        self.rows += sum(len(job.entry.records) for job in group if job.entry not in answered)
        return {job: Written(kept=answered.get(job.entry)) for job in group}

    def _put_off(self, group: Sequence[Job], problem: str) -> None:
        """Spool what can be spooled, refuse the rest."""
        spooled = [job for job in group if self.spool and job.entry.keyed is None]
        try:
            if self.spool and spooled:
                self.spool.write(record.rows() for job in spooled for record in job.entry.records)
        except OSError:
            spooled = []
        settle({job: Written(stored=False) if job in spooled else StoreUnavailable(problem) for job in group})

    def _bring_in(self, spool: Spool) -> None:
        """Write one piece of the spool; what is written already, because the process died in between, is left out."""
        try:
            self._pieces = self._pieces or spool.pieces()
            if piece := next(self._pieces, None):
                self._commit(lambda transaction: transaction.write_unknown(piece), LOCKED_SECONDS)
            else:
                self._pieces = None
        except self._database.unavailable:
            self._pieces = None
            self._down_until = monotonic() + RETRY_SECONDS
        except Exception:
            # Neither a file that cannot be read nor a row that cannot be written may end the writer.
            self._pieces = None
            spool.set_aside()

    def _commit(self, work: Callable[[Transaction], Result], patience: float) -> Result:
        if not self._database.is_open(self._connection):
            self._connection = self._database.connect()
        self._begin(monotonic() + patience)
        try:
            result = work(Transaction(self._connection, self._database.mark))
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(Exception):  # no transaction is open any more, or no connection
                self._connection.execute("ROLLBACK")
            raise
        self.commits += 1
        return result

    def _begin(self, until: float) -> None:
        while True:
            try:
                self._connection.execute(self._database.begin)
                return
            except self._database.unavailable as error:
                if monotonic() >= until or not self._database.is_locked(error):
                    raise
            sleep(LOCKED_POLL_SECONDS)
