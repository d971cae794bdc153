from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from leadscore.errors import OutOfReach, SettingsError
from leadscore.serving import DecisionStore
from leadscore.serving.store import StoreUnavailable, schema

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def rows(path, table: str) -> list[tuple]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT * FROM {table}").fetchall()
    finally:
        connection.close()


def test_a_decision_is_read_back_as_it_was_made(store, runner, record_of):
    record = record_of("L-1", Employees=240)
    runner.run(store.append([record]))
    [kept] = store.decisions_of("L-1")
    decision = record.decision
    assert kept["decision_id"] == record.decision_id
    assert (kept["p_close"], kept["p_qualify"], kept["value"]) == (decision.p_close, None, decision.value)
    assert kept["prices"] == dict(decision.detail.prices)
    assert kept["eligible"] == list(decision.detail.eligible)
    assert kept["runner_up"] == {"role": decision.detail.runner_up[0], "net_value": decision.detail.runner_up[1]}
    assert kept["reasons"] == [decision.reason_1, decision.reason_2, decision.reason_3]


def test_decisions_are_there_after_the_file_is_opened_again(tmp_path, runner, record_of):
    path = tmp_path / "made" / "on the way" / "decisions.db"
    with DecisionStore(f"sqlite:///{path}") as store:
        runner.run(store.append([record_of("L-1"), record_of("L-2"), record_of("L-1")]))
    with DecisionStore(path) as store:
        assert [len(store.decisions_of(lead)) for lead in ("L-1", "L-2", "L-3")] == [2, 1, 0]


def test_the_decision_row_knows_a_lead_by_a_pseudonym_only(store, runner, record_of):
    runner.run(store.append([record_of("erika@example.com", City="Bern"), record_of("erika@example.com")]))
    [(lead_id, pseudonym)] = rows(store.path, "lead")
    decisions = rows(store.path, "decision")
    assert lead_id == "erika@example.com"
    assert len(decisions) == 2
    assert all(row[1] == pseudonym for row in decisions)
    assert "erika" not in str(decisions)
    assert "Bern" not in str(decisions)
    assert '"City":"Bern"' in str(rows(store.path, "lead_snapshot"))


def test_keys_are_listed_and_revoked_by_prefix(store):
    text = store.add_key("crm", NOW)
    [key] = store.keys()
    assert (key.name, key.created, key.revoked) == ("crm", NOW, None)
    assert not store.revoke("lsk_nowhere", NOW)
    assert store.revoke(key.prefix, NOW)
    assert not store.revoke(key.prefix, NOW)
    assert store.keys()[0].revoked == NOW
    assert text.encode() not in store.path.read_bytes()


def test_the_file_is_the_owners_alone(store):
    assert store.path.stat().st_mode & 0o077 == 0


def test_a_newer_file_is_refused(tmp_path):
    with DecisionStore(tmp_path / "decisions.db") as store:
        path = store.path
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    connection.close()
    with pytest.raises(SettingsError, match="Upgrade leadscore"):
        DecisionStore(path)


def test_a_file_of_version_1_is_brought_forward_with_its_decisions(tmp_path):
    path = tmp_path / "decisions.db"
    connection = sqlite3.connect(path)
    now = [table for table in schema.METADATA.sorted_tables if table is not schema.decision]
    for table in now:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    columns = [c for c in schema.decision.columns if c.name != "basis"]
    kinds = {"value": "FLOAT NOT NULL", "decision_id": "TEXT PRIMARY KEY"}
    written = ", ".join(f"{c.name} {kinds.get(c.name, c.type)}" for c in columns)
    connection.execute(f"CREATE TABLE decision ({written}) WITHOUT ROWID")
    connection.execute("CREATE INDEX decision_of_lead ON decision (lead_key, decided_at)")
    connection.execute("INSERT INTO lead VALUES ('L-1', 'key')")
    texts = {"decision_id": "d", "lead_key": "key", "eligible": "[]", "prices": "{}", "runner_up": None}
    connection.execute(
        f"INSERT INTO decision VALUES ({', '.join('?' * len(columns))})", [texts.get(c.name, 1) for c in columns]
    )
    connection.execute("INSERT INTO lead_snapshot VALUES ('d', NULL, NULL, '{}', '[]', '[]')")
    connection.execute("PRAGMA user_version=1")
    connection.commit()
    connection.close()
    with DecisionStore(path) as store:
        [kept] = store.decisions_of("L-1")
    assert (kept["decision_id"], kept["basis"], kept["value"], kept["reasons"]) == ("d", "model", 1.0, [])
    connection = schema.connect(path)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    connection.close()


@pytest.mark.parametrize("place", ["postgresql://user:secret@host/db", "sqlite://", ""])
def test_another_kind_of_place_is_refused_without_its_password(place):
    with pytest.raises(SettingsError, match="sqlite:///") as refused:
        DecisionStore(place)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_store_is_out_of_reach(tmp_path):
    (tmp_path / "text.db").write_text("no database" * 1000)
    with pytest.raises(OutOfReach, match=r"text\.db"):
        DecisionStore(tmp_path / "text.db")
    with pytest.raises(OutOfReach):
        DecisionStore(tmp_path)


def test_a_locked_store_is_unavailable_and_recovers(store, runner, record_of, monkeypatch):
    other = sqlite3.connect(store.path, isolation_level=None)
    try:
        store.writer._connection.execute("PRAGMA busy_timeout=50")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            runner.run(store.append([record_of("L-1")]))
        other.execute("COMMIT")
    finally:
        other.close()
    runner.run(store.append([record_of("L-1")]))
    assert len(store.decisions_of("L-1")) == 1
    store.ping()
