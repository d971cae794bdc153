"""Exact reasons of boosted trees, against LightGBM's own and against brute force over all coalitions."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.models.booster import Booster
from leadscore.models.tree_code import kernel
from leadscore.models.tree_reasons import TreeReasons, fast_reasons
from leadscore.models.tree_text import UnsupportedTreesError, read_forest

ODD = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-35, -1e-35, float(np.float32(1e-35)), -0.5, -1.0, 2.0**31, 1e300]


def booster(
    trees: int = 20, columns: int = 6, seed: int = 0, positive: bool = False, **settings: object
) -> lgb.Booster:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(800, columns))
    X[:, -1], X[:, -2] = rng.integers(0, 40, 800), rng.integers(0, 4, 800)
    X[rng.random(X.shape) < 0.2] = np.nan
    X[rng.random(X.shape) < 0.2] = 0.0
    y = np.nan_to_num(X[:, 0] * X[:, 1]) + np.isnan(X[:, 0]) + (X[:, -1] % 3 == 1) + rng.normal(size=800) > 0.5
    chosen = {"objective": "binary", "num_leaves": 15, "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1}
    data = lgb.Dataset(X, y + 1.0 if positive else y, categorical_feature=[columns - 1, columns - 2])
    return lgb.train(chosen | {"min_data_per_group": 5} | settings, data, trees)


KINDS = {
    "usual": {},
    "zero is missing": {"zero_as_missing": True},
    "nothing is missing": {"use_missing": False},
    "deep": {"columns": 30, "num_leaves": 63, "max_depth": -1},
    "stumps": {"num_leaves": 2},
    "no split": {"min_data_in_leaf": 700},
}


@pytest.fixture(scope="module")
def boosters() -> dict[str, lgb.Booster]:
    return {name: booster(**kind) for name, kind in KINDS.items()}


def reasons_of(text: str) -> TreeReasons:
    compiled = kernel()
    assert compiled is not None
    return TreeReasons(text, compiled)


def lightgbm_says(model: lgb.Booster, X: np.ndarray) -> np.ndarray:
    return model.predict(X, pred_contrib=True, num_threads=1)[:, :-1]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_kind_of_value_goes_where_lightgbm_sends_it(boosters, kind, data) -> None:
    model = boosters[kind]
    columns = model.num_feature()
    value = st.sampled_from(ODD) | st.floats(-3, 3) | st.integers(-2, 45).map(float)
    rows = data.draw(st.lists(st.lists(value, min_size=columns, max_size=columns), min_size=1, max_size=20))
    X = np.array(rows)
    np.testing.assert_allclose(reasons_of(model.model_to_string())(X), lightgbm_says(model, X), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), layout=st.sampled_from("CF"))
def test_the_sum_has_lightgbms_bits(boosters, kind, data, layout) -> None:
    model = boosters[kind]
    columns, text = model.num_feature(), model.model_to_string()
    value = st.sampled_from(ODD) | st.floats(-3, 3) | st.integers(-2, 45).map(float)
    rows = data.draw(st.lists(st.lists(value, min_size=columns, max_size=columns), min_size=1, max_size=20))
    X = np.array(rows, order=layout)
    found, alone = reasons_of(text).raw(X), [reasons_of(text).raw(X[i : i + 1])[0] for i in range(len(X))]
    assert (
        found.tobytes() == model.predict(X, raw_score=True, num_threads=1).tobytes() == Booster(text).raw(X).tobytes()
    )
    assert found.tobytes() == np.array(alone).tobytes()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000), trees=st.integers(1, 60), num_leaves=st.integers(2, 31), max_depth=st.integers(-1, 6),
    objective=st.sampled_from(["binary", "regression", "gamma"]), boosting=st.sampled_from(["gbdt", "dart"]),
    lambda_l2=st.floats(0, 20),
)  # fmt: skip
def test_the_sum_of_any_booster_has_lightgbms_bits(seed: int, **settings: Any) -> None:
    model = booster(columns=6, seed=seed, positive=settings["objective"] == "gamma", **settings)
    X = np.random.default_rng(seed).normal(size=(300, 6)) * [1, 1, 1, 1, 3, 20]
    X[::7, seed % 6] = np.nan
    assert reasons_of(model.model_to_string()).raw(X).tobytes() == model.predict(X, raw_score=True).tobytes()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_they_are_the_shapley_values_of_the_tree(seed: int) -> None:
    model = booster(trees=1, columns=4, seed=seed)
    X = np.random.default_rng(seed).normal(size=(3, 4))
    root = model.dump_model()["tree_info"][0]["tree_structure"]
    found = reasons_of(model.model_to_string())(X)
    for row, effects in zip(X, found, strict=True):
        np.testing.assert_allclose(effects, _shapley(root, row), atol=1e-9)


def _shapley(root: dict, row: np.ndarray) -> list[float]:
    n = len(row)
    effects = [0.0] * n
    for i in range(n):
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for known in combinations([j for j in range(n) if j != i], size):
                effects[i] += weight * (_expected(root, row, {*known, i}) - _expected(root, row, {*known}))
    return effects


def _expected(node: dict, row: np.ndarray, known: set[int]) -> float:
    """Value of the tree when only some features are known; the others go both ways by the training rows."""
    if "leaf_value" in node:
        return node["leaf_value"]
    sides = [node["left_child"], node["right_child"]]
    if node["split_feature"] in known:
        x = row[node["split_feature"]]
        if node["decision_type"] == "==":
            left = x > -1 and str(int(x)) in node["threshold"].split("||")
        else:
            left = x <= node["threshold"]
        return _expected(sides[0] if left else sides[1], row, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    return sum(c * _expected(s, row, known) for c, s in zip(counts, sides, strict=True)) / sum(counts)


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 1500), size=st.integers(1, 700), threads=st.integers(1, 8))
def test_a_lead_gets_the_same_bits_in_any_company(boosters, start: int, size: int, threads: int) -> None:
    model = reasons_of(boosters["usual"].model_to_string())
    X = np.random.default_rng(1).normal(size=(2200, 6))
    part = model(X[start : start + size], threads=threads)
    assert part.tobytes() == model(X, threads=1)[start : start + size].tobytes()
    assert model(X[start : start + 1]).tobytes() == part[:1].tobytes()


def test_other_trees_are_left_to_lightgbm() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    linear = lgb.train({"linear_tree": True, "verbosity": -1}, lgb.Dataset(X, X[:, 0]), 3)
    with pytest.raises(UnsupportedTreesError, match="linear"):
        read_forest(linear.model_to_string())
    assert fast_reasons(linear.model_to_string()) is None


def test_a_column_too_few_is_refused(boosters) -> None:
    with pytest.raises(ValueError, match="look at 6 columns, and there are 5"):
        reasons_of(boosters["usual"].model_to_string())(np.zeros((2, 5)))
