"""Requests per second and waiting times of the service, beside peers under the same load in the same run.

Peers are a FastAPI endpoint that reads an equal payload and does nothing (the most that this stack can give on this
machine), and ``mlflow models serve`` on the champion. Our service runs as users run it: keys off on loopback, each
decision durably in SQLite before the reply, exact reasons. All servers have one worker, the same uvicorn, and listen on
127.0.0.1. The model under test has two boosters of 150 trees x 15 leaves; every lead is a new one unless a row says so.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from pathlib import Path

from comparison import Row, compare, run, say
from load import COUNTER, Load, generator, load
from servers import free_port, server
from serving_models import SIZES, boosted, champion, held_out_losses

from leadscore.data.synthetic import KNOWN_LATER
from leadscore.training import TrainingResult

CONNECTIONS = 16
BATCH = 200
BATCH_CONNECTIONS = 4
"""Sixteen lists of 200 leads wait for each other longer than a short load lasts, so that it would count hardly any;
four keep the service as busy."""

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Parameters
    ----------
    leads
        Synthetic leads that the models learn from.
    seconds, rounds
        Length of one load, and how often it is made; medians over the rounds count.
    """

    leads: int
    seconds: float
    rounds: int


FULL, SHORT = Effort(leads=20_000, seconds=3, rounds=3), Effort(leads=4_000, seconds=2, rounds=1)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The same lead in the words of each server.

    Parameters
    ----------
    lead, batch
        For our service and for the endpoint that does nothing.
    record
        For MLflow, whose signature has the model's columns only and warns of others at each request.
    """

    lead: str
    batch: str
    record: str

    @classmethod
    def of_example(cls) -> Bodies:
        """Word the lead of ``lead.json``."""
        lead = json.loads((HERE / "lead.json").read_text(encoding="utf-8"))
        unknown = {"Created", "Company", *KNOWN_LATER}
        row = {name: value for name, value in lead["fields"].items() if name not in unknown}
        row |= {"Lead ID": lead["lead_id"], "at": lead["at"], "activities": lead["activities"]}
        batch = [lead | {"lead_id": f"L-{COUNTER}-{n}"} for n in range(BATCH)]
        return cls(*map(json.dumps, (lead, batch, {"dataframe_records": [row]})))


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of the servers: ours with each model, ours without a log, and the peers."""

    ours: str
    second: str
    unlogged: str
    champion: str
    larger: str
    noop: str
    mlflow: str


def measure(short: bool) -> Iterator[Row]:
    """Train, start the servers and load them in turn."""
    effort = SHORT if short else FULL
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
        home, bodies = Path(scratch), Bodies.of_example()
        say(f"training on {effort.leads:,} synthetic leads")
        result = champion(home, effort.leads)
        services = start(result, home, running)
        yield from many_callers(services, bodies, effort)
        yield from one_caller(services, bodies, effort, home)
        yield from batches(services, bodies, effort)
        yield from two_workers(services, bodies, effort)
        yield from other_models(services, bodies, effort, result)


def start(result: TrainingResult, home: Path, running: ExitStack) -> Services:
    """Start all servers; a second worker of ours shares the store of the first."""
    say("starting the servers")
    model, larger = (str(boosted(result, size, home / f"boosted-{n}")) for n, size in enumerate(SIZES))

    def begin(*command: str) -> str:
        return running.enter_context(server(command, home))

    def ours(bundle: str) -> str:
        return begin("-m", "leadscore", "serve", bundle, "--no-auth", "--port", "0")

    mlflow = ("-m", "mlflow", "models", "serve", "-m", str(result.model), "--env-manager", "local")
    return Services(
        ours=ours(model),
        second=ours(model),
        unlogged=begin(str(HERE / "unlogged.py"), model, str(home)),
        champion=ours(str(result.model)),
        larger=ours(larger),
        noop=begin(str(HERE / "noop.py"), str(HERE / "lead.json")),
        mlflow=begin(*mlflow, "--host", "127.0.0.1", "--port", str(free_port())),
    )


