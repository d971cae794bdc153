"""Whatever comes in, the answer is a short problem that repeats nothing of it, and never a 5xx."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CANARY = "canary-7f3a"


def lead(fields: str, rest: str = "") -> bytes:
    return f'{{"lead_id": 1, "fields": {{{fields}}}{rest}}}'.encode()


HOSTILE = {
    "unknown field": lead(f'"Budget": "{CANARY}"'),
    "not a number": lead(f'"Employees": "{CANARY}"'),
    "NaN": lead(f'"Employees": NaN, "City": "{CANARY}"'),
    "1e999": lead(f'"Employees": 1e999, "City": "{CANARY}"'),
    "duplicate key": lead(f'"City": "{CANARY}", "City": "{CANARY}"'),
    "lone surrogate": lead(rf'"City": "{CANARY}\ud800"'),
    "NUL": lead(rf'"City": "{CANARY}\u0000"'),
    "nested": lead(f'"City": ["{CANARY}"]'),
    "deep": lead('"City": ' + "[" * 1000 + f'"{CANARY}"' + "]" * 1000),
    "deeper": b"[" * 60_000,
    "no lead_id": f'{{"fields": {{"City": "{CANARY}"}}}}'.encode(),
    "lead_id true": b'{"lead_id": true, "fields": {}}',
    "lead_id long": json.dumps({"lead_id": CANARY * 100, "fields": {}}).encode(),
    "fields a list": f'{{"lead_id": 1, "fields": ["{CANARY}"]}}'.encode(),
    "wrong moment": lead("", f', "at": "{CANARY}"'),
    "wrong activity": lead("", f', "activities": ["{CANARY}"]'),
    "no UTF-8": CANARY.encode() + b"\xff",
    "no JSON": f"{{{CANARY}".encode(),
    "empty": b"",
    "2 MB": lead(f'"City": "{CANARY * 200_000}"'),
    "digits": lead('"Employees": ' + "9" * 5000),
}


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_short_problem_without_an_echo(client, caplog, case, path):
    caplog.set_level(logging.DEBUG)
    body = HOSTILE[case] if path == "/v1/score" else b"[%s]" % HOSTILE[case]
    reply = client.score(body, path)
    problem = reply
    if path.endswith("batch") and reply.status_code == 200 and reply.json():
        [entry] = reply.json()
        problem = httpx.Response(entry["problem"]["status"], json=entry["problem"])
    if case != "empty" or path == "/v1/score":
        assert 400 <= problem.status_code < 500
        assert {"type", "title", "status", "detail"} <= set(problem.json())
        assert len(reply.content) < 1000
    assert CANARY not in reply.text
    assert CANARY not in caplog.text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(["Employees", "Callback", "Consent", "Lead Source", "Phone"]) | st.text(max_size=5)
leads = st.fixed_dictionaries(
    {},
    optional={
        "lead_id": st.text(max_size=5) | values,
        "fields": st.dictionaries(names, values, max_size=4) | values,
        "activities": st.lists(st.fixed_dictionaries({"type": values, "at": values}) | values, max_size=3) | values,
        "at": values | st.datetimes().map(str),
        "created": values,
        "more": values,
    },
)
paths = st.sampled_from(["/v1/score", "/v1/score?detail=full", "/v1/score/batch", "/v1/outcomes"])
many = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(body=st.binary(max_size=300) | leads.map(lambda p: json.dumps(p).encode()), path=paths)
def test_no_body_makes_a_server_error(client, body, path):
    assert client.score(body, path).status_code < 500


@many
@given(batch=st.lists(leads | values, max_size=4))
def test_no_lead_spoils_its_batch(client, batch):
    reply = client.score(batch, "/v1/score/batch")
    assert reply.status_code == 200
    assert len(reply.json()) == len(batch)


@many
@given(path=st.text(st.characters(codec="utf-8"), max_size=20), query=st.text(max_size=20))
def test_no_path_makes_a_server_error(client, path, query):
    limit = query.encode(errors="replace")
    assert client("GET", f"/v1/leads/{quote(path)}", params={"limit": limit}).status_code < 500


def test_a_bug_of_ours_is_a_500_that_says_nothing(scorer, client, payload, monkeypatch, caplog):
    def fail(self, leads, **options):
        raise ValueError(f"something about {CANARY}")

    monkeypatch.setattr(type(scorer), "decide", fail)
    reply = client.score(payload)
    assert reply.status_code == 500
    assert reply.json()["type"] == "urn:leadscore:problem:internal"
    assert CANARY not in reply.text + caplog.text
    assert "ValueError" in caplog.text
