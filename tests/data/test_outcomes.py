"""Labels: open is not lost, late is not won, and a spelling of missing is no outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadscore.data.outcomes import Outcome, label


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
