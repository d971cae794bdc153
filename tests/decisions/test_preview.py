"""What moves under other figures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from leadscore.decisions import Move, Moves, Policy, Preview, fit_policy, preset, preview


@pytest.fixture(scope="module")
def policy(simulate) -> Policy:
    return fit_policy(preset("three_tier"), simulate(2_000), leads_per_period=400)


@pytest.fixture(scope="module")
def more_callers(policy, simulate) -> Preview:
    return preview(policy, simulate(2_000), policy.structure.with_({"SDR.heads": 6}))


def test_nothing_moves_under_the_same_figures(policy, simulate):
    same = preview(policy, simulate(2_000), policy.structure)
    assert same.moves == Moves(2_000, 0, 0)
    assert same.prices == {role: (price, price) for role, price in policy.prices.per_hour.items()}
    assert len(set(same.wins)) == len(set(same.value)) == 1


def test_more_hours_of_a_role_are_worth_less_and_bring_more(more_callers):
    before, after = more_callers.prices["SDR"]
    assert after < before
    assert more_callers.value[1] > more_callers.value[0]
    assert all(0 <= share <= 1.05 for pair in more_callers.load.values() for share in pair)


def test_leads_that_move_are_counted_on_those_the_tiers_were_cut_from(more_callers, policy, simulate):
    leads = simulate(2_000)
    old, new = more_callers.before.decide(leads), more_callers.after.decide(leads)
    assert more_callers.moves == Moves(2_000, (old.tier != new.tier).sum(), (old.role != new.role).sum())
    assert more_callers.moves.shares == (np.mean(old.tier != new.tier), np.mean(old.role != new.role))


def test_every_band_of_either_table_is_told_once(more_callers):
    keys = [(cut["segment"], cut["margin_band"], cut["role"]) for cut in more_callers.cuts]
    assert len(keys) == len(set(keys))
    for side, table in enumerate((more_callers.before.tiers, more_callers.after.tiers)):
        told = {(c["segment"], c["margin_band"], c["role"]): c["from_p_close"][side] for c in more_callers.cuts}
        for row in table.rows:
            assert told[row.segment, row.margin_band, row.role] == row.from_p_close
        assert sum(share is not None for share in told.values()) == len(table.rows)


def test_the_json_form_has_before_after_and_moved(more_callers):
    listed = Moves(3, 1, 1, (Move("L-1", ("C", "B"), ("SDR", "ISR")),))
    content = json.loads(json.dumps(more_callers.on(listed).to_dict()))
    assert list(content) == ["before", "after", "moved"]
    assert content["moved"]["listed"] == [{"lead_id": "L-1", "tier": ["C", "B"], "role": ["SDR", "ISR"]}]
    assert content["moved"]["share_other_tier"] == pytest.approx(1 / 3)
    assert content["before"]["load"].keys() == content["after"]["prices"].keys()


def test_between_two_models_no_leads_are_known(policy, simulate):
    other = fit_policy(preset("three_tier"), simulate(900, seed=4), leads_per_period=300)
    moved = Preview(policy, other).to_dict()["moved"]
    assert (moved["leads"], moved["other_tier"], moved["listed"]) == (None, None, None)
    assert moved["prices"]["SDR"] == [policy.prices.per_hour["SDR"], other.prices.per_hour["SDR"]]


def test_a_role_that_only_one_side_has_has_no_figure_on_the_other(policy, simulate):
    outsourced = preview(policy, simulate(2_000), preset("outsourced"))
    assert outsourced.prices["SDR"][1] is None
    assert outsourced.prices["OUT"][0] is None
    assert outsourced.load["OUT"][0] is None


def test_a_role_stays_though_nobody_whom_it_serves_is_among_the_leads(policy, simulate):
    leads = simulate(2_000)
    others = leads.take(np.flatnonzero(~leads.customer & (leads.segment != "enterprise")))
    found = preview(policy, others, policy.structure.with_({"SDR.heads": 6}))
    assert found.after.structure.roles == policy.structure.roles
    assert found.notes == ()
    plain = fit_policy(policy.structure.keep({"SDR", "ISR"}), others, leads_per_period=400)
    assert "AM" not in preview(plain, others, policy.structure).after.structure.roles
