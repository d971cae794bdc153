"""Margins of leads: from the recipe, or learned from amounts, told with their errors, and kept in the Bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.history import History, split_history
from leadscore.data.outcomes import Outcome
from leadscore.data.schema import Field
from leadscore.data.tables import read_table
from leadscore.errors import BundleError, RecipeError
from leadscore.models.bundle import Bundle, load_bundle, save_bundle
from leadscore.models.features import Encoder
from leadscore.models.golden import golden_rows
from leadscore.models.value import Value
from leadscore.models.value_model import Wins, fit_kind
from leadscore.scoring import Lead, Scorer
from leadscore.training.recipe import Recipe
from leadscore.training.refit import Final
from leadscore.training.result import TrainingResult
from leadscore.training.tiering import cut_tiers
from leadscore.training.valuation import Valuation, measure_margins, value_leads

N = 4_000
Make = Callable[..., History]


def priced(make_history: Make, *, told: float = 1.0) -> History:
    """Leads half of which are won, for amounts that depend on employees and source as far as ``told``."""
    rng = np.random.default_rng(0)
    won = rng.random(N) < 0.5
    history = make_history({"close": won.astype(float)}, days=np.sort(rng.uniform(0, 700, N)))
    employees = rng.lognormal(4, 1, N)
    effect = 0.8 * (np.log(employees) - 4) + 0.6 * (history.frame["Source"] == "Web").to_numpy()
    amount = np.where(won, np.exp(8 + told * effect + rng.normal(0, 0.4, N)), np.nan)
    fields = (*history.fields, Field("Employees", "number"))
    return replace(history, frame=history.frame.assign(Employees=employees), fields=fields, amount=amount)


def valued(history: History, value: Value) -> Valuation:
    recipe = Recipe(close=Outcome(column="Won"), value=value)
    split = split_history(history, recipe.split)
    encoder = Encoder.fit(history.take(split.known).frame, history.fields)
    X = encoder.encode_frame(history.frame)
    final = Final(Encoder.fit(history.frame, history.fields), {}, np.arange(len(history)), split.calibrate, {})
    return value_leads(X, history, split, encoder, final, recipe)


@pytest.mark.parametrize(
    ("value", "margin", "source", "note"),
    [
        (Value(margin_per_win=450), 450, "recipe", "450 (the recipe)"),
        (Value(), 1_000, "assumption", "an assumption: set [value] in the recipe"),
    ],
)
def test_without_amounts_the_margin_is_said_or_assumed(
    make_history: Make, value: Value, margin: float, source: str, note: str
) -> None:
    history = priced(make_history)
    found = valued(history, value)
    np.testing.assert_array_equal(found.of(history, Encoder.fit(history.frame, history.fields)), np.full(N, margin))
    assert note in found.note
    told = found.to_dict()
    assert (told["source"], told["model"], told["wins"]) == (source, "table", 0)
    assert set(told["test"].values()) == {None}


def test_amounts_that_depend_on_attributes_are_learned_and_the_errors_told(make_history: Make) -> None:
    history = priced(make_history)
    found = valued(history, Value(margin_share=0.5))
    assert found.errors is not None
    assert found.margins.kind in ("gamma", "log_normal")
    assert found.errors.median_absolute_error < 0.8 * found.errors.baseline_median_absolute_error
    low, high = found.errors.money_ratio_interval
    assert low < found.errors.money_ratio < high
    assert 0.9 < found.errors.money_ratio < 1.1
    assert found.wins == np.sum(history.amount > 0)
    assert "boosted trees" in found.note
    assert "against" in found.note
    margin = found.of(history, Encoder.fit(history.frame, history.fields))
    won = history.amount > 0
    assert margin[won].sum() == pytest.approx(0.5 * history.amount[won].sum(), rel=0.03)


def test_where_attributes_tell_nothing_the_mean_stays_and_that_is_said(make_history: Make) -> None:
    found = valued(priced(make_history, told=0.0), Value(margin_share=0.5))
    assert found.to_dict()["model"] == "table"
    assert "did not beat forward in time" in found.note


def test_wins_without_an_amount_teach_nothing_and_a_lead_is_one_win_however_often_it_is_looked_at(
    make_history: Make,
) -> None:
    history = priced(make_history)
    amount = np.where(np.arange(N) % 2, history.amount, 0.0)
    twice = np.repeat(np.arange(N), 2)
    looks = replace(replace(history, amount=amount).take(twice), moment=np.tile([0.0, 7.0], N))
    assert valued(looks, Value(margin_share=0.5)).wins == np.sum(amount > 0)


def test_a_share_of_nothing_is_refused_with_the_remedy(make_history: Make) -> None:
    history = replace(priced(make_history), amount=np.full(N, np.nan))
    with pytest.raises(RecipeError, match=r"name their column as `amount` under \[close\], or give `margin_per_win`"):
        valued(history, Value(margin_share=0.5))


def test_a_test_stretch_without_amounts_has_no_errors(make_history: Make) -> None:
    history = priced(make_history)
    amount = np.where(np.arange(N) < 0.7 * N, history.amount, np.nan)
    assert valued(replace(history, amount=amount), Value(margin_share=0.5)).errors is None
    empty = Wins(np.empty((0, 2)), np.empty(0, dtype=object), np.empty(0))
    assert measure_margins("table", empty, empty, (0, 0)) is None


@pytest.fixture(scope="module")
def by_lead(sample_result: TrainingResult) -> Bundle:
    """The sample's Bundle with margins that depend on the lead."""
    bundle, rng = sample_result.bundle, np.random.default_rng(0)
    X = golden_rows(bundle.encoder, n=800)
    margin = np.exp(7 + rng.normal(0, 0.3, 800) + np.nan_to_num(X[:, 0] % 2) + np.nan_to_num(X[:, 1] % 3))
    wins = Wins(X, np.full(800, None, dtype=object), margin)
    return replace(bundle, margins=fit_kind("gamma", wins, bundle.encoder.levels))


