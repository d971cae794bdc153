from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url, select

from leadscore.errors import OutOfReach, SettingsError
from leadscore.serving import DecisionStore
from leadscore.serving.store import StoreUnavailable, schema
from leadscore.serving.store.databases import SqliteDatabase
from leadscore.serving.store.writer import RETRY_SECONDS

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def rows(store, table) -> list[tuple]:
    engine = store.database.engine()
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(select(table))]
    engine.dispose()
    return found


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
    assert {entry["role"]: entry["net_value"] for entry in kept["considered"]} == dict(decision.detail.net_values)
    assert kept["trend"] == decision.trend


def test_decisions_are_there_after_the_store_is_opened_again(place, runner, record_of):
    with DecisionStore(place) as store:
        runner.run(store.append([record_of("L-1"), record_of("L-2"), record_of("L-1")]))
    with DecisionStore(place) as store:
        assert [len(store.decisions_of(lead)) for lead in ("L-1", "L-2", "L-3")] == [2, 1, 0]


def test_the_decision_row_knows_a_lead_by_a_pseudonym_only(store, runner, record_of):
    runner.run(store.append([record_of("erika@example.com", City="Bern"), record_of("erika@example.com")]))
    [(lead_id, pseudonym, role)] = rows(store, schema.lead)
    decisions = rows(store, schema.decision)
    assert (lead_id, role) == ("erika@example.com", decisions[0][11])
    assert len(decisions) == 2
    assert all(row[1] == pseudonym for row in decisions)
    assert "erika" not in str(decisions)
    assert "Bern" not in str(decisions)
    assert '"City":"Bern"' in str(rows(store, schema.lead_snapshot))


def test_keys_are_listed_and_revoked_by_prefix(store):
    text = store.add_key("crm", NOW)
    [key] = store.keys()
    assert (key.name, key.created, key.revoked) == ("crm", NOW, None)
    assert not store.revoke("lsk_nowhere", NOW)
    assert store.revoke(key.prefix, NOW)
    assert not store.revoke(key.prefix, NOW)
    assert store.keys()[0].revoked == NOW
    assert text not in str(rows(store, schema.api_key))


def test_the_file_is_the_owners_alone(tmp_path):
    path = tmp_path / "made" / "on the way" / "decisions.db"
    with DecisionStore(f"sqlite:///{path}"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "wrong", ["mysql://user:secret@host/db", "sqlite://", "", "postgresql://", "postgresql://u:secret@h:x/d"]
)
def test_another_kind_of_place_is_refused_without_its_password(wrong):
    with pytest.raises(SettingsError, match=r"sqlite:///PATH|PostgreSQL") as refused:
        DecisionStore(wrong)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_store_is_out_of_reach(tmp_path):
    (tmp_path / "text.db").write_text("no database" * 1000)
    with pytest.raises(OutOfReach, match=r"text\.db"):
        DecisionStore(tmp_path / "text.db")
    with pytest.raises(OutOfReach):
        DecisionStore(tmp_path)


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_the_password_may_stay_in_the_environment(place, monkeypatch):
    url = make_url(place)
    monkeypatch.setenv("PGPASSWORD", url.password)
    with DecisionStore(url._replace(password=None).render_as_string()) as store:
        assert store.keys() == []


def test_a_postgres_that_is_not_there_is_out_of_reach_and_its_password_stays_away():
    with pytest.raises(OutOfReach, match=r"127\.0\.0\.1:1/db") as refused:
        DecisionStore("postgresql://ann:secret@127.0.0.1:1/db")
    assert "secret" not in str(refused.value)


def test_a_locked_file_is_unavailable_and_recovers(tmp_path, runner, record_of):
    with DecisionStore(tmp_path / "decisions.db") as store:
        other = SqliteDatabase(tmp_path / "decisions.db").connect()
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable):
                runner.run(store.append([record_of("L-1")]))
            other.execute("COMMIT")
        finally:
            other.close()
        time.sleep(RETRY_SECONDS)
        runner.run(store.append([record_of("L-1")]))
        assert len(store.decisions_of("L-1")) == 1
        store.ping()
