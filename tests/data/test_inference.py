"""What a column is, and why one is left out."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.inference import Excluded, infer_fields, infer_kind


def kind_of(cells: list[str], name: str = "Column") -> str:
    kind = infer_kind(pd.Series(cells, name=name, dtype="str"))
    return kind.verdict if isinstance(kind, Excluded) else kind


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["12", "1,200", "3.5", ""] * 9, "number"),
        (["1"] * 70 + ["7"] * 29 + ["unknown"], "number"),
        (["1"] * 60 + ["7"] * 30 + ["unknown"] * 10, "category"),
        (["Yes", "No", ""] * 9, "boolean"),
        (["0", "1"] * 9, "boolean"),
        (["1", ""] * 9, "boolean"),
        (["Web", "Fair", "web"] * 9, "category"),
        (["x"] * 9, "constant"),
        (["", " ", "N/A"] * 9, "constant"),
        ([f"Note number {i}" for i in range(60)], "id"),
        ([str(10_000 + i) for i in range(60)], "id"),
        ([str(10_000 + i * i) for i in range(60)], "number"),
        ([*map(str, range(100)), "²"], "number"),
    ],
)
def test_kinds(cells: list[str], kind: str) -> None:
    assert kind_of(cells) == kind


def test_a_spread_out_number_for_every_lead_is_an_id_when_it_is_called_one() -> None:
    cells = [str(i * 7_919) for i in range(60)]
    assert kind_of(cells, "Annual Revenue") == "number"
    assert kind_of(cells, "Lead ID") == "id"


@given(st.lists(st.text(), max_size=120))
def test_no_column_is_too_odd(cells: list[str]) -> None:
    infer_fields(pd.DataFrame({"Column": pd.Series(cells, dtype="str")}), taken=(), outcome=(), ignore=())


def sort(frame: dict[str, list[str]], **what: Any) -> tuple[dict[str, str], dict[str, str]]:
    options = {"taken": (), "outcome": (), "ignore": (), **what}
    fields, excluded = infer_fields(pd.DataFrame(frame, dtype="str"), **options)
    return {f.name: f.kind for f in fields}, {e.column: e.verdict for e in excluded}


def test_every_column_is_a_field_or_has_a_reason() -> None:
    frame = {name: ["a", "b", "c"] * 9 for name in ("Source", "Won", "Id", "Notes")} | {"Type": ["lead"] * 27}
    fields, excluded = sort(frame, taken=["Id"], outcome=["Won"], ignore=["Notes"])
    assert fields == {"Source": "category"}
    assert excluded == {"Won": "outcome", "Id": "id", "Notes": "ignored", "Type": "constant"}


def test_a_recipe_corrects_what_is_found() -> None:
    frame = {"Region Code": ["1", "2", "3"] * 9, "Size": ["10+", "20", "x"] * 9}
    assert sort(frame)[0] == {"Region Code": "number", "Size": "category"}
    assert sort(frame, categories=["Region Code"], numbers=["Size"])[0] == {"Region Code": "category", "Size": "number"}


def test_examples_come_from_no_single_lead() -> None:
    frame = pd.DataFrame(
        {
            "Source": ["Web"] * 30 + ["Fair"] * 25 + ["Uncle Bob"],
            "Employees": [str(1_000 + 37 * i) for i in range(56)],
            "Text": ["soon"] * 56,
        },
        dtype="str",
    )
    fields, _ = infer_fields(frame, taken=(), outcome=(), ignore=(), numbers=["Text"], origin={"Source": "more.csv"})
    examples = {f.name: f.examples for f in fields}
    assert examples == {"Source": ("Web", "Fair"), "Employees": (2000.0, 2800.0), "Text": ()}
    assert "more.csv" in fields[0].meaning
