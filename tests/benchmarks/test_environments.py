from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environments(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import environments

    monkeypatch.setattr(environments, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(environments, "LOCKS", tmp_path)
    (tmp_path / "bench-peer.txt").write_text("# nothing to install\n", encoding="utf-8")
    return environments


@pytest.fixture
def made(environments, monkeypatch):
    """An environment whose lock was installed without pip."""
    lock = "peer==1.2.3 ; python_version > '3' \\\n    --hash=sha256:00\n    # via nobody\n"
    (environments.LOCKS / "bench-peer.txt").write_text(lock, encoding="utf-8")
    commands = []
    monkeypatch.setattr(environments.venv, "create", lambda home, **_: home.mkdir(parents=True))
    monkeypatch.setattr(environments.Environment, "run", lambda self, *command: commands.append(command))
    return environments.Environment("peer"), commands


def test_a_lock_is_installed_once_and_by_its_hashes(environments, made):
    first, commands = made
    environments.Environment("peer")
    assert len(commands) == 1
    assert "--require-hashes" in commands[0][1]
    assert first.pins == {"peer": "1.2.3"}


def test_another_lock_is_another_environment(environments, made):
    first, commands = made
    (environments.LOCKS / "bench-peer.txt").write_text("peer==1.2.4\n", encoding="utf-8")
    assert environments.Environment("peer").home != first.home
    assert len(commands) == 2


@pytest.mark.skipif(os.name == "nt", reason="programs lie elsewhere there")
def test_the_last_words_of_a_program_are_the_error(environments, made, monkeypatch):
    home, _ = made
    monkeypatch.undo()
    script = home.home / "bin" / "python"
    script.parent.mkdir()
    script.symlink_to(sys.executable)
    with pytest.raises(OSError, match=r"^ValueError: no such thing$"):
        home.run("python", ["-c", "raise ValueError('no such thing')"])
    home.run("python", ["-c", "pass"])


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/bench-*.txt")), ids=lambda path: path.stem)
def test_every_package_of_a_peer_has_a_hash_and_no_address(lock):
    text = lock.read_text(encoding="utf-8")
    packages = [part for part in text.split("\n") if part[:1].isalpha()]
    assert packages
    assert all(line.endswith("\\") for line in packages)
    assert "://" not in text
    assert "--index" not in text
