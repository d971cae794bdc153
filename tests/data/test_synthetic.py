"""The synthetic funnel: its truth is what it draws from, its size is as promised, and it can be learned."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.data.synthetic import FIELDS, KNOWN_LATER, RECIPE, Funnel, simulate, write_sample
from leadscore.errors import BadInput, UsageError

BENCH = Path(__file__).parents[2] / "data" / "sample"
NOW = pd.Timestamp("2026-11-01", tz="UTC")
TIMES = ("Worked At", "Qualified At", "Disqualified At", "Closed At")


@pytest.fixture(scope="module")
def funnels() -> list[Funnel]:
    return [simulate(seed=seed) for seed in range(5)]


@pytest.fixture(scope="module")
def funnel(funnels: list[Funnel]) -> Funnel:
    return funnels[0]


def within(funnel: Funnel, column: str, days: int) -> Any:
    return ((funnel.outcomes[column] - funnel.leads["Created"]) <= pd.Timedelta(days=days)).to_numpy()


def mature(funnel: Funnel) -> Any:
    """Worked leads older than the longer horizon."""
    old = funnel.leads["Created"] <= NOW - pd.Timedelta(days=180)
    return (old & funnel.outcomes["Worked At"].notna()).to_numpy()


def test_the_columns_are_the_described_ones(funnel: Funnel) -> None:
    assert list(funnel.leads) == [field.name for field in FIELDS]
    assert set(funnel.leads) > KNOWN_LATER
    for field in FIELDS:
        assert (funnel.leads[field.name].dtype == float) == (field.kind == "number"), field.name
        if field.kind == "boolean":
            assert set(funnel.leads[field.name]) == {"Yes", "No"}


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    one, same, other = simulate(300, seed=4), simulate(300, seed=4), simulate(300, seed=5)
    for name in ("leads", "activities", "outcomes", "truth"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(same, name))
        assert not getattr(one, name).equals(getattr(other, name))


def test_nothing_is_known_after_the_end_and_leads_stand_in_time_order() -> None:
    funnel = simulate(2_000, months=6, end=date(2025, 3, 31), seed=1)
    created, end = funnel.leads["Created"], pd.Timestamp("2025-04-01", tz="UTC")
    assert created.is_monotonic_increasing
    assert created.iloc[0] >= pd.Timestamp("2024-10-01", tz="UTC")
    assert max(funnel.outcomes[c].max() for c in TIMES) < end
    assert max(created.max(), funnel.activities["At"].max(), funnel.leads["Last Activity Date"].max()) < end
    assert funnel.outcomes["Amount"].isna().equals(funnel.outcomes["Closed At"].isna())


def test_outcomes_come_in_their_order(funnel: Funnel) -> None:
    outcomes, created = funnel.outcomes, funnel.leads["Created"]
    assert (outcomes["Worked At"].dropna() >= created[outcomes["Worked At"].notna()]).all()
    for column in ("Qualified At", "Disqualified At"):
        known = outcomes[outcomes[column].notna()]
        assert (known[column] >= known["Worked At"]).all()
    won = outcomes[outcomes["Closed At"].notna()]
    assert (won["Closed At"] >= won["Qualified At"]).all()
    assert not (outcomes["Qualified At"].notna() & outcomes["Disqualified At"].notna()).any()
    assert outcomes["First Role"].isna().equals(outcomes["Worked At"].isna())


def test_the_truth_is_what_the_outcomes_are_drawn_from(funnels: list[Funnel]) -> None:
    for truth, column, days in (("p_qualify", "Qualified At", 60), ("p_close", "Closed At", 180)):
        p = np.concatenate([f.truth[truth][mature(f)] for f in funnels])
        y = np.concatenate([within(f, column, days)[mature(f)] for f in funnels])
        assert abs(y.sum() - p.sum()) < 3 * np.sqrt((p * (1 - p)).sum())
        for decile in np.array_split(np.argsort(p), 10):
            assert binomtest(int(y[decile].sum()), len(decile), p[decile].mean()).pvalue > 1e-3


def test_the_likelihoods_multiply(funnel: Funnel) -> None:
    truth = funnel.truth
    np.testing.assert_allclose(truth["p_qualify"] * truth["p_close_given_qualify"], truth["p_close"], rtol=1e-12)
    assert abs(np.corrcoef(truth["p_qualify"], truth["p_close_given_qualify"])[0, 1]) < 0.3


def test_rates_and_the_signal_are_those_of_a_real_funnel(funnels: list[Funnel]) -> None:
    for funnel in funnels:
        rows, truth = mature(funnel), funnel.truth
        assert 0.25 <= truth["p_qualify"].mean() <= 0.35
        assert 0.06 <= truth["p_close"].mean() <= 0.08
        assert 0.78 <= roc_auc_score(within(funnel, "Closed At", 180)[rows], truth["p_close"][rows]) <= 0.82
        assert funnel.outcomes["First Role"].isna().mean() <= 0.03
        assert 6 <= len(funnel.activities) / len(funnel.leads) <= 10


def test_nearly_all_outcomes_fall_within_their_horizons(funnel: Funnel) -> None:
    rows = mature(funnel)
    for column, days in (("Qualified At", 60), ("Closed At", 180)):
        happened = funnel.outcomes[column].notna().to_numpy() & rows
        assert within(funnel, column, days)[happened].mean() >= 0.97


def test_amounts_and_delays_have_the_promised_medians(funnels: list[Funnel]) -> None:
    outcomes = pd.concat([f.outcomes.assign(**{k: f.leads[k] for k in ("Created", "Company Size")}) for f in funnels])
    medians = outcomes.groupby("Company Size")["Amount"].median()
    assert medians.to_dict() == pytest.approx({"small": 3_500, "mid": 15_000, "enterprise": 65_000}, rel=0.1)
    day = pd.Timedelta(days=1)
    assert (outcomes["Qualified At"] - outcomes["Created"]).median() / day == pytest.approx(4, abs=0.5)
    assert (outcomes["Closed At"] - outcomes["Qualified At"]).median() / day == pytest.approx(35, abs=4)


def known_at_creation(funnel: Funnel) -> pd.DataFrame:
    """What a careful user learns from: the fields, counts of events up to creation, and the last event's age."""
    leads = funnel.leads.drop(columns=[*KNOWN_LATER, "Lead ID", "Created", "Company"])
    log = funnel.activities.merge(funnel.leads[["Lead ID", "Created"]])
    log["age"] = (log["Created"] - log["At"]) / pd.Timedelta(days=1)
    log = log[log["age"] >= 0]
    counts = pd.crosstab(log["Lead ID"], log["Type"]).reindex(funnel.leads["Lead ID"], fill_value=0)
    age = log[log["age"] > 0].groupby("Lead ID")["age"].min().reindex(funnel.leads["Lead ID"]).fillna(60)
    leads[["Employees", "Annual Revenue"]] = np.log(leads[["Employees", "Annual Revenue"]].fillna(50))
    leads["age"] = np.log1p(age.to_numpy())
    leads[[f"count of {kind}" for kind in counts]] = np.log1p(counts.to_numpy())
    return leads


