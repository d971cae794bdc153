"""The dictionary page: complete, well-formed, and equal to the one on the bench."""

from __future__ import annotations

from pathlib import Path

from leadscore.data.dictionary import dictionary_page
from leadscore.data.schema import Field
from leadscore.data.synthetic import FIELDS, KNOWN_LATER

BENCH = Path(__file__).parents[2] / "data"


def test_the_page_on_the_bench_is_the_printed_one() -> None:
    assert (BENCH / "DICTIONARY.md").read_text(encoding="utf-8") == dictionary_page(FIELDS)


def test_every_column_has_a_row_that_says_when_it_is_known() -> None:
    rows = [line for line in dictionary_page(FIELDS).splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [field.name for field in FIELDS]
    assert {row.split("`")[1] for row in rows if row.endswith("| later |")} == KNOWN_LATER


def test_a_pipe_in_a_meaning_does_not_break_the_table() -> None:
    row = dictionary_page([Field("Size", "category", "small | large")]).splitlines()[-1]
    assert row.replace("\\|", "").count("|") == 6


def test_every_field_tells_a_stranger_what_it_is() -> None:
    assert all(field.meaning.endswith(".") and field.examples for field in FIELDS)
