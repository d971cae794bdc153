"""A small trained scorer and a client that needs no server."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import secrets
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy

from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.scoring.decision import Lead
from leadscore.scoring.scorer import Scorer
from leadscore.serving import DecisionStore, Settings, create_app
from leadscore.serving.store import DecisionRecord, new_decision_id
from leadscore.training.pipeline import fit_bundle

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


RECIPE = """
name = "tiny"
currency = "EUR"
[data]
leads = "leads.csv"
[lead]
id = "Id"
order = "row"
consent = "Consent"
missing = ["Select"]
[close]
column = "Won"
positive = ["yes"]
negative = ["no"]
[columns]
ignore = ["Phone", "City"]
[value]
margin_per_win = 5000
[structure]
preset = "three_tier"
leads_per_period = 100
[search]
trials = 1
"""


def write_history(folder: Path) -> None:
    """Leads of which those from webinars, of large companies, and that asked for a call are won more often."""
    draw = random.Random(7)
    lines = ["Id,Employees,Consent,Callback,Lead Source,Phone,City,Won"]
    for i in range(1500):
        employees, source = round(draw.lognormvariate(4, 1.5)), draw.choice(["Webinar", "Purchased list", "Referral"])
        answers = [draw.choice(["true", "false"]) for _ in range(2)]
        log_odds = 0.6 * math.log1p(employees) + 1.5 * (source == "Webinar") + (answers[1] == "true") - 4.5
        won = "yes" if draw.random() < 1 / (1 + math.exp(-log_odds)) else "no"
        lines.append(f"L-{i},{employees},{answers[0]},{answers[1]},{source},+41,Bern,{won}")
    (folder / "leads.csv").write_text("\n".join(lines))
    (folder / "tiny.toml").write_text(RECIPE)


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    write_history(folder)
    return save_bundle(fit_bundle(folder / "tiny.toml", now=NOW).bundle, folder / "bundle")


@pytest.fixture(scope="session")
def scorer(bundle_folder) -> Scorer:
    return Scorer(load_bundle(bundle_folder), version="7")


class Client:
    """Speaks to an app in this process, from synchronous tests."""

    def __init__(self, app, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner

    def __call__(self, method: str, path: str, **options) -> httpx.Response:
        return self.runner.run(self._call(method, path, **options))

    async def _call(self, method: str, path: str, **options) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, **options)

    def score(self, payload, path: str = "/v1/score", **options) -> httpx.Response:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self("POST", path, content=body, **options)


SERVER = """
import sys
from pathlib import Path
from leadscore.models.bundle import load_bundle
from leadscore.scoring.scorer import Scorer
from leadscore.serving import Settings, serve

settings = Settings(**{settings!r})
try:
    serve(Scorer(load_bundle(Path({bundle!r}))), settings, announce=lambda url: print(url, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def start_server(bundle_folder):
    """Starts services in processes of their own, on free ports; gives process and URL of each, and ends them."""
    started = []

    def start(**settings) -> tuple[subprocess.Popen, str]:
        code = textwrap.dedent(SERVER).format(settings={"port": 0} | settings, bundle=str(bundle_folder))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ), **pipes))
        return started[-1], started[-1].stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path) -> str:
    """A place for a store that nobody has used: a path, or the URL of a schema of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "decisions.db")
    url = request.getfixturevalue("postgres_url")
    name = f"store_{secrets.token_hex(4)}"
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return f"{url}&options=-csearch_path%3D{name}"


@pytest.fixture
def store(tmp_path):
    with DecisionStore(tmp_path / "decisions.db") as store:
        yield store


@pytest.fixture
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def client_for(scorer, store, runner):
    """A client of a service with these settings; without keys unless asked otherwise."""

    def make(**settings) -> Client:
        return Client(create_app(scorer, store, Settings(**({"auth": False} | settings))), runner)

    return make


@pytest.fixture
def client(client_for) -> Client:
    return client_for()


@pytest.fixture
def payload() -> dict:
    return {
        "lead_id": "L-1042",
        "fields": {"Employees": "1,200", "Callback": "yes", "Lead Source": "Webinar", "Phone": "known, not used"},
        "activities": [{"type": "email_open", "at": "2026-11-02T09:14:00Z"}],
    }


@pytest.fixture
def record_of(scorer):
    """A record ready to be stored."""

    def make(lead_id: str = "L-1", **fields) -> DecisionRecord:
        lead = Lead(lead_id, fields, at=NOW)
        [decision] = scorer.decide([lead], detail=True)
        return DecisionRecord(new_decision_id(NOW), NOW, lead, decision)

    return make
