from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array, kron, vstack

from leadscore.decisions import Economics, Prices, Prospects, Structure, dual, first_touch, fit_prices, net, preset
from leadscore.decisions.descent import descend
from leadscore.decisions.prices import offers_of
from leadscore.errors import StructureError


def oracle(structure: Structure, economics: Economics, leads_per_period: float) -> float:
    """The whole linear program by HiGHS: net value of one period's leads."""
    n, p = economics.value.shape
    share = n / leads_per_period
    capacity = [role.capacity * share for role in structure.role]
    one_path = kron(csr_array(np.eye(n)), np.ones((1, p)))
    hours = csr_array(economics.hours.reshape(n * p, -1).T)
    value = np.where(economics.eligible, economics.value, -1e6).ravel()
    solution = linprog(-value, A_ub=vstack([one_path, hours]), b_ub=[1.0] * n + capacity, bounds=(0, None))
    return float(-solution.fun / share)


def fit(structure: Structure, leads: Prospects, leads_per_period: float = 190) -> tuple[Economics, Prices]:
    economics = first_touch(structure, leads)
    return economics, fit_prices(structure, economics, leads.tie, leads_per_period=leads_per_period)


@pytest.mark.parametrize("name", ["three_tier", "four_tier"])
@pytest.mark.parametrize("arrivals", [60, 190, 600])
def test_prices_reach_the_optimum_of_the_linear_program(name: str, arrivals: float, simulate):
    leads = simulate(800)
    economics, prices = fit(preset(name), leads, arrivals)
    exact = oracle(preset(name), economics, arrivals)
    assert prices.objective == pytest.approx(exact, rel=2e-4)  # the tie-break is part of our objective
    assert prices.duality_gap < 1e-9


def test_without_a_tie_break_the_optimum_is_that_of_the_linear_program(simulate):
    leads = simulate(800)
    economics = first_touch(preset("four_tier"), leads)
    prices = fit_prices(preset("four_tier"), economics, np.zeros(800), leads_per_period=400)
    assert prices.objective == pytest.approx(oracle(preset("four_tier"), economics, 400), rel=1e-8)


@pytest.mark.parametrize("arrivals", [190, 600])
def test_choosing_by_value_minus_price_keeps_the_hours_and_the_optimum(arrivals: float, simulate):
    structure, leads = preset("four_tier"), simulate(5_000)
    economics, prices = fit(structure, leads, arrivals)
    path = net(economics, prices, leads.tie).argmax(axis=1)
    rows = np.arange(len(leads))
    used = economics.hours[rows, path].sum(axis=0)
    for hours, role in zip(used, structure.role, strict=True):
        capacity = role.capacity * len(leads) / arrivals
        assert hours <= capacity + 2 * role.hours_per_touch
        assert prices.load[role.name] == pytest.approx(hours / capacity)
    assert economics.value[rows, path].sum() * arrivals / len(leads) >= 0.999 * prices.objective


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 1_000),
    role=st.sampled_from(["MDR", "SDR", "ISR", "SAR", "AM"]),
    more=st.floats(1.1, 10),
    arrivals=st.floats(50, 2_000),
)
def test_more_capacity_of_a_role_never_raises_its_price(seed: int, role: str, more: float, arrivals: float, simulate):
    leads, before = simulate(300, seed), preset("four_tier")
    after = before.with_({f"{role}.heads": before.role_named(role).heads * more})
    low, high = (fit(structure, leads, arrivals)[1].per_hour[role] for structure in (after, before))
    assert low <= high * (1 + 1e-6) + 1e-6


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 1_000), arrivals=st.floats(20, 5_000))
def test_the_duality_gap_closes_and_prices_are_never_negative(seed: int, arrivals: float, simulate):
    _, prices = fit(preset("four_tier"), simulate(300, seed), arrivals)
    assert prices.duality_gap < 1e-9
    assert min(prices.per_hour.values()) >= 0


def test_leads_that_are_all_alike_are_parted_by_the_tie_break(lead):
    one = lead(0.5, 0.2)
    leads = one.take(np.zeros(1_000, dtype=int))
    leads = Prospects(
        *(getattr(leads, name) for name in Prospects.__slots__[:-1]), tie=np.random.default_rng(0).random(1_000)
    )
    _, prices = fit(preset("three_tier"), leads, 600)
    assert prices.load["ISR"] == pytest.approx(1, abs=0.01)
    assert prices.load["SDR"] <= 1.01


def test_time_that_nobody_is_short_of_costs_nothing(simulate):
    _, prices = fit(preset("three_tier"), simulate(500), leads_per_period=1)
    assert set(prices.per_hour.values()) == {0.0}


def test_worthless_leads_make_no_price(lead):
    _, prices = fit(preset("three_tier"), lead(0.1, 0.0))
    assert prices.objective == 0
    assert prices.jitter == 0
    assert set(prices.load.values()) == {0.0}


def test_prices_need_leads_and_arrivals(simulate):
    with pytest.raises(StructureError, match="0 leads"):
        fit(preset("three_tier"), simulate(10).take(slice(0)))
    with pytest.raises(StructureError, match="0 arrivals"):
        fit(preset("three_tier"), simulate(10), 0)


def test_prices_read_aloud(simulate):
    _, prices = fit(preset("three_tier"), simulate(500))
    assert str(prices).startswith("SDR ")
    assert "% used" in str(prices)


def test_many_leads_have_the_prices_of_the_linear_program_of_some(simulate):
    leads = simulate(30_000)
    _, prices = fit(preset("four_tier"), leads, 600)
    assert prices.duality_gap < 1e-7
    _, some = fit(preset("four_tier"), leads.take(slice(0, 10_000)), 600)
    assert prices.objective == pytest.approx(some.objective, rel=0.05)


@pytest.mark.parametrize("n", [400, 12_000])
def test_without_planes_a_softened_dual_comes_near(n: int, simulate, monkeypatch):
    leads = simulate(n)
    _, exact = fit(preset("four_tier"), leads, 600)
    monkeypatch.setattr(dual._Planes, "_lowest_point", lambda _self, low, high: ((low + high) / 2, -np.inf))
    monkeypatch.setattr(dual, "ROUNDS", 3)
    _, near = fit(preset("four_tier"), leads, 600)
    assert exact.objective * (1 - 1e-9) <= near.objective <= exact.objective * 1.01
    assert near.duality_gap < 0.1


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 1_000), arrivals=st.floats(100, 3_000))
def test_coordinate_descent_comes_near_the_optimum(seed: int, arrivals: float, simulate):
    leads, structure = simulate(500, seed), preset("four_tier")
    economics, prices = fit(structure, leads, arrivals)
    offers = offers_of(structure, economics, leads.tie, prices.jitter, arrivals)
    price = descend(offers, np.zeros(5), np.full(5, 1e5))
    best = prices.objective * 500 / arrivals
    assert best * (1 - 1e-9) <= offers.bound(price) <= best * 1.01
