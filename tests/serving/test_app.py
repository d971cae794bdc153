"""The journey over a real socket: start, score, end, look into the file."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import socket
from datetime import UTC, datetime

import httpx
import pytest

from leadscore.errors import OutOfReach
from leadscore.serving import DecisionStore, Settings, create_app, run


@pytest.fixture
def server(tmp_path, start_server):
    """A service of its own process on a free port: its process and URL."""
    store = str(tmp_path / "decisions.db")
    return *start_server(store=store, log_requests=True), store


def test_a_lead_is_scored_over_a_socket_and_kept(server, payload):
    process, url, path = server
    with DecisionStore(path) as store:
        key = store.add_key("journey", datetime.now(UTC))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        assert client.get("/ready").status_code == 200
        reply = client.post("/v1/score", json=payload)
        assert reply.status_code == 200
        assert client.post("/v1/score", content=b"x" * 2_000_000).status_code == 413
        assert client.post("/v1/score", content=(b"x" * 10_000 for _ in range(100))).status_code == 413
        assert httpx.post(f"{url}/v1/score", json=payload).status_code == 401
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 130
    with DecisionStore(path) as store:
        [kept] = store.decisions_of("L-1042")
    assert kept["decision_id"] == reply.json()["decision_id"]
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"/v1/score", "/ready"} <= {line["route"] for line in lines}
    assert "L-1042" not in log
    assert "keys add" in log


def test_a_taken_port_is_out_of_reach_and_says_what_to_do(scorer, store):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutOfReach, match=f"port {port}.*--port"):
            run(create_app(scorer, store, Settings(auth=False)), "127.0.0.1", port)


def test_requests_are_logged_by_route_never_by_path(client, payload, caplog):
    caplog.set_level(logging.INFO, "leadscore.serving")
    client.score(payload)
    client("GET", "/v1/leads/L-1042")
    assert [json.loads(message)["route"] for message in caplog.messages] == ["/v1/score", "/v1/leads/{lead_id:path}"]
