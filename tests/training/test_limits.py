"""What a training's choices may cost is shared among what is left to do."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.training.fitting import limits_of
from leadscore.training.limits import Limits
from leadscore.training.recipe import Recipe, Search

RECIPE = Recipe(close={"column": "Won"}, search=Search(minutes=1))


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("leadscore.training.limits.time.monotonic", made)
    return made


def limits(seconds: float, clock: Clock) -> Limits:
    return Limits(seconds, begun=clock())


def test_what_came_before_and_what_was_left_over_is_shared(clock: Clock) -> None:
    whole = limits(60.0, clock)
    clock.now += 20  # texts and kinds
    first = whole.part(2)
    assert first.seconds == 20
    clock.now += 5  # a search without prospect ends early
    assert first.spent == 0.25
    last = whole.part(1)
    assert last.seconds == 35
    clock.now += 34
    assert last.in_time
    clock.now += 1
    assert not last.in_time
    assert not whole.in_time


def test_when_all_is_spent_a_part_has_no_time(clock: Clock) -> None:
    whole = limits(10.0, clock)
    clock.now += 11
    assert whole.part(2).seconds == 0.0
    assert not whole.part(2).in_time


def test_time_before_an_interruption_counts_for_the_whole(clock: Clock) -> None:
    whole = limits(60.0, clock)
    first = whole.part(2)
    first.charge(25.0)
    assert first.within(0.9)
    assert not first.within(0.8)
    assert whole.part(1).seconds == 35


@pytest.mark.parametrize(("gone", "left"), [(0.0, 60.0), (20.0, 40.0), (50.0, 30.0), (500.0, 30.0)])
def test_half_of_the_time_is_left_however_long_reading_took(clock: Clock, gone: float, left: float) -> None:
    assert limits_of(RECIPE, gone=gone).seconds == left


def test_a_number_in_place_of_time_knows_no_clock(clock: Clock) -> None:
    whole = limits_of(RECIPE.model_copy(update={"search": Search(minutes=0.1, trials=4)}), gone=100.0)
    clock.now += 1e9
    part = whole.part(2)
    assert whole.within(0.5)
    assert part.seconds == np.inf
    assert (part.in_time, part.spent, part.trials) == (True, 0.0, 4)


def test_parts_count_their_own_candidates() -> None:
    whole = Limits(trials=3, tried=3)
    assert whole.part(2).in_number
