"""Servers in processes of their own, started for a benchmark and ended with it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["free_port", "server"]

START_SECONDS = 90


@contextmanager
def server(command: Sequence[str], home: Path) -> Iterator[str]:
    """Start a server in Python, give its address, and end it and all that it started."""
    log = home / f"server-{len(list(home.glob('server-*')))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _announced(process, log)
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, end)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the address in what the server says."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8")):
            return found[0]
        time.sleep(0.1)
    raise RuntimeError(f"a server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _environment(home: Path) -> dict[str, str]:
    """What every child sees; `mlflow models serve` looks for uvicorn on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    store = f"sqlite:///{home}/models/mlflow.db"
    return {**os.environ, "PATH": path, "LEADSCORE_HOME": str(home), "MLFLOW_TRACKING_URI": store}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
