"""Load on a local HTTP endpoint: by wrk where it is installed, else by a generator in Python, which is slower."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import numpy as np

__all__ = ["COUNTER", "Load", "generator", "load"]

COUNTER = "#NUMBER#"
"""Stands in a body for the number of the request, so that every lead is another one."""

_FIRST = count(10_000_000, 10_000_000)
"""Where each load begins to count, so that its leads are new to who was loaded before."""

_SCRIPT = """
local number = %(first)d
local parts = {%(parts)s}
function request()
  number = number + 1
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, table.concat(parts, number))
end
function done(summary, latency, requests)
  io.write(string.format('RESULT {"requests": %%d, "microseconds": %%d, "failed": %%d, "p50": %%d, "p99": %%d}\\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What an endpoint did under load.

    Parameters
    ----------
    per_second
        Requests answered in a second.
    p50, p99
        Milliseconds from request to reply, median and 99th percentile.
    """

    per_second: float
    p50: float
    p99: float


def generator() -> Mapping[str, str]:
    """Name and version of what makes the load."""
    if shutil.which("wrk") is None:
        return {"load": "generator in Python, which itself limits the rate"}
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)  # it exits with 1
    return {"wrk": said.stdout.split()[1]}


def load(url: str, body: str, *, connections: int, seconds: float, first: int | None = None) -> Load:
    """Post a body over and over on open connections.

    Parameters
    ----------
    url
        Where to.
    body
        JSON text with `COUNTER` in it.
    connections
        Requests under way at any moment.
    seconds
        How long.
    first
        Number of the first request; one that was not used yet when None.

    Raises
    ------
    RuntimeError
        A request was not answered with success.
    """
    by = _by_wrk if shutil.which("wrk") else _by_python
    return by(url, body, connections, seconds, next(_FIRST) if first is None else first)


def _by_wrk(url: str, body: str, connections: int, seconds: float, first: int) -> Load:
    parts = ", ".join(_in_lua(part) for part in body.split(COUNTER))
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        script.write(_SCRIPT % {"first": first, "parts": parts})
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "30s", "-s", script.name, url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    result = json.loads(run.stdout.split("RESULT ", 1)[1])
    _refuse_failures(url, result["failed"], result["requests"])
    return Load(1e6 * result["requests"] / result["microseconds"], result["p50"] / 1000, result["p99"] / 1000)


def _in_lua(text: str) -> str:
    """Quote a text for Lua, whose long brackets take everything but their own end."""
    return f"[===[{text}]===]"


def _by_python(url: str, body: str, connections: int, seconds: float, first: int) -> Load:
    return asyncio.run(_many(url, body, connections, seconds, first))


async def _many(url: str, body: str, connections: int, seconds: float, first: int) -> Load:
    begun = time.perf_counter()
    numbers = range(first, first + connections)
    waits = await asyncio.gather(*(_one(url, body, begun + seconds, n, connections) for n in numbers))
    elapsed = time.perf_counter() - begun
    taken = 1000 * np.concatenate(waits)
    return Load(len(taken) / elapsed, float(np.quantile(taken, 0.5)), float(np.quantile(taken, 0.99)))


async def _one(url: str, body: str, until: float, number: int, step: int) -> list[float]:
    """Post on one connection, and return how long each request took, in seconds."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    path = where.path + (f"?{where.query}" if where.query else "")
    waits = []
    try:
        while (sent := time.perf_counter()) < until:
            content = body.replace(COUNTER, str(number)).encode()
            head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            length = next(int(field.split(":")[1]) for field in fields if field.startswith("content-length"))
            await reader.readexactly(length)
            _refuse_failures(url, 0 if " 200" in status else 1, 1)
            waits.append(time.perf_counter() - sent)
            number += step
    finally:
        writer.close()
    return waits


def _refuse_failures(url: str, failed: int, requests: int) -> None:
    if failed:
        raise RuntimeError(f"{url}: {failed} of {requests} requests failed")
