"""Measures, held against scikit-learn's, ties and all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from leadscore.models.calibration import cox_fit, logit
from leadscore.models.metrics import log_losses, measure, paired_difference, roc_auc, signal_bound


def outcomes(n: int = 1_200, seed: int = 0, shift: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(1.2, 6, n).clip(0.001, 0.9), 3)
    return (p * shift).clip(0.001, 0.99), (rng.random(n) < p).astype(float)


coarse = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=2, max_size=60)


@given(coarse)
def test_figures_with_ties_are_those_of_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    p = np.array([a / 10 for a, _ in pairs])
    y = np.array([float(b) for _, b in pairs])
    assume(0 < y.sum() < len(y))
    values = measure(p, y, draws=20).values
    assert values["roc_auc"] == pytest.approx(roc_auc_score(y, p), abs=1e-12)
    assert roc_auc(p, y) == values["roc_auc"]
    assert values["pr_auc"] == pytest.approx(average_precision_score(y, p), abs=1e-12)
    assert values["log_loss"] == pytest.approx(log_loss(y, p), abs=1e-12)
    assert values["brier"] == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_calibration_figures_are_coxs() -> None:
    p, y = outcomes()
    values = measure(p, y, draws=10).values
    assert (values["calibration_slope"], values["calibration_intercept"]) == pytest.approx(cox_fit(logit(p), y))


@pytest.mark.parametrize("seed", range(4))
def test_every_interval_contains_its_point(seed: int) -> None:
    found = measure(*outcomes(seed=seed), seed=seed)
    for name, (low, high) in found.intervals.items():
        assert low < found.values[name] < high, name
    assert 0.5 < found.signal_bound < found.values["roc_auc"]


def test_intervals_have_the_width_of_the_textbook() -> None:
    p, y = outcomes(n=3_000)
    found = measure(p, y)
    low, high = found.intervals["brier"]
    textbook = 2 * 1.645 * ((p - y) ** 2).std() / np.sqrt(len(y))
    assert (high - low) == pytest.approx(textbook, rel=0.2)


def test_the_same_seed_gives_the_same_figures() -> None:
    p, y = outcomes()
    assert measure(p, y, seed=3).to_dict() == measure(p, y, seed=3).to_dict()
    assert measure(p, y, seed=3).intervals != measure(p, y, seed=4).intervals


def test_figures_are_flat_json() -> None:
    found = measure(*outcomes(), draws=20)
    flat = json.loads(json.dumps(found.to_dict()))
    assert flat["roc_auc_interval"] == list(found.intervals["roc_auc"])
    assert (flat["rows"], flat["positives"]) == (found.rows, found.positives)


@pytest.mark.parametrize(("shift", "refuted"), [(1.0, False), (2.0, True), (0.5, True)])
def test_a_mean_that_is_far_off_is_refuted(shift: float, refuted: bool) -> None:
    assert measure(*outcomes(4_000, shift=shift), draws=100).calibration_refuted is refuted


def test_too_few_outcomes_refute_nothing() -> None:
    p, y = outcomes(120)
    assert y.sum() < 30
    assert measure(p, y, draws=50).calibration_refuted is None


def test_certainty_costs_much_but_not_everything() -> None:
    losses = log_losses(np.array([0.0, 1.0, 0.5]), np.array([1.0, 0.0, 1.0]))
    assert losses == pytest.approx([-np.log(1e-6), -np.log(1e-6), np.log(2)])


def test_a_paired_difference_is_the_textbooks() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 500))
    mean, (low, high) = paired_difference(a, b)
    textbook = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert mean == pytest.approx((a - b).mean())
    assert (low, high) == pytest.approx((textbook.low, textbook.high), abs=0.01 * (high - low))


def test_the_bound_of_noise_lies_under_chance_and_that_of_signal_above() -> None:
    rng = np.random.default_rng(0)
    p, y = outcomes()
    assert signal_bound(p, y) > 0.6
    assert signal_bound(rng.random(1_200), y) < 0.5


@pytest.mark.parametrize("positives", [1, 2])
def test_a_single_outcome_is_measured_all_the_same(positives: int) -> None:
    p = np.linspace(0.1, 0.9, 40)
    y = np.zeros(40)
    y[-positives:] = 1
    found = measure(p, y, draws=50)
    assert found.values["roc_auc"] == 1.0
    assert all(np.isfinite(found.intervals[name]).all() for name in found.intervals)
