from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from leadscore.serving.guard import KeyRing, mint

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUTES = [
    ("POST", "/v1/score"),
    ("POST", "/v1/score/batch"),
    ("GET", "/v1/model"),
    ("GET", "/v1/tiers"),
    ("GET", "/v1/leads/L-1042"),
    ("DELETE", "/v1/leads/L-1042"),
    ("POST", "/v1/outcomes"),
    ("GET", "/v1/capacity"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/nowhere"),
    ("OPTIONS", "/v1/score"),
    ("GET", "/live/"),
    ("GET", "//ready"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer lsk_wrong"},
        {"Authorization": "Basic lsk_wrong"},
        {"X-API-Key": ""},
        {"X-API-Key": "lsk_" + "x" * 5000},
        {"X-API-Key": "é".encode("latin-1")},
    ],
)
def test_no_route_opens_without_a_key(client_for, method, path, headers):
    reply = client_for(auth=True)(method, path, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json()["type"].startswith("urn:leadscore:problem:key-")


@pytest.mark.parametrize("path", ["/live", "/ready"])
def test_health_needs_no_key(client_for, path):
    assert client_for(auth=True)("GET", path).status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "authorization-lower", "X-API-Key"])
def test_a_key_opens_by_either_header(client_for, store, payload, header):
    key = store.add_key("crm", NOW)
    headers = {
        "Authorization": {"Authorization": f"Bearer {key}"},
        "authorization-lower": {"authorization": f"bearer {key}"},
        "X-API-Key": {"X-API-Key": key},
    }[header]
    assert client_for(auth=True).score(payload, headers=headers).status_code == 200


def test_nearly_a_key_does_not_open(client_for, store, payload):
    key = store.add_key("crm", NOW)
    client = client_for(auth=True)
    for wrong in (key[:-1], key[:12], key + "x", key[:-1] + chr(ord(key[-1]) ^ 1), key.upper()):
        assert client.score(payload, headers={"X-API-Key": wrong}).status_code == 401


def test_two_keys_open_and_a_revoked_one_closes_within_a_second(store):
    first, second = (store.add_key(name, NOW).encode() for name in ("old", "new"))
    seconds = 0.0
    ring = KeyRing(store.keys, clock=lambda: seconds)
    assert ring.opens(first)
    assert ring.opens(second)
    assert store.revoke(first[:12].decode(), NOW)
    seconds = 1.0
    assert not ring.opens(first)
    assert ring.opens(second)


def test_keys_are_read_at_most_once_a_second():
    reads = []
    ring = KeyRing(lambda: reads.append(1) or [], clock=lambda: 5.0)
    assert not any(ring.opens(b"lsk_%d" % i) for i in range(100))
    assert len(reads) == 1


def test_a_key_has_256_random_bits_and_only_its_digest_is_kept():
    texts = {mint("crm", NOW)[0] for _ in range(100)}
    assert len(texts) == 100
    text, key = mint("crm", NOW)
    assert len(text) == 4 + 43
    assert key.digest == sha256(text.encode()).hexdigest()
