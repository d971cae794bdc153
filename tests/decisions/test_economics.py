from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import (
    Eligibility,
    HandOff,
    Path,
    Prospects,
    ReplyDecay,
    Role,
    Structure,
    adapt,
    first_touch,
    preset,
)
from leadscore.decisions.prospects import shift_odds
from leadscore.errors import StructureError


def odds_times(p: float, factor: float) -> float:
    return factor * p / (1 - p + factor * p)


def by_hand(structure: Structure, path: Path, q: float, c: float, margin: float) -> tuple[float, dict[str, float]]:
    """Value and hours of a path as decisions.md writes them, backward over the hand-offs."""
    if not path:
        return 0.0, {}
    role = structure.role_named(path[0])
    hours, cost = role.hours_per_touch, role.cost_per_touch
    if margin >= role.visit_from_margin:
        hours, cost = hours + role.visit_minutes / 60, cost + role.visit_minutes / 60 * role.cost_per_hour
    kept = 1 - next((arrow.loss for arrow in role.hands_to if arrow.to in path[1:2]), 0.0)
    if role.stage == "close" or len(path) == 1:
        won, after, used = q * odds_times(c, role.effect), 0.0, {}
        if len(path) > 1:
            keeper = structure.role_named(path[1])
            time = keeper.account_minutes / 60
            after = won * kept * (keeper.account_margin * margin - time * keeper.cost_per_hour)
            used = {keeper.name: won * kept * time}
        return won * margin - cost + after, used | {role.name: hours}
    if role.stage == "screen":
        share = role.sensitivity * q + (1 - role.specificity) * (1 - q)
        later, following = by_hand(structure, path[1:], role.sensitivity * q / share, c, margin)
    else:
        share = odds_times(q, role.effect)
        later, following = by_hand(structure, path[1:], 1.0, c, margin)
        cost += share * role.fee_per_qualified
    used = {name: share * kept * time for name, time in following.items()} | {role.name: hours}
    return -cost + share * kept * later, used


FULL = Structure(
    name="full",
    role=(
        Role(
            name="MDR", stage="screen", heads=1, minutes_per_touch=10, hours_per_period=20, cost_per_hour=30,
            fee_per_lead=1.5, sensitivity=0.9, specificity=0.6, reply_within_minutes=15,
            hands_to=(HandOff(to="SDR", loss=0.05), HandOff(to="ISR", loss=0.2)),
        ),
        Role(
            name="SDR", stage="qualify", heads=2, minutes_per_touch=30, hours_per_period=25, cost_per_hour=45,
            effect=1.3, reply_within_minutes=60,
            hands_to=(HandOff(to="ISR", loss=0.1), HandOff(to="SAR", loss=0.15)),
        ),
        Role(
            name="OUT", stage="qualify", heads=9, minutes_per_touch=20, hours_per_period=40, cost_per_hour=0,
            fee_per_lead=4, fee_per_qualified=70, effect=0.8, reply_within_minutes=120,
            hands_to=(HandOff(to="ISR", loss=0.12),),
        ),
        Role(
            name="ISR", stage="close", heads=3, minutes_per_touch=90, hours_per_period=25, cost_per_hour=60,
            reply_within_minutes=240, hands_to=(HandOff(to="AM", loss=0.3),),
        ),
        Role(
            name="SAR", stage="close", heads=1, minutes_per_touch=400, hours_per_period=25, cost_per_hour=90,
            effect=1.5, visit_minutes=90, visit_from_margin=20_000, eligible=Eligibility(segments=("enterprise",)),
            reply_within_minutes=480, hands_to=(HandOff(to="AM", loss=0.1),),
        ),
        Role(
            name="AM", stage="grow", heads=1, minutes_per_touch=60, hours_per_period=10, cost_per_hour=70,
            effect=1.2, account_margin=0.3, account_minutes=45, eligible=Eligibility(customer=True),
            reply_within_minutes=480, hands_to=(HandOff(to="SAR", loss=0.05),),
        ),
    ),
)  # fmt: skip


