"""The spool where the platform cannot lock its files: refused in plain words, and nothing else suffers."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_LOCKS = """
import sys
sys.modules["fcntl"] = None  # as on Windows: the import raises ModuleNotFoundError
from datetime import UTC, datetime
from leadscore.errors import SettingsError
from leadscore.serving import DecisionStore, Settings, create_app
with DecisionStore("decisions.db") as store:
    store.add_key("crm", datetime(2026, 1, 1, tzinfo=UTC))
    print(len(store.keys()), store.ping())
try:
    DecisionStore("decisions.db", spool="spool")
except SettingsError as error:
    print(error)
"""


def test_without_locks_the_store_works_and_the_spool_is_refused(tmp_path):
    command = [sys.executable, "-W", "error", "-c", WITHOUT_LOCKS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    worked, refusal = done.stdout.splitlines()
    assert worked == "1 True"
    assert "`spool` needs the file locks of Linux or macOS" in refusal
    assert not (tmp_path / "spool").exists()
