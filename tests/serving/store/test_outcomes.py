"""Outcomes in any order, the history of a lead, and what is left when it is erased."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from leadscore.serving import DecisionStore
from leadscore.serving.store import Consumed, Event, KeyedRequest, new_decision_id
from leadscore.serving.store.history import change

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
T = [f"2026-0{month}-01T00:00:00.000000+00:00" for month in range(1, 8)]

events = st.builds(
    Event,
    kind=st.just("closed"),
    value=st.sampled_from(["won", "lost"]),
    at=st.sampled_from(T),
    amount=st.none() | st.just(9.0),
)


@given(st.lists(events, min_size=1, max_size=4, unique_by=lambda event: event.at), st.randoms())
def test_the_order_in_which_events_are_told_does_not_matter(told, random):
    def known(sequence):
        found = None
        for event in sequence:
            found = event.after(found)
        return found

    shuffled = random.sample(told * 2, len(told) * 2)
    assert known(shuffled) == known(told) == max(told, key=lambda event: event.at)


@given(st.permutations([Event("closed", "won", T[3], assumed=True), Event("closed", "won", T[1])]))
def test_a_moment_that_was_told_beats_the_one_at_which_we_heard(told):
    first, second = told
    assert second.after(first) == Event("closed", "won", T[1])
    assert Event("closed", "won", T[5], assumed=True).after(first).at == first.at


def test_outcomes_add_up_and_need_no_decision(store, runner, record_of):
    assert store.outcome_of("L-1") is None
    store.tell([("L-1", [Event("closed", "won", T[3], amount=900.0)])])
    store.tell([("L-1", [Event("worked", "yes", T[1]), Event("accepted", "no", T[2], reason="no budget")])])
    [known] = store.tell([("L-1", [Event("closed", "lost", T[2])])])
    runner.run(store.append([record_of("L-1")]))
    assert store.outcome_of("L-1") == known
    assert known == {
        **{"worked": True, "worked_at": T[1], "accepted": False, "accepted_at": T[2], "reason": "no budget"},
        **{"qualified": None, "qualified_at": None, "closed": "won", "closed_at": T[3], "amount": 900.0},
    }


def test_each_change_is_told_with_its_causes(store, runner, record_of):
    for minute, employees in enumerate((10, 10, 5000)):
        decided_at = NOW + timedelta(minutes=minute)
        runner.run(store.append([replace(record_of("L-1", Employees=employees), decided_at=decided_at)]))
    newest, middle, oldest = store.decisions_of("L-1")
    assert oldest["change"] is None
    assert middle["change"] == {"from": {}, "causes": [], "fields": [], "activities": 0}
    assert (newest["change"]["causes"], newest["change"]["fields"]) == (["fields"], ["Employees"])
    assert newest["change"]["from"]["p_close"] == middle["p_close"] != newest["p_close"]
    assert newest["role"] in {entry["role"] for entry in newest["considered"]} == set(newest["eligible"])
    assert store.decisions_of("L-1", limit=1) == [newest]


def test_models_prices_activities_and_time_are_causes():
    row = {"model_version": "1", "fields": {}, "activities": [], "prices": {}, "at": "a", "score": 1, "value": 1.0}
    row |= {"tier": "A", "role": "SDR", "p_qualify": 0.1, "p_close": 0.1}
    for cause, other in {
        "model": {"model_version": "2"},
        "activities": {"activities": [{"type": "open"}]},
        "prices": {"prices": {"SDR": 1.0}},
        "time": {"at": "b"},
    }.items():
        assert change(row, row | other | {"tier": "B"})["causes"] == [cause]
        assert change(row, row | other | {"tier": "B"})["from"] == {"tier": "A"}


def test_capacity_is_consumed_by_the_first_route_and_by_each_other_role(store, runner, record_of):
    takes = {"SDR": {"SDR": 0.5, "ISR": 0.25}, "ISR": {"ISR": 1.5}, "nurture": {}}

    def routed(lead_id: str, role: str):
        record = record_of(lead_id)
        detail = replace(record.decision.detail, hours=takes[role])
        return replace(record, decision=replace(record.decision, role=role, detail=detail))

    runner.run(store.append([routed("L-1", "SDR"), routed("L-1", "SDR"), routed("L-1", "ISR")]))
    runner.run(store.append([routed("L-1", "ISR"), routed("L-2", "SDR")]))
    runner.run(store.append([routed("L-1", "SDR")]))
    runner.run(store.append([routed("L-3", "nurture")]))
    told = store.capacity(date(2026, 11, 2), date(2026, 11, 3))
    assert told == {"ISR": Consumed(1, 2.25), "SDR": Consumed(3, 1.5), "nurture": Consumed(1, 0.0)}
    assert store.capacity(date(2026, 11, 3), date(2026, 11, 4)) == {}


def dump(store) -> str:
    """Everything that is in the tables."""
    engine = store.database.engine()
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = [str(connection.execute(text(f"SELECT * FROM {table}")).all()) for table in tables]
    engine.dispose()
    return "\n".join(found)


def fill(store, runner, record_of, canary) -> None:
    """A lead whose traces lie everywhere, among many others whose pages split around it."""
    keyed = KeyedRequest.of("", canary, b"asked", NOW)
    runner.run(store.append([record_of(canary, City=f"{canary} City")], keyed, f'{{"lead_id":"{canary}"}}'.encode()))
    for _ in range(6):
        others = [record_of(f"{secrets.token_hex(8)}", City="x" * 300) for _ in range(150)]
        runner.run(store.append([*others, record_of(canary, City=f"{canary} City")]))
        store.tell([(canary, [Event("accepted", "no", T[1], reason=f"{canary} is rude")])])


def test_nothing_of_an_erased_lead_is_left_but_decisions_without_it(place, runner, record_of, promise):
    canary = "canary-7f3a@example.com"
    with DecisionStore(place) as store:
        fill(store, runner, record_of, canary)
        assert canary in dump(store)
        assert store.erase(canary) == 7
        assert store.erase(canary) is None
        kind = "PostgreSQL" if "postgresql" in place else "SQLite"
        promise(f"{kind}: traces of an erased lead in a dump", dump(store).count(canary), at_most=0)
        assert store.decisions_of(canary) == []
        if "postgresql" not in place:
            files = list(Path(place).parent.glob(Path(place).name + "*"))
            assert len(files) == 3
            assert all(b"canary-7f3a" not in file.read_bytes() for file in files)


def links(store) -> set[str]:
    """Whatever a record elsewhere could be joined by: keys, digests of requests, moments."""
    with store._engine.connect() as connection:
        told = [*connection.execute(text("SELECT decision_id, lead_key, decided_at, request FROM decision"))]
        told += connection.execute(text("SELECT lead_key, at FROM outcome"))
    return {cell for row in told for cell in row if cell}


def test_an_erased_lead_cannot_be_found_by_what_is_known_elsewhere(place, runner, record_of, promise):
    midnight = "2026-11-02T00:00:00.000000+00:00"
    with DecisionStore(place) as store:
        fill(store, runner, record_of, "L-1")
        [other] = runner.run(store.append([record_of("L-2")])) and store.decisions_of("L-2")
        with store._engine.connect() as connection:
            of_other = text("SELECT decision_id, lead_key, decided_at FROM decision WHERE decision_id = :id")
            [untouched] = connection.execute(of_other, {"id": other["decision_id"]}).all()
        known = {row["decision_id"] for row in store.decisions_of("L-1")}
        before = links(store)
        with store._engine.connect() as connection:
            known |= {*connection.scalars(text("SELECT lead_key FROM lead WHERE lead_id = 'L-1'"))}
            known |= {*connection.scalars(text("SELECT request FROM decision WHERE request IS NOT NULL"))}
        assert len(known) == 9
        assert known <= before
        store.erase("L-1")
        assert not known & links(store)
        assert {*untouched} <= links(store)
        with store._engine.connect() as connection:
            gone = "SELECT lead_key, decided_at FROM decision WHERE lead_key NOT IN (SELECT lead_key FROM lead)"
            rows = connection.execute(text(gone)).all()
        assert len({row.lead_key for row in rows}) == 1
        assert [row.decided_at for row in rows] == [midnight] * 7
        if "postgresql" not in place:
            files = [file.read_bytes() for file in Path(place).parent.glob(Path(place).name + "*")]
            found = sum(key.encode() in file for key in known for file in files)
            promise("SQLite: former keys of an erased lead in file and write-ahead log", found, at_most=0)


def test_a_decision_made_during_an_erasure_is_erased_or_begins_anew(store, runner, record_of):
    records = [record_of("L-1", City="Bern") for _ in range(150)]

    async def both():
        async def score():
            for record in records:
                await store.append([record])

        async def erase():
            while not scored.done():
                await asyncio.to_thread(store.erase, "L-1")

        scored = asyncio.ensure_future(score())
        await asyncio.gather(scored, erase())

    runner.run(both())
    store.erase("L-1")
    assert "Bern" not in dump(store)


def test_copies_that_split_pages_left_behind_are_gone_too(tmp_path, runner, record_of, promise):
    canaries = [f"{secrets.token_hex(3)}-canary-{n}" for n in range(30)]
    with DecisionStore(tmp_path / "decisions.db") as store:
        for _ in range(15):
            others = [record_of(secrets.token_hex(8), City="x" * secrets.randbelow(300)) for _ in range(150)]
            runner.run(store.append(others + [record_of(canary, City=canary) for canary in canaries]))
        for canary in canaries:
            assert store.erase(canary) == 15
        found = sum(file.read_bytes().count(b"-canary-") for file in tmp_path.iterdir())
    promise("SQLite: traces of 30 erased leads in file and write-ahead log", found, at_most=0)


def test_what_is_older_than_the_retention_goes(place, runner, record_of):
    with DecisionStore(place) as store:
        keyed = KeyedRequest.of("", "k", b"asked", NOW)
        runner.run(store.append([record_of("old", City="Bern"), record_of("renewed", City="Bern")], keyed, b"{}"))
        key_of_old = {store.decisions_of("old")[0]["decision_id"]}
        late = record_of("renewed", City="Basel")
        later = NOW + timedelta(days=20)
        runner.run(store.append([replace(late, decision_id=new_decision_id(later), decided_at=later)]))
        assert store.tidy(NOW + timedelta(hours=23)) == 0
        assert store.tidy(NOW + timedelta(days=1, hours=1)) == 1
        assert store.tidy(NOW + timedelta(days=31), retention_days=30) == 2
        assert store.decisions_of("old") == []
        assert not key_of_old & links(store)
        assert [row["reasons"] is None for row in store.decisions_of("renewed")] == [False, True]
        assert "Bern" not in dump(store)
        assert "Basel" in dump(store)


def test_an_erasure_that_readers_hold_up_is_not_called_done(tmp_path, runner, record_of, monkeypatch):
    monkeypatch.setattr("leadscore.serving.store.scrubbing.SCRUB_SECONDS", 0.2)
    with DecisionStore(tmp_path / "decisions.db") as store:
        runner.run(store.append([record_of("L-1")]))
        reader = store.database.connect()
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM lead").fetchone()
        with pytest.raises(Exception, match="write-ahead log"):
            store.erase("L-1")
        reader.close()
        assert store.erase("L-1") is None
