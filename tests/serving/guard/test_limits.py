from __future__ import annotations

import asyncio

import pytest

from leadscore.serving.guard import BodyLimit


async def chunks(count: int, size: int):
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize(("path", "limit"), [("/v1/score", 2048), ("/v1/score/batch", 4096), ("/elsewhere", 2048)])
def test_a_body_may_have_just_its_limit_announced_or_chunked(client_for, path, limit):
    client = client_for(lead_bytes=2048, batch_bytes=4096)
    for content in (b" " * limit, chunks(limit // 512, 512)):
        assert client("POST", path, content=content).status_code in (400, 404)
    for content in (b" " * (limit + 1), chunks(limit // 512 + 1, 512)):
        reply = client("POST", path, content=content)
        assert reply.status_code == 413
        assert reply.json()["detail"] == f"the body is larger than {limit} bytes"


@pytest.mark.parametrize("announced", ["9" * 5000, "-1", "x", "0"])
def test_an_odd_announcement_is_no_error_of_ours(client, announced):
    assert client("POST", "/v1/score", content=b"{}", headers={"Content-Length": announced}).status_code < 500


def test_a_caller_who_hangs_up_reaches_nobody():
    async def app(scope, receive, send):
        raise AssertionError("the app was called")

    async def hung_up():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/v1/score", "headers": []}
    asyncio.run(BodyLimit(app, 10, {})(scope, hung_up, None))
