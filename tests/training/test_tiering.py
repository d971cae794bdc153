"""From calibrated likelihoods to prices and tiers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.history import History
from leadscore.data.outcomes import Outcome
from leadscore.decisions import preset
from leadscore.errors import RecipeError
from leadscore.scoring import tie_break
from leadscore.training.arriving import systematic
from leadscore.training.recipe import Recipe, StructureChoice
from leadscore.training.result import TrainingResult
from leadscore.training.tiering import arrivals_per_period, cut_tiers, prospects_of

RECIPE = Recipe(close=Outcome(column="Won"))
STRUCTURE = preset("three_tier")
Make = Callable[..., History]


def test_the_recipe_may_say_how_many_leads_arrive(make_history: Make) -> None:
    recipe = RECIPE.model_copy(update={"structure": StructureChoice(leads_per_period=180)})
    volume, note = arrivals_per_period(recipe, make_history({"close": np.zeros(10)}), STRUCTURE)
    assert volume == 180
    assert note.startswith("180 leads a ")
    assert note.endswith("as the recipe says")


def test_arrivals_are_those_of_the_last_quarter(make_history: Make) -> None:
    days = np.r_[np.linspace(0, 300, 50), np.linspace(310, 400, 90)]
    volume, note = arrivals_per_period(RECIPE, make_history({"close": np.zeros(140)}, days=days), STRUCTURE)
    weekly = {"week": 7.0, "month": 365.25 / 12}[STRUCTURE.period]
    assert volume == pytest.approx(90 / 91 * weekly, rel=0.03)
    assert "the last 91 days of the history" in note


def test_a_short_history_is_taken_as_it_is(make_history: Make) -> None:
    volume, note = arrivals_per_period(RECIPE, make_history({"close": np.zeros(3)}, days=np.zeros(3)), STRUCTURE)
    assert np.isfinite(volume)
    assert "the last 1 days" in note


def test_without_dates_a_year_is_assumed_and_said(make_history: Make) -> None:
    volume, note = arrivals_per_period(RECIPE, make_history({"close": np.zeros(1_000)}), STRUCTURE)
    assert volume == pytest.approx(1_000 / 365.25 * {"week": 7.0, "month": 365.25 / 12}[STRUCTURE.period])
    assert "taken for one year's leads; set leads_per_period" in note


def test_prospects_are_numbers_in_the_order_of_the_rows(sample_result: TrainingResult) -> None:
    history, bundle = sample_result.test, sample_result.bundle
    X = bundle.encoder.encode_frame(history.frame)
    rows = np.array([7, 3, 5])
    likelihoods = {stage: f.likelihood(X[rows]) for stage, f in sample_result.fitted.items()}
    found = prospects_of(likelihoods, history, rows, bundle.margins(X[rows], history.segment[rows]))
    qualify, close = bundle.likelihoods(X[rows])
    np.testing.assert_array_equal(found.p_qualify, qualify)
    np.testing.assert_array_equal(found.p_close, close)
    np.testing.assert_array_equal(found.tie, tie_break(history.lead_id[rows]))
    assert found.segment.tolist() == history.segment[rows].tolist()


def cut(result: TrainingResult, stages: list[str], **outcomes: Outcome):
    history, bundle = result.test, result.bundle
    recipe = result.recipe.model_copy(update=outcomes)
    X, rows = bundle.encoder.encode_frame(history.frame), np.arange(len(history))
    likelihoods = {stage: result.fitted[stage].likelihood(X) for stage in stages}
    margin = bundle.margins(X, history.segment)
    return cut_tiers(likelihoods, history, rows, margin, recipe, arrivals=history)


def test_only_close_with_a_rate_assumes_who_qualifies(sample_result: TrainingResult) -> None:
    policy, reference, notes = cut(sample_result, ["close"], qualify=Outcome(rate=0.6))
    assert reference.p_qualify is None
    assert policy.assumption is not None
    assert "assumed: 60% of the leads qualify ([qualify] rate)" in notes
    assert policy.decide(reference).role.shape == (len(reference),)


def test_only_qualify_needs_a_rate_of_close(sample_result: TrainingResult) -> None:
    policy, reference, notes = cut(sample_result, ["qualify"], close=Outcome(rate=0.25))
    assert reference.p_close is None
    assert policy.assumption is not None
    assert "assumed: 25% of qualified leads close ([close] rate)" in notes
    with pytest.raises(RecipeError, match=r"give `rate` under \[close\]"):
        cut(sample_result, ["qualify"], close=None)


def test_with_both_stages_nothing_is_assumed(sample_result: TrainingResult) -> None:
    policy, reference, notes = cut(sample_result, ["qualify", "close"])
    assert policy.assumption is None
    assert not [note for note in notes if "assumed" in note]
    assert len(policy.tiers.rows) >= 2
    assert sum(row.share for row in policy.tiers.rows) == pytest.approx(1)
    assert len(reference) == len(sample_result.test)


@given(st.lists(st.floats(0.2, 20.0), min_size=1, max_size=60))
def test_a_lead_stands_as_often_as_its_weight_says(weights: list[float]) -> None:
    weight = np.array(weights)
    found = np.bincount(systematic(weight), minlength=len(weight))
    assert found.sum() == len(weight)
    assert (abs(found - weight / weight.mean()) < 1 + 1e-9).all()
    assert systematic(np.full(len(weight), weights[0])).tolist() == list(range(len(weight)))


def test_tiers_are_cut_for_all_that_arrive_not_for_those_that_the_router_chose(make_history: Make) -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.6, 6_000)
    chance = np.where(p > 0.3, 1.0, 0.2)
    worked = np.flatnonzero(rng.random(len(p)) < chance)
    history = make_history({"close": (rng.random(len(worked)) < p[worked]).astype(float)})
    history.frame["chance"] = chance[worked].astype(str)
    named = RECIPE.model_copy(
        update={"lead": RECIPE.lead.model_copy(update={"propensity": "chance"}), "qualify": Outcome(rate=0.6)}
    )
    unnamed = named.model_copy(update={"lead": RECIPE.lead})
    rows, margin = np.arange(len(worked)), np.full(len(worked), 5_000.0)

    def expected(recipe: Recipe) -> float:
        policy, _, _ = cut_tiers({"close": p[worked]}, history, rows, margin, recipe, arrivals=history)
        return sum(row.expected_won for row in policy.tiers.rows) / policy.leads_per_period

    _, reference, _ = cut_tiers({"close": p[worked]}, history, rows, margin, named, arrivals=history)
    assert reference.along("p_close").mean() == pytest.approx(p.mean(), rel=0.03)
    assert p[worked].mean() > 1.2 * p.mean()
    assert expected(unnamed) > 1.15 * expected(named)
