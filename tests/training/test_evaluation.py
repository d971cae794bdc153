"""Measuring on the untouched stretch, and refusing for cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from leadscore.data.history import History
from leadscore.data.splits import Split, split_by_time
from leadscore.errors import NoSignal, OneClass, TooFewOutcomes
from leadscore.models.bundle import Likelihood
from leadscore.models.calibration import Calibrator, expit, logit
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.models.likelihood import AdditiveModel
from leadscore.training.candidates import Candidate
from leadscore.training.evaluation import check_outcomes, cross_check, evaluate, refuse_without_signal

Make = Callable[..., History]


def spread(n: int, positives: int) -> np.ndarray:
    y = np.zeros(n)
    y[np.linspace(0, n - 1, positives).astype(int)] = 1
    return y


def check(history: History, **split: Any) -> None:
    check_outcomes(history, split_by_time(len(history), Split(**split)))


@pytest.mark.parametrize(("value", "word"), [(0.0, "no"), (1.0, "yes")])
def test_one_class_has_nothing_to_tell_apart(make_history: Make, value: float, word: str) -> None:
    with pytest.raises(OneClass, match=rf"\[close\]: all 300 decided leads have the same outcome \({word}\)"):
        check(make_history({"close": np.full(300, value)}))


@pytest.mark.parametrize("turned", [False, True])
def test_forty_of_each_class_are_needed(make_history: Make, turned: bool) -> None:
    few, enough = spread(400, 39), spread(400, 48)
    with pytest.raises(TooFewOutcomes, match="40 of each are needed"):
        check(make_history({"close": 1 - few if turned else few}))
    check(make_history({"close": 1 - enough if turned else enough}))


def test_ten_of_each_class_are_needed_in_the_test_stretch(make_history: Make) -> None:
    early = np.r_[spread(300, 100), spread(100, 9)]
    with pytest.raises(TooFewOutcomes, match="the last 100 leads have 9 positives; 10 of each class"):
        check(make_history({"close": early}))


def test_a_stretch_to_fit_on_with_one_outcome_is_refused(make_history: Make) -> None:
    late = np.r_[np.zeros(300), spread(100, 50)]
    with pytest.raises(TooFewOutcomes, match="of the 240 leads to fit on 0 are positive; 10 of each class"):
        check(make_history({"close": late}))


def test_qualified_leads_that_all_close_are_refused(make_history: Make) -> None:
    y = spread(400, 150)
    with pytest.raises(TooFewOutcomes, match=r"\[close\]: of the \d+ leads to fit on"):
        check(make_history({"qualify": y, "close": y}))


@pytest.mark.parametrize("split", [{"gap_days": 10_000}, {"calibrate_share": 0.001}])
def test_a_split_that_leaves_nothing_to_calibrate_on_is_refused(make_history: Make, split: dict[str, Any]) -> None:
    with pytest.raises(TooFewOutcomes, match="none is left to calibrate on: lower `gap_days` or raise"):
        check(make_history({"close": spread(400, 100)}), **split)


def stage(column: int, slope: float = 1.0) -> Any:
    pieces: list[dict[str, Any]] = [{"knots": [0.0, 1.0], "values": [0.0, 0.0], "missing": 0.0} for _ in range(2)]
    pieces[column] = {"knots": [-9.0, 9.0], "values": [-9.0, 9.0], "missing": 0.0}
    likelihood = Likelihood(AdditiveModel(0.0, pieces, [0, 0]), Calibrator(slope, 0.1))
    winner = Candidate("logistic_regression", "C=0.3", HingeLogisticRegression(levels=(0, 0)))
    return SimpleNamespace(likelihood=likelihood, competition=SimpleNamespace(winner=winner))


@pytest.fixture(scope="module")
def measured(make_history: Make) -> Any:
    rng = np.random.default_rng(0)
    X = rng.normal(-0.5, 1, (2_000, 2))
    qualify = (rng.random(2_000) < expit(X[:, 0])).astype(float)
    close = qualify * (rng.random(2_000) < expit(X[:, 1]))
    history = make_history({"qualify": qualify, "close": close})
    split = split_by_time(2_000, Split())
    baseline = {"qualify": np.full(500, 0.4), "close": expit(X[split.test, 1] - 1)}
    found = evaluate(X, history, split, {"qualify": stage(0), "close": stage(1)}, baseline, seed=0)
    return X, history, split, baseline, found


def test_close_is_measured_as_the_product_on_all_leads(measured: Any) -> None:
    X, history, split, _, found = measured
    rows = split.test
    p = stage(0).likelihood(X[rows]) * stage(1).likelihood(X[rows])
    np.testing.assert_array_equal(found["close"].p, p)
    assert found["close"].measures.values["roc_auc"] == pytest.approx(roc_auc_score(history.labels["close"][rows], p))
    raw = expit(X[rows, 0]) * expit(X[rows, 1])
    assert found["close"].before_calibration["mean"] == pytest.approx(raw.mean())


def test_the_difference_to_the_baseline_is_paired(measured: Any) -> None:
    _, history, split, baseline, found = measured
    for name, one in found.items():
        y = history.labels[name][split.test]
        ours, theirs = log_loss(y, one.p), log_loss(y, baseline[name])
        assert one.log_loss_difference == pytest.approx(ours - theirs)
        assert one.baseline["log_loss"] == pytest.approx(theirs)
        losses = np.log(np.where(y == 1, baseline[name] / one.p, (1 - baseline[name]) / (1 - one.p)))
        assert one.log_loss_difference_se == pytest.approx(losses.std(ddof=1) / np.sqrt(len(y)))


def test_a_direct_model_checks_the_mean_of_the_product(measured: Any) -> None:
    found = measured[-1]
    assert found["qualify"].direct_mean is None
    direct = found["close"].direct_mean
    assert direct == pytest.approx(found["close"].base_rate, rel=0.15)
    for mean, warned in ((direct * 1.04, 0), (direct * 1.06, 1), (direct * 0.9, 1)):
        shifted = replace(found["close"], p=np.full(500, mean))
        assert len(cross_check({"close": shifted})) == warned
    assert cross_check({"qualify": found["qualify"]}) == ()


def test_calibration_is_not_judged_on_few_leads(measured: Any) -> None:
    flat = measured[-1]["close"].to_dict()
    assert flat["calibration_verdict"] == "cannot tell"
    assert len(flat["deciles"]) == 10
    assert sum(decile["leads"] for decile in flat["deciles"]) == 500
    assert flat["mean"] == pytest.approx(measured[-1]["close"].p.mean())


def test_figures_are_those_of_train_json(measured: Any) -> None:
    flat = measured[-1]["close"].to_dict()
    assert {
        "base_rate",
        "baseline",
        "log_loss_difference",
        "roc_auc",
        "roc_auc_interval",
        "signal_bound",
        "rows",
    } <= set(flat)
    assert flat["base_rate"] == pytest.approx(measured[-1]["close"].y.mean())


def judged(make_history: Make, p: np.ndarray, y: np.ndarray, seed: int) -> None:
    split = split_by_time(len(y), Split())
    X = np.column_stack([logit(p), np.zeros(len(y))])
    baseline = {"close": np.full(len(split.test), y.mean())}
    refuse_without_signal(evaluate(X, make_history({"close": y}), split, {"close": stage(0)}, baseline, seed=seed))


def test_noise_is_refused(make_history: Make) -> None:
    def refused(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        try:
            judged(make_history, rng.uniform(0.05, 0.6, 1_200), (rng.random(1_200) < 0.3).astype(float), seed)
        except NoSignal:
            return True
        return False

    assert sum(map(refused, range(40))) >= 38
    with pytest.raises(NoSignal, match=r"\[close\]: no signal.*one-sided 97\.5 % lower bound.*Nothing was registered"):
        judged(make_history, np.tile([0.2, 0.4], 600), spread(1_200, 400), seed=0)


def test_signal_is_not_refused(make_history: Make) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0.05, 0.6, 1_200)
        judged(make_history, p, (rng.random(1_200) < p).astype(float), seed)
