"""Roles that do not flicker, and tiers that do not depend on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import NURTURE, Earlier, Policy, Prospects, fit_policy, preset, resampled_prices
from leadscore.decisions.economics import first_touch
from leadscore.decisions.hysteresis import BAND, CLEAR, WEIGHT, keeps
from leadscore.decisions.prospects import shift_odds


@pytest.fixture(scope="module")
def policy(simulate) -> Policy:
    return fit_policy(preset("four_tier"), simulate(4_000), leads_per_period=400)


def decided(policy: Policy, leads: Prospects, **other) -> Earlier:
    assert leads.p_qualify is not None
    assert leads.p_close is not None
    return Earlier(policy.decide(leads).role, leads.p_qualify, leads.p_close)


def on_another_day(leads: Prospects, seed: int, size: float = 0.1) -> Prospects:
    factor = np.exp(np.random.default_rng(seed).normal(0, size, len(leads)))
    p_qualify = shift_odds(leads.p_qualify, factor)
    return replace(leads, p_qualify=p_qualify, p_close=p_qualify * leads.p_close / leads.p_qualify)


def test_nothing_changes_where_nothing_changed(policy, simulate):
    leads = simulate(2_000, seed=1)
    again, first = policy.decide(leads, decided(policy, leads)), policy.decide(leads)
    for name in ("role", "path", "value", "net", "runner_up", "tier", "tier_role", "reply_within_minutes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


def test_new_leads_among_the_others_are_decided_as_ever(policy, simulate):
    leads = simulate(500, seed=1)
    nobody = Earlier(np.full(500, None, dtype=object), np.full(500, np.nan), np.full(500, np.nan))
    np.testing.assert_array_equal(policy.decide(leads, nobody).role, policy.decide(leads).role)


@settings(max_examples=15)
@given(seed=st.integers(0, 1_000), size=st.floats(0, 2))
def test_letters_never_depend_on_what_was_decided_before(policy, simulate, seed: int, size: float):
    leads = simulate(300, seed=1)
    today = on_another_day(leads, seed, size)
    np.testing.assert_array_equal(policy.decide(today, decided(policy, leads)).tier, policy.decide(today).tier)


@settings(max_examples=15)
@given(seed=st.integers(0, 1_000), size=st.floats(0, 2))
def test_a_lead_changes_role_only_for_a_gain_over_the_band_and_to_the_best(policy, simulate, seed: int, size: float):
    leads = simulate(300, seed=1)
    today, before = on_another_day(leads, seed, size), decided(policy, leads)
    smooth, plain, found = policy.decide(before.smoothed(today)), policy.decide(today), policy.decide(today, before)
    rows, column = np.arange(300), [policy.roles.index(role) for role in before.role]
    gain, clear = (each.net - each.role_net[rows, column] for each in (smooth, plain))
    kept, at_once = found.role == before.role, clear > CLEAR * np.maximum(plain.value, 0)
    assert (found.role[at_once] == plain.role[at_once]).all()
    assert ((found.role == smooth.role) | kept | at_once).all()
    assert (gain[kept] <= BAND * np.maximum(smooth.value, 0)[kept]).all()
    assert (clear[kept] <= CLEAR * np.maximum(plain.value, 0)[kept]).all()
    assert (gain[~kept & ~at_once] > 0).all()


def test_likelihoods_are_smoothed_towards_the_earlier_ones(simulate):
    leads = simulate(100)
    then = Earlier(np.full(100, None, dtype=object), np.full(100, 0.5), np.full(100, np.nan))
    smooth = then.smoothed(leads)
    np.testing.assert_allclose(smooth.p_qualify, WEIGHT * leads.p_qualify + (1 - WEIGHT) * 0.5)
    np.testing.assert_array_equal(smooth.p_close, leads.p_close)


def test_a_role_that_may_no_longer_touch_the_lead_is_given_up_at_once(policy, simulate):
    leads = simulate(500, seed=1)
    before = decided(policy, leads)
    without = replace(leads, contactable=np.zeros(500, dtype=bool))
    assert set(policy.decide(without, before).role) == {NURTURE}
    abolished = replace(before, role=np.full(500, "TELEX", dtype=object))
    np.testing.assert_array_equal(policy.decide(leads, abolished).role, policy.decide(leads).role)


def test_a_kept_role_has_its_own_path_value_and_promise(policy, simulate):
    leads = simulate(3_000, seed=1)
    today = on_another_day(leads, 5)
    plain, found = policy.decide(today), policy.decide(today, decided(policy, leads))
    kept = np.flatnonzero(found.role != plain.role)
    assert len(kept)
    value = first_touch(policy.structure, today).value
    for i in kept:
        assert (policy.paths[found.path[i]] or (NURTURE,))[0] == found.role[i]
        assert found.value[i] == value[i, found.path[i]]
        assert found.net[i] == found.role_net[i, policy.roles.index(found.role[i])]
        assert found.runner_up[i] != found.role[i]


def test_twenty_nights_of_other_prices_move_few_leads_and_lose_next_to_nothing(policy, simulate):
    """Prices as they move when one lead in four is another one than the night before, likelihoods that stay."""
    leads = simulate(1_000, seed=1)
    economics = first_touch(policy.structure, simulate(4_000))
    nights = resampled_prices(policy.structure, economics, simulate(4_000).tie, policy.prices).per_hour[:20]
    before, role, flips, plain_flips, lost, best = decided(policy, leads), policy.decide(leads).role, 0, 0, 0.0, 0.0
    price = nights[0]
    for draw in nights:
        price = 0.75 * price + 0.25 * draw
        per_hour = dict(zip(policy.structure.roles, price.tolist(), strict=True))
        tonight = replace(policy, prices=replace(policy.prices, per_hour=per_hour))
        plain, found = tonight.decide(leads), tonight.decide(leads, before)
        plain_flips += (plain.role != role).sum()
        flips += (found.role != before.role).sum()
        lost, best = lost + (plain.net - found.net).sum(), best + plain.net.sum()
        before, role = replace(before, role=found.role), plain.role
    assert flips < 0.7 * plain_flips
    assert 0 <= lost < 0.01 * best


def test_the_band_is_a_share_of_the_value():
    net = np.array([[100.0, 100.0 + 200 * BAND], [100.0, 100.1 + 200 * BAND]])
    assert keeps(net, np.full(2, 200.0), np.zeros(2, dtype=int)).tolist() == [True, False]
    assert keeps(net, np.full(2, -1.0), np.zeros(2, dtype=int)).tolist() == [False, False]
