"""Moments: one reading for a whole column, and no guess where two readings are possible."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.times import DateOrder, parse_times
from leadscore.errors import BadInput


def read(*cells: str, order: DateOrder | None = None) -> list[str | None]:
    column = pd.Series(cells, dtype="str", name="Created")
    moments = parse_times({"Created": column}, file="leads.csv", order=order)["Created"]
    assert moments.dtype == "datetime64[us, UTC]"
    return [None if pd.isna(m) else m.isoformat() for m in moments]


def test_iso_is_read_in_all_its_lengths_and_offsets() -> None:
    assert read(
        "2024-03-31",
        "20240331",
        "2024-03",
        "2024-03-31 09:15",
        "2024-03-31T09:15:30Z",
        "2024-03-31T09:15:30.123456789Z",
        "2024-03-31T09:15:30+05:30",
        " 2024-03-31T23:00:00-02:00 ",
    ) == [
        "2024-03-31T00:00:00+00:00",
        "2024-03-31T00:00:00+00:00",
        "2024-03-01T00:00:00+00:00",
        "2024-03-31T09:15:00+00:00",
        "2024-03-31T09:15:30+00:00",
        "2024-03-31T09:15:30.123456+00:00",
        "2024-03-31T03:45:30+00:00",
        "2024-04-01T01:00:00+00:00",
    ]


def test_empty_cells_and_the_spellings_of_missing_are_missing() -> None:
    assert read("", "  ", "NULL", "n/a", "2024-03-31") == [None] * 4 + ["2024-03-31T00:00:00+00:00"]
    assert read() == []


def test_epoch_is_seconds_or_milliseconds() -> None:
    assert read("1700000000", "1700000000123", " 1700000000 ") == [
        "2023-11-14T22:13:20+00:00",
        "2023-11-14T22:13:20.123000+00:00",
        "2023-11-14T22:13:20+00:00",
    ]


def test_the_whole_column_decides_the_order_of_day_and_month() -> None:
    assert read("03/04/2024", "31/12/2023 9:05") == ["2024-04-03T00:00:00+00:00", "2023-12-31T09:05:00+00:00"]
    assert read("03/04/2024", "12/31/2023") == ["2024-03-04T00:00:00+00:00", "2023-12-31T00:00:00+00:00"]
    assert read("3.4.2024", "31.12.2023, 23:59:58")[0] == "2024-04-03T00:00:00+00:00"


def test_the_columns_of_one_file_decide_together() -> None:
    columns = {"Created": pd.Series(["03/04/2024"], dtype="str"), "Closed": pd.Series(["31/12/2024"], dtype="str")}
    assert parse_times(columns, file="leads.csv")["Created"][0] == pd.Timestamp("2024-04-03", tz="UTC")


def test_two_possible_readings_are_an_error_that_names_the_remedy() -> None:
    with pytest.raises(BadInput, match=r"no day is above 12.*date_order = \"day_first\" or \"month_first\""):
        read("03/04/2024", "05/06/2024")
    with pytest.raises(BadInput, match=r"both readings occur.*date_order"):
        read("31/12/2024", "12/31/2024")


def test_a_given_order_is_taken_and_held_against_every_cell() -> None:
    assert read("03/04/2024", order="day_first") == ["2024-04-03T00:00:00+00:00"]
    assert read("03/04/2024", order="month_first") == ["2024-03-04T00:00:00+00:00"]
    with pytest.raises(BadInput, match=r"row 3, column 'Created': '12/31/2024' is no date"):
        read("03/04/2024", "12/31/2024", order="day_first")


def test_an_iso_column_needs_no_order() -> None:
    assert read("2024-03-04", "2024-05-06") == ["2024-03-04T00:00:00+00:00", "2024-05-06T00:00:00+00:00"]


@pytest.mark.parametrize(
    "cell",
    [
        "soon",
        "now",
        "today",
        "-5",
        "12",
        "2024",
        "1e9",
        "2024-02-30",
        "2024-13-01",
        "25:00",
        "24-12-31",
        "NaT",
        "12345",
    ],
)
def test_what_is_no_date_is_named_with_file_row_column_and_value(cell: str) -> None:
    with pytest.raises(BadInput, match=f"leads.csv, row 3, column 'Created': '{cell}' is no date .1 such cells"):
        read("2024-03-31", cell, "")


def test_a_long_cell_is_cut_in_the_message() -> None:
    with pytest.raises(BadInput) as raised:
        read("x" * 500)
    assert "x" * 41 not in str(raised.value)


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_what_python_writes_is_read_to_the_microsecond(moment: datetime) -> None:
    assert read(moment.isoformat()) == [moment.isoformat()]


@given(
    st.lists(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)), min_size=1), st.sampled_from(["day", "month"])
)
def test_an_order_that_is_said_is_read_back(moments: list[datetime], first: str) -> None:
    moments = [m.replace(microsecond=0) for m in moments]
    pattern = "%d/%m/%Y %H:%M:%S" if first == "day" else "%m/%d/%Y %H:%M:%S"
    cells = [m.strftime(pattern) for m in moments]
    assert read(*cells, order=f"{first}_first") == [m.replace(tzinfo=UTC).isoformat() for m in moments]
