"""Requests per second and waiting times of the service, beside peers under the same load in the same run.

Peers are a FastAPI endpoint that reads an equal payload and does nothing (the most that this stack can give on this
machine), and ``mlflow models serve`` on the same registered model. Our service runs as users run it: keys off on
loopback, each decision durably in SQLite before the reply. All servers have one worker and listen on 127.0.0.1.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Row, compare, run, say
from load import Load, generator, load
from sklearn.base import clone

from leadscore.data.history import decided_rows
from leadscore.data.synthetic import KNOWN_LATER, write_sample
from leadscore.models.bundle import Likelihood, save_bundle
from leadscore.models.calibration import Calibrator
from leadscore.training import TrainingResult, train
from leadscore.training.candidates import candidates
from leadscore.training.fitting import stage_rows
from leadscore.training.pipeline import read
from leadscore.training.recipe import Search, load_recipe

CONNECTIONS = 16
BATCH = 200
START_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Parameters
    ----------
    leads
        Synthetic leads that the model learns from.
    seconds, rounds
        Length of one load, and how often it is made; medians over the rounds count.
    """

    leads: int
    seconds: float
    rounds: int


FULL, SHORT = Effort(leads=20_000, seconds=5, rounds=3), Effort(leads=4_000, seconds=2, rounds=1)


def measure(short: bool) -> Iterator[Row]:
    """Train, start the servers and load them in turn."""
    effort = SHORT if short else FULL
    example = Path(__file__).with_name("lead.json")
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as servers:
        home = Path(scratch)
        result = learn(home, effort.leads)
        models = {
            "logistic regression": str(result.model),
            "two boosters of 150 trees x 15 leaves": str(boosted(result, home / "boosted")),
        }
        bodies = Bodies.of(json.loads(example.read_text(encoding="utf-8")))

        def start(*command: str) -> str:
            return servers.enter_context(server(command, home))

        say("starting the servers")
        noop = start(str(Path(__file__).with_name("noop.py")), str(example))
        ours = {name: start("-m", "leadscore", "serve", m, "--no-auth", "--port", "0") for name, m in models.items()}
        mlflow = ("-m", "mlflow", "models", "serve", "-m", str(result.model), "--env-manager", "local")
        peer = start(*mlflow, "--host", "127.0.0.1", "--port", str(_free_port()))
        for name, url in ours.items():
            yield from beside_noop(name, url, noop, bodies, effort)
        name, url = next(iter(ours.items()))
        yield from beside_mlflow(name, url, peer, bodies, effort)


def learn(home: Path, leads: int) -> TrainingResult:
    """Train and register a model: logistic regression, the first candidate, which wins in the demo as well."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # nothing is registered but in the scratch folder
    say(f"training on {leads:,} synthetic leads")
    write_sample(home / "sample", n_leads=leads)
    recipe = load_recipe(home / "sample" / "sample.toml").model_copy(update={"search": Search(trials=1)})
    return train(recipe, home=home)


def boosted(result: TrainingResult, folder: Path) -> Path:
    """Write a Bundle with the largest trees that the search may choose in place of the stages that won."""
    history = read(result.recipe)
    history = history.take(decided_rows(history))
    encoder = result.bundle.encoder
    X, largest = encoder.encode_frame(history.frame), candidates(encoder.levels, seed=0)[-1].estimator
    stages = {}
    for stage, y in history.labels.items():
        rows = stage_rows(history, stage, np.arange(len(y)))
        stages[stage] = Likelihood(clone(largest).fit(X[rows], y[rows]).model_, Calibrator())
    return save_bundle(replace(result.bundle, stages=stages), folder)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The same lead in the words of each server.

    Parameters
    ----------
    lead, batch
        For our service and for the endpoint that does nothing.
    record, records
        For MLflow, whose signature has the model's columns only and warns of others at each request.
    """

    lead: str
    batch: str
    record: str
    records: str

    @classmethod
    def of(cls, lead: Mapping[str, Any]) -> Bodies:
        """Word a lead."""
        unknown = {"Created", "Company", *KNOWN_LATER}
        row = {name: value for name, value in lead["fields"].items() if name not in unknown}
        row |= {"Lead ID": lead["lead_id"], "at": lead["at"], "activities": lead["activities"]}
        leads, rows = (
            [first, *[first | {key: f"L-{n}"} for n in range(1, BATCH)]]
            for first, key in ((lead, "lead_id"), (row, "Lead ID"))
        )
        return cls(*map(json.dumps, (lead, leads, {"dataframe_records": [row]}, {"dataframe_records": rows})))


def beside_noop(model: str, ours: str, noop: str, bodies: Bodies, effort: Effort) -> Iterator[Row]:
    """Load our service, without reasons and with them, and the endpoint that does nothing."""
    bare, full, nothing = alternate(
        f"{model} beside the no-op",
        {f"{ours}/v1/score?reasons=0": bodies.lead, f"{ours}/v1/score": bodies.lead, f"{noop}/v1/score": bodies.lead},
        effort,
    )
    for what, found, goal in (("without reasons", bare, 0.15), ("with 3 reasons", full, None)):
        title = f"{model}, log, {what}"
        yield compare(f"{title}: requests/s / no-op", found.per_second, nothing.per_second, at_least=goal)
        yield compare(f"{title}: p50 in ms / no-op", found.p50, nothing.p50)
        yield compare(f"{title}: p99 in ms / no-op", found.p99, nothing.p99)


def beside_mlflow(model: str, ours: str, mlflow: str, bodies: Bodies, effort: Effort) -> Iterator[Row]:
    """Load our service and MLflow's on the same model, both with reasons: many callers, one caller, batches."""
    at = f"{mlflow}/invocations"
    single = {f"{ours}/v1/score": bodies.lead, at: bodies.record}
    found, peer = alternate(f"{model} beside mlflow models serve", single, effort)
    yield compare(f"{model}, log, with 3 reasons: requests/s / mlflow", found.per_second, peer.per_second, at_least=10)
    yield compare(f"{model}, log, with 3 reasons: p50 in ms / mlflow", found.p50, peer.p50)
    yield compare(f"{model}, log, with 3 reasons: p99 in ms / mlflow", found.p99, peer.p99)
    found, peer = alternate("one connection", single, effort, connections=1)
    yield compare(f"{model}, one connection: p50 in ms / mlflow", found.p50, peer.p50)
    many = {f"{ours}/v1/score/batch": bodies.batch, at: bodies.records}
    found, peer = alternate(f"batches of {BATCH}", many, effort, connections=1)
    title = f"{model}, batches of {BATCH}, one connection: leads/s / mlflow"
    yield compare(title, BATCH * found.per_second, BATCH * peer.per_second)


def alternate(title: str, targets: Mapping[str, str], effort: Effort, *, connections: int = CONNECTIONS) -> list[Load]:
    """Load each target in turn, so that a busy moment of the machine hits them all; medians over the rounds."""
    say(f"loading: {title}")
    for url, body in targets.items():
        load(url, body, connections=connections, seconds=1)
    rounds = [
        [load(url, body, connections=connections, seconds=effort.seconds) for url, body in targets.items()]
        for _ in range(effort.rounds)
    ]
    return [
        Load(*(statistics.median(figures) for figures in zip(*map(astuple, loads), strict=True)))
        for loads in zip(*rounds, strict=True)
    ]


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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    packages = ("leadscore", "fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "mlflow", "lightgbm")
    run(__doc__ or "", measure, packages=packages, tools=generator())
