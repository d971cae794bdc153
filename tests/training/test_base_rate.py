"""A base rate that jumped: found, followed, and left alone where it comes and goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.data.columns import LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import Sources
from leadscore.models.calibration import Calibrator, fit_shift, fit_steps, logit
from leadscore.training.base_rate import Move, follow, holds_since
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, Search
from leadscore.training.remarks import competition_remarks

Floats = npt.NDArray[np.float64]


def leads(rates: Floats, each: int, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Log-odds by a model of the whole past, outcomes and moments (ten leads a day) of stretches with these rates."""
    rng = np.random.default_rng(seed)
    pull = rng.normal(0, 1, each * len(rates))
    won = (rng.random(len(pull)) < 1 / (1 + np.exp(-pull - logit(np.repeat(rates, each))))).astype(float)
    return pull + fit_shift(pull, won).intercept, won, np.arange(len(pull)) / 10


def test_a_jump_is_followed_from_its_first_outcomes() -> None:
    raw, y, moments = leads(np.r_[np.full(20, 0.06), 0.28], 300)
    calibrator, move = follow(raw, y, moments, Calibrator(), horizon=14)
    assert move is not None
    assert move.followed
    assert 150 <= move.leads <= 310
    assert move.span == pytest.approx(move.leads / 10, abs=0.2)
    assert calibrator(raw[-move.leads :]).mean() == pytest.approx(move.happened, abs=0.005)
    assert move.happened > 1.8 * move.forecast
    assert move.cost > 0.05


def test_steps_follow_too() -> None:
    raw, y, moments = leads(np.r_[np.full(20, 0.06), 0.28], 300)
    calibrator, move = follow(raw, y, moments, fit_steps(raw, y), horizon=14)
    assert move is not None
    assert calibrator.knots
    assert calibrator(raw[-move.leads :]).mean() == pytest.approx(move.happened, abs=0.02)


def test_a_rate_that_came_and_went_is_told_but_not_followed() -> None:
    raw, y, moments = leads(0.15 + 0.1 * np.sin(np.arange(12) * np.pi / 2), 300)
    calibrator, move = follow(raw, y, moments, Calibrator(), horizon=30)
    assert move is not None
    assert not move.followed
    assert calibrator == Calibrator()


def test_it_is_said_what_moved_what_it_costs_and_what_was_done() -> None:
    move = Move(leads=306, span=16.4, forecast=0.09, happened=0.28, z=14.9, cost=0.12, followed=True)
    fitted = SimpleNamespace(competition=SimpleNamespace(untried=0, remark="", segments=(), newest=None), move=move)
    [said] = competition_remarks({"close": fitted})  # type: ignore[dict-item]
    assert said.startswith(
        "[close]: the newest 306 leads, of the last 16 days, go another way: 28.0% happened, 9.0% was forecast with "
        "all leads alike (+15 standard errors, 0.1200 of log loss a lead); the likelihoods are shifted to them."
    )
    fitted.move = replace(move, followed=False)
    [said] = competition_remarks({"close": fitted})  # type: ignore[dict-item]
    assert "the likelihoods do not follow: the rate came and went before" in said


@settings(max_examples=25, deadline=None)
@given(rate=st.floats(0.02, 0.5), seed=st.integers(0, 10_000))
def test_where_nothing_moves_the_calibration_stays_near(rate: float, seed: int) -> None:
    raw, y, moments = leads(np.full(10, rate), 300, seed)
    calibrator, _ = follow(raw, y, moments, Calibrator(), horizon=14)
    # Chance alone may look like a move now and then; what it costs stays small.
    assert calibrator.slope == 1
    assert calibrator(raw).mean() == pytest.approx(y.mean(), rel=0.5)


def test_chance_hardly_ever_looks_like_a_move() -> None:
    found = [follow(*leads(np.full(10, 0.1), 300, seed), Calibrator())[1] for seed in range(100)]
    assert sum(move is not None for move in found) <= 2


@given(y=st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=300))
def test_the_newest_stretch_is_never_empty(y: list[float]) -> None:
    start = holds_since(np.array(y), np.full(len(y), 0.3))
    assert 0 <= start < len(y)


def test_a_training_follows_a_jump_and_says_so(tmp_path: Path) -> None:
    raw, y, moments = leads(np.r_[np.full(9, 0.06), 0.35], 300)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(moments, unit="D").floor("s")
    frame = pd.DataFrame({"Id": np.arange(len(y)), "Created": created, "Size": raw.round(3)})
    frame["Won on"] = (created + pd.Timedelta(days=5)).where(y == 1)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    recipe = Recipe(
        data=Sources(leads="leads.csv"),
        lead=LeadColumns(id="Id", created="Created"),
        close=Outcome(column="Won on", positive="filled", at="Won on", horizon_days=7),
        search=Search(trials=2, include=("calibration",)),
        folder=tmp_path,
    )
    result = fit_bundle(recipe, now=datetime(2025, 1, 1, tzinfo=UTC))
    told = result.to_dict()["stages"]["close"]["move"]
    assert told["followed"]
    assert told["unit"] == "days"
    assert any("the likelihoods are shifted to them" in said for said in result.warnings)
    newest = frame.tail(150).astype(str)
    p = result.bundle.likelihoods(result.bundle.encoder.encode_frame(newest))[1]
    assert p is not None
    assert p.mean() == pytest.approx(y[-150:].mean(), rel=0.25)
