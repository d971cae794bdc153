"""What is known of outcomes by the end of a history: open is not lost, and wins and losses take different times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore.data.maturity import Known, known_outcomes
from leadscore.data.outcomes import Outcome
from leadscore.errors import HorizonTooLong

END = pd.Timestamp("2025-01-01", tz="UTC")
CLOSE = Outcome(column="Closed", at="Closed", horizon_days=100)


def history(days: int, *, n: int = 4_000, late: bool = False, **options: Any) -> tuple[Known, np.ndarray]:
    """Leads of the last days, of which 30 % win after 0 to 80 days; and their ages."""
    rng = np.random.default_rng(0)
    age = np.sort(rng.uniform(0, days, n))[::-1]
    age[0] = days
    delay = np.where(rng.random(n) < 0.3, rng.uniform(0, 80, n), np.inf)
    created = pd.Series(END - pd.to_timedelta(age, unit="D"))
    at = created + pd.to_timedelta(pd.Series(np.where(delay <= age, delay, np.nan)), unit="D")
    channel = pd.Series(np.where(age < 50, rng.choice(["Fair", "Web"], n), "Web"), name="Source") if late else None
    outcome = options.pop("outcome", CLOSE)
    found = known_outcomes(
        {"close": outcome},
        {"close": at.astype("str").where(at.notna(), "")},
        at={"close": at if options.pop("dated", True) else None},
        created=created,
        until=END,
        channel=channel,
        **options,
    )
    return found, age


def test_where_most_leads_are_mature_the_others_are_left_out_and_nothing_is_weighted() -> None:
    found, age = history(400)
    assert found.weight == {}
    np.testing.assert_array_equal(np.isnan(found.labels["close"]), age < 100)
    assert found.remarks == (
        "maturity window: 75% of the leads are older than the horizon of 100 days; younger ones teach nothing",
    )


def test_where_few_leads_are_mature_all_but_the_youngest_count() -> None:
    found, age = history(150)
    y, weight = found.labels["close"], found.weight["close"]
    assert np.isnan(y[age < 15]).all()
    assert not np.isnan(y[age > 20]).any()
    assert (weight[age >= 100] == 1).all()
    known = ~np.isnan(y)
    assert np.average(y[known], weights=weight[known]) == pytest.approx(0.3, abs=0.02)
    assert y[known].mean() < 0.27
    (said,) = found.remarks
    assert said.startswith("weighted by the inverse probability of censoring with one curve: 33% of the leads")


def test_a_channel_that_is_younger_than_the_horizon_is_named() -> None:
    (said,) = history(150, late=True)[0].remarks
    assert said.endswith("'Fair' is younger than that and has its discrete-time hazard, continued by that of all")


def test_among_mature_leads_a_young_channel_counts_where_the_recipe_names_the_column() -> None:
    assert history(400, late=True)[0].weight == {}
    assert set(history(400, late=True, channel_named=True)[0].weight) == {"close"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"dated": False}, "0 outcomes with a moment (`at`) are too few to tell how late they come"),
        ({"n": 200}, "outcomes with a moment (`at`) are too few to tell how late they come"),
    ],
)
def test_without_enough_dated_outcomes_only_mature_leads_teach(options: dict[str, Any], why: str) -> None:
    found, age = history(150, **options)
    assert found.weight == {}
    np.testing.assert_array_equal(np.isnan(found.labels["close"]), age < 100)
    assert found.remarks[0].endswith(why)


def test_untouched_leads_say_nothing_about_delays() -> None:
    worked = np.arange(4_000) % 2 == 0
    found, _ = history(150, worked=worked)
    assert found.weight["close"].max() <= 5


def test_a_horizon_that_nobody_was_watched_for_is_refused() -> None:
    with pytest.raises(HorizonTooLong, match=r"watched for 90 days.*horizon of 100 days.*Shorten `horizon_days`"):
        history(90)
    assert history(96)[0].weight


STATED = Outcome(column="Stage", positive=("Won",), negative=("Lost",), at="Closed", horizon_days=90)


def pipeline(days: int, *, lost_after: float, stale: float = 0.0, outcome: Outcome = STATED, n: int = 8_000) -> Known:
    """Leads of the last days, of which 20 % win, half of them in 20 days; the stale ones are never decided."""
    rng = np.random.default_rng(0)
    age = rng.uniform(0, days, n)
    won = rng.random(n) < 0.2
    lost = np.where(rng.random(n) < stale, np.inf, rng.exponential(lost_after, n))
    delay = np.where(won, rng.choice([20.0, 80.0], n), lost)
    created = pd.Series(END - pd.to_timedelta(age, unit="D"))
    decided = delay <= age
    return known_outcomes(
        {"close": outcome},
        {"close": pd.Series(np.where(decided, np.where(won, "Won", "Lost"), "Open"))},
        at={"close": created + pd.to_timedelta(pd.Series(np.where(decided & won, delay, np.nan)), unit="D")},
        created=created,
        until=END,
    )


@pytest.mark.parametrize("days", [120, 365])
@pytest.mark.parametrize("stale", [0.0, 0.3])
@pytest.mark.parametrize("lost_after", [5, 150])
def test_where_losses_are_stated_the_decided_leads_have_the_shares_of_the_horizon(
    days: int, lost_after: float, stale: float
) -> None:
    found = pipeline(days, lost_after=lost_after, stale=stale)
    y, weight = found.labels["close"], found.weight["close"]
    known = ~np.isnan(y)
    assert np.average(y[known], weights=weight[known]) == pytest.approx(0.2, abs=0.02)
    (said,) = found.remarks
    assert said.startswith("losses are stated, so")


def test_stated_losses_are_taken_at_their_word_where_nothing_tells_how_late_wins_come() -> None:
    without = STATED.model_copy(update={"horizon_days": None})
    for found in (pipeline(60, lost_after=20), pipeline(365, lost_after=20, outcome=without)):
        assert found.weight == {}
        assert found.remarks == ()
        assert set(np.unique(found.labels["close"][~np.isnan(found.labels["close"])])) == {0.0, 1.0}


def test_where_all_is_decided_nothing_is_weighted() -> None:
    assert pipeline(5000, lost_after=1).weight == {}
