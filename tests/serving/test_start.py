"""A start from a Bundle folder: what is not needed to score is not even imported, so that it takes a moment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest

from leadscore.models.bundle import save_bundle

HEAVY = {"lightgbm", "mlflow", "pandas", "sklearn", "scipy", "numba", "pyarrow", "optuna", "matplotlib"}


@pytest.fixture(scope="module", params=["sample_result", "additive_result"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Bundle of each family; saving it has the trees' reasons compiled and kept."""
    bundle = request.getfixturevalue(request.param).bundle
    for likelihood in bundle.stages.values():
        likelihood.model.prepare()
    return str(save_bundle(bundle, tmp_path_factory.mktemp("start") / "bundle"))


def test_a_lead_is_scored_without_the_tools_of_training(folder: str, tmp_path) -> None:
    """Python itself tells on stderr all that was imported, up to the end of the process."""
    command = [sys.executable, "-X", "importtime", "-m", "leadscore", "serve", folder, "--no-auth", "--port", "0"]
    environment = os.environ | {"LEADSCORE_HOME": str(tmp_path), "COLUMNS": "1000"}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
    try:
        url = _until(lambda: re.search(r" on (http://\S+)", (tmp_path / "said").read_text()))[1]
        assert httpx.get(f"{url}/ready").status_code == 200
        for options in ("", "?detail=full"):
            reply = httpx.post(f"{url}/v1/score{options}", json={"lead_id": "L-1", "fields": {"Channel": "Inbound"}})
            assert reply.status_code == 200
            assert reply.json()["reason_1"]
        batch = [{"lead_id": f"L-{n}", "fields": {}} for n in range(60)]
        assert len(httpx.post(f"{url}/v1/score/batch", json=batch).json()) == 60
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    lines = (tmp_path / "said").read_text().splitlines()
    imported = {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines if line.startswith("import time:")}
    assert {"numpy", "fastapi", "leadscore"} <= imported
    assert not imported & HEAVY


def _until(found, seconds: float = 60.0):
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "the service does not start"
        time.sleep(0.05)
    return result