def many_callers(on: Services, bodies: Bodies, effort: Effort) -> Iterator[Row]:
    """Sixteen connections: without log, without reasons, with both; the no-op; MLflow."""
    paths = {
        "without reasons and log": (f"{on.unlogged}/v1/score?reasons=0", 0.6),
        "without reasons, durable log": (f"{on.ours}/v1/score?reasons=0", 0.5),
        "exact reasons, durable log": (f"{on.ours}/v1/score", 0.35),
    }
    targets = {path: bodies.lead for path, _ in paths.values()} | {f"{on.noop}/v1/score": bodies.lead}
    *ours, noop, mlflow = alternate("16 connections", targets | {f"{on.mlflow}/invocations": bodies.record}, effort)
    for (what, (_, goal)), found in zip(paths.items(), ours, strict=True):
        yield compare(f"{what}: requests/s / no-op", found.per_second, noop.per_second, at_least=goal)
    for what, found in zip(paths, ours, strict=True):
        yield compare(f"{what}: p99 in ms / its p50", found.p99, found.p50, at_most=6)
    full = ours[-1]
    yield compare("exact reasons, durable log: requests/s / mlflow", full.per_second, mlflow.per_second, at_least=30)
    yield compare("exact reasons, durable log: p50 in ms / mlflow", full.p50, mlflow.p50)
    yield compare("no-op: p99 in ms / its p50", noop.p99, noop.p50)


def one_caller(on: Services, bodies: Bodies, effort: Effort, home: Path) -> Iterator[Row]:
    """One connection, which waits for one fsync at a time."""
    targets = {f"{on.ours}/v1/score": bodies.lead, f"{on.noop}/v1/score": bodies.lead}
    found, noop = alternate("one connection", targets, effort, connections=1)
    sync = fsync_ms(home)
    yield compare("one connection, exact reasons: p50 in ms / 0.5 ms and one fsync", found.p50, 0.5 + sync, at_most=1)
    yield compare("one fsync in ms", sync)
    yield compare("one connection: p50 in ms / no-op", found.p50, noop.p50)


def batches(on: Services, bodies: Bodies, effort: Effort) -> Iterator[Row]:
    """Lists of leads, with the log."""
    targets = {f"{on.ours}/v1/score/batch{options}": bodies.batch for options in ("?reasons=0", "")}
    bare, full = alternate(f"batches of {BATCH}", targets, effort, connections=BATCH_CONNECTIONS)
    for what, found, goal in (("without reasons", bare, 6000), ("exact reasons", full, 3000)):
        yield compare(f"batches, {what}, durable log: leads/s / {goal:,}", BATCH * found.per_second, goal, at_least=1)


def two_workers(on: Services, bodies: Bodies, effort: Effort) -> Iterator[Row]:
    """Two workers on one store, each with half the connections, beside one with all of them."""
    [one] = alternate("one worker", {f"{on.ours}/v1/score": bodies.lead}, effort)
    say("loading: two workers")

    def half(url: str) -> float:
        return load(f"{url}/v1/score", bodies.lead, connections=CONNECTIONS // 2, seconds=effort.seconds).per_second

    with ThreadPoolExecutor(2) as pool:
        sums = [sum(pool.map(half, (on.ours, on.second))) for _ in range(effort.rounds)]
    yield compare("two workers, exact reasons, durable log: requests/s / one", statistics.median(sums), one.per_second)


def other_models(on: Services, bodies: Bodies, effort: Effort, result: TrainingResult) -> Iterator[Row]:
    """The demo's champion, what larger trees cost and gain, and leads that were scored before."""
    models = {"the demo's champion": on.champion, "trees of 300 x 31": on.larger, "trees of 150 x 15": on.ours}
    *others, ours = alternate("other models", {f"{url}/v1/score": bodies.lead for url in models.values()}, effort)
    for what, found in zip(models, others, strict=False):
        yield compare(f"{what}: requests/s / trees of 150 x 15", found.per_second, ours.per_second)
    small, large = (held_out_losses(result, size) for size in SIZES)
    for stage, loss in large.items():
        yield compare(f"trees of 300 x 31: held-out log loss of {stage} / trees of 150 x 15", loss, small[stage])
    url = f"{on.ours}/v1/score"
    again = [load(url, bodies.lead, connections=CONNECTIONS, seconds=effort.seconds, first=0) for _ in range(2)][-1]
    yield compare("leads scored before: requests/s / new ones", again.per_second, ours.per_second)


def fsync_ms(folder: Path, times: int = 300) -> float:
    """Median time to make 4 kB durable in a folder's file system."""
    waits, file = [], os.open(folder / "synced", os.O_CREAT | os.O_WRONLY)
    try:
        for n in range(times):
            os.pwrite(file, os.urandom(4096), 4096 * n)
            begun = time.perf_counter()
            os.fsync(file)
            waits.append(time.perf_counter() - begun)
    finally:
        os.close(file)
    return 1000 * statistics.median(waits)


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


if __name__ == "__main__":
    packages = ("leadscore", "fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "mlflow", "lightgbm")
    run(__doc__ or "", measure, packages=packages, tools=generator())
