"""Somebody who types a case's command: the case is read in place, everything is written elsewhere."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from leadscore.data.history import History

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Attempt:
    """One case: its folder, a folder to write into, and what has been told so far.

    All cases share one working folder with its registry, so the newest model is spoken of as ``challenger``.
    """

    def __init__(self, folder: Path, scratch: Path, home: Path) -> None:
        self.folder, self.scratch, self.home = folder, scratch, home
        self.recipe = scratch / "recipe.toml"
        self.heard = ""

    def run(self, *words: object) -> Ended:
        """Run the command line in this process: a start of its own for each command would take most of the time."""
        from leadscore.cli.main import main

        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("LEADSCORE_HOME", str(self.home))
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            patch.setattr(sys, "argv", ["leadscore", *map(str, words)])
            with pytest.raises(SystemExit) as ended:
                main()
        self.heard += out.getvalue() + err.getvalue()
        assert "bug of ours" not in err.getvalue(), err.getvalue()
        return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def init(self, *files: str) -> Any:
        """What ``init --json`` tells; the recipe is written, with a search short enough for a test."""
        ended = self.run("init", *(self.folder / f for f in files), "--out", self.recipe, "--json")
        assert ended.code == 0, ended.err
        with self.recipe.open("a") as file:
            file.write("\n[search]\ntrials = 2\n")
        return ended.json

    def train(self, file: str) -> Any:
        """What ``train --json`` tells."""
        ended = self.run("train", self.recipe, "--data", self.folder / file, "--json")
        assert ended.code == 0, ended.err
        return ended.json

    def score(self, file: Path) -> list[dict[str, str]]:
        """Rows that ``score`` writes."""
        ended = self.run("score", file, "--out", self.scratch / "scored.csv", "--model", "challenger")
        assert ended.code == 0, ended.err
        with (self.scratch / "scored.csv").open(newline="") as scored:
            return list(csv.DictReader(scored))

    def history(self) -> History:
        """The history as the recipe reads it."""
        from leadscore.training.pipeline import read
        from leadscore.training.recipe import load_recipe

        return read(load_recipe(self.recipe))

    def cell(self, lead_id: str, column: str) -> Any:
        """One cell of the history."""
        history = self.history()
        return history.frame[column].iloc[list(history.lead_id).index(lead_id)]

    @contextmanager
    def serving(self) -> Iterator[Callable[[Path], Any]]:
        """A service on the champion, as a function that posts a file of JSON and gives the reply."""
        command = [sys.executable, "-m", "leadscore", "serve", "challenger", "--no-auth", "--port", "0"]
        environment = os.environ | {"LEADSCORE_HOME": str(self.home)}
        process = subprocess.Popen(
            command, cwd=self.home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if " on http" in line)
            yield lambda path: _post(line.split(" on ", 1)[1].split()[0], path.read_bytes())
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stderr.close()


def _post(address: str, body: bytes) -> Any:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/score", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)


@pytest.fixture(scope="session")
def cases_folder() -> Path:
    """The folder of the cases, which lies beside the real data."""
    data = os.environ.get("LEADSCORE_DATA") or REPOSITORY / "../shared/data"
    folder = (Path(data) / "../cases").resolve()
    if not folder.is_dir():
        message = f"the cases are not in {folder}: set LEADSCORE_DATA to the folder beside them"
        if os.environ.get("LEADSCORE_REQUIRE_DATA"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def registry_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working folder of all cases."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def attempt(cases_folder: Path, tmp_path: Path, registry_home: Path) -> Callable[[str], Attempt]:
    """Start on a case by name."""
    return lambda name: Attempt(cases_folder / name, tmp_path, registry_home)


@pytest.fixture(scope="session")
def looks() -> Callable[[Any], Mapping[str, Any]]:
    """The columns that ``init --json`` tells of, by name."""
    return lambda told: {c["column"]: c for c in told["columns"]}
