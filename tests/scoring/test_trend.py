"""Trends: clear when a score moves, quiet when it wavers."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import BadInput
from leadscore.scoring.trend import BAND, TURN, Earlier, earlier_of, trend_since

scores = st.integers(0, 99)
trends = st.sampled_from([None, "improving", "steady", "declining", "not_enough_info"])


@pytest.mark.parametrize(
    ("before", "change", "trend"),
    [
        ("steady", BAND - 1, "steady"),
        ("steady", BAND, "improving"),
        (None, -BAND, "declining"),
        ("not_enough_info", -BAND, "declining"),
        ("improving", BAND, "improving"),
        ("improving", 0, "steady"),
        ("improving", -BAND, "steady"),
        ("improving", 1 - TURN, "steady"),
        ("improving", -TURN, "declining"),
        ("declining", TURN - 1, "steady"),
        ("declining", TURN, "improving"),
    ],
)
def test_the_band_and_the_turn(before, change, trend):
    assert trend_since(Earlier(50, before, "7"), 50 + change, "7") == trend


@given(score=scores, earlier=scores, before=trends)
def test_up_mirrors_down(score, earlier, before):
    mirror = {"improving": "declining", "declining": "improving"}
    found = trend_since(Earlier(earlier, before, "7"), score, "7")
    mirrored = trend_since(Earlier(99 - earlier, mirror.get(before, before), "7"), 99 - score, "7")
    assert mirrored == mirror.get(found, found)


@given(walk=st.lists(st.integers(48, 52), min_size=2, max_size=50), before=trends)
def test_noise_within_the_band_is_steady(walk, before):
    earlier = Earlier(walk[0], before, "7")
    for score in walk[1:]:
        assert trend_since(earlier, score, "7") == "steady"
        earlier = Earlier(score, "steady", "7")


@given(noise=st.lists(st.integers(46, 54), min_size=2, max_size=50))
def test_noise_below_the_turn_never_swings(noise):
    told = ["steady"]
    for earlier, score in zip(noise, noise[1:], strict=False):
        told.append(trend_since(Earlier(earlier, told[-1], "7"), score, "7"))
    assert all({one, next_} != {"improving", "declining"} for one, next_ in zip(told, told[1:], strict=False))


@given(score=scores, earlier=scores, before=trends)
def test_without_a_previous_score_of_the_same_model_nothing_is_said(score, earlier, before):
    assert trend_since(None, score, "7") == "not_enough_info"
    assert trend_since(Earlier(earlier, before, "6"), score, "7") == "not_enough_info"


def test_an_earlier_output_is_read_by_id():
    frame = pd.DataFrame({"lead_id": ["1", "2", "1"], "score": ["40", "7", "45"], "model_version": ["7"] * 3})
    assert earlier_of([frame]) == {"1": Earlier(45, None, "7"), "2": Earlier(7, None, "7")}
    told = frame.assign(trend=["steady", "", "declining"])
    assert earlier_of([told, told.head(1)])["1"] == Earlier(40, "steady", "7")


@pytest.mark.parametrize("wrong", [{"lead_id": ["1"]}, {"lead_id": ["1"], "score": ["high"], "model_version": ["7"]}])
def test_another_file_is_no_earlier_output(wrong):
    with pytest.raises(BadInput, match="--previous"):
        earlier_of([pd.DataFrame(wrong)])
