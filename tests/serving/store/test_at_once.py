"""On a local file the event loop commits itself; what does not go at once is the thread's."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import threading
import time

import pytest

from leadscore.serving import DecisionStore
from leadscore.serving.store import StoreUnavailable, Written, writer
from leadscore.serving.store.databases import LOG_PAGES, PAGE_BYTES, SqliteDatabase


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.db"


@pytest.fixture
def threads(monkeypatch):
    """Names of the threads that commit, in their order."""
    found, commit = [], writer.GroupWriter._commit

    def watched(self, *given):
        found.append(threading.current_thread().name)
        return commit(self, *given)

    monkeypatch.setattr(writer.GroupWriter, "_commit", watched)
    return found


def test_a_lone_decision_and_a_turn_of_many_are_committed_by_the_event_loop(path, runner, record_of, threads):
    async def turn(store):
        await asyncio.gather(*(store.append([record_of(f"L-{n}")]) for n in range(16)))

    with DecisionStore(path) as store:
        runner.run(store.append([record_of("L-1")]))
        runner.run(turn(store))
    assert threads == ["MainThread"] * 2


def test_a_large_batch_does_not_hold_up_the_event_loop(path, runner, record_of, threads):
    with DecisionStore(path) as store:
        runner.run(store.append([record_of(f"L-{n}") for n in range(writer.AT_ONCE_ROWS + 1)]))
    assert threads == ["leadscore-writer"]


def test_a_server_is_waited_for_by_the_thread(place, runner, record_of, threads):
    with DecisionStore(place) as store:
        runner.run(store.append([record_of("L-1")]))
    assert threads == ["leadscore-writer" if "postgresql" in place else "MainThread"]


def test_after_a_slow_commit_the_thread_commits_for_a_while(path, runner, record_of, threads, monkeypatch):
    monkeypatch.setattr(writer, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(writer, "SLOW_PAUSE_SECONDS", 0.2)
    with DecisionStore(path) as store:
        for _ in range(2):
            runner.run(store.append([record_of("L-1")]))
        time.sleep(0.25)
        runner.run(store.append([record_of("L-1")]))
        assert len(store.decisions_of("L-1")) == 3
    assert threads == ["MainThread", "leadscore-writer", "MainThread"]


def test_a_lock_that_is_soon_given_back_costs_nobody_a_decision(path, runner, record_of, threads):
    with DecisionStore(path) as store:
        other = SqliteDatabase(path).connect()
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.05, lambda: other.execute("COMMIT"))
        release.start()
        assert runner.run(store.append([record_of("L-1")])) == Written()
        release.join()
        other.close()
    assert threads == ["MainThread", "leadscore-writer"]


def write_beside_another(path, names, record_of_name, start, refused):
    async def caller(store, name):
        for turn in range(40):
            try:
                await store.append([record_of_name(f"{name}-{turn}")])
            except StoreUnavailable:
                refused.value += 1

    async def callers(store):
        await asyncio.gather(*(caller(store, name) for name in names))

    with DecisionStore(path) as store:
        start.wait(30)
        asyncio.run(callers(store))


def test_two_workers_on_one_file_refuse_nobody(path, record_of):
    forks = multiprocessing.get_context("fork")
    start, refused = forks.Barrier(2), forks.Value("i", 0)
    given = (record_of, start, refused)
    workers = [forks.Process(target=write_beside_another, args=(path, range(n, n + 8), *given)) for n in (0, 8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    with DecisionStore(path) as store:
        kept = len(list(store.decisions()))
    assert (refused.value, kept) == (0, 16 * 40)


def test_a_new_file_has_large_pages_and_an_old_one_keeps_its_own(path, tmp_path):
    old = SqliteDatabase(tmp_path / "old.db")
    with DecisionStore(path) as store:
        assert store.writer._connection.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)
    with sqlite3.connect(old.path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with DecisionStore(old.path) as store:
        assert store.writer._connection.execute("PRAGMA page_size").fetchone() == (4096,)


def test_the_log_does_not_grow_for_ever(path, runner, record_of):
    async def story(store):
        for turn in range(400):
            await asyncio.gather(*(store.append([record_of(f"L-{turn}-{n}")]) for n in range(4)))

    with DecisionStore(path) as store:
        runner.run(story(store))
        assert path.with_name("decisions.db-wal").stat().st_size < 1.2 * LOG_PAGES * PAGE_BYTES
        frames = store.writer._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert frames[1] == frames[2]
