"""One lead alone, in plain numbers, is decided as in any company: to the last bit."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import (
    NURTURE,
    PRESETS,
    Choices,
    Earlier,
    Policy,
    Prospects,
    ReplyDecay,
    assume_close_rate,
    fit_policy,
    preset,
)
from leadscore.errors import StructureError


@pytest.fixture(scope="module", params=[*PRESETS, "waiting"])
def policy(request, simulate) -> Policy:
    waiting = preset("am_growth").model_copy(update={"reply_decay": ReplyDecay(per_doubling=0.85)})
    structure = waiting if request.param == "waiting" else preset(request.param)
    return fit_policy(structure, simulate(2_000), leads_per_period=190)


def row(choices: Choices, i: int) -> tuple:
    cells = {f.name: getattr(choices, f.name)[i] for f in fields(Choices)}
    return tuple(cell.tobytes() if isinstance(cell, (np.ndarray, np.generic)) else cell for cell in cells.values())


def alone_and_in_company(policy: Policy, leads: Prospects, earlier: Earlier | None = None) -> bool:
    company = policy.decide(leads, earlier)
    for i in range(len(leads)):
        columns = ("role", "p_qualify", "p_close")
        own = earlier and Earlier(*(getattr(earlier, name)[i : i + 1] for name in columns))
        if row(policy.decide(leads.take(slice(i, i + 1)), own), 0) != row(company, i):
            return False
    return True


def test_real_leads(policy, simulate):
    assert alone_and_in_company(policy, simulate(600, seed=4))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1_000), size=st.floats(0, 2))
def test_leads_that_were_decided_before(policy, simulate, seed: int, size: float):
    leads, random = simulate(40, seed=seed), np.random.default_rng(seed)
    then = [np.clip(p * np.exp(random.normal(0, size, 40)), 0, 1) for p in (leads.p_qualify, leads.p_close)]
    then[1][::3] = np.nan
    roles = random.choice(np.array([*policy.roles, "left long ago", None], dtype=object), 40)
    assert alone_and_in_company(policy, leads, Earlier(roles, *then))


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(
        st.tuples(
            st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e6),
            st.sampled_from([None, "small", "mid", "enterprise", "never seen"]),
            st.booleans(), st.booleans(), st.floats(0, 1, exclude_max=True),
        ),
        min_size=2, max_size=8,
    )
)  # fmt: skip
def test_impossible_leads(policy, cells):
    q, c, margin, segment, customer, contactable, tie = map(list, zip(*cells, strict=True))
    p_qualify, kinds = np.array(q), np.array(segment, dtype=object)
    leads = Prospects(
        p_qualify, p_qualify * c, np.array(margin), kinds, np.array(customer), np.array(contactable), np.array(tie)
    )
    assert alone_and_in_company(policy, leads)


def test_a_likelihood_that_was_not_trained(simulate):
    leads = replace(simulate(2_000), p_close=None)
    policy = fit_policy(preset("three_tier"), leads, leads_per_period=190, assumption=assume_close_rate(0.22))
    assert alone_and_in_company(policy, leads.take(slice(200)))


def test_what_cannot_be_decided_is_refused_alone_too(policy, lead):
    for wanting in ({"p_close": None}, {"p_qualify": None}):
        if wanting == {"p_qualify": None} and all(role.closes for role in policy.structure.role):
            continue
        with pytest.raises(StructureError):
            policy.decide(lead(**wanting))


def test_nobody_touches_who_may_not_be_contacted(policy, lead):
    [role] = policy.decide(lead(contactable=False)).role
    assert role == NURTURE
