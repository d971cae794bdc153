"""Candidates: bounds, recency, and a past with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from leadscore.models.calibration import expit
from leadscore.training.candidates import Candidate, Past, Recency, blend, candidates, recencies

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 2))
Y = (RNG.random(500) < expit(X[:, 0])).astype(float)
PAST = Past(X, Y, np.ones(500, dtype=bool), np.arange(500.0), unit="leads")


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


def test_a_candidate_is_left_unfitted() -> None:
    one = candidates((0, 0), seed=0)[0]
    fitted = one.fit(PAST)
    assert not hasattr(one.estimator, "model_")
    np.testing.assert_array_equal(fitted.decision_function(X), clone(one.estimator).fit(X, Y).decision_function(X))


def test_only_leads_that_count_are_learned_from() -> None:
    counts = np.arange(500) % 3 > 0
    partly = Past(X, np.where(counts, Y, np.nan), counts, PAST.moments)
    one = candidates((0, 0), seed=0)[0]
    alone = clone(one.estimator).fit(X[counts], Y[counts])
    np.testing.assert_array_equal(one.log_odds(partly, X), alone.decision_function(X))


@pytest.mark.parametrize("n", [0, 40])
def test_a_past_of_one_outcome_forecasts_its_base_rate(n: int) -> None:
    never = Past(X[:n], np.zeros(n), np.ones(n, dtype=bool), np.arange(float(n)))
    raw = candidates((0, 0), seed=0)[0].log_odds(never, X)
    np.testing.assert_allclose(expit(raw), 0.5 / (n + 1))


def test_a_blend_is_the_weighted_sum_of_its_parts() -> None:
    additive, trees = candidates((0, 0), seed=0)[:2]
    mixed = blend(additive, trees, 0.25)
    apart = 0.75 * additive.log_odds(PAST, X) + 0.25 * trees.log_odds(PAST, X)
    np.testing.assert_allclose(mixed.log_odds(PAST, X), apart, rtol=0, atol=1e-12)
    assert mixed.family == "blend"
    assert "75% logistic_regression (C=0.3)" in mixed.settings


moments = st.lists(st.floats(0, 1_000), min_size=1, max_size=60).map(lambda days: np.sort(np.array(days)))


@given(moments, st.floats(0.5, 1_000) | st.none(), st.floats(0, 1_000) | st.none())
def test_weights_rise_with_time_and_never_count_for_more_leads_than_there_are(
    days: np.ndarray, half_life: float | None, window: float | None
) -> None:
    weight = Recency(half_life, window).weights(days)
    assert (np.diff(weight) >= 0).all()
    assert weight[-1] > 0
    assert weight.sum() <= len(days) * (1 + 1e-9)


def test_a_window_leaves_older_leads_out_and_a_weight_multiplies() -> None:
    one = candidates((0, 0), seed=0)[0]
    recent = one.with_recency(Recency(window=99.0), "leads")
    assert str(recent) == "logistic_regression (C=0.3, last 99 leads)"
    alone = one.log_odds(PAST.take(np.arange(400, 500)), X)
    np.testing.assert_allclose(recent.log_odds(PAST, X), alone, atol=1e-9)
    weighted = Past(X, Y, PAST.counts, PAST.moments, weight=np.full(500, 1.0))
    np.testing.assert_allclose(recent.log_odds(weighted, X), alone, atol=1e-9)


def test_recencies_are_parts_of_the_span() -> None:
    assert {r.half_life or r.window for r in recencies(PAST)} == {499 / part for part in (2, 4, 8)}
    assert recencies(PAST.take(np.array([3]))) == []
    assert Candidate("a", "b", None).recency == Recency()
