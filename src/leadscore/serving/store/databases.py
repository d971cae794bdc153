"""The two kinds of database: how each is opened, locked and told from a wrong record."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from leadscore.errors import MissingExtra, OutOfReach, SettingsError
from leadscore.serving.store.migrations import upgrade

__all__ = ["Database", "Durability", "PostgresDatabase", "SqliteDatabase", "open_database"]

Durability: TypeAlias = Literal["FULL", "NORMAL"]

WRITER_BUSY_MS = 200
"""How long the writer waits for a lock that another process holds; everybody who waits for a reply waits for it."""

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
    def unavailable(self) -> type[Exception]:
        """Error that says that the database does not answer, and nothing against the record."""

    def connect(self) -> Any:
        """Open a connection of the driver, each statement its own transaction until `begin`."""

    def connect_to_read(self) -> Any:
        """Open a connection for reads that nobody waits for: what does not come at once is an error."""

    def is_open(self, connection: Any) -> bool:
        """Whether a connection of `connect` can go on after an error."""

    def engine(self) -> Engine:
        """Make the engine for everything that is not on the path of a reply."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """A file: WAL, deleted bytes overwritten."""

    path: Path
    synchronous: Durability = "FULL"
    mark: str = "?"
    begin: str = "BEGIN IMMEDIATE"
    unavailable: type[Exception] = sqlite3.OperationalError

    @property
    def shown(self) -> str:
        """Path of the file."""
        return str(self.path)

    def connect(self, busy_ms: int = WRITER_BUSY_MS) -> sqlite3.Connection:
        """Open a connection as every part of the store needs it."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=256)
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            f"synchronous={self.synchronous}",
            "secure_delete=ON",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def connect_to_read(self) -> sqlite3.Connection:
        """Open a connection that waits for no lock; with the write-ahead log, readers meet one hardly ever."""
        return self.connect(busy_ms=0)

    def is_open(self, connection: sqlite3.Connection) -> bool:
        """A file does not hang up."""
        return True

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

    def _connect(self, **more: Any) -> Any:
        import psycopg

        engine = self.engine()
        args, options = engine.dialect.create_connect_args(engine.url)
        keywords: dict[str, Any] = {**options, **more, "autocommit": True}
        return psycopg.connect(*args, **keywords)

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
