"""What points a lead gets, on which scale, and with which words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions import preset
from leadscore.models.points_card import PointsCard, card_activities, card_encoder, check_card
from leadscore.models.rules import CardTier, Rule, Rules

TIERS = (CardTier(tier="A", at_least=10, roles=("ISR", "SDR")), CardTier(tier="B", roles=("nurture",)))
RULES = Rules(
    points=(
        Rule(column="Source", one_of=("Referral", "Trade Show"), points=20),
        Rule(column="Employees", at_least=100, points=15),
        Rule(column="Employees", at_least=1000, points=5),
        Rule(column="Employees", missing=True, points=-3),
        Rule(column="Phone", answer=True, points=2),
        Rule(column="Email", missing=True, points=-10),
        Rule(activity="visit", at_least=1, within_days=7, points=4),
        Rule(activity="visit", at_least=3, within_days=30, points=6),
    ),
    tiers=TIERS,
)
CARD = PointsCard(RULES, card_encoder(RULES, missing=("Select",)))

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["Referral", "trade  show", "Web", "", "Select", "yes", "no", "1,200", "99.5", "much"]),
)
columns = st.sampled_from([*RULES.columns, "visit, last 7 days", "visit, last 30 days"])


def points_of(**lead) -> int:
    return int(CARD.points(CARD.encoder.encode([lead]))[0])


def test_points_add_up():
    nothing = -3 - 10
    assert points_of() == nothing
    assert points_of(Source="trade  show") == nothing + 20
    assert points_of(Employees="1,200") == nothing + 3 + 20
    assert points_of(Employees=100) == nothing + 3 + 15
    assert points_of(Employees=99.9, Email="x", Phone="Y") == 2
    assert points_of(Source="Select", Email="select") == nothing


def test_the_range_is_that_of_leads_that_can_be():
    # A head count is not both missing and great, and three visits in a week are three in a month.
    assert CARD.range == (-13, 20 + 20 + 2 + 10)
    visits = Rules(
        points=(
            Rule(activity="visit", at_least=1, within_days=7, points=10),
            Rule(activity="visit", below=1, within_days=30, points=10),
        ),
        tiers=(CardTier(tier="A", roles=("SDR",)),),
    )
    assert PointsCard(visits, card_encoder(visits)).range == (0, 10)


@given(st.dictionaries(columns, values))
def test_every_lead_lies_on_the_scale(lead):
    if (lead.get("visit, last 7 days") or 0) != (lead.get("visit, last 30 days") or 0):
        lead.pop("visit, last 7 days", None)
    points = CARD.points(CARD.encoder.encode([lead]))
    score = int(CARD.score(points)[0])
    least, most = CARD.range
    assert 0 <= score <= 99
    assert (score == 99) == (points[0] == most)
    assert points[0] == sum(reason.effect for reason in CARD.reasons(CARD.encoder.encode([lead])[0]))
    assert least <= points[0] <= most


@given(st.integers(-13, 52), st.integers(-13, 52))
def test_more_points_never_score_less(one, other):
    low, high = CARD.score(np.array(sorted((one, other))))
    assert low <= high


def test_reasons_are_the_rules_that_hold_in_words():
    row = CARD.encoder.encode([{"Source": "referral", "Employees": 240, "Phone": "yes", "visit, last 7 days": 1}])[0]
    assert [reason.text for reason in CARD.reasons(row)] == [
        "rule: Source is Referral: +20 points",
        "rule: Employees 240 is at least 100: +15 points",
        "rule: Email is missing: -10 points",
        "rule: visit in the last 7 days 1 is at least 1: +4 points",
        "rule: Phone is yes: +2 points",
    ]
    assert [reason.direction for reason in CARD.reasons(row)][1:3] == ["raises", "lowers"]


def test_tiers_are_bands_of_points():
    assert [tier.tier for tier in CARD.tiers(np.array([52, 10, 9, -13]))] == ["A", "A", "B", "B"]


def test_activities_are_counted_in_the_windows_of_the_rules():
    activities = card_activities(RULES)
    assert activities is not None
    assert (activities.types, activities.windows, activities.measures) == (("visit",), (7, 30), ("count",))
    assert card_activities(Rules(points=RULES.points[:3], tiers=TIERS)) is None


def test_a_decimal_comma_is_read_as_the_export_writes_it():
    rules = Rules(points=(Rule(column="Size", at_least=2, points=1),), tiers=(TIERS[1],))
    card = PointsCard(rules, card_encoder(rules, decimals={"Size": ","}))
    assert card.points(card.encoder.encode([{"Size": "1,5"}, {"Size": "2,5"}])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("tier", "said"),
    [
        ({"at_least": 60}, "at_least = 60: leads have from -13 to 52 points"),
        ({"at_least": -13}, "at_least = -13"),
        ({"roles": ("CEO",)}, "gives no new lead to 'CEO'; allowed: SDR, ISR, SAR, AM, nurture"),
    ],
)
def test_a_card_that_cannot_work_is_refused(tier, said):
    tiers = (TIERS[0].model_copy(update=tier), TIERS[1])
    with pytest.raises(ValueError, match=said):
        check_card(Rules(points=RULES.points, tiers=tiers), preset("three_tier"))


def test_rules_that_tell_nothing_apart_are_refused():
    asked = ({"missing": True}, {"at_least": 1}, {"below": 1})
    sure = tuple(Rule.model_validate({"column": "a", "points": 5, **each}) for each in asked)
    with pytest.raises(ValueError, match="every lead has 5 points"):
        check_card(Rules(points=sure, tiers=(TIERS[1],)), preset("three_tier"))
