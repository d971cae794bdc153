"""The two kinds of database: how each is opened, locked and told from a wrong record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, Protocol, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from leadscore.errors import MissingExtra, OutOfReach, SettingsError
from leadscore.serving.store.migrations import upgrade

__all__ = ["Database", "Durability", "PostgresDatabase", "SqliteDatabase", "open_database"]

Durability: TypeAlias = Literal["FULL", "NORMAL"]

PAGE_BYTES = 8192
"""A page of a new file. Of SQLite's own 4096 bytes a lead's snapshot takes one for itself: the file is three times as
large then, and a commit takes half as long again."""

LOG_PAGES = 4000
"""A commit that makes the write-ahead log longer brings it into the file itself, and starts it anew."""

READER_BUSY_MS = 2000

READER_PATIENCE_MS = 100
"""How long a reply may be held up by a look at the lead's past."""


class Database(Protocol):
    """What the store needs of a database."""

    @property
    def shown(self) -> str:
        """How errors name it: no password."""

    @property
    def mark(self) -> str:
        """Placeholder of a value in the driver's own SQL."""

    @property
    def begin(self) -> str:
        """Statement that opens a transaction which will write."""

    @property
    def at_once(self) -> bool:
        """Whether a transaction waits for nothing but this machine's disk, so that an event loop may make it."""

    @property
    def unavailable(self) -> type[Exception]:
        """Error that says that the database does not answer, and nothing against the record."""

    def is_locked(self, error: Exception) -> bool:
        """Whether `begin` failed because another writer is at work, and may be tried again."""

    def connect(self) -> Any:
        """Open a connection of the driver, each statement its own transaction until `begin`."""

    def connect_to_read(self) -> Any:
        """Open a connection for reads that nobody waits for: what does not come at once is an error."""

    def is_open(self, connection: Any) -> bool:
        """Whether a connection of `connect` can go on after an error."""

    def checkpoint(self) -> None:
        """Bring what is durable to its place, as far as that hinders nobody."""

    def engine(self) -> Engine:
        """Make the engine for everything that is not on the path of a reply."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """A file: WAL, deleted bytes overwritten."""

    path: Path
    synchronous: Durability = "FULL"
    mark: str = "?"
    begin: str = "BEGIN IMMEDIATE"
    at_once: bool = True
    unavailable: type[Exception] = sqlite3.OperationalError

    @property
    def shown(self) -> str:
        """Path of the file."""
        return str(self.path)

    def connect(self, busy_ms: int = 0) -> sqlite3.Connection:
        """Open a connection as every part of the store needs it, which then waits so long for a lock."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=256)
        self._keep_a_log(connection)
        for pragma in (
            f"synchronous={self.synchronous}",
            f"wal_autocheckpoint={LOG_PAGES}",
            "secure_delete=ON",
            "foreign_keys=ON",
            f"busy_timeout={busy_ms}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _keep_a_log(self, connection: sqlite3.Connection) -> None:
        # Of two who make a file's log at the same moment, SQLite lets one wait and tells the other at once.
        until = monotonic() + READER_BUSY_MS / 1000
        connection.execute(f"PRAGMA busy_timeout={READER_BUSY_MS}")
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchall()
                return
            except sqlite3.OperationalError as error:
                if not self.is_locked(error) or monotonic() > until:
                    raise
            sleep(0.01)

    def connect_to_read(self) -> sqlite3.Connection:
        """Open a connection that waits for no lock; with the write-ahead log, readers meet one hardly ever."""
        return self.connect()

    def is_locked(self, error: Exception) -> bool:
        """Whether another connection holds the file's one lock for writers."""
        return isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY

    def is_open(self, connection: sqlite3.Connection) -> bool:
        """A file does not hang up."""
        return True

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file, so that little is left for the commit that starts it anew."""
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def engine(self) -> Engine:
        """Make an engine that opens transactions itself, as reader or, with the option ``immediate``, as writer."""
        engine = create_engine(
            "sqlite://", creator=lambda: self.connect(READER_BUSY_MS), poolclass=QueuePool, pool_size=4
        )

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            if options.get("isolation_level") != "AUTOCOMMIT":
                connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")

        return engine


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A PostgreSQL by its URL, with psycopg."""

    url: str
    synchronous: Durability = "FULL"
    mark: str = "%s"
    begin: str = "BEGIN"
    at_once: bool = False

    @property
    def shown(self) -> str:
        """URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def unavailable(self) -> type[Exception]:
        """Connection lost, timeouts, disk full."""
        import psycopg

        return psycopg.OperationalError

    def connect(self) -> Any:
        """Open a connection that commits as durably as asked for and waits for nobody longer than a second."""
        connection = self._connect()
        commit = "on" if self.synchronous == "FULL" else "off"
        connection.execute(f"SET synchronous_commit={commit}; SET statement_timeout=1000")
        return connection

    def connect_to_read(self) -> Any:
        """Open a connection that gives up soon, even where the network swallows everything."""
        connection = self._connect(tcp_user_timeout=READER_PATIENCE_MS)
        connection.execute(f"SET statement_timeout={READER_PATIENCE_MS}")
        return connection

    def is_locked(self, error: Exception) -> bool:
        """Writers of a server do not lock each other out."""
        return False

    def _connect(self, **more: Any) -> Any:
        import psycopg

        engine = self.engine()
        args, options = engine.dialect.create_connect_args(engine.url)
        keywords: dict[str, Any] = {**options, **more, "autocommit": True}
        return psycopg.connect(*args, **keywords)

    def checkpoint(self) -> None:
        """A server does so itself."""

    def is_open(self, connection: Any) -> bool:
        """Whether the server still listens to it."""
        return not (connection.closed or connection.broken)

    def engine(self) -> Engine:
        """Make an engine that forgets connections which a restart of the server has closed."""
        try:
            return create_engine(self.url, pool_pre_ping=True, connect_args={"connect_timeout": 2})
        except ModuleNotFoundError:
            raise MissingExtra(f"a store in {self.shown} needs psycopg: pip install 'leadscore[postgres]'.") from None


def open_database(place: str | Path, synchronous: Durability = "FULL") -> SqliteDatabase | PostgresDatabase:
    """Find the kind of database and bring its tables to today's version.

    Raises
    ------
    SettingsError
        Another kind of URL, or tables of a newer version.
    OutOfReach
        It cannot be opened or prepared.
    """
    database = _database(str(place), synchronous)
    try:
        if isinstance(database, SqliteDatabase):
            database.path.parent.mkdir(parents=True, exist_ok=True)
            database.path.touch(mode=0o600)
        engine = database.engine()
        try:
            upgrade(engine, database.shown)
        finally:
            engine.dispose()
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise OutOfReach(f"the decision store {database.shown} cannot be opened: {cause}") from None
    return database


def _database(place: str, synchronous: Durability) -> SqliteDatabase | PostgresDatabase:
    path = place.removeprefix("sqlite:///")
    if path and "://" not in path:
        return SqliteDatabase(Path(path), synchronous)
    scheme, _, rest = path.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg") and rest:
        url = f"postgresql+psycopg://{rest}"
        try:
            make_url(url)
        except (ArgumentError, ValueError):
            raise SettingsError("`store` is no valid URL of a PostgreSQL") from None
        return PostgresDatabase(url, synchronous)
    raise SettingsError(f"`store` is a path, sqlite:///PATH or postgresql://HOST/DATABASE, got {scheme!r}://...")
