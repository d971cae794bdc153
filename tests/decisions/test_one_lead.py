from __future__ import annotations

import timeit
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import (
    PRESETS,
    Choices,
    Policy,
    Prospects,
    ReplyDecay,
    assume_close_rate,
    first_touch,
    fit_policy,
    preset,
)
from leadscore.errors import StructureError


@pytest.fixture(scope="module", params=[*PRESETS, "waiting"])
def policy(request, simulate) -> Policy:
    waiting = preset("am_growth").model_copy(update={"reply_decay": ReplyDecay(per_doubling=0.85)})
    structure = waiting if request.param == "waiting" else preset(request.param)
    return fit_policy(structure, simulate(2_000), leads_per_period=190)


def best(policy: Policy, leads: Prospects, i: int = 0):
    return policy.best(
        None if leads.p_qualify is None else float(leads.p_qualify[i]),
        None if leads.p_close is None else float(leads.p_close[i]),
        float(leads.margin[i]),
        segment=leads.segment[i],
        customer=bool(leads.customer[i]),
        contactable=bool(leads.contactable[i]),
        tie=float(leads.tie[i]),
    )


@settings(deadline=None, max_examples=60)
@given(
    q=st.floats(0, 1),
    c=st.floats(0, 1),
    margin=st.floats(0, 1e6),
    segment=st.sampled_from([None, "small", "mid", "enterprise", "never seen"]),
    customer=st.booleans(),
    contactable=st.booleans(),
    tie=st.floats(0, 1, exclude_max=True),
)
def test_one_lead_and_all_at_once_agree(policy, q, c, margin, segment, customer, contactable, tie):
    leads = Prospects(
        np.array([q]), np.array([q * c]), np.array([margin]), np.array([segment], dtype=object),
        np.array([customer]), np.array([contactable]), np.array([tie]),
    )  # fmt: skip
    one, all_at_once = best(policy, leads), policy.decide(leads)
    assert one.net == pytest.approx(all_at_once.net[0], rel=1e-12, abs=1e-9)
    if one.path == all_at_once.path[0]:  # else two paths are worth the same
        assert one.value == pytest.approx(all_at_once.value[0], rel=1e-12, abs=1e-9)


def test_real_leads_take_the_same_paths(policy, simulate):
    leads = simulate(1_000, seed=4)
    assert [best(policy, leads, i).path for i in range(1_000)] == policy.decide(leads).path.tolist()


def test_a_missing_likelihood_is_filled_in_as_assumed(simulate):
    leads = replace(simulate(2_000), p_close=None)
    policy = fit_policy(preset("three_tier"), leads, leads_per_period=190, assumption=assume_close_rate(0.22))
    assert [best(policy, leads, i).path for i in range(200)] == policy.decide(leads).path[:200].tolist()
    with pytest.raises(StructureError, match="no p_close"):
        policy.best(None, None, 1_000.0)


def test_one_lead_takes_microseconds(policy):
    once = min(timeit.repeat(lambda: policy.best(0.4, 0.1, 9_000.0, segment="enterprise", tie=0.3), number=500)) / 500
    assert once < 50e-6  # about 4 where nothing else runs; room for a busy machine


@pytest.mark.parametrize("name", PRESETS)
def test_a_lead_alone_is_decided_to_the_same_bits_as_among_others(name: str, simulate):
    leads = simulate(400, seed=5)
    odd = np.arange(400) % 9 == 0
    leads = replace(
        leads,
        margin=np.where(odd, 0.0, leads.margin),
        p_qualify=np.where(odd[::-1], 0.0, leads.p_qualify),
        segment=np.where(np.arange(400) % 7 == 0, None, leads.segment),
    )
    policy = fit_policy(preset(name), leads, leads_per_period=500)
    together = policy.decide(leads)
    for i in range(400):
        alone = policy.decide(leads.take(slice(i, i + 1)))
        for figure in Choices.__slots__:
            np.testing.assert_array_equal(getattr(alone, figure)[0], getattr(together, figure)[i])


def test_the_hours_of_a_lead_are_those_of_the_program_that_makes_the_prices(policy, simulate):
    leads = simulate(500, seed=6)
    hours = first_touch(policy.structure, leads).hours
    paths = policy.decide(leads).path
    for i in range(500):
        for path in (paths[i], i % len(policy.paths)):
            taken = policy.hours(path, leads.p_qualify[i].item(), leads.p_close[i].item(), leads.margin[i].item())
            assert [taken.get(role, 0.0) for role in policy.structure.roles] == hours[i, path].tolist()
