"""The replay holds policies to the hours there are, and knows nothing of the days to come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leadscore.decisions import Prospects, preset

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def policies():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import policies

        yield policies


@pytest.fixture(scope="module")
def month(policies):
    random, n = np.random.default_rng(0), 3_000
    q, segment = random.beta(1.1, 2.6, n), random.choice(np.array(["small", "mid", "enterprise"], dtype=object), n)
    margin = np.where(segment == "small", 2e3, np.where(segment == "mid", 9e3, 4e4))
    leads = Prospects(q, q * 0.3, margin, segment, random.random(n) < 0.08, random.random(n) < 0.95, random.random(n))
    few = preset("four_tier").with_({f"{role}.heads": 0.4 for role in ("MDR", "SDR", "ISR", "SAR", "AM")})
    market = policies.Market(few, leads, replace(leads, p_close=q * random.uniform(0.2, 0.4, n)))
    before, before_day = market.draw(15, np.ones(n), random)
    return policies.Month(market, before, before_day, *market.draw(15, np.ones(n), random), market.capacity)


def test_no_policy_books_more_hours_than_a_week_has(policies, month):
    for name, decide in policies.POLICIES.items():
        paths = decide(month)
        assert len(paths) == len(month.leads)
        for week in month.weeks():
            used = month.market.hours[month.leads[week], paths[week]].sum(axis=0)
            assert (used <= month.capacity * (1 + 1e-9)).all(), name
        assert np.isfinite(month.market.happens.value[month.leads, paths]).all(), name


def test_no_policy_exceeds_the_optimum_of_the_truth(policies, month):
    best = month.optimum(month.market.happens)
    assert month.optimum(month.market.seen) <= best * 1.001
    for decide in policies.POLICIES.values():
        assert month.worth(month.market.happens, decide(month)) <= best * 1.001


def test_what_comes_later_does_not_change_what_was_decided_before(policies, month):
    half = month.day < 14
    shorter = replace(month, leads=month.leads[half], day=month.day[half])
    for name, decide in policies.POLICIES.items():
        np.testing.assert_array_equal(decide(month)[: half.sum()], decide(shorter), err_msg=name)


def test_a_full_tier_spills_to_the_next_one_only_where_it_cascades(policies, month):
    score = month.market.estimated.p_close
    cuts = np.quantile(score, [0.5, 0.2, 0.0])
    firsts = np.array([path[0] if path else "" for path in month.market.seen.paths])
    top = score[month.leads] >= cuts[0]
    stays, spills = (firsts[policies.tiered(month, score, cuts, cascades=c)] for c in (False, True))
    newcomers = top & ~month.market.estimated.customer[month.leads]
    assert set(stays[newcomers]) <= {"", "ISR", "SAR"}
    assert "SDR" in set(spills[newcomers])
