"""Trends: clear when a score moves, quiet when it wavers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.scoring import EarlierDecision
from leadscore.scoring.trend import BAND, TURN, trend_since

scores = st.integers(0, 99)
trends = st.sampled_from([None, "improving", "steady", "declining", "not_enough_info"])


def earlier_of(score, trend, version):
    """What was said of a lead before."""
    return EarlierDecision("SDR", model_version=version, score=score, trend=trend)


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
    assert trend_since(earlier_of(50, before, "7"), 50 + change, "7") == trend


@given(score=scores, earlier=scores, before=trends)
def test_up_mirrors_down(score, earlier, before):
    mirror = {"improving": "declining", "declining": "improving"}
    found = trend_since(earlier_of(earlier, before, "7"), score, "7")
    mirrored = trend_since(earlier_of(99 - earlier, mirror.get(before, before), "7"), 99 - score, "7")
    assert mirrored == mirror.get(found, found)


@given(walk=st.lists(st.integers(48, 52), min_size=2, max_size=50), before=trends)
def test_noise_within_the_band_is_steady(walk, before):
    earlier = earlier_of(walk[0], before, "7")
    for score in walk[1:]:
        assert trend_since(earlier, score, "7") == "steady"
        earlier = earlier_of(score, "steady", "7")


@given(noise=st.lists(st.integers(46, 54), min_size=2, max_size=50))
def test_noise_below_the_turn_never_swings(noise):
    told = ["steady"]
    for earlier, score in zip(noise, noise[1:], strict=False):
        told.append(trend_since(earlier_of(earlier, told[-1], "7"), score, "7"))
    assert all({one, next_} != {"improving", "declining"} for one, next_ in zip(told, told[1:], strict=False))


@given(score=scores, earlier=scores, before=trends)
def test_without_a_previous_score_of_the_same_model_nothing_is_said(score, earlier, before):
    assert trend_since(None, score, "7") == "not_enough_info"
    assert trend_since(earlier_of(earlier, before, "6"), score, "7") == "not_enough_info"
    assert trend_since(earlier_of(None, before, "7"), score, "7") == "not_enough_info"
