"""What a user does: the command line in processes of its own, each story in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leadscore.client import Client

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

    @property
    def last_line(self) -> str:
        return self.err.strip().splitlines()[-1]


class User:
    """Somebody at a terminal, in a working folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = os.environ | {"LEADSCORE_HOME": str(home), "COLUMNS": "120"}
        self.environment.pop("MLFLOW_TRACKING_URI", None)

    def start(self, *words: object, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "leadscore", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.home, env=self.environment, **(pipes | options))

    def run(self, *words: object) -> Ended:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)

    @contextmanager
    def serving(self, *words: object, key: str | None = None) -> Iterator[Client]:
        process = self.start("serve", *words, "--port", "0", stdout=subprocess.DEVNULL)
        assert process.stderr is not None
        heard = []
        try:
            for line in process.stderr:
                heard.append(line)
                if " on http" in line:
                    yield Client(line.split(" on ", 1)[1].split()[0], key)
                    break
            else:
                raise AssertionError("".join(heard))
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stderr.close()


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> User:
    """A user who has written the sample and trained on it, once for all stories."""
    user = User(tmp_path_factory.mktemp("newcomer"))
    assert user.run("sample", "leads", "--leads", "8000", "--months", "12").code == 0
    ended = user.run("train", "leads/sample.toml", "--json", "--quiet")
    assert ended.code == 0, ended.err
    (user.home / "train.json").write_text(ended.out)
    return user


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user in an empty folder."""
    return User(tmp_path)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a real data set; skips where it is absent, unless LEADSCORE_REQUIRE_DATA is set."""
    folder = Path(os.environ.get("LEADSCORE_DATA") or REPOSITORY / "../shared/data").resolve()

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            message = f"no real data: {name} is not in LEADSCORE_DATA (default ../shared/data)"
            if os.environ.get("LEADSCORE_REQUIRE_DATA"):
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find
