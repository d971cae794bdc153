from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from leadscore.serving import DecisionStore
from leadscore.serving.store import StoreUnavailable, new_decision_id


def test_callers_that_wait_together_share_commits(store, runner, record_of):
    async def sixteen_callers():
        async def caller(name: int):
            for _ in range(20):
                await store.append([record_of(f"L-{name}")])

        await asyncio.gather(*map(caller, range(16)))

    runner.run(sixteen_callers())
    assert store.writer.rows == 320
    assert store.writer.commits < 320 / 2
    assert len(store.decisions_of("L-7")) == 20


def test_a_lone_caller_waits_for_nobody(store, runner, record_of):
    for _ in range(5):
        runner.run(store.append([record_of()]))
    assert (store.writer.commits, store.writer.rows) == (5, 5)


def test_a_large_batch_is_one_transaction(store, runner, record_of):
    runner.run(store.append([record_of(f"L-{i % 900}") for i in range(1000)]))
    assert (store.writer.commits, store.writer.rows) == (1, 1000)
    assert len(store.decisions_of("L-99")) == 2


def test_an_impossible_record_costs_nobody_else_theirs(store, runner, record_of):
    twice = record_of("L-1")
    impossible = replace(record_of("L-2"), decision=replace(twice.decision, score=2**70))

    async def together():
        jobs = [store.append([record]) for record in (twice, twice, impossible, record_of("L-3"))]
        return await asyncio.gather(*jobs, return_exceptions=True)

    results = runner.run(together())
    assert [isinstance(result, StoreUnavailable) for result in results] == [False, True, True, False]
    assert [len(store.decisions_of(lead)) for lead in ("L-1", "L-2", "L-3")] == [1, 0, 1]


def test_part_of_a_batch_is_never_written(store, runner, record_of):
    record = record_of("L-1")
    with pytest.raises(StoreUnavailable):
        runner.run(store.append([record_of("L-2"), record, record]))
    assert store.decisions_of("L-2") == []


def test_a_caller_who_went_away_does_not_stop_the_writer(store, runner, record_of):
    async def give_up():
        task = asyncio.ensure_future(store.append([record_of("L-1")]))
        await asyncio.sleep(0)
        task.cancel()
        await store.append([record_of("L-2")])

    runner.run(give_up())
    assert len(store.decisions_of("L-2")) == 1


def test_what_waits_is_written_before_the_end(place, record_of):
    async def leave():
        store = DecisionStore(place)
        jobs = [asyncio.ensure_future(store.append([record_of(f"L-{i}")])) for i in range(50)]
        await asyncio.sleep(0)
        await asyncio.to_thread(store.close)
        await asyncio.gather(*jobs)
        with pytest.raises(StoreUnavailable):
            await store.append([record_of()])

    asyncio.run(leave())


WRITER = """
import asyncio
from datetime import UTC, datetime
from leadscore.scoring.decision import Decision, Detail, Lead
from leadscore.serving import DecisionStore
from leadscore.serving.store import DecisionRecord, new_decision_id

NOW = datetime.now(UTC)
DETAIL = Detail({{}}, None, {{}}, ["AE"], 1.0, {{}}, {{}})

async def caller(store, name):
    lead = Lead(f"L-{{name}}")
    decision = Decision(lead.lead_id, None, 0.1, 1, 1.0, "EUR", "A", "AE", "AE", detail=DETAIL)
    while True:
        record = DecisionRecord(new_decision_id(NOW), NOW, lead, decision)
        await store.append([record])
        print(record.decision_id, flush=True)

async def main():
    store = DecisionStore({path!r})
    await asyncio.gather(*(caller(store, name) for name in range(8)))

asyncio.run(main())
"""


def test_a_killed_process_loses_no_acknowledged_decision(place):
    path = place
    code = textwrap.dedent(WRITER).format(path=path)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    acknowledged = [process.stdout.readline().strip() for _ in range(200)]
    process.kill()
    rest, _ = process.communicate()
    acknowledged += [line for line in rest.splitlines() if len(line) == len(acknowledged[0])]
    with DecisionStore(path) as store:
        kept = {row["decision_id"] for i in range(8) for row in store.decisions_of(f"L-{i}", limit=100_000)}
    assert len(acknowledged) >= 200
    assert set(acknowledged) <= kept


def test_ids_sort_by_time_and_never_meet(record_of):
    now = record_of().decided_at
    assert len({new_decision_id(now) for _ in range(10_000)}) == 10_000
