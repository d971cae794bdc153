"""kill -9 under load, again and again: what was acknowledged is there, once, and the service is back in seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from leadscore.serving.store import schema
from leadscore.serving.store.databases import open_database

SURVIVOR = Path(__file__).with_name("survivor.py")
CONNECTIONS = 16


def start(bundle: Path, place: str, *, hasty: bool = False) -> tuple[subprocess.Popen, str]:
    given = json.dumps({"bundle": str(bundle), "place": place, "hasty": hasty})
    process = subprocess.Popen([sys.executable, str(SURVIVOR), given], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


async def load_until_killed(process, url: str, seconds: float, acknowledged: list[str]) -> None:
    """Post from many connections; what was acknowledged is noted outside of the process that dies."""

    async def caller(client: httpx.AsyncClient, number: int) -> None:
        while True:
            reply = await client.post("/v1/score?reasons=0", json={"lead_id": number, "fields": {}})
            assert reply.json()["stored"] is True
            acknowledged.append(reply.json()["decision_id"])

    known = len(acknowledged)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=CONNECTIONS)) as client:
        callers = [asyncio.ensure_future(caller(client, number)) for number in range(CONNECTIONS)]
        while len(acknowledged) < known + CONNECTIONS:
            await asyncio.sleep(0.01)
        await asyncio.sleep(seconds)
        process.kill()
        ends = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(end, httpx.HTTPError) for end in ends), ends
    process.wait()


def ready_within(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/ready").status_code == 200:
                return
        time.sleep(0.01)
    raise AssertionError("never ready")


def kept_in(place: str) -> set[str]:
    engine = open_database(place).engine()
    with engine.connect() as connection:
        found = set(connection.execute(select(schema.decision.c.decision_id)).scalars())
    engine.dispose()
    return found


def kill_again_and_again(bundle, place, times: int, *, hasty: bool = False) -> tuple[list[str], list[float]]:
    """Kill so many times; return what was acknowledged and how long each new start took until it was ready."""
    acknowledged, starts = [], []
    draw = random.Random(7)
    for _ in range(times):
        begun = time.monotonic()
        process, url = start(bundle, place, hasty=hasty)
        try:
            ready_within(url)
            starts.append(time.monotonic() - begun)
            asyncio.run(load_until_killed(process, url, draw.uniform(0.2, 0.6), acknowledged))
        finally:
            process.kill()
            process.communicate()
    return acknowledged, starts


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled(bundle_folder, place, proof, promise):
    kind = "PostgreSQL" if "postgresql" in place else "SQLite"
    times = (50 if kind == "SQLite" else 10) if proof else 3
    acknowledged, starts = kill_again_and_again(bundle_folder, place, times)
    kept = kept_in(place)
    promise(f"{kind}: acknowledged decisions under load, {times} kills", len(acknowledged), at_least=times)
    promise(f"{kind}: acknowledged decisions lost", len(set(acknowledged) - kept), at_most=0)
    asked_for = len(acknowledged) + times * CONNECTIONS
    promise(f"{kind}: decisions kept beyond those asked for", max(0, len(kept) - asked_for), at_most=0)
    what = f"{kind}: seconds from start to ready after a kill, the worst (median {statistics.median(starts):.1f})"
    promise(what, round(max(starts), 2), at_most=5, timed=True)


def test_the_control_that_acknowledges_before_the_commit_does_lose(bundle_folder, tmp_path, proof, promise):
    place = str(tmp_path / "hasty.db")
    acknowledged, _ = kill_again_and_again(bundle_folder, place, 10 if proof else 2, hasty=True)
    lost = set(acknowledged) - kept_in(place)
    promise(f"negative control, of {len(acknowledged)} acknowledged before the commit lost", len(lost), at_least=1)
