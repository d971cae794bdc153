"""Conformance suite: what every family of ours must pass, scikit-learn's own checks first, then our contract.

A new family is added to `FAMILIES` and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from leadscore.models.blending import LogOddsBlend
from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.models.likelihood import model_file, model_from_file
from leadscore.models.segmented_classifier import SegmentedClassifier

FAMILIES: list[Callable[..., Any]] = [
    HingeLogisticRegression,
    BoostedTrees,
    LogOddsBlend,
    partial(SegmentedClassifier, BoostedTrees(), column=1, segments=(1, 2)),
]

EXPECTED_FAILURES = {
    "HingeLogisticRegression": {
        "check_sample_weight_equivalence_on_dense_data": (
            "the knots are quantiles of the rows, whatever their weights, so repeating a row moves them"
        ),
    },
    "BoostedTrees": {},
    "SegmentedClassifier": {},
    "LogOddsBlend": {
        "check_sample_weight_equivalence_on_dense_data": "that of HingeLogisticRegression, which is a part of it",
    },
}

LEVELS = (0, 4, 0, 3)
"""Two numbers, a category of three levels and `another`, a category of two."""


@parametrize_with_checks(
    [family() for family in FAMILIES], expected_failed_checks=lambda e: EXPECTED_FAILURES[type(e).__name__]
)
def test_scikit_learn_finds_nothing_unexpected(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def leads(n: int = 2_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Leads whose outcome bends in a number, jumps with a category and differs where a value is missing."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.lognormal(3, 1, n), rng.integers(0, 4, n), np.full(n, 2.0), rng.integers(0, 3, n)]).astype(
        float
    )
    X[rng.random(X.shape) < 0.15] = np.nan
    log_odds = np.minimum(np.nan_to_num(X[:, 0], nan=60.0), 40) / 15 - 2 + 1.5 * (X[:, 1] == 1) - np.isnan(X[:, 3])
    return X, (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)


@pytest.fixture(scope="module")
def history() -> tuple[np.ndarray, np.ndarray]:
    return leads()


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: type(family()).__name__)
def fitted(request: pytest.FixtureRequest, history: tuple[np.ndarray, np.ndarray]) -> Any:
    return request.param(levels=LEVELS).fit(*history)


def restored(estimator: Any) -> Any:
    model = estimator.model_
    return model_from_file(model_file("close", model.family), model.to_text())


def test_it_learns(fitted: Any) -> None:
    X, y = leads(seed=1)
    losses = -np.log(np.where(y == 1, *fitted.predict_proba(X).T[::-1]))
    share = y.mean()
    assert losses.mean() < -(share * np.log(share) + (1 - share) * np.log1p(-share)) - 0.05


def test_missing_is_a_value_of_its_own(fitted: Any) -> None:
    present, absent = np.tile([20.0, 0.0, 2.0, 0.0], (2, 1))
    absent[3] = np.nan
    p = fitted.predict_proba(np.vstack([present, absent]))[:, 1]
    assert p[1] < p[0] - 0.05
    assert np.isfinite(fitted.predict_proba(np.full((1, 4), np.nan))).all()


def test_missing_may_come_where_it_never_was(fitted: Any, history: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = history
    complete = np.nan_to_num(X, nan=1.0)
    model = clone(fitted).fit(complete, y)
    assert np.isfinite(model.predict_proba(np.full((1, 4), np.nan))).all()


def test_a_category_is_no_number(fitted: Any) -> None:
    rows = np.array([[20.0, code, 2.0, 0.0] for code in (0.0, 1.0, 2.0)])
    low, high, low_again = fitted.predict_proba(rows)[:, 1]
    assert high > max(low, low_again) + 0.15
    assert abs(low - low_again) < 0.12


def test_a_code_that_was_never_seen_is_scored_as_another(history: tuple[np.ndarray, np.ndarray], fitted: Any) -> None:
    X, y = history
    levels = (0, 5, 0, 3)  # code 4 means another and did not occur
    model = clone(fitted).set_params(levels=levels).fit(X, y)
    rows = np.array([[20.0, 4.0, 2.0, 0.0], [20.0, 99.0, 2.0, 0.0]])
    another, beyond = model.decision_function(rows)
    assert np.isfinite(another)
    assert another == beyond


def test_a_number_beyond_the_known_is_scored_like_the_outermost(fitted: Any, history: Any) -> None:
    top = np.nanmax(history[0][:, 0])
    rows = np.array([[value, 0.0, 2.0, 0.0] for value in (top, top * 1e6, 1e300)])
    assert len(set(fitted.decision_function(rows))) == 1


def test_export_and_import_change_no_bit(fitted: Any, history: tuple[np.ndarray, np.ndarray]) -> None:
    X, _ = history
    model = restored(fitted)
    assert model.family == fitted.model_.family
    np.testing.assert_array_equal(model.log_odds(X), fitted.decision_function(X))
    np.testing.assert_array_equal(model.reasons(X), fitted.model_.reasons(X))
    assert model.to_text() == fitted.model_.to_text()


def test_a_row_alone_is_the_row_in_any_batch_and_any_layout(fitted: Any, history: Any) -> None:
    X = history[0][:200]
    model = restored(fitted)
    log_odds, reasons = model.log_odds(X), model.reasons(X)
    for rows in (slice(0, 1), slice(17, 18), slice(3, 90), slice(199, None, -1)):
        np.testing.assert_array_equal(model.log_odds(X[rows]), log_odds[rows])
        np.testing.assert_array_equal(model.reasons(X[rows]), reasons[rows])
    np.testing.assert_array_equal(model.log_odds(np.asfortranarray(X)), log_odds)
    np.testing.assert_array_equal(model.reasons(np.asfortranarray(X)), reasons)


def test_no_rows_are_no_error(fitted: Any) -> None:
    model = restored(fitted)
    assert model.log_odds(np.empty((0, 4))).shape == (0,)
    assert model.reasons(np.empty((0, 4))).shape == (0, 4)


def test_reasons_add_up_to_the_log_odds(fitted: Any, history: tuple[np.ndarray, np.ndarray]) -> None:
    X, _ = history
    model = fitted.model_
    rest = model.log_odds(X) - model.reasons(X).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)


def test_the_same_seed_gives_the_same_text(fitted: Any, history: tuple[np.ndarray, np.ndarray]) -> None:
    assert clone(fitted).fit(*history).model_.to_text() == fitted.model_.to_text()


def test_weights_are_heeded_and_equal_ones_change_nothing(fitted: Any, history: Any) -> None:
    X, y = history
    plain = fitted.predict_proba(X)[:, 1]
    ones = clone(fitted).fit(X, y, sample_weight=np.ones(len(y))).predict_proba(X)[:, 1]
    np.testing.assert_allclose(ones, plain, atol=1e-9)
    heavier = clone(fitted).fit(X, y, sample_weight=1 + 4 * y).predict_proba(X)[:, 1]
    assert heavier.mean() > plain.mean() + 0.1


@pytest.mark.parametrize("hinges", [True, False])
def test_the_additive_form_is_the_ridge_on_its_design(history: tuple[np.ndarray, np.ndarray], hinges: bool) -> None:
    X, y = history
    model = HingeLogisticRegression(C=0.3, levels=LEVELS, hinges=hinges).fit(X, y)
    design = np.hstack([_one_hot(X[:, j], n) if n else _hinges(X[:, j], hinges) for j, n in enumerate(LEVELS)])
    ridge = LogisticRegression(C=0.3, max_iter=400, tol=1e-12, solver="newton-cholesky").fit(design, y)
    np.testing.assert_allclose(model.decision_function(X), ridge.decision_function(design), rtol=0, atol=1e-6)
    assert set(json.loads(model.model_.to_text())) == {"intercept", "pieces", "means"}


def _one_hot(column: np.ndarray, codes: int) -> np.ndarray:
    return np.column_stack([*(column == code for code in range(codes)), np.isnan(column)]).astype(float)


def _hinges(column: np.ndarray, bend: bool) -> np.ndarray:
    known = column[~np.isnan(column)]
    knots = np.unique(np.quantile(known, (0.005, 0.2, 0.4, 0.6, 0.8, 0.995) if bend else (0, 1)))
    x = np.clip(np.where(np.isnan(column), knots[0], column), knots[0], knots[-1])
    spread = max(knots[-1] - knots[0], 1e-12)
    slopes = [3 * np.maximum(x - knot, 0) / spread for knot in (knots[:-1] if len(knots) > 1 else knots)]
    return np.column_stack([*slopes, np.isnan(column)])
