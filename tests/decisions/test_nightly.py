"""Prices for what is left of a period."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import first_touch, fit_prices, net, preset, prices_for_the_rest

STRUCTURE = preset("three_tier")
HOURS = {role.name: role.capacity for role in STRUCTURE.role}


def rest(leads, hours_left, leads_to_come: float):
    economics = first_touch(STRUCTURE, leads)
    return prices_for_the_rest(STRUCTURE, economics, leads.tie, hours_left=hours_left, leads_to_come=leads_to_come)


def test_at_the_beginning_they_are_those_of_the_period(simulate):
    leads = simulate(800)
    whole = fit_prices(STRUCTURE, first_touch(STRUCTURE, leads), leads.tie, leads_per_period=400)
    for role, price in rest(leads, HOURS, 400).per_hour.items():
        assert price == pytest.approx(whole.per_hour[role], rel=1e-6)


def test_half_the_hours_for_half_the_leads_are_worth_the_same(simulate):
    leads = simulate(800)
    half = {role: hours / 2 for role, hours in HOURS.items()}
    whole, later = rest(leads, HOURS, 400).per_hour, rest(leads, half, 200).per_hour
    for role, price in later.items():
        assert price == pytest.approx(whole[role], rel=1e-6)


def test_without_an_hour_left_nobody_is_sent_there(simulate):
    leads = simulate(800)
    economics = first_touch(STRUCTURE, leads)
    prices = rest(leads, HOURS | {"SDR": 0.0}, 400)
    chosen = net(economics, prices, leads.tie).argmax(axis=1)
    assert economics.hours[np.arange(800), chosen, STRUCTURE.roles.index("SDR")].sum() < 1.5


@settings(max_examples=15)
@given(seed=st.integers(0, 500), arrivals=st.floats(50, 2_000), left=st.floats(0, 1))
def test_fewer_hours_left_never_lower_the_price_of_a_role(simulate, seed: int, arrivals: float, left: float):
    leads = simulate(300, seed)
    plenty, less = (rest(leads, HOURS | {"ISR": hours}, arrivals) for hours in (HOURS["ISR"], left * HOURS["ISR"]))
    assert less.per_hour["ISR"] >= plenty.per_hour["ISR"] * (1 - 1e-6) - 1e-6
