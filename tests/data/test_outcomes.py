"""Labels: open is not lost, late is not won, and a spelling of missing is no outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadscore.data.outcomes import Known, Outcome, known_outcomes, label
from leadscore.errors import HorizonTooLong


def labels(outcome: Outcome, cells: list[str], **dates: Any) -> list[float | None]:
    moments = {
        name: None if v is None else pd.Series(pd.to_datetime(v, utc=True, format="ISO8601"))
        for name, v in dates.items()
    }
    until = moments.pop("until", None)
    found = label(
        outcome,
        pd.Series(cells, dtype="str"),
        at=moments.get("at"),
        created=moments.get("created"),
        until=None if until is None else until.iloc[0],
    )
    return [None if np.isnan(v) else v for v in found]


WON = {"column": "Stage"}


def test_filled_means_that_something_happened() -> None:
    assert labels(Outcome(**WON), ["2024-03-31", "", "  ", "NULL", "n/a"]) == [1, 0, 0, 0, 0]


def test_values_in_neither_list_are_undecided() -> None:
    outcome = Outcome(**WON, positive=("Won",), negative=("Lost",))
    assert labels(outcome, ["won ", "LOST", "Engaging", ""]) == [1, 0, None, None]


def test_without_negatives_all_other_values_mean_no_and_an_empty_cell_nothing() -> None:
    assert labels(Outcome(**WON, positive=("Won",)), ["Won", "Lost", "Open", "", "NULL"]) == [1, 0, 0, None, None]


@pytest.mark.parametrize(
    ("positive", "negative", "cells"),
    [
        ((1,), (0,), ["1", "0"]),
        ((True,), (False,), ["Yes", "no"]),
        ((True,), (False,), ["1", "0.0"]),
        ((1.0,), (0.0,), ["1", "0"]),
        (("é",), ("E",), ["e\u0301", "e"]),
    ],
)
def test_values_are_written_in_a_recipe_as_in_toml(positive: Any, negative: Any, cells: list[str]) -> None:
    assert labels(Outcome(**WON, positive=positive, negative=negative), cells) == [1, 0]


def test_an_outcome_after_the_horizon_is_none_and_a_young_lead_teaches_nothing() -> None:
    outcome = Outcome(**WON, at="At", horizon_days=30)
    created = ["2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01", "2024-05-15", "2024-05-15"]
    at = ["2024-01-31", "2024-01-31T00:00:01", None, None, "2024-05-20", None]
    cells = ["x", "x", "", "x", "x", ""]
    assert labels(outcome, cells, at=at, created=created, until=["2024-06-01"]) == [1, 0, 0, 1, None, None]


def test_a_lead_is_mature_on_the_day_that_the_horizon_ends() -> None:
    outcome = Outcome(**WON, horizon_days=30)
    created = ["2024-01-01T00:00:00", "2024-01-01T00:00:01"]
    assert labels(outcome, ["", ""], created=created, until=["2024-01-31"]) == [0, None]


def test_a_stated_loss_needs_no_maturity() -> None:
    outcome = Outcome(**WON, positive=("Won",), negative=("Lost",), horizon_days=30)
    created = ["2024-01-01"] * 3
    assert labels(outcome, ["Won", "Lost", "Open"], created=created, until=["2024-01-02"]) == [1, 0, None]


def test_without_dates_there_is_no_horizon() -> None:
    assert labels(Outcome(**WON, horizon_days=30), ["x", ""]) == [1, 0]


@given(st.integers(1, 400), st.integers(0, 800), st.integers(0, 800))
def test_a_longer_history_never_takes_a_decision_back(horizon: int, age: int, more: int) -> None:
    outcome = Outcome(**WON, horizon_days=horizon)
    created, until = ["2024-01-01"], pd.Timestamp("2024-01-01") + pd.Timedelta(days=age)
    (early,) = labels(outcome, [""], created=created, until=[until])
    (later,) = labels(outcome, [""], created=created, until=[until + pd.Timedelta(days=more)])
    assert early is None or early == later


@pytest.mark.parametrize("given_", [{}, {"column": "Won", "rate": 0.3}])
def test_either_a_column_or_a_rate(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"either `column`.*or `rate`"):
        Outcome(**given_)


def test_an_outcome_takes_its_columns_for_itself() -> None:
    outcome = Outcome(column="Won", at="Won At", amount="Amount", rep="Owner", team="Team")
    assert outcome.columns == ("Won", "Won At", "Amount", "Owner", "Team")
    assert outcome.learned
    assert not Outcome(rate=0.3).learned


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


def test_stated_losses_are_taken_at_their_word() -> None:
    found, _ = history(
        90, outcome=Outcome(column="Closed", at="Closed", positive=("x",), negative=("",), horizon_days=100)
    )
    assert found.weight == {}
    assert found.remarks == ()
