"""Censoring: leads of any age add up to what they will be at the horizon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.censoring import (
    MAX_WEIGHT,
    MIN_SHOWN,
    DelayCurve,
    censoring_weights,
    cumulative_incidence,
    delay_curves,
    inverse_propensity,
)

Floats = np.ndarray

HORIZON = 100


def world(
    n: int, *, share: float = 0.3, slow: float = 30.0, span: float = 300.0, seed: int = 0
) -> tuple[Floats, Floats]:
    """Delays and ages of leads of which a share wins, exponentially late, all within the horizon."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, span, n)
    delay = np.where(rng.random(n) < share, -slow * np.log1p(-rng.random(n) * -np.expm1(-HORIZON / slow)), np.inf)
    return np.where(delay <= age, delay, np.inf), age


def weigh(delay: Floats, age: Floats, channel: Floats | None = None) -> tuple[Floats, list[DelayCurve]]:
    codes = np.zeros(len(age), dtype=np.intp) if channel is None else channel
    curves = delay_curves(delay, age, codes, HORIZON, channels=int(codes.max()) + 1)
    return censoring_weights(np.isfinite(delay).astype(np.intp), age, codes, [curves]), curves


def rate(weight: Floats, delay: Floats, rows: Floats) -> float:
    rows = rows & ~np.isnan(weight)
    return float(np.average(np.isfinite(delay[rows]), weights=weight[rows]))


def test_nobody_censored_is_a_plain_share() -> None:
    delay = np.array([1.0, 2.5, 100.0, np.inf])
    incidence, watched = cumulative_incidence(delay, np.full(4, 400.0), HORIZON)
    assert incidence[[0, 1, 2, 3, 99, 100]] == pytest.approx([0, 0.25, 0.25, 0.5, 0.5, 0.75])
    assert watched[[0, 1, 3, 4]].tolist() == [4, 4, 3, 2]


def test_an_outcome_before_creation_or_on_a_day_not_wholly_watched() -> None:
    incidence, _ = cumulative_incidence(np.array([-3.0, 0.0, 5.5]), np.array([9.0, 9.0, 5.9]), 10)
    assert incidence[1] == pytest.approx(2 / 3)
    assert incidence[-1] == pytest.approx(2 / 3)


def test_the_share_of_winners_is_found_though_most_have_not_shown() -> None:
    delay, age = world(40_000, span=110)
    assert np.isfinite(delay).mean() < 0.24
    (curve,) = weigh(delay, age)[1]
    assert curve.share == pytest.approx(0.3, abs=0.01)
    assert curve.shown[30] == pytest.approx((1 - np.exp(-1)) / (1 - np.exp(-HORIZON / 30)), abs=0.02)


def test_at_every_age_the_weighted_share_is_that_of_the_horizon() -> None:
    delay, age = world(60_000)
    weight, _ = weigh(delay, age)
    for low, high in ((15, 30), (30, 60), (60, 100), (100, 300)):
        assert rate(weight, delay, (age >= low) & (age < high)) == pytest.approx(0.3, abs=0.015)


def test_a_lead_older_than_the_horizon_counts_once() -> None:
    delay, age = world(5_000)
    weight, _ = weigh(delay, age)
    assert set(weight[age >= HORIZON]) == {1.0}


def test_the_youngest_leads_teach_nothing_whatever_became_of_them() -> None:
    delay, age = world(5_000)
    weight, (curve,) = weigh(delay, age)
    np.testing.assert_array_equal(np.isnan(weight), curve.by(age) < MIN_SHOWN)
    assert np.isfinite(delay[np.isnan(weight)]).any()


