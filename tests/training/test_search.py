"""Families compete in time order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone

from leadscore.models.calibration import Calibrator, expit
from leadscore.training.search import Candidate, candidates, compete, fit_likelihood

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 2))
Y = (RNG.random(600) < expit(1.5 * X[:, 0])).astype(float)


class Spy(BaseEstimator):
    """Remembers which rows it was shown; the second column of its matrix is the row number."""

    seen: list[tuple[float, float]] = []  # noqa: RUF012

    def __init__(self, shift: float = 0.0, slope: float = 1.5) -> None:
        self.shift = shift
        self.slope = slope

    def fit(self, X: Any, y: Any) -> Spy:
        self.last_ = X[:, 1].max()
        self.model_ = self
        return self

    def decision_function(self, X: Any) -> Any:
        Spy.seen.append((self.last_, X[:, 1].min()))
        return self.slope * X[:, 0] + self.shift


def spies(**settings: dict[str, float]) -> list[Candidate]:
    return [Candidate(name.split("_")[0], name, Spy(**values)) for name, values in settings.items()]


def run(contenders: list[Candidate], **options: Any) -> Any:
    numbered = np.column_stack([X[:, 0], np.arange(600)])
    return compete(numbered, Y, contenders, **{"folds": 4, "seconds": np.inf, **options})


def test_nobody_learns_from_what_comes_later() -> None:
    Spy.seen.clear()
    run(spies(a={}))
    assert len(Spy.seen) == 4
    assert all(last < first for last, first in Spy.seen)


def test_the_better_forward_log_loss_wins_and_the_runner_up_is_of_another_family() -> None:
    found = run(spies(good={}, good_too={"shift": 0.05}, bad={"shift": 2.0}, worse={"shift": 4.0}))
    assert found.winner.family == "good"
    assert found.runner_up.family == "bad"
    low, high = found.difference_interval
    assert 0 < low < found.difference < high
    assert list(found.log_loss.values()) == sorted(found.log_loss.values())
    assert found.untried == 0


def test_within_one_family_there_is_no_runner_up() -> None:
    found = run(spies(a={}, a_2={"shift": 1.0}))
    assert found.runner_up is found.difference is found.difference_interval is None


def test_time_bounds_the_field_but_two_always_compete() -> None:
    told: list[str] = []
    found = run(spies(a={}, b={"shift": 1.0}, c={}), seconds=0.0, advance=told.append)
    assert (len(told), found.untried) == (2, 1)


@pytest.mark.parametrize(("slope", "shift", "helps"), [(1.5, 0.0, False), (6.0, 0.0, True), (1.5, 2.0, True)])
def test_a_sigmoid_is_used_where_it_betters_the_next_stretch(slope: float, shift: float, helps: bool) -> None:
    found = run(spies(a={"slope": slope, "shift": shift}))
    assert found.sigmoid is helps
    likelihood, _ = fit_likelihood(found, X, Y, X, Y)
    assert (likelihood.calibrator != Calibrator()) is helps


def test_a_stretch_of_one_outcome_calibrates_nothing() -> None:
    found = run(spies(a={"shift": 2.0}))
    assert found.sigmoid
    likelihood, _ = fit_likelihood(found, X, Y, X[:20], np.zeros(20))
    assert likelihood.calibrator == Calibrator()


def test_a_past_of_one_outcome_is_no_error() -> None:
    late = np.r_[np.zeros(400), Y[400:]]
    found = compete(X, late, candidates((0, 0), seed=0)[:2], folds=4, seconds=np.inf)
    assert all(np.isfinite(loss) for loss in found.log_loss.values())


def test_candidates_stay_within_their_bounds_and_the_first_two_are_of_two_families() -> None:
    field = candidates((0, 4), seed=7)
    assert {field[0].family, field[1].family} == {"logistic_regression", "boosted_trees"}
    assert len({str(candidate) for candidate in field}) == len(field)
    for candidate in field:
        assert candidate.estimator.levels == (0, 4)
        if candidate.family == "boosted_trees":
            settings = candidate.estimator.get_params()
            assert settings["n_estimators"] <= 150
            assert settings["num_leaves"] <= 15
            assert settings["max_depth"] <= 6
            assert settings["random_state"] == 7


def test_candidates_are_left_unfitted_and_the_winner_is_fitted_on_the_past_alone() -> None:
    field = candidates((0, 0), seed=0)[:1]
    found = compete(X, Y, field, folds=2, seconds=np.inf)
    assert not hasattr(field[0].estimator, "model_")
    likelihood, estimator = fit_likelihood(found, X[:400], Y[:400], X[400:], Y[400:])
    alone = clone(field[0].estimator).fit(X[:400], Y[:400])
    np.testing.assert_array_equal(estimator.decision_function(X), alone.decision_function(X))
    np.testing.assert_array_equal(likelihood.model.log_odds(X), alone.decision_function(X))
