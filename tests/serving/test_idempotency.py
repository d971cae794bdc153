"""One row and one reply per ``Idempotency-Key``: under concurrency, across workers and restarts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from leadscore.serving import DecisionStore
from leadscore.serving.store import KeyedRequest, schema

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
KEY = {"Idempotency-Key": "k-1"}
AT_ONCE = 6


def count(store, table) -> int:
    engine = store.database.engine()
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(table)).scalar_one()
    engine.dispose()
    return found


def test_the_same_request_gets_the_same_bytes_and_makes_one_decision(client, store, payload):
    first, again = (client.score(payload, headers=KEY) for _ in range(2))
    assert first.content == again.content
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert count(store, schema.decision) == 1
    assert client.score(payload).content != first.content
    assert count(store, schema.decision) == 2


def test_a_batch_has_one_key(client, store, payload):
    batch = [payload, {"lead_id": 7, "fields": {"Budget": 1}}]
    first, again = (client.score(batch, "/v1/score/batch", headers=KEY) for _ in range(2))
    assert first.content == again.content
    assert count(store, schema.decision) == 1
    refused = [client.score(b"[{}]", "/v1/score/batch", headers={"Idempotency-Key": "k-2"}) for _ in range(2)]
    assert refused[0].content == refused[1].content


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score?detail=full", "/v1/score/batch"])
def test_another_request_under_the_same_key_is_refused(client, payload, path):
    client.score(payload, headers=KEY)
    reply = client.score(payload | {"lead_id": "L-2"} if path == "/v1/score" else payload, path, headers=KEY)
    assert reply.status_code == 422
    assert reply.json()["type"] == "urn:leadscore:problem:idempotency-key-reused"
    assert "k-1" not in reply.text


def test_keys_of_different_callers_do_not_meet(client_for, store, payload):
    client = client_for(auth=True)
    callers = [store.add_key(name, NOW) for name in ("a", "b")]
    replies = [client.score(payload, headers=KEY | {"X-API-Key": caller}) for caller in callers * 2]
    assert replies[0].content == replies[2].content != replies[1].content == replies[3].content


def test_a_reply_is_kept_for_a_day(place, runner, record_of):
    def told(hours: int, reply: bytes):
        keyed = KeyedRequest.of("", "k-1", b"asked", NOW + timedelta(hours=hours))
        kept = store.kept(keyed)
        written = runner.run(store.append([record_of()], keyed, reply))
        return kept and kept.reply, written.kept and written.kept.reply

    with DecisionStore(place) as store:
        assert told(0, b"first") == (None, None)
        assert told(23, b"second") == (b"first", b"first")
        assert told(25, b"third") == (None, None)
        assert told(26, b"fourth") == (b"third", b"third")
        assert count(store, schema.decision) == 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_without_use_is_refused(client, payload, key):
    reply = client.score(payload, headers={"Idempotency-Key": key})
    assert reply.json()["errors"] == [{"loc": ["header", "Idempotency-Key"], "type": "invalid_parameter"}]


def test_a_refused_request_leaves_its_key_free(client, payload):
    assert client.score(b"{}", headers=KEY).status_code == 422
    assert client.score(payload, headers=KEY).status_code == 200


async def ask(urls, payload, keys):
    """Send each key several times at once, spread over the workers."""

    async def once(client, key):
        body = payload | {"lead_id": f"L-{key}"}
        while True:
            reply = await client.post("/v1/score", json=body, headers={"Idempotency-Key": f"k-{key}"})
            if reply.status_code != 503:  # one worker waited too long for the other; the same key goes again
                assert reply.status_code == 200, reply.text
                return key, reply.content

    limits = httpx.Limits(max_connections=16)
    clients = [httpx.AsyncClient(base_url=url, limits=limits, timeout=60) for url in urls]
    calls = [once(clients[n % len(clients)], key) for key in keys for n in range(AT_ONCE)]
    replies: dict[int, set[bytes]] = {}
    for key, content in await asyncio.gather(*calls):
        replies.setdefault(key, set()).add(content)
    await asyncio.gather(*(client.aclose() for client in clients))
    return replies


def test_two_workers_and_a_restart_give_one_reply_and_one_row_per_key(place, start_server, payload, proof, promise):
    keys, kind = 300 if proof else 40, "PostgreSQL" if "postgresql" in place else "SQLite"
    workers = [start_server(store=place, auth=False) for _ in range(2)]
    replies = asyncio.run(ask([url for _, url in workers], payload, range(keys)))
    for process, _ in workers:
        process.kill()
    _, url = start_server(store=place, auth=False)
    for key, contents in asyncio.run(ask([url], payload, range(0, keys, 10))).items():
        replies[key] |= contents
    several = sum(len(contents) > 1 for contents in replies.values())
    what = f"{kind}: keys with several replies, {keys} keys x {AT_ONCE} at once, 2 workers and a restart"
    promise(what, several, at_most=0)
    with DecisionStore(place) as store:
        beyond = abs(count(store, schema.decision) - keys) + abs(count(store, schema.idempotency) - keys)
    promise(f"{kind}: rows more or less than one per key", beyond, at_most=0)
