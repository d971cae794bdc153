"""The decision store: append through the group writer, read through SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from leadscore.scoring.decision import EarlierDecision
from leadscore.serving.guard.keys import ApiKey
from leadscore.serving.store import api_keys, erasing, history, logged, outcomes, schema
from leadscore.serving.store.capacity import Consumed, consumed
from leadscore.serving.store.databases import Durability, open_database
from leadscore.serving.store.idempotency import KeyedReply, KeyedRequest
from leadscore.serving.store.jobs import StoreUnavailable, Written
from leadscore.serving.store.last_said import LastSaid
from leadscore.serving.store.records import DecisionRecord
from leadscore.serving.store.scrubbing import scrub
from leadscore.serving.store.spool import Spool
from leadscore.serving.store.transactions import Entry
from leadscore.serving.store.writer import GroupWriter

__all__ = ["DecisionStore"]


class DecisionStore:
    """Decisions and API keys in one SQLite file or one PostgreSQL.

    Parameters
    ----------
    place
        Path of the file, its ``sqlite:///`` URL, or a ``postgresql://`` URL; tables are made or brought forward.
    synchronous
        ``FULL`` survives a power cut; ``NORMAL`` the end of the process only.
    spool
        Folder on this machine where decisions wait while the store does not answer; None: they are refused then.

    Raises
    ------
    SettingsError
        Another kind of URL, or tables of a newer version.
    OutOfReach
        It cannot be opened.
    """

    def __init__(self, place: str | Path, *, synchronous: Durability = "FULL", spool: str | Path | None = None) -> None:
        self.database = open_database(place, synchronous)
        self.writer = GroupWriter(self.database, Spool(Path(spool)) if spool else None)
        self._last_said = LastSaid(self.database)
        self._engine = self.database.engine()
        self._sought: list[bytes] = []

    async def append(
        self, records: Sequence[DecisionRecord], keyed: KeyedRequest | None = None, reply: bytes = b""
    ) -> Written:
        """Return when all records are durable.

        Parameters
        ----------
        records
            Decisions that one request asked for.
        keyed
            That request, where it carries an idempotency key.
        reply
            The answer to keep for it; when another stands there already, nothing is written and that is returned.

        Raises
        ------
        StoreUnavailable
            None of them was written.
        """
        return await self.writer.append(Entry(records, keyed, reply))

    def last_said(self, lead_ids: Sequence[str]) -> dict[str, EarlierDecision]:
        """Newest decision about each lead that has one; at once, and nothing while the store does not answer."""
        return self._last_said(lead_ids)

    def kept(self, keyed: KeyedRequest) -> KeyedReply | None:
        """What stands under an idempotency key."""
        table = schema.idempotency
        query = select(table.c.body, table.c.reply).where(
            table.c.request == keyed.request, table.c.created >= keyed.oldest
        )
        with self._reach() as connection:
            row = connection.execute(query).one_or_none()
        return row and KeyedReply(row.body, bytes(row.reply))

    def decisions_of(self, lead_id: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Past decisions about a lead, the newest first; empty for a lead never seen."""
        with self._reach() as connection:
            return history.decisions_of(connection, lead_id, limit)

    def outcome_of(self, lead_id: str) -> dict[str, Any] | None:
        """What became of a lead, as far as it was told."""
        with self._reach() as connection:
            return outcomes.outcome_of(connection, lead_id)

    def tell(self, told: Sequence[tuple[str, Sequence[outcomes.Event]]]) -> list[dict[str, Any]]:
        """Keep what became of leads, all or nothing, and return what is known about each then."""
        # In one order for everybody, so that two workers never wait for each other in a circle.
        in_order = sorted(enumerate(told), key=lambda entry: entry[1][0])
        with self._reach(immediate=True) as connection:
            known = {n: outcomes.tell(connection, lead_id, events) for n, (lead_id, events) in in_order}
        return [known[n] for n in range(len(told))]

    def capacity(self, since: date, until: date) -> dict[str, Consumed]:
        """What each role was given to do from a day on and before another."""
        with self._reach() as connection:
            return consumed(connection, since, until)

    def leads(self) -> Iterator[dict[str, Any]]:
        """Every lead with its first decision and its outcome, as `logged.logged_leads` tells them."""
        with self._reach() as connection:
            yield from logged.logged_leads(connection)

    def decisions(self) -> Iterator[dict[str, Any]]:
        """Every decision, as `logged.logged_decisions` tells them."""
        with self._reach() as connection:
            yield from logged.logged_decisions(connection)

    def erase(self, lead_id: str) -> int | None:
        """Delete a lead and all that it said; its decisions stay under their pseudonym.

        Returns
        -------
        int or None
            How many decisions were about it; None for a lead never seen.

        Raises
        ------
        StoreUnavailable
            It could not be deleted everywhere yet; to be sent again.
        """
        if self.writer.spool and self.writer.spool.waiting:
            raise StoreUnavailable("decisions that may be about the lead wait in the spool")
        with self._reach(immediate=True) as connection:
            erased = erasing.erase(connection, lead_id)
        self._scrub(erased.traces if erased else ())
        return erased.decisions if erased else None

    def tidy(self, now: datetime, retention_days: int = 0) -> int:
        """Delete replies that are a day old and, where a number of days is given, what leads said before that."""
        forgotten = self._in_chunks(lambda connection: erasing.forget_old_replies(connection, now))
        if retention_days:
            forgotten += self._in_chunks(lambda connection: erasing.forget_old_leads(connection, now, retention_days))
        if forgotten:
            self._scrub()
        return forgotten

    def _scrub(self, traces: Sequence[bytes] = ()) -> None:
        # What could not be looked for this time is looked for the next.
        self._sought = [*self._sought, *traces]
        with self._reaching():
            if not scrub(self._engine, getattr(self.database, "path", None), self._sought):
                raise StoreUnavailable("readers hold the write-ahead log")
        self._sought = []

    def _in_chunks(self, forget: Callable[[Connection], int]) -> int:
        total = 0
        while True:
            with self._reach(immediate=True) as connection:
                forgotten = forget(connection)
            total += forgotten
            if forgotten < erasing.CHUNK:
                return total

    def add_key(self, name: str, now: datetime) -> str:
        """Make an API key and return its text, which is kept nowhere."""
        with self._reach(immediate=True) as connection:
            return api_keys.add(connection, name, now)

    def keys(self) -> list[ApiKey]:
        """All API keys, revoked ones too, in the order they were made."""
        with self._reach() as connection:
            return api_keys.every(connection)

    def revoke(self, prefix: str, now: datetime) -> bool:
        """Close a key by its prefix; False when there is no such active key."""
        with self._reach(immediate=True) as connection:
            return api_keys.revoke(connection, prefix, now)

    def ping(self) -> bool:
        """Whether decisions are stored now; False while they are spooled.

        Raises
        ------
        StoreUnavailable
            They are neither.
        """
        if not self.writer.alive:
            raise StoreUnavailable("the writer has ended")
        try:
            with self._reach() as connection:
                connection.execute(select(schema.api_key.c.prefix).limit(1))
        except StoreUnavailable:
            if self.writer.spool is None:
                raise
            return False
        return True

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.writer.close()
        self._last_said.close()
        self._engine.dispose()

    @contextmanager
    def _reach(self, *, immediate: bool = False) -> Iterator[Connection]:
        engine = self._engine.execution_options(immediate=immediate)
        with self._reaching(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the decision store {self.database.shown}: {type(error).__name__}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
