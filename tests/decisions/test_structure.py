from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import PRESETS, Eligibility, HandOff, ReplyDecay, Role, Structure, preset
from leadscore.errors import StructureError


def role(name: str, stage: str, *hands_to: str, **figures: Any) -> dict[str, Any]:
    usual = {"heads": 1, "minutes_per_touch": 30, "hours_per_period": 20, "cost_per_hour": 50}
    arrows = [{"to": target, "loss": 0.1} for target in hands_to]
    return {"name": name, "stage": stage, "reply_within_minutes": 60, "hands_to": arrows, **usual, **figures}


def structure(*roles: dict[str, Any]) -> Structure:
    return Structure.model_validate({"name": "ours", "role": roles})


def test_paths_follow_every_chain_down_to_a_closing_role_and_end_with_nurture():
    assert preset("four_tier").paths() == (
        ("MDR", "SDR", "ISR"),
        ("MDR", "SDR", "SAR"),
        ("SDR", "ISR"),
        ("SDR", "SAR"),
        ("ISR",),
        ("SAR",),
        ("AM",),
        (),
    )


@pytest.mark.parametrize("name", PRESETS)
def test_a_structure_reads_back_what_it_writes(name: str, tmp_path: Path):
    file = tmp_path / "ours.toml"
    file.write_text(preset(name).to_toml(), encoding="utf-8")
    assert Structure.from_toml(file) == preset(name)


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ([role("SDR", "qualify", "ISR"), role("AE", "close")], ["'SDR'", "hands_to", "'ISR'", "SDR, AE"]),
        ([role("A", "qualify", "B"), role("B", "qualify", "A"), role("C", "close")], ["hands_to", "A -> B -> A"]),
        (
            [
                role("A", "close", hands_to=[{"to": "B", "loss": 0}]),
                role("B", "grow", hands_to=[{"to": "A", "loss": 0}]),
            ],
            ["circle", "A -> B -> A", "without any loss"],
        ),
        ([role("A", "close", "B"), role("B", "qualify", "A")], ["'A'", "hands_to", "stage 'grow'"]),
        ([role("A", "close", takes_new=False)], ["'A'", "takes_new = false", "no lead reaches it"]),
        ([role("A", "close", eligible={"margin_from": 9, "margin_below": 5})], ["'A'", "margin_below = 5"]),
        ([role("A", "close", account_margin=0.2)], ["'A'", "account_margin = 0.2"]),
        (
            [role("Q", "qualify", "A", eligible={"segments": ["x"]}), role("A", "close", eligible={"segments": ["y"]})],
            ["'Q'", "hands_to", "eligible.segments"],
        ),
        (
            [role("Q", "qualify", "A", eligible={"customer": True}), role("A", "close", eligible={"customer": False})],
            ["'Q'", "hands_to", "eligible.customer"],
        ),
        (
            [
                role("Q", "qualify", "A", eligible={"margin_below": 10}),
                role("A", "close", eligible={"margin_from": 10}),
            ],
            ["'Q'", "hands_to", "eligible margins"],
        ),
        ([role("SDR", "qualify"), role("AE", "close")], ["'SDR'", "reaches no role that closes"]),
        ([role("SDR", "qualify", "AE", "AE"), role("AE", "close")], ["'SDR'", "'AE' twice"]),
        ([role("AE", "close"), role("AE", "close")], ["'AE'", "two roles"]),
        ([role("AE", "close", heads=0)], ["'AE'", "heads = 0", "greater than 0"]),
        ([role("AE", "close", heads=float("nan"))], ["'AE'", "heads", "finite"]),
        ([role("AE", "close", hours_per_period=-1)], ["'AE'", "hours_per_period = -1"]),
        ([role("AE", "close", cost_per_hour=-1)], ["'AE'", "cost_per_hour = -1"]),
        ([role("AE", "close", minutes=5)], ["'AE'", "unknown key 'minutes'", "minutes_per_touch"]),
        ([role("AE", "sell")], ["'AE'", "stage = 'sell'"]),
        ([role("AE", "close", specificity=0.5)], ["'AE'", "specificity = 0.5", "'close'"]),
        ([role("AE", "close", fee_per_qualified=5)], ["'AE'", "fee_per_qualified = 5"]),
        ([role("M", "screen", "AE", effect=2), role("AE", "close")], ["'M'", "effect = 2"]),
        ([role("nurture", "close")], ["'nurture'", "choose another name"]),
        ([role("A.E", "close")], ["'A.E'", "name = 'A.E'"]),
        ([{"name": "AE", "stage": "close"}], ["'AE'", "heads", "missing"]),
        ([role("SDR", "qualify", hands_to=[{"to": "AE", "loss": 1}]), role("AE", "close")], ["'SDR'", "loss = 1"]),
        ([role("AE", "close", eligible={"segment": "x"})], ["'AE'", "eligible", "'segment'", "segments"]),
        ([], ["role", "at least 1"]),
    ],
)
def test_a_contradiction_is_named_with_structure_role_and_key(roles: list[dict[str, Any]], words: list[str]):
    with pytest.raises(StructureError) as error:
        structure(*roles)
    for word in ["structure 'ours'", *words]:
        assert word in str(error.value)


