"""The review of reps: nobody is named by chance, whoever differs is found, and the funnel shows both."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy.special import expit

from leadscore.decisions.funnel import Funnel
from leadscore.decisions.group_outcomes import Cases
from leadscore.decisions.skills import SkillLevel, review_groups

REPS = [f"Rep {letter}" for letter in "ABCDEFGHIJKLMNOP"]


def team(seed: int, effect: np.ndarray) -> Cases:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(effect)), rng.integers(60, 300, len(effect)))
    log_odds = rng.normal(-0.3, 0.8, len(group))
    happened = rng.random(len(group)) < expit(log_odds + effect[group])
    return Cases(expit(log_odds), happened.astype(float), group, len(effect))


@pytest.fixture(scope="module")
def different() -> SkillLevel:
    return review_groups(team(1, np.where(np.arange(16) == 4, 1.0, np.where(np.arange(16) == 9, -1.0, 0.0))), REPS)


def test_without_any_difference_at_most_five_reviews_of_a_hundred_name_somebody():
    reviews = [review_groups(team(seed, np.zeros(16)), REPS) for seed in range(100)]
    assert sum(bool(found.flagged) for found in reviews) <= 5
    assert sum(found.sd_interval[0] == 0 for found in reviews) >= 85


def test_who_differs_is_named_and_stands_at_the_ends(different):
    assert {(g.name, g.flag) for g in different.flagged} == {("Rep E", "above"), ("Rep J", "below")}
    assert (different.groups[0].name, different.groups[-1].name) == ("Rep E", "Rep J")
    assert different.groups[0].points > 0.1
    effects = [g.effect for g in different.groups]
    assert effects == sorted(effects, reverse=True)


def test_nobody_is_ranked_where_chance_explains_the_spread():
    found = review_groups(team(4, np.zeros(16)), REPS[::-1])
    assert not found.ranked
    assert [g.name for g in found.groups] == REPS
    assert not found.flagged


def test_expected_successes_add_up_to_those_that_happened(different):
    assert sum(g.expected for g in different.groups) == pytest.approx(sum(g.happened for g in different.groups))


def test_the_gain_of_the_lower_half_is_known_where_the_effects_are():
    effect = np.where(np.arange(16) < 8, -0.5, 0.5)
    found = review_groups(team(2, effect), REPS)
    even = review_groups(team(2, np.zeros(16)), REPS)
    # Half of the leads lose up to a whole unit of log-odds, about a fifth of a win each, between halves.
    low, high = found.gain_interval
    assert 0.01 < low < found.gain < high < 0.15
    assert 0 <= even.gain < found.gain / 2


def test_a_stricter_level_names_no_more(different):
    cases = team(1, np.zeros(16))
    assert len(review_groups(cases, REPS, significance=1e-9).flagged) == 0


def test_json_has_no_infinite_numbers():
    cases = Cases(np.full(40, 0.3), np.repeat([1.0, 0.0], 20), np.repeat([0, 1], 20), 3)
    content = review_groups(cases, ["Ann", "Bob", "Cid"]).to_dict()
    assert {g["name"]: g["raw_effect"] for g in content["groups"]} == dict.fromkeys(["Ann", "Bob", "Cid"])


def test_the_funnel_has_a_dot_for_every_rep_inside_the_picture(different):
    root = ElementTree.fromstring(Funnel.of(different, "close & more").svg())
    dots = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert len(dots) == 16
    assert all(0 < float(d.attrib["cx"]) < width and 0 < float(d.attrib["cy"]) < height for d in dots)
    assert sorted(d.attrib["class"] for d in dots if d.attrib["class"] != "alike") == ["above", "below"]


def test_the_funnel_in_letters_fills_the_dots_of_those_who_are_named(different):
    drawing = Funnel.of(different, "close").text()
    assert drawing.count("●") == 2
    assert "expected" in drawing
    assert all(len(line) < 80 for line in drawing.splitlines())


def test_a_name_is_text_in_the_picture_and_no_markup():
    cases = team(1, np.zeros(2))
    assert "<b>" not in Funnel.of(review_groups(cases, ["<b>Ann</b>", "Bob"]), "close").svg()
