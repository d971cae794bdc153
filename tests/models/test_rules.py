"""What a rule may say, and how a wrong one is named."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadscore.models.rules import CardTier, Rule, Rules

SDR = CardTier(tier="A", roles=("SDR",))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"points": 5}, "either `column` or `activity`"),
        ({"column": "a", "activity": "b", "at_least": 1, "points": 5}, "either `column` or `activity`"),
        ({"column": "a", "points": 5}, "a `column` needs one of"),
        ({"column": "a", "one_of": ["x"], "missing": True, "points": 5}, "a `column` needs one of"),
        ({"column": "a", "at_least": 1, "within_days": 7, "points": 5}, "a `column` needs one of"),
        ({"column": "a", "one_of": ["", "x"], "points": 5}, "missing = true"),
        ({"column": "a", "at_least": 5, "below": 5, "points": 5}, "no number is at least"),
        ({"activity": "b", "at_least": 1, "points": 5}, "needs `within_days`"),
        ({"activity": "b", "within_days": 7, "points": 5}, "needs `within_days`, and `at_least` or `below`"),
        ({"column": "a", "missing": True, "points": 0}, "0 points says nothing"),
        ({"column": "a", "missing": True, "points": 2.5}, "points"),
        ({"column": "a", "is": "x", "points": 5}, "Extra inputs"),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(keys, said):
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate(keys)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(column="Source", one_of=("Web", "Fair"), points=1), "Source is Web or Fair"),
        (Rule(column="Phone", answer=False, points=1), "Phone is no"),
        (Rule(column="Email", missing=True, points=1), "Email is missing"),
        (Rule(column="Size", at_least=10, below=1000.5, points=1), "Size is at least 10 and below 1,000.5"),
        (Rule(activity="visit", below=3, within_days=7, points=1), "visit in the last 7 days is below 3"),
    ],
)
def test_a_rule_in_words(rule, words):
    assert rule.words == words


def test_points_keep_their_sign():
    assert Rule(column="a", missing=True, points=-1).points_in_words == "-1 point"
    assert Rule(column="a", missing=True, points=12).points_in_words == "+12 points"


def test_a_column_is_read_in_one_way():
    rules = [Rule(column="a", one_of=("x",), points=1), Rule(column="a", at_least=1, points=1)]
    with pytest.raises(ValidationError, match="the column 'a' is read in two ways, one_of and number"):
        Rules(points=tuple(rules), tiers=(SDR,))
    beside = Rule(column="a", missing=True, points=1)
    assert Rules(points=(rules[0], beside), tiers=(SDR,)).columns == ("a",)


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ([("B", None)], None),
        ([("A", 10), ("B", 5), ("C", None)], None),
        ([("A", 10), ("B", 10), ("C", None)], "has to fall"),
        ([("A", 5), ("B", 10), ("C", None)], "has to fall"),
        ([("A", None), ("B", None)], "every tier but the last"),
        ([("A", 10), ("B", 5)], "every tier but the last"),
        ([("B", 10), ("A", None)], "each letter once"),
        ([("A", 10), ("A", None)], "each letter once"),
    ],
)
def test_tiers_fall_to_one_that_takes_all_others(tiers, said):
    rule = Rule(column="a", missing=True, points=1)
    made = [{"tier": letter, "at_least": cut, "roles": ["SDR"]} for letter, cut in tiers]
    if said is None:
        assert len(Rules.model_validate({"points": [rule], "tiers": made}).tiers) == len(tiers)
    else:
        with pytest.raises(ValidationError, match=said):
            Rules.model_validate({"points": [rule], "tiers": made})