def test_each_channel_has_its_own_delays() -> None:
    quick, slow = world(30_000, slow=8, seed=1), world(30_000, slow=60, share=0.1, seed=2)
    delay, age = np.r_[quick[0], slow[0]], np.r_[quick[1], slow[1]]
    channel = np.repeat([0, 1], 30_000)
    weight, curves = weigh(delay, age, channel)
    assert [c.share for c in curves] == pytest.approx([0.3, 0.1], abs=0.01)
    young = (age > 20) & (age < 60)
    assert rate(weight, delay, young & (channel == 0)) == pytest.approx(0.3, abs=0.02)
    assert rate(weight, delay, young & (channel == 1)) == pytest.approx(0.1, abs=0.02)


def test_a_channel_younger_than_the_horizon_ends_as_all_do() -> None:
    old, late = world(30_000, share=0.2, seed=3), world(20_000, share=0.4, span=50, seed=4)
    delay, age = np.r_[old[0], late[0]], np.r_[old[1], late[1]]
    channel = np.repeat([0, 1], [30_000, 20_000])
    weight, curves = weigh(delay, age, channel)
    assert curves[1].reach < 50
    assert curves[1].share == pytest.approx(0.4, abs=0.02)
    assert rate(weight, delay, channel == 1) == pytest.approx(0.4, abs=0.02)


def test_a_small_channel_has_the_delays_of_all_and_a_share_drawn_towards_theirs() -> None:
    old, few = world(30_000, share=0.2, seed=5), (np.full(20, np.inf), np.full(20, 60.0))
    channel = np.repeat([0, 1, 2], [30_000, 20, 0])
    curves = delay_curves(np.r_[old[0], few[0]], np.r_[old[1], few[1]], channel, HORIZON, channels=3)
    assert 0.08 < curves[1].share < 0.16
    assert curves[2].share == pytest.approx(0.2, abs=0.01)


def test_two_outcomes_share_one_weight() -> None:
    rng = np.random.default_rng(6)
    age = rng.uniform(0, 250, 60_000)
    first = np.where(rng.random(60_000) < 0.4, rng.uniform(0, 20, 60_000), np.inf)
    second = np.where(np.isfinite(first) & (rng.random(60_000) < 0.5), first + rng.uniform(5, 75, 60_000), np.inf)
    first, second = (np.where(d <= age, d, np.inf) for d in (first, second))
    one = np.zeros(60_000, dtype=np.intp)
    curves = [delay_curves(d, age, one, h, channels=1) for d, h in ((first, 20), (second, HORIZON))]
    weight = censoring_weights(np.isfinite(first).astype(int) + np.isfinite(second), age, one, curves)
    for low, high in ((35, 60), (60, 100)):
        rows = (age >= low) & (age < high) & ~np.isnan(weight)
        assert np.average(np.isfinite(first[rows]), weights=weight[rows]) == pytest.approx(0.4, abs=0.02)
        assert np.average(np.isfinite(second[rows]), weights=weight[rows]) == pytest.approx(0.2, abs=0.02)


@given(st.lists(st.tuples(st.floats(-5, 150), st.floats(0, 300), st.integers(0, 2), st.booleans()), min_size=1))
def test_weights_are_bounded_and_one_for_the_mature(rows: list[tuple[float, float, int, bool]]) -> None:
    age = np.array([r[1] for r in rows])
    delay = np.array([r[0] if r[3] and r[0] <= r[1] else np.inf for r in rows])
    weight, curves = weigh(delay, age, np.array([r[2] for r in rows], dtype=np.intp))
    known = weight[~np.isnan(weight)]
    assert ((known >= 1 / MAX_WEIGHT) & (known <= MAX_WEIGHT)).all()
    assert (weight[age >= HORIZON] == 1).all()
    for curve in curves:
        assert 0 <= curve.share <= 1
        assert (np.diff(curve.shown) >= -1e-12).all()


def test_worked_leads_stand_for_those_that_the_router_left_and_no_weight_is_endless() -> None:
    weight = inverse_propensity(np.array([0.1, 1.0, 1e-6, 0.5]), np.array([True, True, True, False]))
    assert weight == pytest.approx([10, 1, 20, 1])
