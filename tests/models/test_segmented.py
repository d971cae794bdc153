"""A pooled model and own models of single segments, at scoring time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.calibration import expit
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.models.likelihood import model_file, model_from_file
from leadscore.models.segmented import SegmentedModel
from leadscore.models.segmented_classifier import SegmentedClassifier

RNG = np.random.default_rng(0)
N = 3_000
X = np.column_stack([RNG.normal(size=N), RNG.integers(0, 3, N)]).astype(float)
X[:50, 1] = np.nan
Y = (RNG.random(N) < expit(np.where(X[:, 1] == 1, -2.0, 1.0) * X[:, 0] - 1)).astype(float)
BASES = [HingeLogisticRegression(), BoostedTrees()]


@pytest.fixture(scope="module", params=BASES, ids=lambda base: type(base).__name__)
def fitted(request: pytest.FixtureRequest) -> SegmentedClassifier:
    return SegmentedClassifier(request.param, column=1, segments=(1,), levels=(0, 4)).fit(X, Y)


def test_a_segment_is_scored_by_its_own_model_and_everybody_else_by_the_pooled_one(fitted: SegmentedClassifier) -> None:
    mine = X[:, 1] == 1
    pooled = clone(fitted.base).set_params(levels=(0, 4)).fit(X, Y)
    own = clone(fitted.base).set_params(levels=(0, 4)).fit(X[mine], Y[mine])
    expected = np.where(mine, own.decision_function(X), pooled.decision_function(X))
    np.testing.assert_array_equal(fitted.decision_function(X), expected)


def test_reasons_add_up_whichever_model_spoke(fitted: SegmentedClassifier) -> None:
    model = fitted.model_
    assert isinstance(model, SegmentedModel)
    rest = model.log_odds(X) - model.reasons(X).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)
    np.testing.assert_allclose(model.reasons(X[:1]), model.reasons(X)[:1], atol=1e-12)


def test_its_text_holds_all_of_it(fitted: SegmentedClassifier) -> None:
    text = fitted.model_.to_text()
    name = model_file("close", fitted.model_.family)
    assert name == "close.segmented.json"
    again = model_from_file(name, text)
    np.testing.assert_array_equal(again.log_odds(X), fitted.decision_function(X))
    np.testing.assert_array_equal(again.reasons(X), fitted.model_.reasons(X))
    assert again.to_text() == text


def test_a_segment_with_one_outcome_stays_with_the_others() -> None:
    never = np.where(X[:, 1] == 1, 0.0, Y)
    found = SegmentedClassifier(column=1, segments=(1, 2), levels=(0, 4)).fit(X, never)
    assert list(found.model_.own) == [2]
