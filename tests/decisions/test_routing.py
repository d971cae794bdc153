from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from leadscore.decisions import (
    NURTURE,
    Choices,
    Policy,
    adapt,
    assume_close_rate,
    assume_qualify_rate,
    first_touch,
    fit_policy,
    preset,
)
from leadscore.errors import StructureError


@pytest.fixture(scope="module")
def policy(simulate) -> Policy:
    return fit_policy(preset("four_tier"), simulate(5_000), leads_per_period=190, volume_note="mean of 13 weeks")


@pytest.fixture(scope="module")
def choices(policy, simulate) -> Choices:
    return policy.decide(simulate(3_000, seed=1))


def test_the_role_is_the_best_of_value_minus_price(choices, policy):
    rows = np.arange(len(choices))
    first = [policy.roles.index(role) for role in choices.role]
    np.testing.assert_array_equal(choices.net, choices.role_net.max(axis=1))
    np.testing.assert_array_equal(choices.net, choices.role_net[rows, first])
    assert [(policy.paths[path] or (NURTURE,))[0] for path in choices.path] == choices.role.tolist()


def test_the_runner_up_is_the_best_of_another_role(choices, policy):
    for i in range(0, len(choices), 97):
        others = dict(zip(policy.roles, choices.role_net[i], strict=True))
        del others[choices.role[i]]
        best = max(others, key=others.__getitem__)
        assert choices.runner_up_net[i] == others[best] <= choices.net[i]
        assert choices.runner_up[i] == (best if np.isfinite(others[best]) else None)


def test_value_minus_the_price_of_the_hours_is_the_net_value(policy, simulate):
    leads = simulate(500, seed=2)
    choices = policy.decide(leads)
    direct = [i for i, path in enumerate(choices.path) if policy.paths[path] == ("ISR",)]
    isr = policy.structure.role_named("ISR")
    price = policy.prices.per_hour["ISR"] * isr.hours_per_touch
    assert direct
    for i in direct:
        assert choices.value[i] == pytest.approx(leads.p_close[i] * leads.margin[i] - isr.cost_per_touch)
        assert choices.net[i] == pytest.approx(choices.value[i] - price, abs=policy.prices.jitter)


def test_the_promise_is_that_of_the_chosen_role(choices, policy):
    for role, minutes in zip(choices.role, choices.reply_within_minutes, strict=True):
        assert minutes == (None if role == NURTURE else policy.structure.role_named(role).reply_within_minutes)


def test_without_consent_the_answer_is_always_nurture(policy, simulate):
    leads = replace(simulate(200), contactable=np.zeros(200, dtype=bool), margin=np.full(200, 1e9))
    choices = policy.decide(leads)
    assert set(choices.role) == {NURTURE}
    assert set(choices.runner_up) == {None}
    assert set(choices.reply_within_minutes) == {None}
    assert (choices.value == 0).all()
    assert choices.eligible.sum(axis=1).tolist() == [1] * 200


def test_one_lead_is_decided_as_in_a_batch(policy, simulate):
    leads = simulate(300, seed=3)
    together = policy.decide(leads)
    for i in range(0, 300, 7):
        alone = policy.decide(leads.take(slice(i, i + 1)))
        for name in Choices.__slots__:
            one, many = getattr(alone, name)[0], getattr(together, name)[i]
            assert np.array_equal(one, many), name


def test_no_lead_gives_no_choice(policy, simulate):
    assert len(policy.decide(simulate(1).take(slice(0)))) == 0


def test_hours_nearly_suffice_for_leads_not_seen_before(choices, policy, simulate):
    hours = first_touch(policy.structure, simulate(3_000, seed=1)).hours[np.arange(3_000), choices.path]
    capacity = np.array([role.capacity for role in policy.structure.role])
    assert (hours.mean(axis=0) * 190 <= 1.25 * capacity).all()


def test_the_tier_is_that_of_the_table(choices, policy, simulate):
    leads = simulate(3_000, seed=1)
    letters, roles = policy.tiers.assign(leads.p_close, leads.segment, leads.margin)
    assert choices.tier.tolist() == letters.tolist()
    assert choices.tier_role.tolist() == roles.tolist()
    assert np.mean(choices.tier_role != choices.role) < 0.3


def test_a_what_if_reprices_without_a_refit(policy, simulate):
    leads = simulate(5_000)
    assert policy.reprice(leads, policy.structure) == policy
    richer = policy.reprice(leads, policy.structure.with_({"ISR.heads": 6}))
    assert richer.prices.per_hour["ISR"] < policy.prices.per_hour["ISR"]
    assert richer.prices.objective > policy.prices.objective
    assert richer.volume_note == policy.volume_note


def test_a_policy_survives_json(policy, simulate):
    again = Policy.from_dict(json.loads(json.dumps(policy.to_dict(), allow_nan=False)))
    assert again == policy
    leads = simulate(100)
    np.testing.assert_array_equal(again.decide(leads).role_net, policy.decide(leads).role_net)


def test_a_policy_from_before_there_were_bands_is_read(policy, simulate):
    written = json.loads(json.dumps(policy.to_dict()))
    for key in ("leads", "leads_per_period", "band"):
        del written["prices"][key]
    for key in ("segments", "reply_decay"):
        del written["structure"][key]
    for role in written["structure"]["role"]:
        for key in ("visit_minutes", "visit_from_margin", "account_margin", "account_minutes", "takes_new"):
            del role[key]
    again = Policy.from_dict(written)
    assert again.structure == policy.structure
    np.testing.assert_array_equal(again.decide(simulate(100)).role_net, policy.decide(simulate(100)).role_net)


def test_the_order_of_keys_in_json_does_not_matter(policy, simulate):
    again = Policy.from_dict(json.loads(json.dumps(policy.to_dict(), sort_keys=True)))
    leads = simulate(100)
    np.testing.assert_array_equal(again.decide(leads).role_net, policy.decide(leads).role_net)


def test_with_the_likelihood_to_close_alone_the_closing_roles_decide(simulate):
    leads = replace(simulate(2_000), p_qualify=None)
    structure, said = adapt(
        preset("three_tier"), has_qualify=False, has_close=True, segments={"enterprise"}, has_customers=True
    )
    policy = fit_policy(structure, leads, leads_per_period=190)
    assert said
    assert set(policy.decide(leads).role) == {"ISR", "SAR", "AM", NURTURE}
    assert {row.expected_qualified for row in policy.tiers.rows} == {None}
    assert policy.axis == "p_close"


def test_an_assumed_rate_brings_the_qualifying_roles_back(simulate):
    leads = replace(simulate(2_000), p_qualify=None)
    assumption = assume_qualify_rate(leads.p_close, 0.35)
    policy = fit_policy(preset("three_tier"), leads, leads_per_period=190, assumption=assumption)
    assert "SDR" in policy.decide(leads).role
    assert 0 < sum(row.expected_qualified for row in policy.tiers.rows) < 190 * 0.35
    assert Policy.from_dict(json.loads(json.dumps(policy.to_dict()))) == policy
    with pytest.raises(StructureError, match="no p_close"):
        policy.decide(replace(leads, p_close=None))


def test_with_the_likelihood_to_qualify_alone_the_tiers_are_cut_on_it(simulate):
    leads = replace(simulate(2_000), p_close=None)
    policy = fit_policy(preset("three_tier"), leads, leads_per_period=190, assumption=assume_close_rate(0.22))
    assert policy.axis == "p_qualify"
    choices = policy.decide(leads)
    letters, _ = policy.tiers.assign(leads.p_qualify, leads.segment, leads.margin)
    assert choices.tier.tolist() == letters.tolist()
