"""What was to be expected of a lead: from what was known of it, never from its outcome or from who worked it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.history import History, decided_rows
from leadscore.errors import OneClass
from leadscore.training.expectations import expect, product_column, without_columns_of
from leadscore.training.pipeline import read
from leadscore.training.recipe import Recipe

N = 1_200


def history_of(folder: Path, won: np.ndarray, **columns: np.ndarray) -> tuple[History, Recipe]:
    frame = pd.DataFrame(
        {
            "Created": pd.date_range("2024-01-01", periods=len(won), freq="3h").strftime("%Y-%m-%d %H:%M"),
            "Won": np.where(won, "yes", "no"),
            **columns,
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)
    recipe = Recipe.model_validate(
        {
            "data": {"leads": "leads.csv"},
            "lead": {"created": "Created"},
            "close": {"column": "Won", "positive": ["yes"], "rep": "Rep" if "Rep" in columns else None},
            "folder": folder,
        }
    )
    whole = read(recipe)
    return whole.take(decided_rows(whole)), recipe


def chance(p: np.ndarray | float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(N) < p


def test_columns_that_tell_give_a_model(tmp_path: Path) -> None:
    source = np.random.default_rng(1).integers(0, 3, N)
    p = np.array([0.15, 0.4, 0.75])[source]
    history, recipe = history_of(tmp_path, chance(p), Source=np.array(["web", "fair", "referral"])[source])
    found = expect(history, recipe)
    assert found.basis == "model"
    assert np.abs(found.likelihoods["close"] - p).mean() < 0.05


def test_columns_that_tell_nothing_give_the_rate_of_the_product(tmp_path: Path) -> None:
    product = np.random.default_rng(1).integers(0, 2, N)
    colour = np.random.default_rng(2).integers(0, 2, N)
    columns = {"Product": np.array(["A", "B"])[product], "Colour": np.array(["red", "blue"])[colour]}
    history, recipe = history_of(tmp_path, chance(0.4), **columns)
    found = expect(history, recipe)
    assert found.basis == "base_rate"
    assert "'Product'" in found.note
    assert "training refuses" in found.note
    p, y = found.likelihoods["close"], history.labels["close"]
    for which in (0, 1):
        assert p[product == which].mean() == pytest.approx(y[product == which].mean(), abs=0.03)


@pytest.mark.parametrize("tells", [True, False])
def test_expectations_add_up_to_what_happened_in_each_half(tmp_path: Path, tells: bool) -> None:
    source = np.random.default_rng(1).integers(0, 2, N)
    # Twice as many are won in the second half, which no column tells.
    p = np.where(np.arange(N) < N // 2, 0.25, 0.5) + (0.2 * (source - 0.5) if tells else 0.0)
    history, recipe = history_of(tmp_path, chance(p), Source=np.array(["web", "fair"])[source])
    p, y = expect(history, recipe).likelihoods["close"], history.labels["close"]
    for half in (slice(None, N // 2), slice(N // 2, None)):
        assert p[half].sum() == pytest.approx(y[half].sum(), rel=0.02)


def test_one_class_cannot_be_compared(tmp_path: Path) -> None:
    history, recipe = history_of(tmp_path, np.ones(N, dtype=bool), Colour=np.array(["red", "blue"] * (N // 2)))
    with pytest.raises(OneClass):
        expect(history, recipe)


def test_what_follows_from_the_rep_is_left_out_and_named(tmp_path: Path) -> None:
    rep = np.random.default_rng(0).integers(0, 6, N)
    columns = {
        "Rep": np.array(list("abcdef"))[rep],
        "Office": np.array(["north", "south"])[rep % 2],
        "Source": np.array(["web", "fair"])[np.random.default_rng(1).integers(0, 2, N)],
    }
    history, _ = history_of(tmp_path, chance(0.4), **columns)
    kept, told = without_columns_of(history, [history.frame["Rep"].to_numpy(dtype=object)])
    assert told == ("Office",)
    assert {f.name for f in kept.fields} == {f.name for f in history.fields} - {"Office"}


def test_the_product_is_the_column_of_few_values_that_is_called_so(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    columns = {
        "Product Text": draw.integers(0, 500, N).astype(str),
        "product_line": np.array(["x", "y", "z"])[draw.integers(0, 3, N)],
        "Source": np.array(["web", "fair"])[draw.integers(0, 2, N)],
    }
    history, _ = history_of(tmp_path, chance(0.4), **columns)
    assert product_column(history) == "product_line"
    without, _ = history_of(tmp_path, chance(0.4), Source=columns["Source"])
    assert product_column(without) is None


def unfinished(folder: Path, seed: int = 0) -> tuple[History, Recipe, np.ndarray]:
    """Leads of a year, most of them younger than the horizon of 300 days in which they are won, and their chances."""
    draw = np.random.default_rng(seed)
    n = 6_000
    source = draw.integers(0, 2, n)
    p = np.where(source == 0, 0.2, 0.4)
    created = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(draw.uniform(0, 365, n)), unit="D")
    closed = created + pd.to_timedelta(draw.uniform(0, 300, n), unit="D")
    shows = (draw.random(n) < p) & (closed <= pd.Timestamp("2026-01-01"))
    frame = pd.DataFrame(
        {
            "Created": created.strftime("%Y-%m-%d %H:%M"),
            "Source": np.array(["web", "fair"])[source],
            "Closed": np.where(shows, closed.strftime("%Y-%m-%d %H:%M"), ""),
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)
    recipe = Recipe.model_validate(
        {
            "data": {"leads": "leads.csv"},
            "lead": {"created": "Created"},
            "close": {"column": "Closed", "positive": "filled", "at": "Closed", "horizon_days": 300},
            "folder": folder,
        }
    )
    whole = read(recipe)
    rows = decided_rows(whole)
    return whole.take(rows), recipe, p[rows]


def test_leads_younger_than_the_horizon_are_expected_to_win_what_they_will(tmp_path: Path) -> None:
    history, recipe, truth = unfinished(tmp_path)
    assert history.weight["close"].max() > 2
    newest = slice(-len(history) // 4, None)
    unweighted = expect(replace(history, weight={}), recipe).likelihoods["close"][newest].sum()
    weighted = expect(history, recipe).likelihoods["close"][newest].sum()
    assert unweighted < 0.6 * truth[newest].sum()
    assert weighted == pytest.approx(truth[newest].sum(), rel=0.1)


def test_weights_of_one_are_no_weights(tmp_path: Path) -> None:
    source = np.random.default_rng(1).integers(0, 2, N)
    history, recipe = history_of(
        tmp_path, chance(np.array([0.2, 0.5])[source]), Source=np.array(["web", "fair"])[source]
    )
    ones = replace(history, weight={"close": np.ones(len(history))})
    plain, weighted = (expect(h, recipe).likelihoods["close"] for h in (history, ones))
    np.testing.assert_allclose(weighted, plain, atol=1e-9)
