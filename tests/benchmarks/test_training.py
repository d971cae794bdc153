from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.training.recipe import Recipe

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def training(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import training

    return training


def test_stages_add_up_seconds_and_keep_the_peak(training, monkeypatch):
    clock, peaks = iter([1.0, 1.0, 3.0, 3.0, 4.0, 4.0, 9.0, 9.0]), iter([10.0, 30.0, 20.0, 5.0])
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(training, "_peak", lambda: next(peaks))
    stages = training.Stages(begun=0.0)
    for text in ("encoding", "P(close): trees", "P(close): regression", "measuring"):
        stages(text, 0.5)
    assert stages.done == {
        "reading the history": (1.0, 10.0),
        "encoding, folds, families and calibration": (8.0, 30.0),
    }
    assert stages.name == "measuring"


def test_all_but_reading_is_held_against_the_peer(training):
    stages = training.Stages(done={"reading the history": (5.0, 100.0), "folds": (12.0, 300.0)})
    first, second, memory, *_ = training.rows(stages, 1.0, 150.0, "small")
    assert (first.ours, first.ratio, first.holds) == (12.0, 12.0, True)
    assert (second.ours, second.holds) == (17.0, None)
    assert (memory.ours, memory.ratio) == (300.0, 2.0)


def test_the_export_has_forty_columns_to_learn_from(training, tmp_path):
    frame = training.export(1_500)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    recipe = training.recipe_in(tmp_path)
    assert isinstance(recipe, Recipe)
    history = training.read(recipe)
    assert len(history.fields) == 40
    assert 0.03 < frame["Won on"].notna().mean() < 0.3


def test_memory_is_told_in_megabytes(training):
    assert 20 < training._peak() < 100_000
