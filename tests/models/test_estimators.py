"""The families beyond the conformance suite in ``checks.py``: what is particular to each."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.hinge_regression import HingeLogisticRegression

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 2))
Y = (X[:, 0] + RNG.normal(size=600) > 0).astype(int)


def test_classes_may_have_any_two_names() -> None:
    names = np.where(Y == 1, "won", "lost")
    for family in (HingeLogisticRegression, BoostedTrees):
        model = family().fit(X, names)
        assert model.classes_.tolist() == ["lost", "won"]
        assert set(model.predict(X)) == {"lost", "won"}
        np.testing.assert_array_equal(model.predict_proba(X), family().fit(X, Y).predict_proba(X))


@pytest.mark.parametrize("family", [HingeLogisticRegression, BoostedTrees])
def test_one_class_and_three_are_refused(family: type) -> None:
    with pytest.raises(ValueError, match="one class"):
        family().fit(X, np.ones(600))
    with pytest.raises(ValueError, match="Only binary"):
        family().fit(X, np.arange(600) % 3)


def test_a_number_bends_where_the_outcome_does() -> None:
    x = np.linspace(0, 10, 4_000)[:, None]
    hump = (np.abs(x[:, 0] - 5) < 2).astype(int)
    bent = HingeLogisticRegression(C=10).fit(x, hump).predict_proba(x)[:, 1]
    straight = HingeLogisticRegression(C=10, hinges=False).fit(x, hump).predict_proba(x)[:, 1]
    assert bent[2_000] > 0.8 > 0.3 > max(bent[0], bent[-1])
    assert np.ptp(straight) < 0.1


def test_a_stronger_penalty_says_less() -> None:
    spreads = [np.ptp(HingeLogisticRegression(C=C).fit(X, Y).decision_function(X)) for C in (0.001, 0.03, 3.0)]
    assert spreads == sorted(spreads)


@pytest.mark.parametrize("column", [np.full(600, np.nan), np.full(600, 7.0), np.where(np.arange(600) == 3, 9.0, 0.0)])
def test_a_column_that_says_nothing_disturbs_nothing(column: np.ndarray) -> None:
    for family in (HingeLogisticRegression, BoostedTrees):
        p = family().fit(np.column_stack([X, column]), Y).predict_proba(np.column_stack([X, column]))
        assert np.abs(p - family().fit(X, Y).predict_proba(X)).max() < 0.05


def test_means_are_those_of_the_leads_learned_from() -> None:
    model = HingeLogisticRegression().fit(X, Y).model_
    np.testing.assert_allclose(model.reasons(X).mean(axis=0), 0, atol=1e-12)


def test_another_seed_is_handed_on() -> None:
    assert "seed: 7" in BoostedTrees(random_state=7).fit(X, Y).model_.to_text()


def crossed(n: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A segment, a category that turns round in the smallest segment, both missing at times; outcomes and log-odds."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.integers(0, 2, n)]).astype(float)
    X[rng.random(n) < 0.02, 0], X[rng.random(n) < 0.02, 1] = np.nan, np.nan
    true = np.where(X[:, 0] == 2, -1.0, 1.0) * (np.nan_to_num(X[:, 1], nan=0.5) - 0.5) * 2 - 1
    return X, (rng.random(n) < 1 / (1 + np.exp(-true))).astype(int), true


def test_a_category_may_turn_round_in_a_segment() -> None:
    (X, y, _), (others, _, true) = crossed(20_000), crossed(2_000, seed=1)
    plain = HingeLogisticRegression(levels=(4, 3)).fit(X, y).decision_function(others)
    apart = HingeLogisticRegression(levels=(4, 3), by=0, crossed=(1,)).fit(X, y).decision_function(others)
    small = others[:, 0] == 2
    assert np.abs(plain - true)[small].mean() > 0.7
    assert np.abs(apart - true)[small].mean() < 0.2
    assert np.abs(apart - true)[~small].mean() < 0.1


def test_it_is_the_ridge_of_both_their_codes_written_out() -> None:
    X, y, _ = crossed(1_000)
    cells = np.where(np.isnan(X[:, 0]), 4, X[:, 0]) * 4 + np.where(np.isnan(X[:, 1]), 3, X[:, 1])
    wide = np.column_stack([X, cells])
    written = HingeLogisticRegression(levels=(4, 3, 20)).fit(wide, y).decision_function(wide)
    apart = HingeLogisticRegression(levels=(4, 3), by=0, crossed=(1,)).fit(X, y)
    np.testing.assert_allclose(apart.decision_function(X), written, atol=1e-9)
    np.testing.assert_allclose(apart.model_.reasons(X).mean(axis=0), 0, atol=1e-12)
