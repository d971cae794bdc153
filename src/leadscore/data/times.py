"""Moments as exports write them: ISO, day-first, month-first, epoch; one reading for a whole column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from leadscore.data.schema import MISSING
from leadscore.errors import BadInput

__all__ = ["DateOrder", "parse_times"]

DateOrder = Literal["day_first", "month_first"]

_SLASHED = r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*$"
_EPOCH = r"^\d{10}(?:\d{3})?$"
# pandas by itself reads "now" as the present and "-5" as a year.
_ISO = r"[0-9]{4}-[0-9]{2}.*|[0-9]{8}(?:T.*)?"


def parse_times(columns: Mapping[str, pd.Series], *, file: str, order: DateOrder | None = None) -> dict[str, pd.Series]:
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

    Returns
    -------
    dict of Series
        UTC moments, NaT where missing.

    Raises
    ------
    BadInput
        A value is no date, or the order cannot be told.
    """
    columns = {name: text.str.strip() for name, text in columns.items()}
    parts = {name: text.str.extract(_SLASHED) for name, text in columns.items()}
    order = order or _order(parts, file)
    return {name: _parse(text, parts[name], name, file, order) for name, text in columns.items()}


def _order(parts: Mapping[str, pd.DataFrame], file: str) -> DateOrder | None:
    slashed = pd.concat([p.dropna(subset=[0])[[0, 1]] for p in parts.values()]).astype(int)
    if slashed.empty:
        return None
    first, second = bool((slashed[0] > 12).any()), bool((slashed[1] > 12).any())
    if first != second:
        return "day_first" if first else "month_first"
    how = "both readings occur" if first else "no day is above 12"
    raise BadInput(
        f"{file}: dates such as 03/04/2024 can be read either way ({how}). "
        'Set date_order = "day_first" or "month_first" under [data].'
    )


def _parse(text: pd.Series, parts: pd.DataFrame, name: str, file: str, order: DateOrder | None) -> pd.Series:
    filled = ~text.str.casefold().isin(MISSING)
    result = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    slashed = parts[0].notna()
    if slashed.any():
        result[slashed] = _slashed(parts[slashed], order or "day_first")
    epoch = text.str.fullmatch(_EPOCH)
    if epoch.any():
        stamps = text[epoch].astype("int64")
        result[epoch] = pd.to_datetime(stamps.where(stamps > 10**11, stamps * 1000), unit="ms", utc=True)
    iso = text.str.fullmatch(_ISO) & ~slashed & ~epoch
    if iso.any():
        result[iso] = pd.to_datetime(text[iso], format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    bad = np.flatnonzero((filled & result.isna()).to_numpy())
    if len(bad):
        raise BadInput(
            f"{file}, row {bad[0] + 2}, column {name!r}: {text.iloc[bad[0]][:40]!r} is no date ({len(bad)} such "
            "cells). Allowed: 2024-03-31, 2024-03-31T09:15:00Z, 31/03/2024 09:15, epoch milliseconds. Mend the cells, "
            "or name the spelling under missing in [lead]."
        )
    return result


def _slashed(parts: pd.DataFrame, order: DateOrder) -> pd.Series:
    day, month = (parts[0], parts[1]) if order == "day_first" else (parts[1], parts[0])
    clock = parts[[3, 4, 5]].fillna("0")
    text = parts[2] + "-" + month + "-" + day + " " + clock[3] + ":" + clock[4] + ":" + clock[5]
    return pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", utc=True, errors="coerce")
