"""The kept machine code: used when whole, made anew when not, and done without where there is no compiler."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

import leadscore
from leadscore.models import tree_code

SAYS = """
import json, sys
import numpy as np
from leadscore.models.likelihood import TreeModel
X = np.array([[0.5, np.nan, 2.0], [-1.0, 0.0, 1.0]])
model = TreeModel(open(sys.argv[1]).read())
print(json.dumps({
    "effects": model.reasons(X).tolist(), "fast": model.fast_reasons is not None, "numba": "numba" in sys.modules
}))
"""

HIDE_NUMBA = "import sys; sys.modules['numba'] = sys.modules['llvmlite'] = None\n"

BREAK_NUMBA = "import numba\nnumba.cfunc = None\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    booster = lgb.train({"objective": "binary", "verbosity": -1}, lgb.Dataset(X, X[:, 0] > X[:, 1]), 9)
    path = tmp_path_factory.mktemp("model") / "close.txt"
    path.write_text(booster.model_to_string())
    return path


@pytest.fixture(scope="module")
def expected(model: Path) -> np.ndarray:
    X = np.array([[0.5, np.nan, 2.0], [-1.0, 0.0, 1.0]])
    return lgb.Booster(model_file=str(model)).predict(X, pred_contrib=True)[:, :-1]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, with byte code and without what was compiled."""
    copied = shutil.copytree(
        Path(leadscore.__file__).parent, tmp_path / "src" / "leadscore", ignore=shutil.ignore_patterns("tree_kernel*.o")
    )
    return Path(copied)


def ask(package: Path, model: Path, before: str = "") -> dict:
    environment = {"PYTHONPATH": str(package.parent), "HOME": str(package.parent), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", before + SAYS, str(model)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout), "said": done.stderr}


def without_folder(package: Path) -> None:
    """Put a file in its place: as good as a folder that may not be written, for root as well."""
    shutil.rmtree(package / "models" / "__pycache__")
    (package / "models" / "__pycache__").touch()


def kept(package: Path) -> list[Path]:
    return sorted(package.parent.rglob("tree_kernel-*.o"))


def test_it_is_compiled_once_and_loaded_without_numba_from_then_on(package, model, expected) -> None:
    first, second = ask(package, model), ask(package, model)
    assert (first["numba"], second["numba"]) == (True, False)
    assert [path.parent.name for path in kept(package)] == ["__pycache__"]
    assert first["fast"]
    assert second["fast"]
    np.testing.assert_allclose(second["effects"], expected, atol=1e-12)
    assert first["effects"] == second["effects"]


def test_a_flipped_bit_is_never_run(package, model, expected) -> None:
    ask(package, model)
    (path,) = kept(package)
    path.write_bytes(damaged(path.read_bytes())["a bit"])
    told = ask(package, model)
    assert (told["fast"], told["numba"], told["said"]) == (True, True, "")
    np.testing.assert_allclose(told["effects"], expected, atol=1e-12)
    assert not ask(package, model)["numba"]


@pytest.mark.parametrize("damage", ["empty", "cut", "a bit", "text"])
def test_damaged_code_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    monkeypatch.setattr(tree_code, "_folders", lambda: [tmp_path])
    tree_code._kept_or_compiled()
    (path,) = tmp_path.iterdir()
    wrong = damaged(path.read_bytes())[damage]
    path.write_bytes(wrong)
    code = tree_code._kept_or_compiled()
    assert code not in wrong
    assert path.read_bytes() == hashlib.sha256(code).digest() + code
    assert tree_code._kept_or_compiled() == code


def damaged(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    return {"empty": b"", "cut": whole[:middle], "a bit": flipped, "text": b"none of it " * 999}


def test_where_the_package_may_not_be_written_the_user_keeps_it(package, model, expected) -> None:
    without_folder(package)
    ask(package, model)
    assert [path.parent.name for path in kept(package)] == ["leadscore"]
    assert not ask(package, model)["numba"]


def test_where_nothing_may_be_written_it_is_compiled_all_the_same(package, model, expected) -> None:
    without_folder(package)
    (package.parent / ".cache").touch()
    told = ask(package, model)
    assert (told["fast"], told["numba"], told["said"]) == (True, True, "")
    np.testing.assert_allclose(told["effects"], expected, atol=1e-12)
    assert not kept(package)


@pytest.mark.parametrize(("before", "said"), [(HIDE_NUMBA, ""), (BREAK_NUMBA, "LightGBM explains the scores")])
def test_without_a_compiler_lightgbm_explains(package, model, expected, before: str, said: str) -> None:
    told = ask(package, model, before)
    assert not told["fast"]
    assert said in told["said"]
    assert bool(said) == bool(told["said"])
    np.testing.assert_array_equal(told["effects"], expected)


def test_a_changed_source_is_another_file(package, model) -> None:
    ask(package, model)
    source = package / "models" / "tree_kernel.py"
    source.write_text(source.read_text() + "\n")
    assert ask(package, model)["numba"]
    assert len(kept(package)) == 2
