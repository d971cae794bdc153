from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions.letters import letter_bands

ROLES = ["MDR", "SDR", "ISR", "SAR"]


def test_bands_of_one_role_share_a_letter():
    assert letter_bands([["SAR", "SDR", "nurture"], ["ISR", "SDR", "nurture"], ["SDR"]]) == ["ACD", "BCD", "C"]


def test_a_letter_is_not_shared_against_the_order_along_an_axis():
    assert letter_bands([["ISR", "SDR"], ["SDR", "ISR"]]) == ["AB", "BC"]


def test_nurture_has_the_last_letter():
    assert letter_bands([["nurture"], ["ISR", "nurture"], ["SDR", "ISR"]]) == ["C", "BC", "AB"]


@given(orders=st.lists(st.lists(st.sampled_from(ROLES), unique=True, min_size=1), min_size=1, max_size=6))
def test_letters_fall_down_every_axis_and_name_one_role(orders: list[list[str]]):
    sequences = [[*order, "nurture"] for order in orders]
    role_of: dict[str, str] = {}
    for letters, sequence in zip(letter_bands(sequences), sequences, strict=True):
        assert list(letters) == sorted(set(letters))
        for letter, role in zip(letters, sequence, strict=True):
            assert role_of.setdefault(letter, role) == role
    assert role_of[max(role_of)] == "nurture"
