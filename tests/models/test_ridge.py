"""The ridge on codes is the ridge on the one-hot matrix that is never written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from leadscore.models.ridge import Design, fit_ridge

LEVELS = (3, 5)


def drawn(n: int, seed: int) -> tuple[Design, np.ndarray, np.ndarray]:
    """A design of an intercept, two numbers and two categories, the outcomes, and weights of which some are zero."""
    rng = np.random.default_rng(seed)
    dense = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    codes = np.column_stack([rng.integers(0, levels, n) for levels in LEVELS])
    y = rng.random(n) < 1 / (1 + np.exp(1 - dense[:, 1] - 0.5 * codes[:, 1]))
    return Design(dense, codes, LEVELS), y, rng.integers(0, 4, n).astype(float)


def written_out(design: Design) -> np.ndarray:
    """All columns, dense."""
    onehot = [design.codes[:, [j]] == np.arange(levels) for j, levels in enumerate(design.levels)]
    return np.hstack([design.dense, *onehot])


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_products_and_sums_are_those_of_the_dense_matrix(seed: int) -> None:
    design, _, weight = drawn(50, seed)
    dense, b = written_out(design), np.random.default_rng(seed).normal(size=11)
    np.testing.assert_allclose(design.products(weight), dense.T @ (weight[:, None] * dense), atol=1e-9)
    np.testing.assert_allclose(design.sums(weight), dense.T @ weight, atol=1e-9)
    np.testing.assert_allclose(design.score(b), dense @ b, atol=1e-9)


@given(seed=st.integers(0, 10**6), weighted=st.booleans(), C=st.sampled_from([0.01, 0.3, 10.0]))
@settings(max_examples=25, deadline=None)
def test_it_is_scikit_learns_solution(seed: int, weighted: bool, C: float) -> None:
    design, y, weight = drawn(400, seed)
    given_weight = weight if weighted else None
    ridge = LogisticRegression(C=C, tol=1e-12, max_iter=1_000, solver="newton-cholesky")
    ridge.fit(written_out(design)[:, 1:], y, sample_weight=given_weight)
    found = fit_ridge(design, y, C=C, weight=given_weight)
    np.testing.assert_allclose(found, [*ridge.intercept_, *ridge.coef_[0]], atol=1e-5)


@pytest.mark.parametrize("positives", [3, 20_000])
def test_a_start_on_a_part_of_the_leads_leads_to_the_same_place(positives: int) -> None:
    design, y, weight = drawn(60_000, 0)
    y &= np.cumsum(y) <= positives  # three: the part may have none
    b = fit_ridge(design, y, C=0.3, weight=weight)
    miss = weight * (1 / (1 + np.exp(-design.score(b))) - y)
    gradient = written_out(design).T @ miss + np.array([0.0, *b[1:]]) / 0.3
    assert abs(gradient).max() / weight.sum() < 2e-9


def test_separable_outcomes_are_no_error() -> None:
    x = np.linspace(-1, 1, 200)
    b = fit_ridge(Design(np.column_stack([np.ones(200), x]), np.zeros((200, 0), dtype=np.intp), ()), x > 0, C=1e4)
    assert ((b[0] + b[1] * x > 0) == (x > 0)).all()
