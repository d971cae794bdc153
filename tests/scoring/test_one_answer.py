"""One answer: a lead gets the same bits through every door, in any company, from any thread and any process."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from leadscore.cli.main import app as commands
from leadscore.models.bundle import Bundle, Likelihood, load_bundle, save_bundle
from leadscore.models.likelihood import BlendModel
from leadscore.models.segmented import SegmentedModel
from leadscore.scoring import Decision, Lead, Scorer
from leadscore.serving import DecisionStore, Settings, create_app

EXACT = ("p_qualify", "p_close", "score", "tier", "tier_role", "role", "fit", "engagement", "reason_1", "reason_2")
"""Keys that agree to the bit; the value, a sum of money, to within rounding."""

WORKER = """
import json, sys
from pathlib import Path
from leadscore.models.bundle import load_bundle
from leadscore.scoring import Lead, Scorer
scorer = Scorer(load_bundle(Path(sys.argv[1])))
leads = [Lead(row["Lead ID"], row) for row in json.load(sys.stdin)]
print(json.dumps([decision.reply() for lead in leads for decision in scorer.decide([lead])]))
"""


def mixed(request: pytest.FixtureRequest, join: Any) -> Bundle:
    """The Bundle of the boosted trees with models that are made of both families."""
    trees, lines = (request.getfixturevalue(name).bundle for name in ("sample_result", "additive_result"))
    stages = {
        stage: Likelihood(join(likelihood.model, lines.stages[stage].model), likelihood.calibrator)
        for stage, likelihood in trees.stages.items()
    }
    return replace(trees, stages=stages)


FAMILIES = {
    "additive": lambda request: request.getfixturevalue("additive_result").bundle,
    "trees": lambda request: request.getfixturevalue("sample_result").bundle,
    "blend": lambda request: mixed(request, lambda trees, lines: BlendModel([trees, lines], [0.6, 0.4])),
    "segments": lambda request: mixed(request, lambda trees, lines: SegmentedModel(trees, {0: lines}, column=0)),
}


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bundle(FAMILIES[request.param](request), tmp_path_factory.mktemp("family") / "bundle")


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer(load_bundle(folder))


@pytest.fixture(scope="module")
def rows(leads: pd.DataFrame) -> list[dict[str, str]]:
    """Leads of the export, over a thousand of them: enough for a batch to be spread over threads."""
    copies = (leads.assign(**{"Lead ID": leads["Lead ID"] + f"-{n}"}) for n in range(3))
    return pd.concat(copies).to_dict("records")


@pytest.fixture(scope="module")
def alone(scorer: Scorer, rows: list[dict[str, str]]) -> list[tuple]:
    """What each lead gets when it is asked for alone."""
    return [answer(scorer.score_one(row, lead_id=row["Lead ID"])) for row in rows]


def answer(decision: Decision) -> tuple:
    return tuple(decision.reply()[key] for key in EXACT)


def answers_of(replies: Iterable[dict[str, Any]]) -> list[tuple]:
    return [tuple(reply[key] for key in EXACT) for reply in replies]


def shuffled(row: dict[str, str], chance: random.Random) -> dict[str, str]:
    return dict(chance.sample(list(row.items()), len(row)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False), size=st.integers(1, 70))
def test_in_any_company_and_with_fields_in_any_order(scorer, rows, alone, chance: random.Random, size: int) -> None:
    chosen = chance.sample(range(len(rows)), size)
    leads = [Lead(rows[i]["Lead ID"], shuffled(rows[i], chance)) for i in chosen]
    for detail in (False, True):
        assert [*map(answer, scorer.decide(leads, detail=detail))] == [alone[i] for i in chosen]


def test_in_a_batch_that_is_spread_over_threads(scorer, rows, alone) -> None:
    assert [*map(answer, scorer.decide([Lead(row["Lead ID"], row) for row in rows]))] == alone


def test_from_eight_threads_at_once(scorer, rows, alone) -> None:
    together = Barrier(8)

    def ask(thread: int) -> bool:
        chance = random.Random(thread)
        together.wait()
        for _ in range(40):
            size = chance.choice([1, 1, 2, 5, 16, 17])
            chosen = chance.sample(range(len(rows)), size)
            found = scorer.decide([Lead(rows[i]["Lead ID"], rows[i]) for i in chosen])
            if [*map(answer, found)] != [alone[i] for i in chosen]:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize("environment", [{"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "7"}])
def test_from_any_worker(folder: Path, rows, alone, environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", WORKER, str(folder)]
    given = json.dumps(rows[:150])
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    assert answers_of(json.loads(done.stdout)) == alone[:150]


def test_over_http_one_by_one_and_in_a_batch(scorer, rows, alone, tmp_path: Path) -> None:
    payloads = [{"lead_id": row["Lead ID"], "fields": row} for row in rows[:40]]

    async def ask(store: DecisionStore) -> list[Any]:
        transport = httpx.ASGITransport(create_app(scorer, store, Settings(auth=False)))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            singles = await asyncio.gather(*(client.post("/v1/score", json=payload) for payload in payloads))
            batch = await client.post("/v1/score/batch", json=payloads)
        return [*(reply.json() for reply in singles), *batch.json()]

    with DecisionStore(tmp_path / "decisions.db") as store:
        replies = asyncio.run(ask(store))
    assert answers_of(replies) == [*alone[:40], *alone[:40]]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_in_files_that_leadscore_score_writes(folder: Path, rows, alone, tmp_path: Path, ending: str) -> None:
    pd.DataFrame(rows[:150]).to_csv(tmp_path / "leads.csv", index=False)
    out = tmp_path / f"scored.{ending}"
    done = CliRunner().invoke(
        commands, ["score", str(tmp_path / "leads.csv"), "--out", str(out), "--model", str(folder)]
    )
    assert done.exit_code == 0, done.output
    assert answers_of(read(out)) == alone[:150]


def read(path: Path) -> list[dict[str, Any]]:
    """Records of a file of scores, each number to its last bit, which pandas does not keep of texts."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    with path.open(newline="") as file:
        return [{key: _typed(text) for key, text in record.items()} for record in csv.DictReader(file)]


def _typed(text: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text or None
