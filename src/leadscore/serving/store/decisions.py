"""The decision store: append through the group writer, read through SQLAlchemy Core."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from leadscore.serving.guard.keys import ApiKey, mint
from leadscore.serving.store import schema
from leadscore.serving.store.databases import Durability, open_database
from leadscore.serving.store.idempotency import KeyedReply, KeyedRequest
from leadscore.serving.store.records import DecisionRecord, moment_text
from leadscore.serving.store.transactions import Entry
from leadscore.serving.store.writer import GroupWriter, StoreUnavailable, Written

__all__ = ["DecisionStore"]

_JSON_COLUMNS = ("eligible", "prices", "runner_up", "net_values", "reasons")
_NOT_TOLD = ("lead_key", "request")


class DecisionStore:
    """Decisions and API keys in one SQLite file or one PostgreSQL.

    Parameters
    ----------
    place
        Path of the file, its ``sqlite:///`` URL, or a ``postgresql://`` URL; tables are made or brought forward.
    synchronous
        ``FULL`` survives a power cut; ``NORMAL`` the end of the process only.

    Raises
    ------
    SettingsError
        Another kind of URL, or tables of a newer version.
    OutOfReach
        It cannot be opened.
    """

    def __init__(self, place: str | Path, *, synchronous: Durability = "FULL") -> None:
        self.database = open_database(place, synchronous)
        self.writer = GroupWriter(self.database)
        self._engine = self.database.engine()

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
        decision, snapshot = schema.decision, schema.lead_snapshot
        wanted = [column for column in decision.columns if column.name not in _NOT_TOLD]
        query = (
            select(*wanted, snapshot.c.reasons)
            .join_from(schema.lead, decision, decision.c.lead_key == schema.lead.c.lead_key)
            .outerjoin(snapshot, snapshot.c.decision_id == decision.c.decision_id)
            .where(schema.lead.c.lead_id == lead_id)
            .order_by(decision.c.decided_at.desc(), decision.c.decision_id.desc())
            .limit(limit)
        )
        with self._reach() as connection:
            return [_readable(row) for row in connection.execute(query).mappings()]

    def add_key(self, name: str, now: datetime) -> str:
        """Make an API key and return its text, which is kept nowhere."""
        text, key = mint(name, now)
        row = {"prefix": key.prefix, "digest": key.digest, "name": name, "created": moment_text(now)}
        with self._reach() as connection:
            connection.execute(insert(schema.api_key).values(row))
        return text

    def keys(self) -> list[ApiKey]:
        """All API keys, revoked ones too, in the order they were made."""
        query = select(schema.api_key).order_by(schema.api_key.c.created)
        with self._reach() as connection:
            return [_key(**row) for row in connection.execute(query).mappings()]

    def revoke(self, prefix: str, now: datetime) -> bool:
        """Close a key by its prefix; False when there is no such active key."""
        keys = schema.api_key
        active = (keys.c.prefix == prefix) & keys.c.revoked.is_(None)
        with self._reach() as connection:
            return connection.execute(update(keys).where(active).values(revoked=moment_text(now))).rowcount == 1

    def ping(self) -> None:
        """Raise `StoreUnavailable` unless the store can be read and its writer takes records."""
        if not self.writer.alive:
            raise StoreUnavailable("the writer has ended")
        with self._reach() as connection:
            connection.execute(select(schema.api_key.c.prefix).limit(1))

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.writer.close()
        self._engine.dispose()

    @contextmanager
    def _reach(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the decision store {self.database.shown}: {type(error).__name__}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _readable(row: Any) -> dict[str, Any]:
    return {
        name: json.loads(value) if name in _JSON_COLUMNS and value is not None else value for name, value in row.items()
    }


def _key(prefix: str, digest: str, name: str, created: str, revoked: str | None) -> ApiKey:
    until = datetime.fromisoformat(revoked) if revoked else None
    return ApiKey(prefix, digest, name, datetime.fromisoformat(created), until)
