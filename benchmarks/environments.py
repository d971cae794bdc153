"""Environments of their own for peers with other needs, made at first use under the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import venv
from collections.abc import Iterable
from pathlib import Path

from comparison import say

__all__ = ["CACHE", "Environment"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadscore-benchmarks"
LOCKS = Path(__file__).resolve().parents[1] / "requirements"


class Environment:
    """A virtual environment with the packages of a lock file, each checked by its hash.

    Parameters
    ----------
    name
        Name of the peer; its lock is ``requirements/bench-NAME.txt``.

    Raises
    ------
    OSError
        The packages cannot be installed.
    """

    def __init__(self, name: str) -> None:
        lock = LOCKS / f"bench-{name}.txt"
        # Another lock is another environment, so that none is ever half renewed.
        self.home = CACHE / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
        self._scripts = self.home / ("Scripts" if os.name == "nt" else "bin")
        self.pins = dict(line.split()[0].split("==") for line in lock.read_text().splitlines() if line[:1].isalpha())
        stamp = self.home / "installed"
        if not stamp.exists():
            say(f"installing {name} {self.pins[name]} into {self.home}")
            venv.create(self.home, with_pip=True, clear=True)
            pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
            self.run("python", pip)
            stamp.touch()

    def run(self, program: str, arguments: Iterable[object]) -> None:
        """Run a program of the environment; its last words are the error's when it fails."""
        command = [str(self._scripts / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError((done.stderr.strip().splitlines() or [f"{program} failed"])[-1])
