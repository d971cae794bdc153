"""Bring the tables of a database to today's version, once, however many workers start at the same moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect

from leadscore.errors import SettingsError
from leadscore.serving.store.schema import HEAD, METADATA

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

__all__ = ["bring_forward", "scripts", "upgrade"]

LOCK = 0x1EAD5C0E
"""Our number among the advisory locks of a PostgreSQL."""


def upgrade(engine: Engine, shown: str) -> None:
    """Run the steps that are missing, in one transaction.

    Parameters
    ----------
    engine
        Of a SQLite file or a PostgreSQL.
    shown
        How errors name the database.

    Raises
    ------
    SettingsError
        The tables were made by a newer version.
    """
    lite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(immediate=True) as connection:
        if lite:
            # A table is made anew under one that refers to it; the pragma has no effect inside a transaction.
            connection.connection.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not lite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                found = _found(connection)
                if found != HEAD:
                    if found is None:
                        _make(connection)
                    else:
                        bring_forward(connection, found, shown)
                    if lite:
                        connection.exec_driver_sql(f"PRAGMA user_version={int(HEAD)}")
        finally:
            if lite:
                connection.connection.execute("PRAGMA foreign_keys=ON")


def scripts() -> ScriptDirectory:
    """The steps, in alembic's own hands."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(__file__).parent))


def _found(connection: Connection) -> str | None:
    """Revision of the tables; None where there are none."""
    if inspect(connection).has_table("alembic_version"):
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    if connection.dialect.name == "sqlite":
        return str(connection.exec_driver_sql("PRAGMA user_version").scalar_one() or "") or None
    return None


def _make(connection: Connection) -> None:
    """Make today's tables where there are none, and say so as alembic does."""
    METADATA.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")


def bring_forward(connection: Connection, found: str | None, shown: str) -> None:
    """Run the steps after a revision, from the first where there is none, within a transaction of the caller."""
    # Loaded here only: most starts find nothing to do, and alembic costs as much time as all the rest of the store.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    steps = scripts()
    if found is not None and found not in {step.revision for step in steps.walk_revisions()}:
        raise SettingsError(
            f"the decision store {shown} is of version {found}, this leadscore reads up to {HEAD}. "
            "Upgrade leadscore or name another place under `store`."
        )
    context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
    with Operations.context(context):
        for step in reversed(list(steps.iterate_revisions("head", found or "base"))):
            step.module.upgrade()
    context.stamp(steps, "head")
