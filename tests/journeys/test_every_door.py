"""One answer at every door: HTTP, a file, Python, and MLflow's own two, each in the process that users run."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

import leadscore as ls
from leadscore.models.registry import Registry, quiet
from leadscore.scoring import Activity, Lead

TOLD = ("lead_id", "score", "tier", "tier_role", "role", "fit", "engagement", "reason_1", "reason_2", "reason_3")
LIKELIHOODS = ("p_qualify", "p_close")
TO_START = 240
"""Seconds that a server may take on a busy machine."""


@pytest.fixture(scope="module")
def trained(newcomer: Any) -> Any:
    """The newcomer, with a model that looked at leads at several moments of their life: creation counts too."""
    recipe = (newcomer.home / "leads/sample.toml").read_text()
    recipe = recipe.replace("[lead] ", "[lead]\nmoments = [0, 7, 30] ").replace("trials = 6", "trials = 2")
    (newcomer.home / "leads/moments.toml").write_text(recipe)
    ended = newcomer.run("train", "leads/moments.toml", "--registry-name", "moments", "--quiet")
    assert ended.code == 0, ended.err
    return newcomer


@pytest.fixture(scope="module")
def as_of(trained: Any) -> datetime:
    """A day after the last lead came."""
    return _moment(_rows(trained.home / "leads/leads.csv")[-1]["Created"]) + timedelta(days=1)


@pytest.fixture(scope="module")
def leads(trained: Any, as_of: datetime) -> list[dict[str, Any]]:
    """Leads of the last weeks as a caller sends them: with gaps, moments, and what they did until now."""
    events: dict[str, list[dict[str, str]]] = {}
    for row in _rows(trained.home / "leads/activities.csv"):
        events.setdefault(row["Lead ID"], []).append({"type": row["Type"], "at": row["At"]})
    recent = [
        row
        for row in _rows(trained.home / "leads/leads.csv")
        if as_of - _moment(row["Created"]) < timedelta(days=40) and row["Last Activity Date"]
    ][::8]
    return [
        {
            "lead_id": row["Lead ID"],
            "fields": {name: value for name, value in row.items() if name != "Created"},
            "activities": [e for e in events.get(row["Lead ID"], []) if _moment(e["at"]) <= as_of],
            "created": row["Created"],
            "at": as_of.isoformat(),
        }
        for row in recent
    ]


@pytest.fixture(scope="module")
def replies(trained: Any, leads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the service says of each, asked one by one."""
    with trained.serving("models:/moments/1", "--no-auth") as client:
        return [client.score(lead) for lead in leads]


def test_the_leads_have_gaps_and_events_and_differ(leads, replies):
    assert len(leads) >= 40
    assert any(value == "" for lead in leads for value in lead["fields"].values())
    assert sum(bool(lead["activities"]) for lead in leads) > 20
    assert len({reply["p_close"] for reply in replies}) > 20


def test_a_file_says_what_the_service_says(trained, leads, replies, as_of):
    home = trained.home
    columns = ["Lead ID", "Created", *(name for name in leads[0]["fields"] if name != "Lead ID")]
    with (home / "few.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows({**lead["fields"], "Created": lead["created"]} for lead in leads)
    options = ("--activities", "leads/activities.csv", "--as-of", as_of.isoformat(), "--model", "models:/moments/1")
    ended = trained.run("score", "few.csv", "--out", "few.jsonl", *options)
    assert ended.code == 0, ended.err
    agrees([json.loads(line) for line in (home / "few.jsonl").read_text().splitlines()], replies)


def test_python_says_what_the_service_says(trained, leads, replies):
    with quiet():
        scorer = ls.load("models:/moments/1", home=trained.home)
    given = [
        Lead(
            lead["lead_id"],
            lead["fields"],
            [Activity(event["type"], _moment(event["at"])) for event in lead["activities"]],
            created=_moment(lead["created"]),
            at=_moment(lead["at"]),
        )
        for lead in leads
    ]
    agrees([decision.reply() for decision in scorer.decide(given)], replies)


def test_the_loaded_model_says_what_the_service_says(trained, leads, replies):
    with quiet():
        version = Registry(trained.home, name="moments", uri="").version("1")
        model = mlflow.pyfunc.load_model(version.location)
        agrees(model.predict(pd.DataFrame(records(leads))).to_dict("records"), replies)


def test_the_process_of_mlflow_says_what_the_service_says(trained, leads, replies, tmp_path):
    with mlflow_serving(trained.home, "models:/moments/1", tmp_path / "mlflow.log") as url:
        rows = records(leads)
        together = asked(url, {"dataframe_records": rows})
        split = asked(url, {"dataframe_split": {"columns": [*rows[0]], "data": [[*row.values()] for row in rows]}})
        alone = [prediction for row in rows[:10] for prediction in asked(url, {"dataframe_records": [row]})]
    agrees(together, replies)
    agrees(split, replies)
    agrees(alone, replies[:10])


def agrees(found: Sequence[dict[str, Any]], replies: Sequence[dict[str, Any]]) -> None:
    assert len(found) == len(replies)
    for row, reply in zip(found, replies, strict=True):
        assert [row[key] for key in TOLD] == [reply[key] for key in TOLD]
        for key in LIKELIHOODS:
            assert float(row[key]) == pytest.approx(reply[key], rel=0, abs=1e-12)


def records(leads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The leads as rows of a frame: every cell that is empty in the export is null."""
    rest = ("activities", "created", "at")
    return [
        {
            **{name: value or None for name, value in lead["fields"].items()},
            **{name: lead[name] for name in rest},
        }
        for lead in leads
    ]


@contextmanager
def mlflow_serving(home: Path, model: str, log: Path) -> Iterator[str]:
    """`mlflow models serve` as its users run it, ended with all that it started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = ["-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local", "--port", str(port)]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": Registry(home, uri="").uri,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # it looks for uvicorn there
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *words], env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield _awake(f"http://127.0.0.1:{port}", process, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)


def _awake(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + TO_START
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/ping", timeout=60):
            return url
        time.sleep(0.2)
    raise AssertionError(f"mlflow models serve did not start:\n{log.read_text()[-3000:]}")


def asked(url: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    body = json.dumps(content, allow_nan=False).encode()
    request = urllib.request.Request(f"{url}/invocations", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)["predictions"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
