"""Splits know time: nothing is learned from what comes later."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadscore.data.splits import Split, forward_folds, split_by_time

shares = st.floats(0.01, 0.89)
splits = st.builds(Split, test_share=shares, calibrate_share=shares, gap_days=st.integers(0, 400))
days = st.lists(st.floats(0, 1_000), min_size=1, max_size=200).map(lambda values: np.sort(np.array(values)))


@given(days, splits)
def test_the_stretches_follow_each_other_and_the_gap_is_empty(days: np.ndarray, split: Split) -> None:
    parts = split_by_time(len(days), split, days=days)
    rows = np.concatenate([parts.fit, parts.calibrate, parts.test])
    assert (np.diff(rows) > 0).all()
    assert len(parts.test) >= 1
    assert rows[-1] == len(days) - 1
    before = np.concatenate([parts.fit, parts.calibrate])
    assert (days[before] <= days[parts.test[0]] - split.gap_days).all()


@given(st.integers(1, 500), splits)
def test_without_dates_the_gap_is_counted_in_rows(n: int, split: Split) -> None:
    parts = split_by_time(n, split)
    before = np.concatenate([parts.fit, parts.calibrate])
    assert len(before) == max(0, parts.test[0] - split.gap_days)


def test_no_gap_loses_no_row_even_where_days_repeat() -> None:
    parts = split_by_time(8, Split(), days=np.zeros(8))
    assert np.concatenate([parts.fit, parts.calibrate, parts.test]).tolist() == list(range(8))


@given(st.integers(20, 1_000), st.integers(2, 10))
def test_folds_never_look_ahead_and_see_the_second_half_once(n: int, folds: int) -> None:
    stretches = list(forward_folds(n, folds))
    assert len(stretches) == folds
    for before, now in stretches:
        assert before.tolist() == list(range(now[0]))
    seen = np.concatenate([now for _, now in stretches])
    assert seen.tolist() == list(range(n // 2, n))


@pytest.mark.parametrize(
    "wrong", [{"test_share": 0.0}, {"test_share": 1.0}, {"gap_days": -1}, {"folds": 1}, {"foldz": 3}]
)
def test_a_split_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Split(**wrong)
