"""How each segment is calibrated beside the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from leadscore.models.calibration import expit, fit_sigmoid, shift_to_mean
from leadscore.training.candidates import Past
from leadscore.training.folds import Folds
from leadscore.training.segment_calibration import fit_lines
from leadscore.training.segments import SegmentColumn

N = 12_000
SEGMENTS = SegmentColumn(0, ("small", "mid", "enterprise"))
SHARES = [0.6, 0.35, 0.05]


def forecasts(
    slopes: tuple[float, ...], *, common: float = 1.0, seed: int = 0, n: int = N
) -> tuple[Folds, np.ndarray, np.ndarray]:
    """Folds, what was said of their leads, and the true log-odds: of the segment's slope, right in the mean."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.choice(3, n, p=SHARES)]).astype(float)
    said = rng.normal(-1.0, 1.2, n)
    true = common * said
    for code, slope in enumerate(slopes):
        mine = X[:, 0] == code
        mean = float(expit(true[mine]).mean())
        true[mine] += shift_to_mean(slope * true[mine], mean, np.ones(int(mine.sum()))) + (slope - 1) * true[mine]
    y = (rng.random(n) < expit(true)).astype(float)
    folds = Folds(Past(X, y, np.ones(n, dtype=bool), np.arange(float(n)), unit="leads"), 4)
    return folds, said[folds.seen], true[folds.seen]


def moved(folds: Folds, said: np.ndarray) -> np.ndarray:
    lines = fit_lines(folds, said, SEGMENTS)
    assert lines is not None
    return lines(said, folds.past.X[folds.seen])


def ratio(said: np.ndarray, true: np.ndarray, rows: Any) -> float:
    return float(expit(said[rows]).mean() / expit(true[rows]).mean())


def test_the_best_leads_of_a_small_segment_get_what_they_deserve() -> None:
    folds, said, true = forecasts((1.0, 1.0, 0.5))
    best = (folds.past.X[folds.seen, 0] == 2) & (said > 0.5)
    assert ratio(said, true, best) > 1.2
    assert ratio(moved(folds, said), true, best) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_segments_that_are_alike_are_hardly_moved(seed: int) -> None:
    folds, said, _ = forecasts((1.0, 1.0, 1.0), seed=seed)
    assert np.abs(expit(moved(folds, said)) - expit(said)).mean() < 0.02


def test_what_is_common_to_all_is_left_to_the_common_calibration() -> None:
    """The models of the folds learned from fewer leads than the one that is kept."""
    folds, said, _ = forecasts((1.0, 1.0, 1.0), common=0.6)
    lines = fit_lines(folds, said, SEGMENTS)
    assert lines is not None
    assert [slope for slope, _ in lines.lines.values()] == pytest.approx([1.0] * 3, abs=0.15)


def test_a_segment_with_too_few_outcomes_has_no_line() -> None:
    folds, said, _ = forecasts((1.0, 1.0, 1.0))
    few = folds.among((folds.past.X[:, 0] != 2) | (np.arange(N) % 150 == 0))
    lines = fit_lines(few, said, SEGMENTS)
    assert lines is not None
    assert sorted(lines.lines) == [0, 1]


def test_without_outcomes_of_both_classes_there_is_nothing_to_fit() -> None:
    folds, said, _ = forecasts((1.0, 1.0, 1.0))
    assert fit_lines(folds.among(folds.past.y == 0), said, SEGMENTS) is None


@pytest.mark.parametrize("common", [0.6, 1.3])
def test_after_the_common_calibration_each_segment_means_what_it_says(common: float) -> None:
    folds, said, true = forecasts((1.0, 0.9, 0.5), common=common, n=100_000)
    y, segment = folds.past.y[folds.seen], folds.past.X[folds.seen, 0]

    def worst(raw: np.ndarray) -> float:
        told = fit_sigmoid(raw, y)(raw)
        places = [(segment == code) & rows for code in range(3) for rows in (said > 0, said < -1)]
        return float(max(abs(np.log(told[rows].mean() / expit(true[rows]).mean())) for rows in places))

    assert worst(said) > 0.15
    assert worst(moved(folds, said)) < 0.1


def test_the_mean_of_a_segment_stays_as_the_model_has_it() -> None:
    folds, said, _ = forecasts((0.6, 0.9, 0.5), common=0.7)
    for code in range(3):
        mine = folds.past.X[folds.seen, 0] == code
        assert expit(moved(folds, said))[mine].mean() == pytest.approx(expit(said)[mine].mean(), abs=1e-9)


def test_no_segment_is_told_to_be_surer_than_the_model() -> None:
    folds, said, _ = forecasts((0.7, 1.6, 1.6))
    lines = fit_lines(folds, said, SEGMENTS)
    assert lines is not None
    assert lines.lines[0][0] < 1.0
    assert lines.lines[1] == lines.lines[2] == pytest.approx((1.0, 0.0), abs=1e-9)
