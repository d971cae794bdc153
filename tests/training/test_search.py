"""Families compete in time order."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from leadscore.models.calibration import expit
from leadscore.training.candidates import Candidate, Past, candidates
from leadscore.training.competition import Competition
from leadscore.training.folds import Folds
from leadscore.training.limits import EXTRAS, Limits
from leadscore.training.search import compete
from leadscore.training.study import Study

RNG = np.random.default_rng(0)
N = 600
X = RNG.normal(size=(N, 2))
Y = (RNG.random(N) < expit(1.5 * X[:, 0])).astype(float)


class Spy(BaseEstimator):
    """Remembers which rows it was shown; the second column of its matrix is the row number."""

    seen: list[tuple[float, float]] = []  # noqa: RUF012

    def __init__(self, shift: float = 0.0, slope: float = 1.5) -> None:
        self.shift = shift
        self.slope = slope

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Spy:
        self.last_ = X[:, 1].max()
        return self

    def decision_function(self, X: Any) -> Any:
        Spy.seen.append((self.last_, X[:, 1].min()))
        return self.slope * X[:, 0] + self.shift


def spies(**settings: dict[str, float]) -> list[Candidate]:
    return [Candidate(name.split("_")[0], name, Spy(**values)) for name, values in settings.items()]


def past(X: np.ndarray = X, y: np.ndarray = Y, **columns: Any) -> Past:
    n = len(y)
    given = {"counts": np.ones(n, dtype=bool), "moments": np.arange(n, dtype=float), "unit": "leads"}
    return Past(X, y, **{**given, **columns})


def run(contenders: list[Candidate], *, gap: float = 0.0, include: Any = (), **limits: Any) -> Competition:
    folds = Folds(past(np.column_stack([X[:, 0], np.arange(N)])), 4, gap=gap)
    return compete(folds, contenders, limits=Limits(include=include, **limits))[0]


@pytest.mark.parametrize("gap", [0, 30])
def test_nobody_learns_from_what_comes_later_and_the_gap_is_empty(gap: int) -> None:
    Spy.seen.clear()
    run(spies(a={}), gap=gap)
    assert len(Spy.seen) == 4
    assert all(first - last == gap + 1 for last, first in Spy.seen)


def test_the_better_forward_log_loss_wins_and_the_runner_up_is_of_another_family() -> None:
    found = run(spies(good={}, good_too={"shift": 0.05}, bad={"shift": 2.0}, worse={"shift": 4.0}))
    assert found.winner.family == "good"
    assert found.runner_up is not None
    assert found.runner_up.family == "bad"
    assert found.difference is not None
    assert found.difference_interval is not None
    low, high = found.difference_interval
    assert 0 < low < found.difference < high
    assert list(found.log_loss.values()) == sorted(found.log_loss.values())
    assert found.untried == found.searched == 0


def test_within_one_family_there_is_no_runner_up() -> None:
    found = run(spies(a={}, a_2={"shift": 1.0}))
    assert found.runner_up is found.difference is found.difference_interval is None


def test_time_bounds_the_field_but_two_always_compete_and_one_with_recent_leads_weighted() -> None:
    told: list[str] = []
    folds = Folds(past(np.column_stack([X[:, 0], np.arange(N)])), 4)
    contenders = spies(a={}, b={"shift": 1.0}, c={})
    found, _ = compete(folds, contenders, limits=Limits(seconds=0.0, include=EXTRAS[:3]), advance=told.append)
    assert told[:2] == ["a (a)", "b (b)"]
    assert len(told) == len(found.log_loss) == 3
    assert found.untried == 1 + 4


def test_a_number_bounds_the_field() -> None:
    assert len(run(spies(a={}, b={}, c={}), trials=1).log_loss) == 1


@pytest.mark.parametrize(
    ("slope", "shift", "expected"), [(1.5, 0.0, {"none"}), (6.0, 0.0, {"sigmoid"}), (1.5, 2.0, {"newest", "sigmoid"})]
)
def test_a_calibration_is_used_where_it_betters_the_next_stretch(slope: float, shift: float, expected: Any) -> None:
    assert run(spies(a={"slope": slope, "shift": shift}), include=("calibration",)).calibration in expected
    assert run(spies(a={"slope": slope, "shift": shift})).calibration == "none"


def test_a_past_of_one_outcome_is_no_error() -> None:
    late = np.r_[np.zeros(400), Y[400:]]
    found, _ = compete(Folds(past(y=late), 4), candidates((0, 0), seed=0)[:2], limits=Limits(include=EXTRAS[:3]))
    assert all(np.isfinite(loss) for loss in found.log_loss.values())


def test_leads_that_do_not_count_are_forecast_and_judge_nobody() -> None:
    counts = RNG.random(N) < 0.5
    lied = np.where(counts, Y, 1 - Y)
    folds = Folds(past(y=lied, counts=counts), 4)
    found, forecasts = compete(folds, candidates((0, 0), seed=0)[:2], limits=Limits(include=()))
    assert np.isnan(forecasts[: N // 2]).all()
    assert np.isfinite(forecasts[N // 2 :]).all()
    assert min(found.log_loss.values()) < 0.6


class Half(BaseEstimator):
    """Knows one of two columns, twice as strongly as it should."""

    levels, random_state = (0, 0), 0

    def __init__(self, column: int = 0) -> None:
        self.column = column

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Half:
        return self

    def decision_function(self, X: Any) -> Any:
        return 2 * X[:, self.column]


def test_a_blend_wins_where_each_family_knows_a_part() -> None:
    y = (np.random.default_rng(1).random(N) < expit(X.sum(axis=1))).astype(float)
    field = [Candidate(name, "", Half(i)) for i, name in enumerate(("logistic_regression", "boosted_trees"))]
    found, forecasts = compete(Folds(past(y=y), 4), field, limits=Limits(include=("blend",)))
    assert found.winner.family == "blend"
    assert found.winner.settings.startswith("50% logistic_regression")
    np.testing.assert_allclose(forecasts[N // 2 :], X[N // 2 :].sum(axis=1))
    assert compete(Folds(past(y=y), 4), field, limits=Limits(include=()))[0].winner.family != "blend"


def rising(n: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(n, 2))
    return X, (rng.random(n) < expit(X[:, 0] + np.linspace(-4, 0, n))).astype(float)


def test_recent_leads_count_for_more_where_the_rate_rises_and_not_where_it_stands() -> None:
    for X_, y, expected in ((*rising(), True), (X, Y, False)):
        found, _ = compete(Folds(past(X_, y), 4), candidates((0, 0), seed=0)[:2], limits=Limits(include=("recency",)))
        assert ("half-life" in found.winner.settings or "last" in found.winner.settings) is expected
        assert found.newest is not None
        assert found.newest.moved is expected


def test_what_was_done_about_the_newest_stretch_brings_it_nearer() -> None:
    folds = Folds(past(*rising()), 4)
    found, _ = compete(folds, candidates((0, 0), seed=0)[:1], limits=Limits(include=("recency", "calibration")))
    newest = found.newest
    assert newest is not None
    assert newest.before < newest.forecast < newest.forecast_with
    assert abs(newest.forecast_with / newest.happened - 1) < 0.15 < abs(newest.forecast / newest.happened - 1)
    assert newest.log_loss_with < newest.log_loss


def searched(journal: Path | None = None, *, trials: int | None = 12, seed: int = 0) -> Competition:
    limits = Limits(trials=trials, include=("tuning",), journal=journal)
    return compete(Folds(past(), 2), candidates((0, 0), seed=0)[:2], limits=limits, seed=seed)[0]


def test_the_same_seed_searches_the_same() -> None:
    one, other = searched(), searched()
    assert one.log_loss == other.log_loss
    assert str(one.winner) == str(other.winner)
    assert one.searched == 10
    assert searched(seed=1).log_loss != one.log_loss


def test_a_search_that_was_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "acme.search.journal"
    searched(journal, trials=7)
    size = journal.stat().st_size
    again = searched(journal)
    alone = searched()
    assert again.searched == alone.searched == 10
    assert str(again.winner) == str(alone.winner)
    assert set(again.log_loss) <= set(alone.log_loss)
    assert journal.stat().st_size > size


def test_a_search_without_prospect_ends_early() -> None:
    found = searched(trials=None)
    assert 8 <= found.searched <= 40
    assert found.remark == ""


def test_the_time_ends_a_search_and_that_is_said() -> None:
    limits = Limits(seconds=0.4, include=("tuning",))
    found, _ = compete(Folds(past(*rising()), 4), candidates((0, 0), seed=0)[:1], limits=limits)
    assert "the time limit of the search ended it after" in found.remark


def test_without_optuna_the_standard_candidates_compete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore.training.tuning.available", lambda: False)
    found = searched()
    assert found.searched == 0
    assert "optuna is missing (pip install 'leadscore[train]')" in found.remark


class Wild(BaseEstimator):
    """Says the same of everybody, whatever that is."""

    def __init__(self, says: float = 0.0) -> None:
        self.says = says

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Wild:
        return self

    def decision_function(self, X: Any) -> Any:
        return np.full(len(X), self.says)


@pytest.mark.parametrize("says", [np.nan, np.inf, -np.inf, 0.0, -50.0])
def test_a_search_without_bounds_ends_whatever_is_proposed(monkeypatch: pytest.MonkeyPatch, says: float) -> None:
    monkeypatch.setattr(Study, "_candidate", lambda *_: Candidate("boosted_trees", "wild", Wild(says)))
    assert searched(trials=None).searched == 8


def test_a_search_that_always_finds_better_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore.training.tuning._MOST", 12)
    monkeypatch.setattr(Study, "idle", lambda *_: 0)
    assert searched(trials=None).searched in (12, 24)


@given(st.integers(1, 16))
@settings(max_examples=16)
def test_recent_leads_are_weighted_however_few_candidates_there_may_be(trials: int) -> None:
    field = [Candidate(name, f"{i}", Spy()) for i, name in enumerate("abcdef")]
    limits = Limits(trials=trials, include=("recency",))
    found, _ = compete(Folds(past(np.column_stack([X[:, 0], np.arange(N)])), 4), field, limits=limits)
    weighted = sum("half-life" in name or "last" in name for name in found.log_loss)
    assert weighted == min(max(trials // 2, trials - 6) if trials > 3 else max(trials - 2, 0), 5)
    assert len(found.log_loss) <= trials


def test_the_time_is_an_upper_bound() -> None:
    fits = []

    class Slow(Spy):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Spy:
            fits.append(time.sleep(0.02))
            return super().fit(X, y)

    field = [Candidate(name, "", Slow()) for name in "abcdef"]
    limits = Limits(seconds=0.3)
    found, _ = compete(Folds(past(np.column_stack([X[:, 0], np.arange(N)])), 4), field, limits=limits)
    assert len(fits) <= 0.3 / 0.02 + 2 * 4
    assert found.untried > 0
