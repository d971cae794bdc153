"""A column as the audit sees it: levels to compare, a number to rank, cells that are empty, moments."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.leakage_names import looks_like_key
from leadscore.data.schema import category_key, parse_number
from leadscore.data.times import DateOrder, looks_dated, parse_times
from leadscore.errors import BadInput

__all__ = ["Floats", "Reading", "read_column"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_BINS = 32
_MOSTLY = 0.95
_DATE = r"\s*(?:\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*|\d{4}/\d{1,2}/\d{1,2}.*)"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One column of an export, read for comparison.

    Parameters
    ----------
    name
        The column.
    levels
        Level of each lead: a category's, or a bin of a number; 0 means missing.
    number
        What can be ranked: the number, the digits of an identifier, seconds of a moment; NaN elsewhere. None for a
        category.
    missing
        Empty cells.
    blank
        Empty cells, and zeros of a number: cells into which nothing has been counted yet.
    moments
        UTC moments, or None when the column has none.
    key
        Whether the column looks like an identifier.
    """

    name: str
    levels: Integers
    number: Floats | None
    missing: npt.NDArray[np.bool_]
    blank: npt.NDArray[np.bool_]
    moments: pd.Series | None = None
    key: bool = False

    @property
    def values(self) -> Integers:
        """Level of each lead with every number a level of its own: what the purity of values is measured on."""
        if self.number is None or self.key:
            return self.levels
        found: Integers = np.unique(self.number, return_inverse=True)[1]
        return found


def read_column(column: pd.Series, *, created: pd.Series | None = None, order: DateOrder | None = None) -> Reading:
    """Read a text column (or numbers) of leads in time order.

    Parameters
    ----------
    column
        Cells, "" where empty.
    created
        Creation of each lead; moments are then compared by how long after creation they lie.
    order
        How slashed dates are meant.

    Examples
    --------
    >>> read_column(pd.Series(["Web", "", "web "], name="Source")).levels
    array([1, 0, 1])
    """
    name = str(column.name)
    if pd.api.types.is_numeric_dtype(column):
        return _numbers(name, column.to_numpy(dtype=float))
    values = column.unique()
    keys = {v: category_key(v) for v in values}
    filled = [v for v, key in keys.items() if key is not None]
    moments = _moments(column, order)
    if moments is not None:
        return _dates(name, moments, created)
    numbers = {v: parse_number(v) for v in filled}
    if len(filled) > 2 and sum(n is not None for n in numbers.values()) >= _MOSTLY * len(filled):
        reading = _numbers(name, column.map(numbers).to_numpy(dtype=float))
        distinct = len(filled) >= 0.9 * (~reading.missing).sum() > 45
        return reading if not (distinct and looks_like_key(name)) else _as_key(reading)
    if len(filled) > max(20, 0.5 * (len(column) - column.map(keys).isna().sum())):
        return _texts(name, column.map(keys))
    codes, _ = pd.factorize(column.map(keys), use_na_sentinel=True)
    missing = codes < 0
    return Reading(name, codes + 1, None, missing, missing)


def _as_key(reading: Reading) -> Reading:
    return Reading(reading.name, reading.levels, reading.number, reading.missing, reading.missing, key=True)


def _numbers(name: str, number: Floats) -> Reading:
    missing = np.isnan(number)
    return Reading(name, _binned(number), number, missing, missing | (number == 0))


def _dates(name: str, moments: pd.Series, created: pd.Series | None) -> Reading:
    missing = moments.isna().to_numpy()
    seconds = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    told = seconds if created is None else (moments - created) / pd.Timedelta(days=1)
    return Reading(name, _binned(told.to_numpy(float)), seconds.to_numpy(float), missing, missing, moments)


def _texts(name: str, keys: pd.Series) -> Reading:
    """Read identifiers and free text: by the letters in front, and by the digits as a number."""
    missing = keys.isna().to_numpy()
    # Letters among the digits (a hash) make a number that means nothing, and then it is no number to rank.
    parts = keys.str.extract(r"^(?P<front>[^\d]*)(?P<digits>\d{1,15})$")
    number = parts["digits"].astype(float).to_numpy(dtype=float)
    if np.isnan(number[~missing]).mean() > 1 - _MOSTLY:
        return Reading(name, np.where(missing, 0, 1), None, missing, missing, key=True)
    front, _ = pd.factorize(parts["front"], use_na_sentinel=True)
    return Reading(name, _crossed(front + 1, _binned(number)), number, missing, missing, key=True)


def _crossed(one: Integers, other: Integers) -> Integers:
    if one.max(initial=0) > _BINS:
        return other
    crossed: Integers = np.unique(one * (other.max(initial=0) + 1) + other, return_inverse=True)[1] + 1
    return np.where(other == 0, 0, crossed)


def _binned(number: Floats) -> Integers:
    known = number[~np.isnan(number)]
    if not len(known):
        return np.zeros(len(number), dtype=np.intp)
    # Zero is a bin of its own: it often means that nothing has happened yet.
    edges = np.unique(np.r_[np.quantile(known, np.linspace(0, 1, _BINS + 1)[:-1], method="lower"), 0.0])
    edges = np.unique(np.r_[edges, np.nextafter(0.0, 1.0)])
    levels = np.searchsorted(edges, number, side="right") + 1
    return np.where(np.isnan(number), 0, levels)


def _moments(column: pd.Series, order: DateOrder | None) -> pd.Series | None:
    if not looks_dated(column):
        return None
    name = str(column.name)
    for text in (column, column.where(column.str.fullmatch(_DATE), "")):
        for reading in (order, "day_first", "month_first"):
            with suppress(BadInput):
                return parse_times({name: text}, file="", order=reading)[name]
    return None
