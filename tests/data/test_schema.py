"""Reading one value: never an error, and the same answer from a file as from JSON."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.schema import MISSING, category_key, parse_boolean, parse_number, same_answers

READERS = (parse_number, parse_boolean, category_key)

scalars = (
    st.text(st.characters())  # lone surrogates too: JSON can carry them
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.none()
    | st.sampled_from([10**400, -(10**400), 10**5_000, "1" * 5_000, "1e999", "²", "٣", "1_000", "\x00", "0x10"])
)


@pytest.mark.parametrize("read", READERS)
@given(value=scalars | st.lists(scalars) | st.dictionaries(st.text(), scalars) | st.binary())
def test_nothing_that_a_cell_can_hold_raises(read: Callable[[object], Any], value: object) -> None:
    read(value)


@given(scalars)
def test_what_is_read_is_finite_or_missing(value: object) -> None:
    number = parse_number(value)
    assert number is None or math.isfinite(number)
    assert parse_boolean(value) in (0.0, 1.0, None)
    assert category_key(value) not in MISSING


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_from_a_file_and_from_json(value: float) -> None:
    assert parse_number(str(value)) == parse_number(value)
    assert parse_number(f"  {value} ") == parse_number(value)


@given(st.integers(-(10**12), 10**12))
def test_thousands_may_be_separated(value: int) -> None:
    assert parse_number(f"{value:,}") == value


@pytest.mark.parametrize(
    "text", [",200", "1,200,", "1,23,4", "1_000", "€", "€€5", "5 apples", "1.2.3", "1 2", "", "NaN", "-inf", "soon"]
)
def test_what_only_looks_like_a_number_is_missing(text: str) -> None:
    assert parse_number(text) is None


@given(st.booleans())
def test_an_answer_is_the_same_from_a_file_and_from_json(value: bool) -> None:
    spellings = [
        value,
        str(value),
        str(value).upper(),
        int(value),
        float(value),
        str(int(value)),
        "yes" if value else "no",
    ]
    assert {parse_boolean(v) for v in spellings} == {float(value)}
    assert category_key(str(value)) == category_key(value)


def test_only_plain_answers_are_answers() -> None:
    assert same_answers(["Yes", "no", "T", "0.0"])
    assert not same_answers(["yes", "maybe"])
    assert [parse_boolean(v) for v in (2, -1, "", None, [], "truee")] == [None] * 6


@given(st.integers())
def test_a_category_written_as_a_number_is_the_same_from_a_file_and_from_json(value: int) -> None:
    assert category_key(str(value)) == category_key(value)


@given(st.text())
def test_spellings_of_one_category_come_together(text: str) -> None:
    key = category_key(text)
    assert category_key(f" \u00a0{text}\t") == key
    assert category_key(unicodedata.normalize("NFD", text)) == key
    assert key is None or key == " ".join(key.split())


@pytest.mark.parametrize("spelling", ["", "  ", "N/A", "NULL", "NaN", "#N/A", None, float("nan")])
def test_spellings_of_missing(spelling: object) -> None:
    assert category_key(spelling) is None
    assert parse_number(spelling) is None
    assert parse_boolean(spelling) is None


def test_the_code_of_namibia_is_no_missing_value() -> None:
    assert category_key("NA") == "na"