@settings(deadline=None)
@given(q=st.floats(0.001, 1), c=st.floats(0, 1), margin=st.floats(-1e4, 1e6))
def test_value_and_hours_are_those_of_the_formulas(q: float, c: float, margin: float):
    for customer in (True, False):
        leads = Prospects(
            np.array([q]), np.array([q * c]), np.array([margin]), np.array(["enterprise"], dtype=object),
            np.array([customer]), np.array([True]), np.array([0.0]),
        )  # fmt: skip
        economics = first_touch(FULL, leads)
        for p in np.flatnonzero(economics.eligible[0]):
            value, hours = by_hand(FULL, economics.paths[p], q, q * c / q, margin)
            assert economics.value[0, p] == pytest.approx(value, rel=1e-12, abs=1e-9)
            expected = [hours.get(name, 0.0) for name in FULL.roles]
            assert economics.hours[0, p] == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_one_lead_and_many_have_the_same_economics(simulate):
    leads = simulate(200)
    together = first_touch(FULL, leads)
    for i in range(0, 200, 17):
        alone = first_touch(FULL, leads.take(np.array([i])))
        np.testing.assert_array_equal(alone.value[0], together.value[i])
        np.testing.assert_array_equal(alone.hours[0], together.hours[i])


def test_nothing_is_won_where_nothing_qualifies(lead):
    economics = first_touch(FULL, lead(0.0, 0.0))
    assert np.isfinite(economics.value[economics.eligible]).all()
    assert (economics.value[economics.eligible] <= 0).all()


def eligible(leads: Prospects) -> set[Path]:
    economics = first_touch(FULL, leads)
    assert (np.isneginf(economics.value) == ~economics.eligible).all()
    return {path for path, may in zip(economics.paths, economics.eligible[0], strict=True) if may}


def test_every_role_on_the_path_must_be_allowed_to_touch_the_lead(lead):
    kept = {path for path in FULL.paths() if len(path) > 1 and path[-1] == "AM"}
    anyone = {path for path in FULL.paths() if "SAR" not in path and path[:1] != ("AM",)}
    assert kept
    assert eligible(lead()) == anyone
    assert eligible(lead(segment="small")) == anyone
    assert eligible(lead(customer=True)) == anyone - kept | {("AM",)}
    assert eligible(lead(segment="enterprise")) == {path for path in FULL.paths() if path[:1] != ("AM",)}


def test_without_consent_nobody_touches_the_lead(lead):
    assert eligible(lead(segment="enterprise", customer=True, margin=1e9, contactable=False)) == {()}


def test_newcomers_only_keeps_customers_away(lead):
    roles = preset("three_tier").closing_only().model_dump()
    roles["role"][0]["eligible"]["customer"] = False
    structure = Structure.model_validate(roles)
    assert first_touch(structure, lead(customer=True)).eligible[0].tolist() == [False, False, True, True]
    assert first_touch(structure, lead(customer=False)).eligible[0].tolist() == [True, False, False, True]


def test_with_one_likelihood_closing_roles_are_valued_on_it(lead):
    economics = first_touch(FULL.closing_only(), lead(None, 0.1, 5_000))
    assert economics.paths[0] == ("ISR",)
    assert economics.value[0, 0] == pytest.approx(0.1 * 5_000 - 90)
    assert economics.value[0, -1] == 0


def test_a_qualifying_role_needs_a_likelihood_to_qualify(lead):
    with pytest.raises(StructureError, match=r"rate under \[qualify\]"):
        first_touch(FULL, lead(None, 0.1))
    with pytest.raises(StructureError, match="no p_close"):
        first_touch(FULL, lead(0.4, None))


def test_the_best_by_first_touch_is_the_best_of_its_paths(simulate):
    economics = first_touch(FULL, simulate(50))
    best = economics.by_first_touch(economics.value)
    for r, name in enumerate(FULL.roles):
        own = [p for p, path in enumerate(economics.paths) if path[:1] == (name,)]
        np.testing.assert_array_equal(best[:, r], economics.value[:, own].max(axis=1))
    assert (best[:, -1] == 0).all()


