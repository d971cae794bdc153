"""Recalibration: only the calibration learns from newly matured outcomes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.columns import LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.errors import TooFewOutcomes, UsageError
from leadscore.training import load, recalibrate, train
from leadscore.training.recalibrate import recalibrate_bundle
from leadscore.training.recipe import Recipe, Search

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RECIPE = Recipe(
    name="acme",
    lead=LeadColumns(id="Id", created="Created"),
    close=Outcome(column="Won", positive=("yes",), negative=("no",)),
    search=Search(trials=2),
)


def export(folder: Path, n: int, *, late_rate: float = 0.15, seed: int = 0) -> Path:
    """Leads of which the first 1,200 close at 15 %, and the later ones at another rate."""
    rng = np.random.default_rng(seed)
    budget = rng.normal(size=1_200 + 5_000)
    rate = np.where(np.arange(len(budget)) < 1_200, 0.15, late_rate)
    won = rng.random(len(budget)) < 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + budget)))
    frame = pd.DataFrame(
        {
            "Id": [f"L-{i}" for i in range(len(budget))],
            "Created": pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(budget)) * 2, unit="h"),
            "Budget": budget.round(3),
            "Won": np.where(won, "yes", "no"),
        }
    )
    path = folder / f"leads-{n}.csv"
    frame.head(n).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    train(RECIPE, data=export(home, 1_200), home=home, now=NOW)
    return home


def test_a_moved_base_rate_is_followed_and_nothing_else_changes(home: Path) -> None:
    before = load(home=home).bundle
    found = recalibrate(RECIPE, data=export(home, 3_000, late_rate=0.35), home=home, now=NOW)
    assert found.model == "models:/leadscore/2"
    after = load("challenger", home=home).bundle
    assert after.stages["close"].model.to_text() == before.stages["close"].model.to_text()
    assert after.encoder.to_dict() == before.encoder.to_dict()
    assert after.card["trained_until"] == before.card["trained_until"] < after.card["recalibrated_until"]
    assert after.card["leads_recalibrated_on"] == found.rows["calibrate"] == 1_800
    close = found.evaluation["close"]
    assert close.mean == pytest.approx(close.base_rate, rel=0.1)
    X = after.encoder.encode_frame(found.test.frame)
    assert before.likelihoods(X)[1].mean() < 0.75 * close.base_rate
    assert any("the calibration moved from slope" in warning for warning in found.warnings)
    assert set(found.registered.gates.values()) <= {"passed", "cannot tell"}


def test_too_few_newer_outcomes_are_refused(home: Path) -> None:
    with pytest.raises(TooFewOutcomes, match="are newer than the model; 40 of each are needed"):
        recalibrate(RECIPE, data=export(home, 1_300), home=home, now=NOW)


def test_a_model_of_another_recipe_or_without_dates_is_refused(home: Path) -> None:
    bundle, path = load(home=home).bundle, export(home, 3_000)
    with pytest.raises(UsageError, match="the model is of the recipe 'acme' and not of 'globex'"):
        recalibrate_bundle(RECIPE.model_copy(update={"name": "globex"}), bundle, now=NOW, data=path)
    undated = RECIPE.model_copy(update={"lead": LeadColumns(id="Id", order="row")})
    with pytest.raises(UsageError, match="without dates nothing says which leads are newer"):
        recalibrate_bundle(undated, bundle, now=NOW, data=path)
