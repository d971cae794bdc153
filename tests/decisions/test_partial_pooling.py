"""Pooled effects: what must always hold of them, and that their intervals hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from leadscore.decisions.group_outcomes import Cases
from leadscore.decisions.partial_pooling import pool


def drawn(seed: int, groups: int, sd: float, *, base: float = -0.5, mean: int = 100) -> tuple[Cases, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rng.integers(mean // 4, 2 * mean, groups))
    log_odds, effect = rng.normal(base, 0.8, len(group)), rng.normal(0, sd, groups)
    happened = rng.random(len(group)) < expit(log_odds + effect[group])
    return Cases(expit(log_odds), happened.astype(float), group, groups), effect


cases_of_any_kind = st.builds(
    lambda seed, groups, sd, base: drawn(seed, groups, sd, base=base, mean=20)[0],
    st.integers(0, 10**6),
    st.integers(2, 8),
    st.floats(0, 1.5),
    st.floats(-3, 2),
)


@given(cases=cases_of_any_kind)
@settings(max_examples=40)
def test_a_pooled_effect_lies_between_none_and_the_raw_one(cases):
    found = pool(cases)
    assert np.all(found.effect * np.where(found.effect == 0, 0, found.raw) >= 0)
    assert np.all(abs(found.effect) <= abs(found.raw) + 1e-12)


@given(cases=cases_of_any_kind)
@settings(max_examples=40)
def test_intervals_are_in_order_and_the_spread_is_no_less_than_none(cases):
    found = pool(cases)
    assert np.all(found.low < found.high)
    assert 0 <= found.sd_interval[0] <= found.sd <= found.sd_interval[1]


@given(cases=cases_of_any_kind, seed=st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_order_of_the_cases_changes_nothing(cases, seed):
    order = np.random.default_rng(seed).permutation(len(cases))
    shuffled = Cases(cases.expected[order], cases.happened[order], cases.group[order], cases.groups)
    one, other = pool(cases), pool(shuffled)
    for name in ("effect", "low", "high", "sd_interval"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6), name


@given(cases=cases_of_any_kind)
@settings(max_examples=20)
def test_a_group_without_cases_has_no_effect_and_the_interval_of_any_group(cases):
    found, without = pool(Cases(cases.expected, cases.happened, cases.group, cases.groups + 1)), pool(cases)
    assert found.effect[-1] == pytest.approx(0, abs=1e-9)
    assert np.isnan(found.raw[-1])
    # The prior's own interval, which is as wide above as below and wider than the normal one at the median.
    width = found.high - found.low
    assert width[-1] >= 2 * 1.6 * found.sd * 0.9
    assert abs(found.high[-1] + found.low[-1]) < 0.2 * width[-1]
    # It teaches nothing about the others.
    assert found.effect[:-1] == pytest.approx(without.effect, abs=1e-6)


def test_more_cases_of_the_same_kind_make_the_pooled_effect_more_like_the_raw_one():
    cases, _ = drawn(3, 10, 0.4)
    more = Cases(*(np.tile(part, 8) for part in (cases.expected, cases.happened, cases.group)), cases.groups)
    few, many = pool(cases), pool(more)
    assert np.all(many.high - many.low < few.high - few.low)
    assert np.mean(abs(many.effect - many.raw)) < np.mean(abs(few.effect - few.raw)) / 2


def test_one_group_of_wins_alone_stays_finite():
    cases = Cases(np.full(40, 0.3), np.repeat([1.0, 0.0], 20), np.repeat([0, 1], 20), 2)
    found = pool(cases)
    assert found.raw.tolist() == [np.inf, -np.inf]
    assert np.all(np.isfinite([found.effect, found.low, found.high]))


@pytest.mark.parametrize(("groups", "sd", "base"), [(20, 0.3, -0.5), (8, 0.3, -1.5), (30, 0.5, -2.5)])
def test_nine_of_ten_intervals_hold_the_known_effect(groups, sd, base):
    held, spread = [], []
    for seed in range(40):
        cases, effect = drawn(seed, groups, sd, base=base)
        found = pool(cases)
        effect -= effect.mean()
        held.append((found.low <= effect) & (effect <= found.high))
        spread.append(found.sd)
    assert 0.85 <= np.mean(held) <= 0.95
    assert np.mean(spread) == pytest.approx(sd, abs=0.1)


def test_draws_have_the_pooled_intervals():
    cases, _ = drawn(5, 12, 0.4)
    found = pool(cases)
    effects = found.draws(np.random.default_rng(0), 20_000)
    low, high = np.quantile(effects - found.centre, [0.05, 0.95], axis=1)
    # The centre varies from draw to draw, too, so that draws around its mean spread a little more or less.
    assert low == pytest.approx(found.low, abs=0.1)
    assert high == pytest.approx(found.high, abs=0.1)
