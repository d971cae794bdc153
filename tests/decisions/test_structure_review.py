from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadscore.decisions import Prospects, preset
from leadscore.decisions.review_result import StructureReview
from leadscore.decisions.sensitivity import SWING
from leadscore.decisions.staffing import Payroll, best_heads
from leadscore.decisions.structure_review import review_structures


def reviewed(prospects: Prospects, today: str, *others: str, heads: dict[str, str] | None = None) -> StructureReview:
    structures = [preset(name).per("month") for name in others]
    return review_structures(
        structures,
        preset(today).per("month").with_(heads or {}),
        preset("outsourced").per("month"),
        prospects,
        leads_per_period=600,
        months=14,
    )


@pytest.fixture(scope="module")
def field_force(simulate_leads) -> StructureReview:
    """A company whose field reps do everything, beside one that splits the work."""
    return reviewed(simulate_leads(600), "outside_only", "three_tier", "outsourced")


def test_a_structure_that_brings_far_more_is_recommended(field_force: StructureReview) -> None:
    best = field_force.ranking[0]
    assert field_force.recommendation.startswith(f"Change from outside_only to {best.name}")
    assert field_force.probability(best) >= 0.9
    assert field_force.gain(best) > 0.05 * field_force.today.net


def test_the_json_form_has_what_is_promised(field_force: StructureReview) -> None:
    found = field_force.to_dict()
    assert {"ranking", "worth_per_head", "break_even_fee", "flips", "recommendation"} <= set(found)
    assert [entry["structure"] for entry in found["ranking"]] == [r.name for r in field_force.ranking]
    nets = [entry["net_value"] for entry in found["ranking"]]
    assert nets == sorted(nets, reverse=True)
    assert {entry["structure"] for entry in found["ranking"] if entry["today"]} == {"outside_only"}
    for entry in found["ranking"]:
        low, high = entry["net_value_interval"]
        assert low < entry["net_value"] < high
        assert entry["utilisation"].keys() == entry["wait_minutes"].keys() == entry["heads"].keys()
    assert found["worth_per_head"].keys() == {"outside_only", "three_tier", "outsourced"}


def test_each_assumption_is_moved_both_ways(field_force: StructureReview) -> None:
    changes: dict[str, list[float]] = {}
    for swing in field_force.swings:
        changes.setdefault(swing.parameter, []).append(swing.change)
    assert {"margin", "leads", "cost_per_hour", "hand_off_loss", "fee_per_qualified"} <= set(changes)
    assert all(pair == [-SWING, SWING] for pair in changes.values())
    net = {(s.parameter, s.change): s.net for s in field_force.swings}
    assert net["margin", -SWING] < field_force.ranking[0].net < net["margin", SWING]
    assert net["cost_per_hour", SWING] < field_force.ranking[0].net < net["cost_per_hour", -SWING]


def test_todays_structure_needs_a_minor_adjustment_only(simulate_leads) -> None:
    found = reviewed(simulate_leads(600), "three_tier", "outside_only", heads={"SDR.heads": "1"})
    start = "A minor adjustment of today's structure is enough: keep three_tier and change the heads of SDR 1 to"
    assert found.recommendation.startswith(start)
    assert found.today.net > found.standing.net


def test_a_screen_loses_where_the_score_sees_the_junk(simulate_leads) -> None:
    leads = simulate_leads(600)
    q = np.where(np.random.default_rng(1).random(600) < 0.9, 0.002, 0.9)
    heads, gain = {}, {}
    for name, likelihood in (("seen", q), ("blind", np.full(600, q.mean()))):
        prospects = replace(leads, p_qualify=likelihood, p_close=0.08 * likelihood)
        three, four = (
            Payroll(preset(s).per("month"), prospects, leads_per_period=600) for s in ("three_tier", "four_tier")
        )
        heads[name] = best_heads(four)
        gain[name] = four.net(heads[name]) - three.net(best_heads(three))
    assert heads["seen"]["MDR"] == 0
    assert gain["seen"] < 0.01
    assert heads["blind"]["MDR"] > 0
    assert gain["blind"] > 0


def test_the_same_seed_gives_the_same_answer(simulate_leads) -> None:
    one, other = (reviewed(simulate_leads(200), "outside_only", "paired").to_dict() for _ in range(2))
    assert one == other