def fit(columns: pd.DataFrame, outcome: Any) -> Pipeline:
    numbers = [name for name in columns if columns[name].dtype == float]
    words = [name for name in columns if name not in numbers]
    encode = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words))
    return make_pipeline(encode, LogisticRegression(C=0.3, max_iter=500)).fit(columns, outcome)


def test_a_plain_model_forward_in_time_comes_near_the_truth(funnel: Funnel) -> None:
    columns = known_at_creation(funnel)
    qualified, closed = within(funnel, "Qualified At", 60), within(funnel, "Closed At", 180)
    rows = np.flatnonzero(mature(funnel))
    past, future = np.split(rows, [int(0.75 * len(rows))])
    known = past[qualified[past]]
    stages = fit(columns.iloc[past], qualified[past]), fit(columns.iloc[known], closed[known])
    p = np.prod([stage.predict_proba(columns.iloc[future])[:, 1] for stage in stages], axis=0)
    true = funnel.truth["p_close"].to_numpy()[future]
    assert np.abs(p - true).mean() <= 0.60 * np.abs(closed[past].mean() - true).mean()
    assert p.mean() / true.mean() == pytest.approx(1, abs=0.05 + 2 / np.sqrt(closed[past].sum()))


def test_the_leaky_columns_tell_the_outcome(funnel: Funnel) -> None:
    closed, rows = within(funnel, "Closed At", 180), mature(funnel)
    rating = funnel.leads["Sales Rating"].map({"Hot": 2, "Warm": 1}).fillna(0)
    for leak in (rating, funnel.leads["Number of Meetings"], funnel.leads["Lead Status"] == "Won"):
        assert roc_auc_score(closed[rows], leak[rows]) > 0.8


def test_the_sample_on_the_bench_is_the_written_one(tmp_path: Path) -> None:
    for path in write_sample(tmp_path, n_leads=200):
        assert path.read_bytes() == (BENCH / path.name).read_bytes()
    assert sum(path.stat().st_size for path in BENCH.iterdir()) < 150_000


def test_the_recipe_speaks_of_columns_that_exist(tmp_path: Path) -> None:
    write_sample(tmp_path, n_leads=50)
    recipe = tomllib.loads((tmp_path / "sample.toml").read_text(encoding="utf-8"))
    leads, outcomes = (pd.read_csv(tmp_path / name) for name in ("leads.csv", "outcomes.csv"))
    columns = {*leads, *outcomes}
    assert set(recipe["lead"].values()) <= columns
    assert {recipe[stage][key] for stage in ("qualify", "close") for key in ("column", "at")} <= columns
    assert {"Disqualified At"} | KNOWN_LATER == set(recipe["columns"]["ignore"])
    assert tomllib.loads(RECIPE) == recipe


def test_a_sample_never_overwrites_unasked(tmp_path: Path) -> None:
    (tmp_path / "outcomes.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match=r"outcomes\.csv exists already.*--force"):
        write_sample(tmp_path, n_leads=10)
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.csv"]
    assert len(write_sample(tmp_path, n_leads=10, force=True)) == 4


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot make the folder"):
        write_sample(tmp_path / "file" / "below", n_leads=10)


def test_one_lead_is_enough_and_none_is_refused() -> None:
    assert len(simulate(1, months=1).leads) == 1
    with pytest.raises(UsageError, match="got 0 leads"):
        simulate(0)