def test_a_role_made_in_python_says_which_role_is_wrong():
    with pytest.raises(StructureError, match=r"role 'AE', heads = -1"):
        Role.model_validate(role("AE", "close", heads=-1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'name = "ours"\n[[role]]\nname = "AE"\nheads = 0\n', ["structure 'ours'", "role 'AE'"]),
        (b"name = ", ["not TOML"]),
        (b"\xff\xfe", ["not TOML"]),
        (b"", ["name", "missing"]),
    ],
)
def test_an_error_in_a_file_names_the_file(text: bytes, words: list[str], tmp_path: Path):
    file = tmp_path / "ours.toml"
    file.write_bytes(text)
    with pytest.raises(StructureError) as error:
        Structure.from_toml(file)
    for word in [str(file), *words]:
        assert word in str(error.value)


def test_a_missing_file_is_bad_input(tmp_path: Path):
    with pytest.raises(StructureError, match="cannot read") as error:
        Structure.from_toml(tmp_path / "nowhere.toml")
    assert error.value.exit_code == 3


def test_a_what_if_changes_the_named_figures_only():
    before = preset("four_tier")
    after = before.with_({"SDR.heads": "4", "MDR.cost": 0, "SDR.minutes": "12.5"})
    assert after.role_named("SDR").heads == 4
    assert after.role_named("SDR").minutes_per_touch == 12.5
    assert after.role_named("MDR").cost_per_hour == 0
    assert after.with_({"SDR.heads": 2, "MDR.cost": 30, "SDR.minutes": 40}) == before


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("XDR.heads", "4", ["'XDR'", "SDR, ISR, SAR, AM"]),
        ("SDR.head_count", "4", ["'head_count'", "minutes_per_touch"]),
        ("SDR.fee", "4", ["'fee'", "fee_per_lead, fee_per_qualified"]),
        ("SDR", "4", ["'SDR'", "''", "heads"]),
        ("SDR.stage", "close", ["'stage'"]),
        ("SDR.heads", "four", ["'SDR'", "heads = 'four'"]),
        ("SDR.heads", "0", ["'SDR'", "heads = '0'", "greater than 0"]),
        ("SDR.heads", "inf", ["'SDR'", "heads = 'inf'"]),
    ],
)
def test_a_what_if_that_cannot_be_names_what_is_allowed(setting: str, value: str, words: list[str]):
    with pytest.raises(StructureError) as error:
        preset("three_tier").with_({setting: value})
    for word in ["three_tier", *words]:
        assert word in str(error.value)


def test_closing_only_leaves_the_roles_that_close_and_the_arrows_between_them():
    left = preset("four_tier").closing_only()
    assert left.roles == ("ISR", "SAR", "AM")
    assert left.role_named("ISR").hands_to == (HandOff(to="AM", loss=0),)
    assert left.paths() == (("ISR",), ("SAR",), ("AM",), ())


def test_a_structure_is_a_value():
    assert preset("three_tier").with_({}) == preset("three_tier")
    assert hash(Eligibility(segments=("a",))) == hash(Eligibility(segments=("a",)))


def test_a_structure_counts_its_hours_in_another_period():
    weekly = preset("three_tier")
    monthly = weekly.per("month")
    assert monthly.period == "month"
    assert monthly.role_named("SDR").capacity == pytest.approx(weekly.role_named("SDR").capacity * 365.25 / 12 / 7)
    assert monthly.per("week").role_named("SDR").capacity == pytest.approx(weekly.role_named("SDR").capacity)
    assert weekly.per("week") == weekly


def test_a_segment_that_the_structure_does_not_list_is_named():
    roles = [role("A", "close", eligible={"segments": ["midd"]})]
    with pytest.raises(StructureError, match=r"role 'A', eligible.segments: there is no segment 'midd'; there are mid"):
        Structure.model_validate({"name": "ours", "segments": ["Mid", "small"], "role": roles})


def test_a_win_may_come_back_as_a_customer_with_a_loss():
    circle = structure(role("A", "close", "B"), role("B", "grow", "A", account_margin=0.3))
    assert circle.paths() == (("A",), ("A", "B"), ("B",), ("B", "A"), ())


figure = st.floats(0.01, 1e6)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@settings(deadline=None, max_examples=60)
@given(
    name=words, heads=figure, cost=figure, loss=st.floats(0, 0.99), segments=st.lists(words.filter(str.strip)),
    decay=st.none() | st.builds(ReplyDecay, usual_minutes=figure, per_doubling=st.floats(0.1, 1)),
)  # fmt: skip
def test_what_is_written_as_toml_reads_back_equal(name, heads, cost, loss, segments, decay):
    closer = role("AE", "close", heads=heads, visit_minutes=cost, eligible={"segments": segments, "customer": False})
    giver = role("SDR", "qualify", cost_per_hour=cost, hands_to=[{"to": "AE", "loss": loss}], takes_new=True)
    ours = Structure.model_validate({"name": name, "role": [giver, closer], "reply_decay": decay})
    assert Structure.model_validate(tomllib.loads(ours.to_toml())) == ours


def test_segments_of_a_structure_are_compared_without_letter_case():
    assert Eligibility(segments=(" Enterprise  Nord",)).segments == ("enterprise nord",)
