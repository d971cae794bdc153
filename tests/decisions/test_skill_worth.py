"""What a point of conversion and a head are worth: differences of two optima."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions import DAYS, Policy, Prospects, adapt, fit_policy, preset
from leadscore.decisions.skill_worth import POINT, raised, worth_per_head, worth_per_point

Simulate = Callable[..., Prospects]


def policy_of(leads: Prospects, leads_per_period: float) -> Policy:
    structure, _ = adapt(
        preset("three_tier"),
        has_qualify=leads.p_qualify is not None,
        has_close=True,
        segments={"small", "mid", "enterprise"},
        has_customers=True,
    )
    return fit_policy(structure, leads, leads_per_period=leads_per_period)


@pytest.fixture(scope="module")
def short(simulate: Simulate) -> tuple[Policy, Prospects]:
    """More leads than anybody has time for."""
    leads = simulate(400)
    return policy_of(leads, 2_000), leads


def test_a_head_is_worth_its_hours_at_the_price_or_less(short: tuple[Policy, Prospects]) -> None:
    policy, leads = short
    months = DAYS["month"] / DAYS[policy.structure.period]
    worth = worth_per_head(policy, leads)
    assert list(worth) == list(policy.structure.roles)
    for role in policy.structure.role:
        most = policy.prices.per_hour[role.name] * role.hours_per_period * months
        assert -1e-3 * policy.prices.objective <= worth[role.name] <= most + 1e-3 * policy.prices.objective
    assert max(worth.values()) > 0


def test_nobody_pays_for_a_head_where_all_have_time_to_spare(simulate: Simulate) -> None:
    leads = simulate(300)
    policy = policy_of(leads, 3)
    assert set(policy.prices.per_hour.values()) == {0.0}
    assert max(worth_per_head(policy, leads).values()) == pytest.approx(0.0, abs=1e-3 * policy.prices.objective)


def test_a_point_at_each_stage_brings_money_but_less_than_its_wins(short: tuple[Policy, Prospects]) -> None:
    policy, leads = short
    worth = worth_per_point(policy, leads)
    assert set(worth) == {"qualify", "close"}
    monthly = policy.leads_per_period * DAYS["month"] / DAYS[policy.structure.period]
    most = POINT * monthly * float(leads.margin.max())
    assert all(0 < w < most for w in worth.values())


def test_with_time_to_spare_a_point_is_worth_the_margins_of_its_wins(simulate: Simulate) -> None:
    leads = replace(simulate(300), p_qualify=None, customer=np.zeros(300, dtype=bool))
    leads = replace(leads, contactable=np.ones(300, dtype=bool), p_close=np.full(300, 0.5), margin=np.full(300, 9e5))
    policy = policy_of(leads, 3)
    worth = worth_per_point(policy, leads)
    monthly = policy.leads_per_period * DAYS["month"] / DAYS[policy.structure.period]
    assert worth == {"close": pytest.approx(POINT * monthly * 9e5, rel=0.01)}


@given(
    p=st.lists(st.floats(0.0, 0.97), min_size=1, max_size=30).map(np.array),
    seed=st.integers(0, 99),
)
def test_raising_keeps_the_order_and_adds_the_point(p: np.ndarray, seed: int) -> None:
    weight = np.random.default_rng(seed).uniform(0.1, 1, len(p))
    more = raised(p, weight)
    assert np.all((more >= p) & (more <= 1))
    assert np.all(np.diff(more[np.argsort(p)]) >= 0)
    if weight[p > 0.001].sum() > 0.5 * weight.sum():
        assert np.average(more, weights=weight) == pytest.approx(np.average(p, weights=weight) + POINT, abs=1e-6)
