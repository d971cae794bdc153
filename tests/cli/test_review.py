"""Structures compared by the command line, on a real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadscore.cli import app
from leadscore.cli.review import _repeated
from leadscore.errors import StructureError, UsageError
from leadscore.models.bundle import save_bundle
from leadscore.models.registry import Registry
from leadscore.training.result import TrainingResult


@pytest.fixture(scope="module")
def model(sample_result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_bundle(sample_result.bundle, tmp_path_factory.mktemp("models") / "bundle"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADSCORE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def test_structures_are_compared_shown_and_logged(model: str, sample_folder: Path, home: Path) -> None:
    page = home / "review.html"
    words = ["review", str(sample_folder / "sample.toml"), "--structures", "outside_only", "paired"]
    result = CliRunner().invoke(app, [*words, "--model", model, "--html", str(page), "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    # Today's structure, which the recipe names, is always among them.
    assert {entry["structure"] for entry in found["ranking"]} == {"three_tier", "outside_only", "paired"}
    assert {"recommendation", "worth_per_head", "break_even_fee", "flips"} <= set(found)
    assert found["recommendation"] in page.read_text(encoding="utf-8").replace("&#x27;", "'")
    registry = Registry(home)
    experiment = registry.client.get_experiment_by_name("sample")
    (run,) = registry.client.search_runs([experiment.experiment_id])
    assert run.data.metrics["paired.net_value"] == pytest.approx(
        next(entry["net_value"] for entry in found["ranking"] if entry["structure"] == "paired")
    )
    assert {file.path for file in registry.client.list_artifacts(run.info.run_id)} == {"review.html", "review.json"}
    assert registry.versions() == ()


def test_the_terminal_shows_the_answer(model: str, sample_folder: Path, home: Path) -> None:
    words = ["review", str(sample_folder / "sample.toml"), "--model", model, "--structures", "outside_only", "--quiet"]
    said = CliRunner().invoke(app, words).stdout
    assert "three_tier, as it stands" in said
    assert "Outsourced qualification" in said


def test_all_words_up_to_the_next_option_are_structures() -> None:
    words = ["r.toml", "--structures", "a", "b.toml", "--json", "--structures", "c"]
    assert list(_repeated(words)) == [
        *("r.toml", "--structures", "a", "--structures", "b.toml", "--json", "--structures", "c"),
    ]
    assert list(_repeated(["--structures=a", "b"])) == ["--structures=a", "b"]


@pytest.mark.parametrize(
    ("words", "error"), [([], UsageError), (["--structures", "five_tier"], StructureError)], ids=["none", "unknown"]
)
def test_what_cannot_be_compared_is_said_before_anything_is_learned(
    sample_folder: Path, home: Path, words: list[str], error: type[Exception]
) -> None:
    result = CliRunner().invoke(app, ["review", str(sample_folder / "sample.toml"), *words])
    assert isinstance(result.exception, error)
