"""What a Bundle keeps of a family, evaluated without scikit-learn."""

from __future__ import annotations

import json
import pickle

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.likelihood import AdditiveModel, TreeModel, model_from_file

PIECES = [
    {"knots": [0.0, 10.0, 20.0], "values": [0.0, 2.0, 1.0], "missing": -0.5},
    {"table": [0.25, -0.25, 1.0, 4.0]},
    {"knots": [3.0], "values": [0.5], "missing": 0.0},
]
MODEL = AdditiveModel(-1.0, PIECES, [0.5, 0.125, 0.5])


@given(st.lists(st.tuples(st.floats(-50, 50) | st.just(np.nan), st.integers(0, 9), st.floats()), min_size=1))
def test_an_additive_model_is_the_sum_of_its_pieces(rows: list) -> None:
    X = np.array(rows, dtype=float)
    line = np.where(np.isnan(X[:, 0]), -0.5, np.interp(X[:, 0], [0, 10, 20], [0, 2, 1]))
    table = np.array([0.25, -0.25, 1.0])[np.minimum(X[:, 1], 2).astype(int)]
    single = np.where(np.isnan(X[:, 2]), 0.0, 0.5)
    np.testing.assert_array_equal(MODEL.contributions(X), np.column_stack([line, table, single]))
    np.testing.assert_allclose(MODEL.log_odds(X), line + table + single - 1, atol=1e-12)


def test_the_last_entry_of_a_table_is_for_missing() -> None:
    X = np.array([[0.0, code, 3.0] for code in (0, 1, 2, 3, 99, np.nan)])
    assert MODEL.contributions(X)[:, 1].tolist() == [0.25, -0.25, 1.0, 1.0, 1.0, 4.0]


def test_reasons_are_against_the_average_lead() -> None:
    assert MODEL.reasons(np.array([[10.0, 0.0, 3.0]])).tolist() == [[1.5, 0.125, 0.0]]


def test_a_model_of_numbers_only_and_one_of_categories_only() -> None:
    assert AdditiveModel(0.0, PIECES[:1], [0.0]).log_odds(np.array([[5.0]])).tolist() == [1.0]
    assert AdditiveModel(0.0, PIECES[1:2], [0.0]).log_odds(np.array([[2.0]])).tolist() == [1.0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3), st.floats(-9, 9))
def test_json_keeps_every_bit(means: list[float], intercept: float) -> None:
    text = AdditiveModel(intercept, PIECES, means).to_text()
    restored = model_from_file("close.json", text)
    assert isinstance(restored, AdditiveModel)
    assert restored.to_text() == text
    assert (restored.intercept, restored.means.tolist()) == (intercept, means)
    json.loads(text)


def test_the_layout_of_the_matrix_moves_no_bit() -> None:
    rng = np.random.default_rng(0)
    wide = AdditiveModel(0.1, [{"table": rng.normal(size=9).tolist()} for _ in range(60)], [0.0] * 60)
    X = rng.integers(0, 8, (200, 60)).astype(float)
    np.testing.assert_array_equal(wide.log_odds(np.asfortranarray(X)), wide.log_odds(X))
    np.testing.assert_array_equal(wide.log_odds(X[:1]), wide.log_odds(X)[:1])


BY = AdditiveModel(
    0.5, [PIECES[1], {"by": 0, "tables": [[k + c / 8 for c in range(3)] for k in range(4)]}], [0.0, 0.25]
)
CODES = st.integers(0, 4).map(float) | st.just(np.nan)


@given(st.lists(st.tuples(CODES, CODES), min_size=1))
def test_a_category_may_work_otherwise_in_each_segment(rows: list) -> None:
    X = np.array(rows, dtype=float)
    segment, level = (np.where(np.isnan(x), last, np.minimum(x, last - 1)) for x, last in zip(X.T, (3, 2), strict=True))
    np.testing.assert_array_equal(BY.contributions(X)[:, 1], segment + level / 8)
    np.testing.assert_array_equal(BY.contributions(X)[:, 0], np.array(PIECES[1]["table"])[segment.astype(int)])
    alone = np.concatenate([BY.contributions(row[None]) for row in X])
    np.testing.assert_array_equal(alone, BY.contributions(X))
    np.testing.assert_array_equal(BY.reasons(X), BY.contributions(X) - [0.0, 0.25])
    restored = model_from_file("close.json", BY.to_text())
    np.testing.assert_array_equal(restored.log_odds(X), BY.log_odds(X))


@pytest.fixture(scope="module")
def trees() -> TreeModel:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    return BoostedTrees().fit(X, (X[:, 0] > 0).astype(int)).model_


def test_trees_are_told_by_the_ending_of_their_file(trees: TreeModel) -> None:
    X = np.random.default_rng(1).normal(size=(50, 3))
    restored = model_from_file("qualify.txt", trees.to_text())
    assert restored.family == "boosted_trees"
    np.testing.assert_array_equal(restored.log_odds(X), trees.log_odds(X))


def test_tree_reasons_are_exact_and_without_the_bias(trees: TreeModel) -> None:
    X = np.random.default_rng(1).normal(size=(50, 3))
    bias = lgb.Booster(model_str=trees.text).predict(X, pred_contrib=True)[:, -1]
    np.testing.assert_allclose(trees.reasons(X).sum(axis=1) + bias, trees.log_odds(X), atol=1e-9)


def test_only_text_travels_to_another_process(trees: TreeModel) -> None:
    assert trees.booster is not None
    copy = pickle.loads(pickle.dumps(trees))  # noqa: S301 - of our own making
    assert vars(copy) == {"text": trees.text}


def test_one_lead_gets_the_bits_of_a_batch():
    random = np.random.default_rng(3)
    pieces = [
        {"knots": [0.0, 0.7, 3.1], "values": [0.2, -1.3, 0.9], "missing": 0.4},
        {"table": [0.1, -0.7, 1.9, 0.3]},
        {"knots": [5.0], "values": [0.6], "missing": -0.2},
    ]
    model = AdditiveModel(-2.0, pieces, [0.0, 0.0, 0.0])
    X = np.column_stack([random.normal(1, 2, 500), random.integers(0, 5, 500).astype(float), random.normal(5, 1, 500)])
    X[random.random(X.shape) < 0.1] = np.nan
    alone = np.concatenate([model.log_odds(X[i : i + 1]) for i in range(len(X))])
    assert alone.tobytes() == model.log_odds(X).tobytes()
