"""What import-linter cannot say: nobody imports from the face, and the face loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import leadscore

SOURCE = Path(__file__).parents[1] / "src/leadscore"
HEAVY = ("fastapi", "mlflow", "sqlalchemy", "matplotlib", "pandas", "lightgbm", "sklearn")


def test_no_room_imports_from_the_face():
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "leadscore", path
                assert node.level == 0, path
            elif isinstance(node, ast.Import):
                assert all(alias.name != "leadscore" for alias in node.names), path


def test_the_face_loads_nothing_heavy():
    code = f"import sys, leadscore; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_face_keeps_its_promises():
    for name in leadscore.__all__:
        assert getattr(leadscore, name)
    assert set(dir(leadscore)) == set(leadscore.__all__)


def test_no_python_lies_on_a_bench():
    benches = ("data", "models", "training", "serving")
    listed = ["git", "ls-files", *(f"{bench}/*.py" for bench in benches)]
    kept = subprocess.run(listed, cwd=SOURCE.parents[1], capture_output=True, text=True, check=True)
    assert kept.stdout == ""
