"""Decisions of a points card: labelled as rules, without any likelihood, within what a lead allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from leadscore.decisions import preset
from leadscore.models.card_bundle import CardBundle
from leadscore.models.parts import Parts
from leadscore.models.points_card import card_activities, card_encoder
from leadscore.models.rules import CardTier, Rule, Rules
from leadscore.scoring import Activity, Lead, Scorer
from leadscore.scoring.batch import BatchScorer

NOW = datetime(2026, 11, 2, tzinfo=UTC)
RULES = Rules(
    points=(
        Rule(column="Source", one_of=("Referral",), points=20),
        Rule(column="Employees", at_least=100, points=15),
        Rule(activity="visit", at_least=2, within_days=7, points=10),
    ),
    tiers=(
        CardTier(tier="A", at_least=30, roles=("AM", "SAR", "ISR")),
        CardTier(tier="B", at_least=15, roles=("SDR",)),
        CardTier(tier="C", roles=("nurture",)),
    ),
)
GOOD = {"Source": "Referral", "Employees": "240"}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(
        CardBundle(
            encoder=card_encoder(RULES),
            activities=card_activities(RULES),
            rules=RULES,
            structure=preset("three_tier"),
            parts=Parts("Id", "Created", None, "Segment", "Customer", "Consent"),
            ignored=frozenset({"Id", "Created", "Segment", "Customer", "Consent", "Note"}),
            card={"currency": "EUR", "recipe": "young", "version": "leadscore/1"},
        )
    )


def test_a_reply_says_that_it_is_rules_and_claims_no_likelihood(scorer):
    reply = scorer.score_one(GOOD, lead_id="L-1").reply()
    assert {key for key, value in reply.items() if value is not None} == {
        *("lead_id", "score", "currency", "tier", "tier_role", "role", "reply_within_minutes"),
        *("reason_1", "reason_2", "trend", "basis", "model_version"),
    }
    assert (reply["basis"], reply["score"], reply["model_version"]) == ("rules", 99 * 35 // 45, "leadscore/1")
    assert reply["reason_1"] == "rule: Source is Referral: +20 points"


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({}, "ISR"),
        ({"Segment": "Enterprise"}, "SAR"),
        ({"Customer": "yes", "Segment": "enterprise"}, "AM"),
        ({"Consent": "no"}, "nurture"),
        ({"Consent": False, "Customer": True}, "nurture"),
    ],
)
def test_the_first_role_that_may_touch_the_lead_does(scorer, more, role):
    decision = scorer.score_one({**GOOD, **more})
    assert (decision.tier, decision.tier_role, decision.role) == ("A", "AM", role)
    named = preset("three_tier").roles
    promise = preset("three_tier").role_named(role).reply_within_minutes if role in named else None
    assert decision.reply_within_minutes == promise


def test_activities_count_up_to_the_scoring_moment(scorer):
    visits = [Activity("visit", NOW - timedelta(days=d)) for d in (1, 3, 12, -1)]
    [two] = scorer.decide([Lead("x", GOOD, activities=visits, at=NOW)])
    [one] = scorer.decide([Lead("x", GOOD, activities=visits, at=NOW - timedelta(days=2))])
    assert two.score == 99
    assert one.score == 99 * 35 // 45
    assert "visit in the last 7 days 2 is at least 2" in str(two.reason_3)


def test_detail_has_every_rule_that_holds_and_no_price(scorer):
    [decision] = scorer.decide([Lead("x", {**GOOD, "Note": "hi"})], reasons=None, detail=True)
    assert decision.detail is not None
    assert [reason.effect for reason in decision.detail.reasons["rules"]] == [20.0, 15.0]
    assert (decision.detail.prices, decision.detail.runner_up, decision.detail.net_values) == ({}, None, {})
    assert decision.detail.eligible == ("SDR", "ISR", "nurture")
    assert decision.detail.notes == {"missing": [], "unseen": [], "ignored": ["Note"]}
    [silent] = scorer.decide([Lead("x", GOOD)], reasons=0)
    assert silent.reason_1 is None


def test_a_batch_is_scored_as_the_leads_alone(scorer):
    frame = pd.DataFrame(
        {
            "Id": ["1", "2", "3", "4"],
            "Source": ["Referral", "Web", "", "referral "],
            "Employees": ["1,200", "3", "", "100"],
            "Consent": ["yes", "", "no", "no"],
        }
    )
    batches = BatchScorer(scorer)
    [scored] = batches.score([frame])
    alone = [scorer.score_one(row, lead_id=row["Id"]).reply() for row in frame.to_dict("records")]
    for row, reply in zip(scored.to_dict("records"), alone, strict=True):
        assert {k: None if pd.isna(v) else v for k, v in row.items()} == reply
    assert not [line for line in batches.remarks() if "not seen in training" in line]


def test_what_the_service_tells_of_it_says_that_it_is_a_card(scorer):
    assert (scorer.card["basis"], scorer.tier_table["basis"], scorer.basis) == ("rules", "rules", "rules")
    assert [row["tier"] for row in scorer.tier_table["tiers"]] == ["A", "B", "C"]
    assert scorer.tier_table["rules"][0] == {"if": "Source is Referral", "points": 20}
    assert [field.name for field in scorer.fields] == ["Source", "Employees"]


def test_a_role_that_takes_no_new_leads_is_passed_over(scorer):
    roles = tuple(role.model_copy(update={"takes_new": role.name != "SAR"}) for role in scorer.bundle.structure.role)
    closed = replace(scorer.bundle, structure=scorer.bundle.structure.model_copy(update={"role": roles}))
    lead = {**GOOD, "Segment": "enterprise"}
    assert scorer.score_one(lead).role == "SAR"
    (decision,) = Scorer(closed).decide([Lead("1", lead)], detail=True)
    assert decision.role != "SAR"
    assert "SAR" not in decision.detail.eligible
