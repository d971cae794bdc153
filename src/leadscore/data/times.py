"""Moments as exports write them: ISO, day-first, month-first, with names of months, epoch, days of a spreadsheet.

All date columns of a file decide together how 03/04/2024 is meant. A clock without an offset is taken as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.schema import MISSING
from leadscore.errors import BadInput

__all__ = ["DateOrder", "looks_dated", "parse_times"]

DateOrder = Literal["day_first", "month_first"]
Rows = Sequence[int] | npt.NDArray[np.intp]

_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?:(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?)?"
)
_SLASHED = rf"(?P<one>\d{{1,2}})(?P<sign>[-/.])(?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}|(?<=[/.])\d{{2}}){_CLOCK}"
_DAY_NAMED = (
    r"(?:[A-Za-z]{3,9},? )?(?P<day>\d{1,2})[-/. ](?P<month>[A-Za-z]{3,9})\.?,?[-/ ]"
    rf"(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
)
_MONTH_NAMED = rf"(?:[A-Za-z]{{3,9}},? )?(?P<month>[A-Za-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_CLOCK}"
_EPOCH = r"\d{10}(?:\d{3}|\d{6})?(?:\.\d+)?"
_SERIAL = r"[2-7]\d{4}(?:[.,]\d+)?"
# pandas by itself reads "now" as the present and "-5" as a year.
_ISO = r"[0-9]{4}[-/.][0-9]{2}.*|[0-9]{8}(?:T.*)?"
_WRITTEN = re.compile(
    "|".join(re.sub(r"\?P<\w+>", "?:", pattern) for pattern in (_ISO, _SLASHED, _DAY_NAMED, _MONTH_NAMED))
)
_NEVER = frozenset({"0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000"})

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: str(number) for number, name in enumerate(_NAMES, 1)}
_HOURS = {
    **{"Z": 0.0, "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "WEST": 1.0, "BST": 1.0, "CET": 1.0, "CEST": 2.0, "EET": 2.0},
    **{"EEST": 3.0, "MSK": 3.0, "IST": 5.5, "SGT": 8.0, "JST": 9.0, "AEST": 10.0, "AEDT": 11.0, "EST": -5.0},
    **{"EDT": -4.0, "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0, "PDT": -7.0},
}


def parse_times(
    columns: Mapping[str, pd.Series],
    *,
    file: str,
    order: DateOrder | None = None,
    beside: Mapping[str, pd.Series] | None = None,
    rows: Rows | None = None,
) -> dict[str, pd.Series]:
    """Read the date columns of one file.

    Parameters
    ----------
    columns
        Text columns by name; "" and the spellings of every export are missing.
    file
        Name of the file, for messages.
    order
        How 03/04/2024 is meant. When None it is found from all values of all columns together, never from the first
        rows and never row by row.
    beside
        Further date columns of the file, which are not read but help to tell the order.
    rows
        Line of the file for each cell, for messages; counted from 2 when None.

    Returns
    -------
    dict of Series
        UTC moments, NaT where missing.

    Raises
    ------
    BadInput
        A value is no date, or the order cannot be told.
    """
    spelled = {name: pd.factorize(text, use_na_sentinel=False) for name, text in columns.items()}
    each = {name: pd.Series(cells, name=name) for name, (_, cells) in spelled.items()}
    try:  # a log has thousands of events a day: each spelling is read once
        found = _read_columns(each, file, order, beside or {}, None)
    except BadInput:  # said of the cells as they are: their row and their number
        return _read_columns(columns, file, order, beside or {}, rows)
    return {name: found[name].take(spelled[name][0]).set_axis(text.index) for name, text in columns.items()}


def _read_columns(
    columns: Mapping[str, pd.Series],
    file: str,
    order: DateOrder | None,
    beside: Mapping[str, pd.Series],
    rows: Rows | None,
) -> dict[str, pd.Series]:
    index = {name: text.index for name, text in columns.items()}
    columns = {name: text.str.strip().reset_index(drop=True) for name, text in columns.items()}
    parts = {name: _extract(text, _SLASHED) for name, text in columns.items()}
    orders: Mapping[str, DateOrder] = {}
    if order is None and any(p["one"].notna().any() for p in parts.values()):
        more = {n: _extract(t.str.strip(), _SLASHED) for n, t in beside.items() if n not in columns}
        orders = _orders(parts, more, file)
    return {
        name: _parse(text, parts[name], name, file, order or orders.get(name, "day_first"), rows).set_axis(index[name])
        for name, text in columns.items()
    }


def looks_dated(text: pd.Series) -> bool:
    """Whether a column holds written dates; a sample of its cells is looked at.

    Examples
    --------
    >>> looks_dated(pd.Series(["31/12/2024", "", "2024-01-01"])), looks_dated(pd.Series(["12", "2024"]))
    (True, False)
    """
    cells = {cell.strip() for cell in text[text != ""].head(200)}
    cells = {cell for cell in cells if cell.casefold() not in MISSING | _NEVER}
    return len(cells) > 0 and sum(bool(_WRITTEN.fullmatch(cell)) for cell in cells) >= 0.95 * len(cells)


def _extract(text: pd.Series, pattern: str) -> pd.DataFrame:
    return text.str.extract(f"^{pattern}$")


def _orders(parts: Mapping[str, pd.DataFrame], beside: Mapping[str, pd.DataFrame], file: str) -> dict[str, DateOrder]:
    told = {name: _told(slashed, name, file) for name, slashed in parts.items()}
    others = [_told(slashed, name, file) for name, slashed in beside.items()]
    agreed = {order for order in (*told.values(), *others) if order is not None}
    if not agreed and all((p["sign"].dropna() == ".").all() for p in (*parts.values(), *beside.values())):
        agreed = {"day_first"}  # no country writes the month first with points
    if len(agreed) != 1 and any(order is None and parts[name]["one"].notna().any() for name, order in told.items()):
        how = "the columns of the file differ" if agreed else "no day is above 12"
        raise _either_way(file, how)
    common: DateOrder = next(iter(agreed), "day_first")
    return {name: order or common for name, order in told.items()}


def _told(slashed: pd.DataFrame, name: str, file: str) -> DateOrder | None:
    known = slashed.loc[slashed["one"].notna(), ["one", "two"]].astype(int)
    day_first, month_first = known["one"] > 12, known["two"] > 12
    if day_first.any() and month_first.any():
        raise _either_way(file, f"both readings occur in {name!r}")
    return "day_first" if day_first.any() else "month_first" if month_first.any() else None


def _either_way(file: str, how: str) -> BadInput:
    return BadInput(
        f"{file}: dates such as 03/04/2024 can be read either way ({how}). "
        'Set date_order = "day_first" or "month_first" under [data].'
    )


def _parse(
    text: pd.Series, slashed: pd.DataFrame, name: str, file: str, order: DateOrder, rows: Rows | None
) -> pd.Series:
    filled = ~text.str.casefold().isin(MISSING | _NEVER)
    result = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    day, month = ("one", "two") if order == "day_first" else ("two", "one")
    _put(result, slashed.rename(columns={day: "day", month: "month"}))
    open_ = filled & slashed["one"].isna()
    for pattern, read in ((_EPOCH, _epoch), (_SERIAL, _serial), (_ISO, _iso)):
        fits = open_ & text.str.fullmatch(pattern)
        if fits.any():
            result[fits] = read(text[fits])
            open_ &= ~fits
    for pattern in (_DAY_NAMED, _MONTH_NAMED) if open_.any() else ():
        named = _extract(text.where(open_, ""), pattern)
        named["month"] = named["month"].str[:3].str.lower().map(_MONTHS)
        _put(result, named.where(named["month"].notna()))
    bad = np.flatnonzero((filled & result.isna()).to_numpy())
    if len(bad):
        row = bad[0] + 2 if rows is None else rows[bad[0]]
        raise BadInput(
            f"{file}, row {row}, column {name!r}: {text.iloc[bad[0]][:40]!r} is no date ({len(bad)} such "
            "cells). Allowed: 2024-03-31, 2024-03-31T09:15:00Z, 31/03/2024 09:15, 3/31/2024 9:15 AM, 31 Mar 2024, "
            "epoch seconds or milliseconds, days of a spreadsheet. Mend the cells, or name the spelling under missing "
            "in [lead]."
        )
    return result


def _put(result: pd.Series, parts: pd.DataFrame) -> None:
    """Write the moments of the rows that have parts of a date."""
    parts = parts[parts["day"].notna()]
    if parts.empty:
        return
    year = parts["year"].where(parts["year"].str.len() == 4, "20" + parts["year"])
    clock = parts[["hour", "minute", "second"]].fillna("0")
    text = year + "-" + parts["month"] + "-" + parts["day"] + " " + clock["minute"] + ":" + clock["second"]
    moments = pd.to_datetime(text, format="%Y-%m-%d %M:%S", utc=True, errors="coerce")
    hours = clock["hour"].astype(float)
    half = parts["half"].str.lower()
    hours = hours.where(half.isna(), hours % 12 + 12 * (half == "p"))
    moments = moments.where(hours < 24) + pd.to_timedelta(hours - _offset(parts["zone"]), unit="h")
    result[parts.index] = moments.dt.as_unit("us")


def _offset(zone: pd.Series) -> pd.Series:
    """Hours east of Greenwich; NaN for a zone that is not known."""
    numeric = zone.str.extract(r"^([+-])(\d{2}):?(\d{2})$")
    hours = numeric[1].astype(float) + numeric[2].astype(float) / 60
    hours = hours.where(numeric[0] != "-", -hours)
    return hours.fillna(zone.map(_HOURS)).where(zone.notna(), 0.0)


def _epoch(text: pd.Series) -> pd.Series:
    digits = text.str.partition(".")[0].str.len()
    scale = digits.map({10: 10**6, 13: 10**3, 16: 1})
    whole = text.str.partition(".")[0].astype("int64") * scale
    fraction = ("0." + text.str.partition(".")[2] + "0").astype(float) * scale
    return pd.to_datetime(whole + fraction.astype("int64"), unit="us", utc=True)


def _serial(text: pd.Series) -> pd.Series:
    days = text.str.replace(",", ".").astype(float)
    seconds = ((days - 25_569) * 86_400).round().astype("int64")
    return pd.to_datetime(seconds, unit="s", utc=True).dt.as_unit("us")


def _iso(text: pd.Series) -> pd.Series:
    text = text.str.replace(r"^(\d{4})[/.](\d{2})[/.]", r"\1-\2-", regex=True)
    zone = text.str.extract(r"\s([A-Z]{3,4})$")[0]
    plain = text.str.replace(r"\s[A-Z]{3,4}$", "", regex=True)
    moments = pd.to_datetime(plain, format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    return moments if zone.isna().all() else moments - pd.to_timedelta(_offset(zone), unit="h")
