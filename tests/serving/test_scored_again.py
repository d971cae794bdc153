"""A lead that is scored again: its trend is told, its role does not flicker, and nobody waits for its past."""

from __future__ import annotations

import sqlite3
import time

import pytest
from sqlalchemy import text

from leadscore.serving import DecisionStore


@pytest.fixture
def ask(client, payload):
    """Scores a lead with so many employees."""

    def ask(lead_id: str, employees: float) -> dict:
        fields = {"Employees": employees, "Callback": "no", "Lead Source": "Referral"}
        return client.score(payload | {"lead_id": lead_id, "fields": fields}).json()

    return ask


def test_the_trend_is_told_from_the_second_decision_on(ask):
    told = [ask("L-1", employees) for employees in (1, 5000, 5000, 1)]
    assert [reply["trend"] for reply in told] == ["not_enough_info", "improving", "steady", "declining"]
    assert told[1]["score"] - told[0]["score"] > 5


def test_in_a_batch_too(client, payload):
    few, many = (payload | {"fields": {"Employees": n}} for n in (1, 5000))
    client.score(few)
    first, new = client.score([many, many | {"lead_id": "new"}], "/v1/score/batch").json()
    assert (first["trend"], new["trend"]) == ("improving", "not_enough_info")


def test_a_lead_keeps_its_role_while_another_gains_little(ask):
    below, above = 1.0, 5000.0
    roles = ask("below", below)["role"], ask("above", above)["role"]
    assert roles[0] != roles[1]
    for step in range(30):
        middle = (below + above) / 2
        if ask(f"step-{step}", middle)["role"] == roles[0]:
            below = middle
        else:
            above = middle
    ask("again", above)
    assert ask("again", below)["role"] == roles[1] != ask("new", below)["role"]


def test_the_newest_decision_counts_and_unknown_leads_are_left_out(place, runner, record_of):
    with DecisionStore(place) as store:
        assert store.last_said(["L-1"]) == {}
        for employees in (1, 900):
            runner.run(store.append([record_of("L-1", Employees=employees), record_of("L-2", Employees=3)]))
        said = store.last_said(["L-1", "nobody", "L-2"])
        newest = store.decisions_of("L-1")[0]
        assert sorted(said) == ["L-1", "L-2"]
        for key in ("role", "p_close", "model_version", "score", "trend"):
            assert getattr(said["L-1"], key) == newest[key]
        assert store.erase("L-1") == 2
        assert list(store.last_said(["L-1", "L-2"])) == ["L-2"]


def test_a_past_that_cannot_be_read_costs_the_trend_and_nothing_else(store, ask):
    ask("L-1", 1)
    with sqlite3.connect(store.database.path) as other:
        other.execute("ALTER TABLE lead RENAME TO elsewhere")
        assert store.last_said(["L-1"]) == {}
        other.execute("ALTER TABLE elsewhere RENAME TO lead")
    other.close()
    assert ask("L-1", 5000)["trend"] == "improving"


def test_a_reader_that_was_cut_off_comes_back(postgres_url, runner, record_of):
    with DecisionStore(postgres_url) as store:
        runner.run(store.append([record_of("L-cut-off")]))
        assert store.last_said(["L-cut-off"])
        with store._engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": _reader(store).info.backend_pid})
        assert store.last_said(["L-cut-off"]) == {}
        deadline = time.monotonic() + 10
        while not store.last_said(["L-cut-off"]):
            assert time.monotonic() < deadline, "the reader does not come back"
            time.sleep(0.02)


def _reader(store):
    return store._last_said._connection
