from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadscore.decisions import (
    PRESETS,
    Prices,
    first_touch,
    fit_policy,
    fit_prices,
    pooled,
    preset,
    resampled_prices,
    with_bands,
)


def fit(leads, arrivals: float) -> Prices:
    structure = preset("am_growth")
    economics = first_touch(structure, leads)
    prices = fit_prices(structure, economics, leads.tie, leads_per_period=arrivals)
    return with_bands(prices, resampled_prices(structure, economics, leads.tie, prices))


def test_the_band_is_about_that_of_prices_solved_again(simulate):
    structure, leads = preset("am_growth"), simulate(1_500)
    prices = fit(leads, 400)
    random, solved = np.random.default_rng(1), []
    for _ in range(60):
        again = replace(leads.take(random.integers(0, 1_500, 1_500)), tie=random.random(1_500))
        found = fit_prices(structure, first_touch(structure, again), again.tie, leads_per_period=400, start=prices)
        solved.append(list(found.per_hour.values()))
    low, high = np.quantile(solved, [0.05, 0.95], axis=0)
    for (from_, to), width in zip(prices.band.values(), high - low, strict=True):
        assert 0.6 * width < to - from_ < 1.7 * width


def test_the_band_holds_the_price_and_narrows_with_leads(simulate):
    small, large = fit(simulate(600), 400), fit(simulate(20_000), 400)
    for prices in (small, large):
        assert all(low <= prices.per_hour[role] <= high for role, (low, high) in prices.band.items())
        assert all(low >= 0 for low, _ in prices.band.values())
    for role in small.band:
        width = [high - low for low, high in (small.band[role], large.band[role])]
        assert width[1] < 0.4 * width[0]


def test_the_same_leads_give_the_same_band(simulate):
    assert fit(simulate(500), 400) == fit(simulate(500), 400)


def test_time_that_nobody_is_short_of_has_no_band(simulate):
    assert set(fit(simulate(500), 1).band.values()) == {(0.0, 0.0)}


def test_a_policy_has_bands(simulate):
    policy = fit_policy(preset("three_tier"), simulate(500), leads_per_period=400)
    assert set(policy.prices.band) == set(policy.structure.roles)


def test_months_are_pooled_until_there_are_enough_leads():
    months = np.repeat([1, 2, 3, 4], [5_000, 2_500, 1_000, 400])
    assert np.unique(months[pooled(months)]).tolist() == [2, 3, 4]
    assert np.unique(months[pooled(months, at_least=300)]).tolist() == [4]
    assert pooled(months, at_least=10_000).all()
    assert len(pooled(np.array([], dtype=int))) == 0


@pytest.mark.parametrize("n", [3_000, 12_000])
def test_a_warm_start_finds_the_same_prices(n: int, simulate):
    structure, leads = preset("four_tier"), simulate(n)
    economics = first_touch(structure, leads)
    cold = fit_prices(structure, economics, leads.tie, leads_per_period=600)
    warm = fit_prices(structure, economics, leads.tie, leads_per_period=600, start=cold)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-7)
    assert list(warm.per_hour.values()) == pytest.approx(list(cold.per_hour.values()), rel=2e-3)


def test_a_price_at_which_no_lead_wavers_stays_where_it_is(simulate):
    # Half of the leads are worth every hour and half none, and the hours are just enough for the good ones.
    worth = np.arange(400) % 2 == 0
    leads = replace(simulate(400), p_qualify=None, p_close=np.where(worth, 0.5, 0.0), margin=np.full(400, 1e5))
    leads = replace(leads, contactable=np.ones(400, dtype=bool), customer=np.zeros(400, dtype=bool))
    inside = preset("three_tier").closing_only().keep({"ISR"})
    inside = inside.with_({"ISR.hours_per_period": 200 * inside.role[0].hours_per_touch / inside.role[0].heads + 1e-6})
    leads = replace(leads, segment=np.full(400, "mid", dtype=object))
    economics = first_touch(inside, leads)
    prices = fit_prices(inside, economics, leads.tie, leads_per_period=400)
    assert prices.per_hour["ISR"] == 0
    drawn = resampled_prices(inside, economics, leads.tie, prices)
    assert drawn.per_hour.max() == 0


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("n", [30, 100])
def test_bands_of_few_leads_are_finite(name: str, n: int, simulate):
    for arrivals in (32, 400):
        policy = fit_policy(preset(name), simulate(n), leads_per_period=arrivals)
        dearest = max(policy.prices.per_hour.values())
        assert all(0 <= low <= high <= 50 * dearest + 1e5 for low, high in policy.prices.band.values())
