"""Tables of any version become today's, with what is in them, once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from leadscore.errors import SettingsError
from leadscore.serving import DecisionStore
from leadscore.serving.store import schema
from leadscore.serving.store.databases import SqliteDatabase, _database, open_database
from leadscore.serving.store.migrations import scripts
from leadscore.serving.store.migrations.upgrade import _make, bring_forward

LEAD = ("L-1", "key")
DECISION = {
    **{"decision_id": "d", "lead_key": "key", "decided_at": "2026-01-01", "model_version": "m", "p_qualify": None},
    **{"p_close": 0.5, "score": 9, "value": 1.5, "currency": "EUR", "tier": "A", "tier_role": "SDR", "role": "ISR"},
    **{"reply_within_minutes": 5, "horizon_days": 90, "propensity": 1.0, "eligible": "[]", "prices": "{}"},
    **{"runner_up": None},
}


def as_it_was(path, version: int) -> None:
    """A file of version 1 or 2, which knew no alembic, with one decision."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for step in list(scripts().walk_revisions())[: -version - 1 : -1]:
            step.module.upgrade()
        row = DECISION | ({"basis": "rules", "value": None} if version == 2 else {})
        marks = ", ".join("?" * len(row))
        connection.exec_driver_sql("INSERT INTO lead VALUES (?, ?)", LEAD)
        connection.exec_driver_sql(f"INSERT INTO decision ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        connection.exec_driver_sql("INSERT INTO lead_snapshot VALUES ('d', NULL, NULL, '{}', '[]', '[]')")
        connection.exec_driver_sql(f"PRAGMA user_version={version}")
    engine.dispose()


@pytest.mark.parametrize(("version", "basis", "value"), [(1, "model", 1.5), (2, "rules", None)])
def test_a_file_from_before_alembic_is_brought_forward_with_its_decisions(tmp_path, version, basis, value):
    path = tmp_path / "decisions.db"
    as_it_was(path, version)
    with DecisionStore(path) as store:
        [kept] = store.decisions_of("L-1")
    assert (kept["decision_id"], kept["basis"], kept["value"], kept["reasons"]) == ("d", basis, value, [])
    assert (kept["p_close"], kept["score"], kept["tier"], kept["role"]) == (0.5, 9, "A", "ISR")
    assert (kept["trend"], kept["considered"]) == (None, [])
    connection = SqliteDatabase(path).connect()
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA user_version").fetchone() == (int(schema.HEAD),)
    assert connection.execute("SELECT role FROM lead").fetchall() == [("ISR",)]
    connection.close()


def tables(engine) -> dict[str, list]:
    """What a database says of its own tables."""
    looked = inspect(engine)
    return {
        name: [
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in looked.get_columns(name)),
            looked.get_pk_constraint(name)["constrained_columns"],
            sorted((i["name"], i["column_names"]) for i in looked.get_indexes(name)),
        ]
        for name in looked.get_table_names()
    }


def test_the_steps_end_at_the_tables_of_the_schema(place):
    engine = _database(place, "FULL").engine()
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        bring_forward(connection, None, place)
        assert compare_metadata(MigrationContext.configure(connection), schema.METADATA) == []
        stepped = tables(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        schema.METADATA.drop_all(connection)
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        _make(connection)
        made, version = tables(connection), connection.exec_driver_sql("SELECT * FROM alembic_version").all()
    engine.dispose()
    assert made == stepped
    assert version == [(schema.HEAD,)]
    assert scripts().get_current_head() == schema.HEAD


def test_a_store_that_nobody_has_used_is_made_without_alembic(tmp_path):
    code = "import sys; from leadscore.serving import DecisionStore; DecisionStore(sys.argv[1]).close(); "
    code += "sys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "new.db")], check=True)


def test_workers_that_start_together_make_the_tables_once(place):
    faults = []

    def start():
        try:
            open_database(place)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_tables_of_a_newer_version_are_refused(place):
    engine = open_database(place).engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '99'")
    engine.dispose()
    with pytest.raises(SettingsError, match=r"version 99.*Upgrade leadscore") as refused:
        open_database(place)
    assert "tig%40er" not in str(refused.value)


def test_a_newer_file_without_alembic_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "decisions.db")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(SettingsError, match=r"version 99"):
        open_database(tmp_path / "decisions.db")