def test_adapt_keeps_a_structure_that_the_data_can_feed():
    structure, said = adapt(FULL, has_qualify=True, has_close=True, segments={"enterprise"}, has_customers=True)
    assert structure is FULL
    assert said == ()


def test_adapt_drops_what_the_data_cannot_feed_and_says_so():
    structure, said = adapt(FULL, has_qualify=False, has_close=True, segments=None, has_customers=False)
    assert structure.roles == ("ISR",)
    assert structure.role_named("ISR").hands_to == ()
    assert len(said) == 5
    assert "Role SAR is left out: no lead is known to be of segment enterprise." in said
    assert "Role AM is left out: the data do not say who is a customer." in said
    assert any(sentence.startswith("Role SDR") and "[qualify]" in sentence for sentence in said)


def test_adapt_drops_a_qualifier_whose_closers_are_gone():
    only_sar = FULL.model_dump()
    only_sar["role"] = [role for role in only_sar["role"] if role["name"] in ("SDR", "SAR", "AM")]
    only_sar["role"][0]["hands_to"] = [{"to": "SAR", "loss": 0.1}]
    structure, said = adapt(
        Structure.model_validate(only_sar), has_qualify=True, has_close=True, segments={"small"}, has_customers=True
    )
    assert structure.roles == ("AM",)
    assert "Role SDR is left out: nobody is left to whom it could hand a lead." in said
    with pytest.raises(StructureError, match=r"no role that can be used.*SAR.*SDR"):
        adapt(Structure.model_validate(only_sar), has_qualify=True, has_close=True, segments=None, has_customers=False)


def test_adapt_refuses_values_without_a_likelihood_to_close():
    with pytest.raises(StructureError, match=r"rate under \[close\]"):
        adapt(FULL, has_qualify=True, has_close=False, segments=None, has_customers=False)


def test_a_role_for_large_accounts_leaves_small_ones_alone(lead):
    roles = FULL.model_dump()["role"]
    roles[3]["eligible"] = {"margin_from": 1_000, "margin_below": 9_000}
    structure = Structure.model_validate({"name": "ours", "role": roles})
    for margin, may in ((999, False), (1_000, True), (8_999, True), (9_000, False)):
        economics = first_touch(structure, lead(margin=margin))
        assert economics.eligible[0, economics.paths.index(("ISR",))] == may
        assert economics.eligible[0, economics.paths.index(("SDR", "ISR"))] == may


def test_a_role_that_takes_no_new_leads_works_by_hand_off_only(simulate):
    roles = FULL.model_dump()["role"]
    roles[4]["takes_new"] = False
    structure = Structure.model_validate({"name": "ours", "role": roles})
    economics = first_touch(structure, simulate(50))
    assert all(path[:1] != ("SAR",) for path in economics.paths)
    best = economics.by_first_touch(economics.value)
    assert np.isneginf(best[:, structure.roles.index("SAR")]).all()
    assert best.shape == (50, len(structure.roles) + 1)


def test_a_quicker_reply_is_worth_the_more_the_faster_interest_decays(simulate):
    leads = simulate(100)
    plain = first_touch(FULL, leads)
    prompt = FULL.model_copy(update={"reply_decay": ReplyDecay(usual_minutes=60, per_doubling=0.8)})
    decayed = first_touch(prompt, leads)
    for path, minutes in ((("MDR", "ISR"), 15), (("SDR", "ISR"), 60), (("ISR",), 240)):
        p = plain.paths.index(path)
        change = (decayed.won[:, p] - plain.won[:, p]) * (60 - minutes)
        assert (change >= 0).all()
        assert change.any() == (minutes != 60)
    one = first_touch(prompt.closing_only(), replace(leads, p_qualify=None))
    assert one.won[:, 0] == pytest.approx(shift_odds(leads.p_close, 0.8**2))
