"""Boosted margins: they beat the mean by segment where attributes tell, give way where not, and add up to money."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.value import MarginTable
from leadscore.models.value_model import (
    BoostedMargins,
    Wins,
    fit_kind,
    fit_margins,
    gamma_deviance,
    margins_from_dict,
    race_margins,
)

LEVELS = (0, 5, 0)
NAMES = np.array(["small", "big", None], dtype=object)


def simulated(n: int, *, told: float, seed: int = 0) -> Wins:
    """Wins whose log margin depends on employees, industry and a flag as far as ``told``, in time order."""
    rng = np.random.default_rng(seed)
    employees = rng.lognormal(4, 1.2, n)
    industry = rng.integers(0, 5, n).astype(float)
    X = np.column_stack([employees, industry, rng.integers(0, 2, n)])
    effect = 0.6 * (np.log(employees) - 4) + np.array([0.0, 0.7, -0.5, 0.3, -0.9])[industry.astype(int)] + 0.5 * X[:, 2]
    margin = np.exp(8 + told * effect + rng.normal(0, 0.5, n))
    X[rng.random(X.shape) < 0.05] = np.nan
    return Wins(X, NAMES[(employees > 55).astype(int)], margin, np.arange(n) / 10)


@pytest.fixture(scope="module", params=["gamma", "log_normal"])
def model(request: pytest.FixtureRequest) -> BoostedMargins:
    fitted = fit_kind(request.param, simulated(1_500, told=1.0), LEVELS)
    assert isinstance(fitted, BoostedMargins)
    return fitted


@pytest.mark.parametrize("seed", range(3))
def test_where_several_attributes_tell_trees_beat_the_table_on_later_wins(seed: int) -> None:
    wins = simulated(4_000, told=1.0, seed=seed)
    known, later = wins.take(np.arange(3_000)), wins.take(np.arange(3_000, 4_000))
    race = race_margins(known, LEVELS, gap=5.0)
    assert race.winner in ("gamma", "log_normal")
    assert race.difference is not None
    errors = {
        kind: np.median(abs(fit_kind(kind, known, LEVELS)(later.X, later.segment) - later.margin))
        for kind in (race.winner, "table")
    }
    assert errors[race.winner] < 0.75 * errors["table"]


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_tells_the_table_stays(seed: int) -> None:
    race = race_margins(simulated(3_000, told=0.0, seed=seed), LEVELS)
    assert race.winner == "table"
    assert race.runner_up is not None


@pytest.mark.parametrize("kind", ["table", "gamma", "log_normal"])
def test_what_is_foreseen_adds_up_to_the_money_of_later_wins(kind: str) -> None:
    ratios = []
    for seed in range(5):
        wins = simulated(3_000, told=1.0, seed=seed)
        known, later = wins.take(np.arange(2_000)), wins.take(np.arange(2_000, 3_000))
        assert fit_kind(kind, known, LEVELS)(known.X, known.segment).sum() == pytest.approx(known.margin.sum())
        fitted = fit_margins(kind, known, LEVELS)
        ratios.append(fitted(later.X, later.segment).sum() / later.margin.sum())
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("n", "gap"), [(199, 0.0), (400, 1e9)])
def test_with_too_few_wins_only_the_table_is_tried(n: int, gap: float) -> None:
    race = race_margins(simulated(n, told=1.0), LEVELS, gap=gap)
    assert (race.winner, race.runner_up, race.difference) == ("table", None, None)


def test_without_dates_the_gap_is_in_wins() -> None:
    wins = simulated(600, told=1.0)
    assert race_margins(Wins(wins.X, wins.segment, wins.margin), LEVELS, gap=20).winner != "table"


@given(st.randoms(use_true_random=False))
def test_a_lead_alone_has_the_margin_it_has_in_any_batch(model: BoostedMargins, random: st.DataObject) -> None:
    leads = simulated(1_200, told=1.0, seed=3)
    whole = model(leads.X, leads.segment)
    rows = np.array(random.sample(range(1_200), random.randint(1, 60)))
    np.testing.assert_array_equal(model(leads.X[rows], leads.segment[rows]), whole[rows])
    np.testing.assert_array_equal(model(np.asfortranarray(leads.X), leads.segment), whole)
    assert np.isfinite(whole).all()
    assert (whole > 0).all()


def test_no_leads_are_no_error(model: BoostedMargins) -> None:
    assert model(np.empty((0, 3)), np.empty(0, dtype=object)).shape == (0,)


def test_the_model_survives_its_texts_to_the_last_bit(model: BoostedMargins) -> None:
    again = margins_from_dict(json.loads(json.dumps(model.to_dict())), model.to_text())
    leads = simulated(200, told=1.0, seed=4)
    np.testing.assert_array_equal(again(leads.X, leads.segment), model(leads.X, leads.segment))
    assert again.kind == model.kind
    assert isinstance(margins_from_dict({"overall": 5.0, "by_segment": {}}, None), MarginTable)


def test_the_same_wins_give_the_same_model() -> None:
    fit: Callable[[], BoostedMargins] = lambda: fit_kind("gamma", simulated(300, told=1.0), LEVELS)  # noqa: E731
    assert fit().to_text() == fit().to_text()


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_the_deviance_is_least_at_what_happened(predicted: float, happened: float) -> None:
    assert gamma_deviance(np.array([predicted]), np.array([happened]))[0] >= 0
    assert gamma_deviance(np.array([happened]), np.array([happened]))[0] == 0
