"""What waiting does, learned from a history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.columns import LeadColumns
from leadscore.data.history import History
from leadscore.data.outcomes import Outcome
from leadscore.decisions import ReplyDecay, preset
from leadscore.training.recipe import Recipe
from leadscore.training.reply_delay import with_reply_decay, working_minutes
from leadscore.training.tiering import newest_months

RECIPE = Recipe(close=Outcome(column="Won"), lead=LeadColumns(worked_at="Worked"))
WAITING = preset("three_tier").model_copy(update={"reply_decay": ReplyDecay(per_doubling=0.93)})
Make = Callable[..., History]


def waited(make_history: Make, n: int, per_doubling: float) -> tuple[History, np.ndarray]:
    """Leads of a Monday morning whose odds fall with the minutes until the first call."""
    random = np.random.default_rng(0)
    minutes = random.choice([7, 15, 30, 60, 120, 240], n)
    p = random.beta(2, 4, n)
    odds = p / (1 - p) * per_doubling ** np.log2(minutes / 42)
    history = make_history({"qualify": (random.random(n) < odds / (1 + odds)).astype(float)}, days=np.zeros(n))
    created = pd.Series(pd.Timestamp("2026-11-02T09:00Z")).repeat(n).reset_index(drop=True)
    worked = (created + pd.to_timedelta(minutes, unit="min")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = pd.DataFrame({"Worked": worked.astype("str")})
    return replace(history, created=created, frame=frame), p


def test_enough_leads_replace_the_prior(make_history: Make) -> None:
    history, p = waited(make_history, 6_000, per_doubling=0.75)
    structure, (note,) = with_reply_decay(WAITING, RECIPE, history, np.arange(6_000), p)
    assert structure.reply_decay.per_doubling == pytest.approx(0.75, abs=0.04)
    assert structure.reply_decay.usual_minutes == pytest.approx(np.sqrt(30 * 60), rel=0.5)
    assert note.startswith("waiting: the odds to qualify go by x0.7")


def test_few_leads_an_unknown_touch_or_no_decay_leave_the_structure_alone(make_history: Make) -> None:
    history, p = waited(make_history, 600, per_doubling=0.75)
    rows = np.arange(600)
    assert with_reply_decay(WAITING, RECIPE, history, rows[:400], p[:400]) == (WAITING, ())
    assert with_reply_decay(WAITING, RECIPE, history, rows, None) == (WAITING, ())
    assert with_reply_decay(preset("three_tier"), RECIPE, history, rows, p) == (preset("three_tier"), ())
    nowhere = replace(history, frame=history.frame.assign(Worked=""))
    assert with_reply_decay(WAITING, RECIPE, nowhere, rows, p) == (WAITING, ())
    unnamed = RECIPE.model_copy(update={"lead": LeadColumns()})
    assert with_reply_decay(WAITING, unnamed, history, rows, p) == (WAITING, ())


@given(start=st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2030-01-01")), hours=st.floats(0, 2_000))
def test_working_minutes_are_never_more_than_those_that_pass(start, hours: float) -> None:
    begun = pd.Series(pd.to_datetime([start], utc=True))
    (minutes,) = working_minutes(begun, begun + pd.Timedelta(hours=hours))
    assert 0 <= minutes <= 60 * hours + 1
    assert minutes <= 480 * (hours / 24 + 2)


def test_an_end_before_the_start_is_no_delay() -> None:
    moments = pd.Series(pd.to_datetime(["2026-11-02T10:00Z", "2026-11-02T09:00Z", None], utc=True))
    later = pd.Series(pd.to_datetime(["2026-11-02T09:00Z", None, "2026-11-02T09:00Z"], utc=True))
    assert np.isnan(working_minutes(moments, later)).all()


def test_prices_are_cut_on_the_newest_months_that_make_three_thousand_leads(make_history: Make) -> None:
    days = np.sort(np.random.default_rng(0).uniform(0, 365, 12_000))
    history = make_history({"close": np.zeros(12_000)}, days=days)
    used = newest_months(history, np.arange(12_000))
    assert 3_000 <= used.sum() < 5_000
    assert used[-1]
    assert days[used].min() > days[~used].max()
    assert newest_months(history, np.arange(2_000)).all()
    assert newest_months(make_history({"close": np.zeros(9)}), np.arange(9)).all()
