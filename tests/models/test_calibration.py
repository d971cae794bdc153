"""Calibration, held against scikit-learn's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import _sigmoid_calibration
from sklearn.linear_model import LogisticRegression

from leadscore.models.calibration import Calibrator, cox_fit, expit, fit_shift, fit_sigmoid, fit_steps, logit


def outcomes(n: int, seed: int, slope: float = 0.7, intercept: float = -0.4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(-1.5, 1.2, n)
    return x, (rng.random(n) < expit(slope * x + intercept)).astype(float)


def unpenalised(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=2_000, solver="newton-cholesky")
    model.fit(x[:, None], y, sample_weight=weight)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


@given(st.floats(-30, 30))
def test_expit_and_logit_undo_each_other(x: float) -> None:
    p = expit(np.array([x]))
    assert 0 < p[0] <= 1
    if abs(x) < 15:
        assert logit(p)[0] == pytest.approx(x, abs=1e-8)


def test_expit_takes_anything_without_a_warning() -> None:
    np.testing.assert_allclose(expit(np.array([-np.inf, -1e9, 0, 1e9, np.inf])), [0, 0, 0.5, 1, 1], atol=1e-17)


@given(st.floats(0.001, 5), st.floats(-5, 5), st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_a_calibrator_keeps_the_order_and_stays_off_certainty(slope: float, intercept: float, x: list[float]) -> None:
    p = Calibrator(slope, intercept)(np.sort(x))
    assert (np.diff(p) >= 0).all()
    assert p.min() >= 1e-4
    assert p.max() <= 1 - 1e-4


def test_a_calibrator_survives_json() -> None:
    calibrator = Calibrator(0.1 + 0.2, -1 / 3)
    assert Calibrator.from_dict(json.loads(json.dumps(calibrator.to_dict()))) == calibrator


@pytest.mark.parametrize("seed", range(5))
def test_cox_is_the_unpenalised_logistic_regression(seed: int) -> None:
    x, y = outcomes(1_500, seed)
    assert cox_fit(x, y) == pytest.approx(unpenalised(x, y), abs=1e-6)
    weight = np.random.default_rng(seed).integers(0, 4, len(y)).astype(float)
    assert cox_fit(x, y, weight) == pytest.approx(unpenalised(x, y, weight), abs=1e-6)
    repeated = np.repeat(np.arange(len(y)), weight.astype(int))
    assert cox_fit(x, y, weight) == pytest.approx(cox_fit(x[repeated], y[repeated]), abs=1e-9)


@given(st.integers(0, 10_000), st.integers(2, 60))
def test_cox_stays_finite_whatever_the_outcomes(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) * rng.choice([0.0, 1e-6, 1.0, 20.0])
    y = rng.choice([np.zeros(n), np.ones(n), (x > 0).astype(float)])
    assert np.isfinite(cox_fit(x, y)).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_sigmoid_is_platts(seed: int) -> None:
    x, y = outcomes(800, seed)
    a, b = _sigmoid_calibration(x, y)
    fitted = fit_sigmoid(x, y)
    assert (fitted.slope, fitted.intercept) == pytest.approx((-a, -b), abs=1e-3)


def test_the_sigmoid_finds_what_was_wrong() -> None:
    x, y = outcomes(50_000, seed=0)
    fitted = fit_sigmoid(x, y)
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.7, -0.4), abs=0.05)
    assert fitted(x).mean() == pytest.approx(y.mean(), abs=1e-3)


def test_a_stretch_that_is_told_apart_perfectly_stays_finite() -> None:
    x = np.linspace(-3, 3, 60)
    fitted = fit_sigmoid(x, (x > 0).astype(float))
    assert 0 < fitted.slope < 50
    assert 1e-4 < fitted(x).min() < fitted(x).max() < 1 - 1e-4


def test_a_ranking_is_never_turned_round() -> None:
    x = np.linspace(-3, 3, 60)
    assert fit_sigmoid(x, (x < 0).astype(float)).slope == 1e-3


def test_a_shift_moves_the_mean_to_the_rate_and_keeps_the_log_odds_apart() -> None:
    x, y = outcomes(20_000, seed=1, slope=1.0, intercept=0.8)
    shift = fit_shift(x, y)
    assert shift.slope == 1.0
    assert shift.intercept == pytest.approx(0.8, abs=0.05)
    assert shift(x).mean() == pytest.approx(y.mean(), abs=1e-4)
    weight = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    assert np.average(fit_shift(x, y, weight)(x), weights=weight) == pytest.approx(
        np.average(y, weights=weight), abs=1e-4
    )


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_a_shift_to_one_outcome_stays_finite(outcome: float) -> None:
    shift = fit_shift(np.linspace(-2, 2, 50), np.full(50, outcome))
    assert np.isfinite(shift.intercept)
    assert 1e-4 < shift(np.zeros(1))[0] < 1 - 1e-4


@given(st.integers(0, 10_000), st.lists(st.floats(-8, 8), min_size=2, unique=True))
def test_steps_keep_the_ranking(seed: int, x: list[float]) -> None:
    fitted = fit_steps(*outcomes(300, seed))
    apart = np.sort(np.round(x, 3))
    p = fitted(apart)
    assert (np.diff(p)[np.diff(apart) > 0] > 0).all() or p.min() == 1e-4 or p.max() == 1 - 1e-4


def test_steps_follow_what_no_line_can_and_survive_json() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, 40_000)
    truth = np.where(x < 0, 0.1, 0.6)
    y = (rng.random(len(x)) < truth).astype(float)
    steps, line = fit_steps(x, y), fit_sigmoid(x, y)
    assert np.abs(steps(x) - truth).mean() < 0.02 < np.abs(line(x) - truth).mean()
    again = Calibrator.from_dict(json.loads(json.dumps(steps.to_dict())))
    np.testing.assert_array_equal(again(x), steps(x))
    np.testing.assert_array_equal(steps(x[:1]), steps(x)[:1])
