"""Numbers as people write them: one spelling in each convention, and no third number out of either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.numbers import Decimal, column_decimals, decimal_evidence, parse_number, reads_as_number

SEPARATORS = {".": ",", ",": "."}


@given(
    cents=st.integers(-(10**11), 10**11),
    sign=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    money=st.sampled_from(["{}", "€ {}", "{} €", "${}", "EUR {}", "{} %", " {} ", "\u00a0{}"]),
)
def test_a_number_comes_back_from_its_own_convention(cents: int, sign: Decimal, grouped: bool, money: str) -> None:
    text = f"{cents / 100:,.2f}" if grouped else f"{cents / 100:.2f}"
    text = text.replace(",", "_").replace(".", sign).replace("_", SEPARATORS[sign])
    assert parse_number(money.format(text), sign) == pytest.approx(cents / 100, abs=1e-9)


@given(st.integers(1, 999), st.integers(0, 999))
def test_only_one_spelling_can_be_read_two_ways(whole: int, part: int) -> None:
    for mark in ".,":
        text = f"{whole}{mark}{part:03d}"
        other: Decimal = "," if mark == "." else "."
        assert parse_number(text, "." if mark == "." else ",") == float(f"{whole}.{part:03d}")
        assert parse_number(text, other) == whole * 1000 + part
        assert decimal_evidence({text: 1}) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9,99", 9.99),
        ("0,750", 0.75),
        ("1.234.567", 1234567),
        ("12,34,567", 1234567),
        ("1'200.50", 1200.5),
        ("1\u202f200,5", 1200.5),
        ("(1,200.00)", -1200),
        ("-$5", -5),
        ("−5", -5),
    ],
)
def test_spellings_from_many_countries(text: str, number: float) -> None:
    assert parse_number(text, ".") == parse_number(text, ",") == number


@given(st.text(st.characters(codec="ascii")) | st.text(st.sampled_from("0123456789.,' -+()€%")))
def test_no_text_is_too_odd_and_no_digit_is_lost(text: str) -> None:
    for sign in (".", ","):
        number = parse_number(text, sign)
        if number is not None and "e" not in text.casefold():
            assert abs(number) <= float("".join(c for c in text if c.isdigit()) or "0")


def test_the_column_decides_and_the_file_where_the_column_does_not_tell() -> None:
    assert column_decimals({"A": {"3,45": 1, "1,200": 9}, "B": {"1.200": 9}}) == {"A": ",", "B": ","}
    assert column_decimals({"A": {"3.45": 1, "1,200": 9}, "B": {"1,200": 9}}) == {"A": ".", "B": "."}
    assert column_decimals({"A": {"3,45": 1}, "B": {"3.45": 1}, "C": {"1,200": 1}}) == {"A": ",", "B": ".", "C": "."}
    assert column_decimals({"Staff": {"1.200": 1, "3.500": 1, "4.000": 1, "35": 5}}) == {"Staff": ","}
    assert column_decimals({"Rate": {"1.200": 1, "3.500": 1, "4.000": 1}}) == {"Rate": "."}


def test_infinite_numbers_are_numbers_without_a_value() -> None:
    assert all(map(reads_as_number, ["inf", "-Infinity", "1e999", "∞", "3,5"]))
    assert not any(map(reads_as_number, ["", "nan", "soon", "1_000"]))