def test_a_bundle_keeps_margins_as_text_with_a_hash(by_lead: Bundle, tmp_path: Path) -> None:
    folder = save_bundle(by_lead, tmp_path / "bundle")
    X = golden_rows(by_lead.encoder, n=50, seed=1)
    segment = np.full(50, None, dtype=object)
    np.testing.assert_array_equal(load_bundle(folder).margins(X, segment), by_lead.margins(X, segment))
    (folder / "value.txt").write_text((folder / "value.txt").read_text().replace("tree", "shrub", 1))
    with pytest.raises(BundleError, match=r"value\.txt is missing or altered"):
        load_bundle(folder)


def test_a_lead_alone_has_the_value_it_has_in_a_file(by_lead: Bundle, sample_folder: Path) -> None:
    scorer = Scorer(by_lead)
    leads: pd.DataFrame = read_table(sample_folder / "leads.csv").tail(30).reset_index(drop=True)
    fields = [{k: v for k, v in row.items() if not pd.isna(v)} for row in leads.to_dict("records")]
    alone = [scorer.decide([Lead(str(row["Lead ID"]), row)], reasons=0)[0].value for row in fields]
    together = scorer.decide([Lead(str(row["Lead ID"]), row) for row in fields], reasons=0)
    assert [d.value for d in together] == alone
    assert len(set(alone)) > 5


def test_tiers_part_continuous_margins_into_bands(by_lead: Bundle, sample_result: TrainingResult) -> None:
    history = sample_result.test.take(np.tile(np.arange(len(sample_result.test)), 4))
    X = by_lead.encoder.encode_frame(history.frame)
    likelihoods = {stage: f.likelihood(X) for stage, f in sample_result.fitted.items()}
    rows, margin = np.arange(len(history)), by_lead.margins(X, history.segment)
    policy, reference, _ = cut_tiers(likelihoods, history, rows, margin, sample_result.recipe, arrivals=history)
    assert len({row.margin_band for row in policy.tiers.rows}) >= 3
    assert sum(row.share for row in policy.tiers.rows) == pytest.approx(1)
    assert set(policy.decide(reference).tier) <= {row.tier for row in policy.tiers.rows}
