"""What happened beside what was expected, by group: sums, other odds, and the test of whether groups differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from leadscore.decisions.group_outcomes import Cases, ExpectedSuccesses, common_effect, dispersion


def drawn(seed: int, groups: int, base: float, sizes: tuple[int, int] = (5, 80)) -> Cases:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rng.integers(*sizes, groups))
    p = expit(rng.normal(base, 1.0, len(group)))
    return Cases(p, (rng.random(len(p)) < p).astype(float), group, groups)


@given(seed=st.integers(0, 10**6), base=st.floats(-3, 3))
@settings(max_examples=25)
def test_the_common_effect_makes_expectations_add_up_to_what_happened(seed, base):
    cases = drawn(seed, 4, base)
    total = np.clip(cases.happened.sum(), 0.5, len(cases) - 0.5)
    assert cases.at(common_effect(cases)).expected.sum() == pytest.approx(total, abs=1e-6)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10)
def test_expected_successes_are_those_of_the_cases_at_other_odds(seed):
    cases = drawn(seed, 3, -1.0)
    table = ExpectedSuccesses.of(cases)
    assert np.all(np.diff(table.effect) > 0)
    for effect in (-2.0, 0.0, 0.7):
        exact = cases.at(effect)
        assert table.at(np.full(3, effect)) == pytest.approx(exact.sums(exact.expected), abs=1e-3)


def test_the_likelihood_of_a_group_is_greatest_where_expectation_meets_outcome():
    cases = drawn(1, 5, -0.5)
    table = ExpectedSuccesses.of(cases)
    best = table.effect[table.log_likelihood.argmax(axis=1)]
    step = table.effect[1] - table.effect[0]
    gap = abs(table.at(best) - cases.sums(cases.happened))
    assert np.all(gap <= step * cases.variances.max() + 1e-6)


@pytest.mark.parametrize(("base", "sizes"), [(0.0, (50, 200)), (-3.0, (5, 30))])
def test_the_test_of_dispersion_keeps_its_level(base, sizes):
    p = np.array([dispersion(drawn(seed, 20, base, sizes)).p_value for seed in range(600)])
    # Three standard errors of a share of one in twenty are 2.7 points.
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.027)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_the_test_of_dispersion_finds_a_difference():
    group = np.repeat([0, 1], 500)
    happened = (np.arange(1000) % 100 < np.where(group == 0, 30, 45)).astype(float)
    assert dispersion(Cases(np.full(1000, 0.4), happened, group, 2)).p_value < 1e-4


def test_one_group_or_empty_ones_differ_from_nobody():
    cases = Cases(np.full(10, 0.3), np.ones(10), np.zeros(10, dtype=np.intp), groups=3)
    found = dispersion(cases)
    assert (found.degrees_of_freedom, found.p_value) == (0, 1.0)


@given(seed=st.integers(0, 10**6), base=st.floats(-3, 3))
@settings(max_examples=25)
def test_weights_of_one_change_nothing(seed, base):
    cases = drawn(seed, 4, base)
    weighted = replace(cases, weight=np.ones(len(cases)))
    assert common_effect(weighted) == pytest.approx(common_effect(cases), abs=1e-9)
    assert dispersion(weighted) == dispersion(cases)
    ours, plain = ExpectedSuccesses.of(weighted), ExpectedSuccesses.of(cases)
    np.testing.assert_allclose(ours.log_likelihood, plain.log_likelihood, atol=1e-9)
    np.testing.assert_allclose(ours.expected, plain.expected, atol=1e-9)
    assert (weighted.counts == weighted.cases).all()


@given(seed=st.integers(0, 10**6), factor=st.floats(0.2, 5.0))
@settings(max_examples=25)
def test_one_weight_for_all_changes_no_verdict(seed, factor):
    cases = drawn(seed, 4, -1.0, sizes=(20, 80))
    weighted = replace(cases, weight=np.full(len(cases), factor))
    assert dispersion(weighted).p_value == pytest.approx(dispersion(cases).p_value, abs=1e-3)
    ours, plain = ExpectedSuccesses.of(weighted), ExpectedSuccesses.of(cases)
    for effect in (-1.0, 0.5):
        at = [np.array([np.interp(effect, t.effect, row) for row in t.log_likelihood]) for t in (ours, plain)]
        np.testing.assert_allclose(*at, atol=0.02)


def test_the_test_of_dispersion_keeps_its_level_with_weights():
    rng = np.random.default_rng(0)
    cases = [drawn(seed, 20, -1.0, (50, 200)) for seed in range(400)]
    p = np.array([dispersion(replace(c, weight=rng.choice([0.5, 1.0, 4.0], len(c)))).p_value for c in cases])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.035)
