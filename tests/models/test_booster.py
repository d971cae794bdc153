"""LightGBM through its C interface, beside LightGBM through its own package."""

from __future__ import annotations

import gc
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models import booster
from leadscore.models.booster import Booster, BoosterError
from leadscore.models.likelihood import TreeModel


def leads(rows: int, seed: int = 0) -> np.ndarray:
    """Numbers and, in the last two columns, categories; some of all missing or 0."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 8))
    X[:, 6:] = rng.integers(-1, 30, (rows, 2))
    X[rng.random(X.shape) < 0.1] = np.nan
    X[rng.random(X.shape) < 0.1] = 0.0
    return X


@pytest.fixture(scope="module", params=[{}, {"zero_as_missing": True}, {"boosting": "rf", "bagging_freq": 1}])
def theirs(request: pytest.FixtureRequest) -> lgb.Booster:
    X = leads(1500)
    y = np.nan_to_num(X[:, 0]) + np.isnan(X[:, 1]) + (X[:, 6] % 3 == 1) > 0.5
    usual = {"objective": "binary", "num_leaves": 15, "bagging_fraction": 0.8, "verbosity": -1, "num_threads": 1}
    return lgb.train(usual | request.param, lgb.Dataset(X, y, categorical_feature=[6, 7]), 40)


@pytest.fixture(scope="module")
def ours(theirs: lgb.Booster) -> Booster:
    return Booster(theirs.model_to_string())


def test_both_say_the_same_to_the_last_bit(ours: Booster, theirs: lgb.Booster) -> None:
    X = leads(3000, seed=1)
    np.testing.assert_array_equal(ours.raw(X), theirs.predict(X, raw_score=True))
    np.testing.assert_array_equal(ours.effects(X[:300]), theirs.predict(X[:300], pred_contrib=True)[:, :-1])


@given(start=st.integers(0, 2900), size=st.integers(0, 100))
def test_a_row_gets_the_same_bits_in_any_company(ours: Booster, start: int, size: int) -> None:
    X = leads(3000, seed=2)
    part = X[start : start + size]
    assert ours.raw(part).tobytes() == ours.raw(X)[start : start + size].tobytes()
    assert ours.raw(np.asfortranarray(part)).tobytes() == ours.raw(part).tobytes()


def test_eight_threads_at_once_get_the_bits_of_one(ours: Booster) -> None:
    X, together = leads(400, seed=3), Barrier(8)
    expected = ours.raw(X)

    def ask(_: int) -> bytes:
        together.wait()
        return b"".join(ours.raw(X[i : i + 1]).tobytes() for i in range(len(X)))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {expected.tobytes()}


def test_boosters_come_and_go_while_threads_still_run(theirs: lgb.Booster) -> None:
    text, X = theirs.model_to_string(), leads(5)

    def ask(_: int) -> bytes:
        return Booster(text).raw(X).tobytes()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, range(40)))
    gc.collect()
    assert answers == {Booster(text).raw(X).tobytes()}


def test_another_number_of_columns_is_refused(ours: Booster) -> None:
    for columns in (7, 9):
        with pytest.raises(ValueError, match=f"learned from 8 columns, and there are {columns}"):
            ours.raw(np.zeros((1, columns)))


def test_no_rows_have_no_answers(ours: Booster) -> None:
    assert ours.raw(np.empty((0, 8))).shape == (0,)
    assert ours.effects(np.empty((0, 8))).shape == (0, 8)


def test_a_library_that_lies_elsewhere_is_found_by_its_package(
    theirs: lgb.Booster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booster, "_ENDINGS", {sys.platform: "elsewhere"})
    booster._library.cache_clear()
    try:
        assert (
            Booster(theirs.model_to_string()).raw(leads(9)).tolist()
            == theirs.predict(leads(9), raw_score=True).tolist()
        )
    finally:
        booster._library.cache_clear()


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(BoosterError, match="number of classes"):
        Booster("no trees at all")


def test_a_model_travels_as_its_text(theirs: lgb.Booster) -> None:
    model = TreeModel(theirs.model_to_string())
    expected = model.log_odds(leads(3))
    copy = pickle.loads(pickle.dumps(model))  # noqa: S301 - of our own making
    np.testing.assert_array_equal(copy.log_odds(leads(3)), expected)
