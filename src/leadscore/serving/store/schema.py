"""The tables, their version, and how a SQLite file is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from leadscore.errors import OutOfReach, SettingsError

__all__ = ["VERSION", "api_key", "connect", "decision", "lead", "lead_snapshot", "prepare"]

VERSION = 2
"""Version of the tables, kept in the file as ``PRAGMA user_version``."""

BUSY_MS = 2000

METADATA = MetaData()

lead = Table(
    "lead",
    METADATA,
    Column("lead_id", Text, primary_key=True),
    Column("lead_key", Text, nullable=False, unique=True),
    sqlite_with_rowid=False,
)
"""The caller's identifier and the pseudonym that we drew for it."""

decision = Table(
    "decision",
    METADATA,
    Column("decision_id", Text, primary_key=True),
    Column("lead_key", Text, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("p_qualify", Float),
    Column("p_close", Float),
    Column("score", Integer, nullable=False),
    Column("value", Float),
    Column("currency", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("tier_role", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reply_within_minutes", Integer),
    Column("horizon_days", Integer),
    Column("basis", Text, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("eligible", Text, nullable=False),
    Column("prices", Text, nullable=False),
    Column("runner_up", Text),
    Index("decision_of_lead", "lead_key", "decided_at"),
    sqlite_with_rowid=False,
)
"""What was decided, with what an off-policy evaluation needs; moments are ISO 8601 in UTC, lists are JSON."""

lead_snapshot = Table(
    "lead_snapshot",
    METADATA,
    Column("decision_id", Text, ForeignKey("decision.decision_id"), primary_key=True),
    Column("created", Text),
    Column("at", Text),
    Column("fields", Text, nullable=False),
    Column("activities", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The lead as it was when it was decided; personal data, so erased without touching the decision."""

api_key = Table(
    "api_key",
    METADATA,
    Column("prefix", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("revoked", Text),
    sqlite_with_rowid=False,
)
"""Digests of the API keys."""


def connect(path: Path, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> sqlite3.Connection:
    """Open a connection as every part of the store needs it: WAL, patient, deleted bytes overwritten."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "secure_delete=ON",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def prepare(path: Path) -> None:
    """Make the file and its tables where they are missing.

    Raises
    ------
    SettingsError
        The file was written by a newer version.
    OutOfReach
        The file cannot be opened or is no SQLite file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        connection = connect(path)
    except (OSError, sqlite3.Error) as error:
        raise OutOfReach(f"the decision store {path} cannot be opened: {error}") from None
    try:
        # Tables are made anew under one that refers to them, which must go on meaning the new one.
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA legacy_alter_table=ON")
        _make_tables(connection, path)
    except sqlite3.Error as error:
        raise OutOfReach(f"the decision store {path} cannot be prepared: {error}") from None
    finally:
        connection.close()


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    # Two workers may start at once: version and tables are read and made under one lock.
    connection.execute("BEGIN IMMEDIATE")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise SettingsError(
            f"the decision store {path} is of version {found}, this leadscore reads up to {VERSION}. "
            "Upgrade leadscore or name another file under `store`."
        )
    if found == 0:
        for table in METADATA.sorted_tables:
            _make(connection, table)
    elif found == 1:
        _allow_rules(connection)
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.execute("COMMIT")


def _make(connection: sqlite3.Connection, table: Table) -> None:
    connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    for index in table.indexes:
        connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))


def _allow_rules(connection: sqlite3.Connection) -> None:
    """From version 1, which knew decisions of models only: SQLite takes NOT NULL away by making a table anew."""
    kept = ", ".join(column.name for column in decision.columns if column.name != "basis")
    connection.execute("ALTER TABLE decision RENAME TO decision_1")
    connection.execute("DROP INDEX decision_of_lead")
    _make(connection, decision)
    connection.execute(f"INSERT INTO decision ({kept}, basis) SELECT {kept}, 'model' FROM decision_1")
    connection.execute("DROP TABLE decision_1")
