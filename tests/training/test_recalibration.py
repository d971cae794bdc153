"""The calibration is judged as it will be used: forward in time."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.models.calibration import Calibrator, expit
from leadscore.training.recalibration import Forecasts, calibrated_losses, choose, fit_calibrator


def forecasts(n: int = 8_000, *, seed: int = 0, slope: float = 1.0, late: float = 0.0, mean: float = -1.5) -> Forecasts:
    """Forecasts that are right for a slope of 1; from the second stretch on the outcome is likelier by ``late``."""
    rng = np.random.default_rng(seed)
    raw, stretch = rng.normal(mean, 1.2, n), np.repeat(np.arange(4), n // 4)
    y = (rng.random(n) < expit(slope * raw + late * (stretch > 0))).astype(float)
    return Forecasts(raw, y, stretch)


def test_right_forecasts_are_left_alone_mostly() -> None:
    assert sum(choose(forecasts(seed=seed)) == "none" for seed in range(20)) >= 15


def test_wrong_forecasts_are_mended() -> None:
    assert choose(forecasts(slope=0.5)) == "sigmoid"
    assert choose(forecasts(late=1.0)) in ("newest", "sigmoid")


def test_a_shift_is_fitted_on_the_newest_stretch() -> None:
    found = fit_calibrator("newest", forecasts(40_000, late=0.7))
    assert (found.slope, found.intercept) == (1.0, pytest.approx(0.7, abs=0.08))


def test_steps_need_thousands_of_positives_and_a_clear_gain() -> None:
    rng = np.random.default_rng(0)
    raw = rng.uniform(-3, 3, 24_000)
    bent = np.where(raw < 0, 0.1, 0.6)
    many = Forecasts(raw, (rng.random(len(raw)) < bent).astype(float), np.repeat(np.arange(4), 6_000))
    assert choose(many) == "steps"
    few = many.of(np.arange(24_000) % 4 == 0)
    assert few.y.sum() < 3_000
    assert choose(few) != "steps"
    assert choose(forecasts(40_000)) != "steps"


def test_nobody_is_calibrated_on_what_comes_later() -> None:
    one = forecasts(late=1.0)
    lied = Forecasts(one.raw, np.where(one.stretch == 3, 1 - one.y, one.y), one.stretch)
    before = one.stretch[one.stretch > 0] < 3
    for method in ("none", "sigmoid", "newest"):
        np.testing.assert_array_equal(calibrated_losses(method, one)[before], calibrated_losses(method, lied)[before])


def test_one_outcome_calibrates_nothing() -> None:
    one = Forecasts(np.zeros(20), np.zeros(20), np.zeros(20, dtype=int))
    for method in ("none", "sigmoid", "newest"):
        assert fit_calibrator(method, one) == Calibrator()
