"""The encoder: the same floats for a file, a batch and a request."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.schema import Field
from leadscore.data.text import TextReading
from leadscore.models.features import Encoder, Feature

FIELDS = (Field("Source", "category"), Field("Demo", "boolean"), Field("Employees", "number"))
NAMES = [field.name for field in FIELDS]


def fit(missing: tuple[str, ...] = ("Select", "- none -")) -> Encoder:
    known = pd.DataFrame(
        {
            "Source": ["Web", "web ", "Café", ""] * 15 + ["Fair"] * 20,
            "Demo": ["Yes", "no", "", "No"] * 15 + [""] * 20,
            "Employees": ["10", "1,200", "", "30"] * 15 + [""] * 20,
        },
        dtype="str",
    )
    return Encoder.fit(known, FIELDS, missing=missing)


ENCODER = fit()

SPELLINGS = (
    "Web| wEB\u00a0|Cafe\u0301|CAFÉ|SELECT| select|-  None -|N/A|na||-|ß|SS|a\x00|Fair"
    "|true|False|0|1|1.0|-0.0|1,200|1e3|²|inf"
)
odd = st.sampled_from(SPELLINGS.split("|"))
text = odd | st.text()
native = text | st.none() | st.booleans() | st.integers() | st.floats() | st.just(pd.NA) | st.just(10**400)


def rows_of(cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys([*NAMES, "Another Column"], cells)), max_size=12)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(((a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)).all())


ADDRESSES = ["jo@gmail.com", "jo@alder.de", "Jo@Alder.de", ""]


@given(rows=rows_of(text))
def test_a_table_of_text_is_encoded_like_its_rows(rows: list[dict[str, str]]) -> None:
    full = [{name: row.get(name, "") for name in NAMES} for row in rows]
    frame = pd.DataFrame(full, columns=NAMES, dtype="str")
    assert same_bits(ENCODER.encode_frame(frame), ENCODER.encode(rows))


@given(rows=rows_of(native))
def test_a_table_of_any_values_is_encoded_like_its_rows(rows: list[dict[str, Any]]) -> None:
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in NAMES}
    known = [{name: v for name, v in row.items() if v is not pd.NA} for row in rows]
    assert same_bits(ENCODER.encode_frame(pd.DataFrame(columns)), ENCODER.encode(known))


@given(rows=rows_of(native), order=st.permutations(NAMES))
def test_a_row_alone_is_the_row_among_others_in_any_order_of_columns(
    rows: list[dict[str, Any]], order: list[str]
) -> None:
    together = ENCODER.encode(rows)
    for i, row in enumerate(rows):
        shuffled = {name: row[name] for name in order if name in row}
        assert same_bits(ENCODER.encode([shuffled])[0], together[i])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 0, 3]),
        pd.Series([1, None, 0], dtype="Int64"),
        pd.Series([1.0, np.nan, np.inf]),
        pd.Series([1.5, None, 0], dtype="Float64"),
        pd.Series([0.1, 1, 0], dtype="float32"),
        pd.Series([True, False, True]),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series(["Web", None, "1"], dtype="category"),
        pd.Series([None, None, None]),
        pd.Series(["Select", "web", "Select"], dtype="category"),
        pd.Series(["Select", "web", None], dtype="string"),
    ],
    ids=lambda column: f"{column.dtype} {column.tolist()}",
)
def test_a_typed_column_is_encoded_like_its_values(column: pd.Series) -> None:
    frame = pd.DataFrame(dict.fromkeys(NAMES, column))
    values = [None if pd.isna(v) else v for v in column.tolist()]
    assert same_bits(ENCODER.encode_frame(frame), ENCODER.encode([dict.fromkeys(NAMES, v) for v in values]))


def test_no_rows_and_no_columns() -> None:
    assert ENCODER.encode([]).shape == (0, 3)
    assert ENCODER.encode_frame(pd.DataFrame(columns=NAMES)).shape == (0, 3)
    assert np.isnan(ENCODER.encode([{}])).all()
    assert np.isnan(ENCODER.encode_frame(pd.DataFrame({"Other": ["x"]}))).all()


def test_unseen_is_another_and_missing_is_missing() -> None:
    codes = ENCODER.encode(
        [{"Source": v} for v in ("WEB", "café", "Cafe\u0301", "fair", "Podcast", "", None, "Select")]
    )
    np.testing.assert_array_equal(codes[:, 0], [0, 2, 2, 1, 3, np.nan, np.nan, np.nan])


def test_a_level_needs_fifteen_leads_and_there_are_at_most_eighty() -> None:
    cells = ["often"] * 15 + ["seldom"] * 14 + [f"level {i}" for i in range(100) for _ in range(16)]
    (feature,) = Encoder.fit(pd.DataFrame({"Source": cells}, dtype="str"), FIELDS[:1]).features
    assert len(feature.levels) == 80
    assert "seldom" not in feature.levels
    (feature,) = Encoder.fit(pd.DataFrame({"Source": cells[:29]}, dtype="str"), FIELDS[:1]).features
    assert feature.levels == ("often",)


def test_usual_values_are_known_for_the_reasons() -> None:
    assert [feature.typical for feature in ENCODER.features] == ["Web", 0.0, 30.0]
    empty = Encoder.fit(pd.DataFrame({name: [""] * 20 for name in NAMES}, dtype="str"), FIELDS)
    assert [feature.typical for feature in empty.features] == [None] * 3


def test_codes_can_be_read_back() -> None:
    source, demo, employees = ENCODER.features
    assert ENCODER.decode(source, 0.0) == "Web"
    assert ENCODER.decode(source, float(len(source.levels))) == "another"
    assert ENCODER.decode(demo, 1.0) is True
    assert ENCODER.decode(employees, 12.5) == 12.5
    assert ENCODER.decode(employees, math.nan) is None


@given(rows=rows_of(native))
def test_the_json_form_encodes_alike(rows: list[dict[str, Any]]) -> None:
    restored = Encoder.from_dict(json.loads(json.dumps(ENCODER.to_dict())))
    assert restored == ENCODER
    assert same_bits(restored.encode(rows), ENCODER.encode(rows))


def test_two_features_with_the_same_levels_do_not_disturb_each_other() -> None:
    one, two = Feature("A", "category", levels=("x", "y")), Feature("B", "category", levels=("y", "x"))
    assert (one.code("x"), two.code("x"), one.code("z")) == (0.0, 1.0, 2.0)


@given(st.lists(st.one_of(st.text(), st.sampled_from(ADDRESSES), st.none()), max_size=30))
def test_contact_data_are_encoded_alike_alone_and_in_a_frame(cells: list[str | None]) -> None:
    encoder = Encoder.fit(
        pd.DataFrame({"Mail": ADDRESSES * 20}, dtype="str"),
        [Field("Mail", "category", contact="email")],
        missing=["none"],
    )
    assert "alder" not in str(encoder.to_dict())
    assert set(encoder.features[0].levels) == {"free", "business"}
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    alone = again.encode([{"Mail": cell} for cell in cells])
    np.testing.assert_array_equal(encoder.encode_frame(pd.DataFrame({"Mail": pd.Series(cells, dtype=object)})), alone)


TITLES = ("Head of Operations", "VP Sales", "Leiter  EINKAUF", "Praktikant (m/w/d)", "Sachbearbeiter", "jo@acme.com")


@given(st.lists(st.one_of(st.text(), st.sampled_from(TITLES), st.none(), st.integers()), max_size=30))
def test_texts_are_encoded_alike_alone_in_a_frame_and_after_loading(cells: list[Any]) -> None:
    readings = (TextReading("seniority"), TextReading("function"), TextReading("wording", {" hea": 0.1, "prak": -0.7}))
    known = pd.DataFrame({"Title": TITLES[:5] * 20}, dtype="str")
    encoder = Encoder.fit(known, [Field("Title", "category", texts=readings)], missing=["none"])
    assert [f.name for f in encoder.features] == ["Title (seniority)", "Title (function)", "Title (wording)"]
    assert "EINKAUF" not in str(encoder.to_dict())
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    alone = again.encode([{"Title": cell} for cell in cells])
    frame = pd.DataFrame({"Title": pd.Series(cells, dtype=object)})
    for _ in range(2):  # the second time from what was remembered
        np.testing.assert_array_equal(encoder.encode_frame(frame), alone)
