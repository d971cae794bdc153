"""Moments far ahead of all others: typing errors go, the newest leads of a company that paused stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.selection import far_ahead, latest_rows


def moments(
    rng: np.random.Generator, *, before: int = 970, after: int = 30, pause: int = 500, run: int = 40
) -> pd.Series:
    """Leads of two years, a pause, and a few leads after it."""
    old, new = rng.uniform(0, 730, before), 730 + pause + rng.uniform(0, run, after)
    return pd.Series(pd.Timestamp("2021-01-01", tz="UTC") + pd.to_timedelta(np.r_[old, new], unit="D"))


@given(st.integers(0, 1000), st.integers(20, 50), st.integers(370, 1500), st.integers(10, 60))
def test_a_company_that_paused_keeps_its_newest_leads(seed: int, after: int, pause: int, run: int) -> None:
    found = far_ahead(moments(np.random.default_rng(seed), after=after, pause=pause, run=run))
    assert not found.any()


@given(st.integers(0, 1000), st.integers(1, 50), st.sampled_from([10, 30, 75]))
def test_years_typed_wrongly_are_flagged(seed: int, wrong: int, years: int) -> None:
    rng = np.random.default_rng(seed)
    dates = moments(rng, before=1000, after=0)
    dates.iloc[:wrong] += pd.Timedelta(days=365 * years)
    assert far_ahead(dates).sum() == wrong


def test_one_day_far_ahead_is_a_placeholder_and_a_scatter_is_none_of_a_company() -> None:
    rng = np.random.default_rng(0)
    dates = moments(rng, before=960, after=0)
    placeholder = pd.Series(pd.Timestamp("2024-12-31", tz="UTC"), index=range(40))
    scatter = pd.Series(pd.Timestamp("2024-06-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 1200, 20), unit="D"))
    for far in (placeholder, scatter):
        assert far_ahead(pd.concat([dates, far], ignore_index=True)).sum() == len(far)


@pytest.mark.parametrize("n", [0, 5, 19])
def test_few_moments_tell_nothing(n: int) -> None:
    assert not far_ahead(moments(np.random.default_rng(1), before=n, after=0)).any()


def test_what_is_known_from_after_the_gap_makes_it_true() -> None:
    dates = moments(np.random.default_rng(2), after=3)
    assert far_ahead(dates).sum() == 3
    assert not far_ahead(dates, dates.max() + pd.Timedelta(days=1)).any()


def test_of_rows_without_a_change_date_the_last_is_kept() -> None:
    ids, changed = pd.Series(["a", "a", "b"]), pd.Series(pd.to_datetime(["2024-02-01", None, None], utc=True))
    assert latest_rows(ids, changed).tolist() == [True, False, True]
