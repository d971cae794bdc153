"""Fitting the stages: each on the leads that it speaks of, calibrated on what came after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.data.history import History
from leadscore.data.outcomes import Outcome
from leadscore.data.splits import Split, split_by_time
from leadscore.errors import NoUsableColumn
from leadscore.models.features import Encoder
from leadscore.training.fitting import fit_stages, move_stage, plain_baseline, stage_rows
from leadscore.training.recipe import Recipe, Search

N = 800
RECIPE = Recipe(
    qualify=Outcome(column="Qualified"), close=Outcome(column="Won"), search=Search(trials=1), split=Split(folds=2)
)


@pytest.fixture(scope="module")
def history(make_history: Callable[..., History]) -> History:
    rng = np.random.default_rng(0)
    qualify = (rng.random(N) < 0.5).astype(float)
    return make_history({"qualify": qualify, "close": qualify * (rng.random(N) < 0.5)})


SPLIT = split_by_time(N, Split())


def encoded(history: History) -> tuple[Encoder, np.ndarray]:
    encoder = Encoder.fit(history.take(SPLIT.fit).frame, history.fields)
    return encoder, encoder.encode_frame(history.frame)


def test_close_learns_from_the_qualified_and_qualify_from_all(history: History) -> None:
    rows = np.arange(100)
    assert stage_rows(history, "qualify", rows).tolist() == rows.tolist()
    assert stage_rows(history, "close", rows).tolist() == np.flatnonzero(history.labels["qualify"][:100] == 1).tolist()
    alone = replace(history, labels={"close": history.labels["close"]})
    assert stage_rows(alone, "close", rows).tolist() == rows.tolist()


def test_each_stage_is_fitted_and_the_progress_told(history: History) -> None:
    encoder, X = encoded(history)
    told: list[tuple[str, float]] = []
    fitted = fit_stages(X, history, SPLIT, encoder, RECIPE, seed=0, progress=lambda *step: told.append(step))
    assert list(fitted) == ["qualify", "close"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert all("P(qualify)" in text or "P(close)" in text for text, _ in told)
    for found in fitted.values():
        np.testing.assert_allclose(found.sklearn_path(X), found.likelihood(X), atol=1e-9)


def test_the_test_stretch_is_untouched(history: History) -> None:
    encoder, X = encoded(history)
    spoiled = X.copy()
    spoiled[SPLIT.test] = np.nan
    labels = {stage: np.where(np.isin(np.arange(N), SPLIT.test), 1 - y, y) for stage, y in history.labels.items()}
    options = {"encoder": encoder, "recipe": RECIPE, "seed": 0, "progress": lambda *_: None}
    one = fit_stages(X, history, SPLIT, **options)
    other = fit_stages(spoiled, replace(history, labels=labels), SPLIT, **options)
    for stage in one:
        assert one[stage].likelihood.model.to_text() == other[stage].likelihood.model.to_text()
        assert one[stage].likelihood.calibrator == other[stage].likelihood.calibrator


@pytest.mark.parametrize("gap", [0, 40])
def test_a_moved_stage_fits_only_the_fold_that_knows_more_than_the_measured_model(history: History, gap: int) -> None:
    recipe = RECIPE.model_copy(update={"split": Split(folds=4, gap_days=gap)})
    split = split_by_time(N, Split(gap_days=gap))
    encoder, X = encoded(history)
    found = fit_stages(X, history, split, encoder, recipe, seed=0, progress=lambda *_: None)["qualify"]
    known, last = len(split.known), N - N // 8
    measured = found.likelihood.model.log_odds(X[known:])
    moved = move_stage(found, "qualify", measured, X, history, encoder, recipe)
    np.testing.assert_array_equal(moved.forecasts[:known], found.forecasts[:known])
    np.testing.assert_array_equal(moved.forecasts[known:last], measured[: last - known])
    fresh = clone(found.competition.winner.estimator).fit(X[: last - gap], history.labels["qualify"][: last - gap])
    np.testing.assert_allclose(moved.forecasts[last:], fresh.decision_function(X[last:]), atol=1e-9)
    assert not np.isnan(moved.forecasts[N // 2 :]).any()


def test_without_a_column_there_is_nothing_to_fit(history: History) -> None:
    with pytest.raises(NoUsableColumn, match="no column is left to learn from"):
        fit_stages(np.empty((N, 0)), history, SPLIT, Encoder(()), RECIPE, seed=0, progress=lambda *_: None)


def test_the_baseline_is_plain_logistic_regression_on_equal_columns(history: History) -> None:
    encoder, X = encoded(history)
    plain = make_pipeline(
        make_column_transformer((StandardScaler(), ["x", "noise"]), (OneHotEncoder(), ["Source"])),
        LogisticRegression(max_iter=2_000),
    )
    y, frame = history.labels["close"], history.frame
    plain.fit(frame.iloc[SPLIT.known], y[SPLIT.known])
    expected = plain.predict_proba(frame.iloc[SPLIT.test])[:, 1]
    np.testing.assert_allclose(plain_baseline(X, history, SPLIT, encoder)["close"], expected, atol=1e-6)


def test_the_baseline_bears_missing_and_empty_columns(history: History) -> None:
    encoder, X = encoded(history)
    X[::3] = np.nan
    X[:, 1] = np.nan
    found = plain_baseline(X, history, SPLIT, encoder)
    assert all(np.isfinite(p).all() for p in found.values())


def test_weights_move_the_means_and_equal_weights_move_nothing(history: History) -> None:
    encoder, X = encoded(history)
    tripled = {stage: np.where(y == 1, 3.0, 1.0) for stage, y in history.labels.items()}
    plain, same, more = (
        fit_stages(X, replace(history, weight=weight), SPLIT, encoder, RECIPE, seed=0, progress=lambda *_: None)
        for weight in ({}, {stage: np.ones(N) for stage in history.labels}, tripled)
    )
    for stage in history.labels:
        assert same[stage].competition.log_loss == pytest.approx(plain[stage].competition.log_loss, abs=1e-12)
        np.testing.assert_allclose(same[stage].likelihood(X), plain[stage].likelihood(X), rtol=1e-9)
        before, after = (found[stage].estimator.decision_function(X).mean() for found in (plain, more))
        assert after - before == pytest.approx(np.log(3), abs=0.1)
    baseline = plain_baseline(X, replace(history, weight=tripled), SPLIT, encoder)
    assert (baseline["qualify"] > plain_baseline(X, history, SPLIT, encoder)["qualify"]).mean() > 0.95
