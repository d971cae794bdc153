"""The additive form of a likelihood: a broken line for each number and a table for each category, as readable JSON."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["AdditiveModel"]

Floats = npt.NDArray[np.float64]
Entry = TypeVar("Entry")

_ROWS = 4_096
"""Leads at a time: more leave the cache, and take twice as long."""


class AdditiveModel:
    """Sum of one piece per feature: a broken line for a number, a table for a category.

    A category that works otherwise in each segment has a table for every code of the segment's column. What it does
    there is the category's effect, and the segment's own piece tells the rest.

    Parameters
    ----------
    intercept
        Log-odds before any feature has spoken.
    pieces
        For each feature ``{"knots", "values", "missing"}``, ``{"table"}``, or ``{"by", "tables"}`` with the column of
        the segment; the last entry of a table, and the last of the tables, is for missing.
    means
        Mean contribution of each feature on the leads that were learned from.

    Examples
    --------
    >>> model = AdditiveModel(-1.0, [{"knots": [0, 10], "values": [0, 2], "missing": -0.5}], [1.0])
    >>> model.log_odds(np.array([[5.0], [99.0], [np.nan]]))
    array([ 0. ,  1. , -1.5])
    >>> model.reasons(np.array([[5.0]]))
    array([[0.]])
    """

    family = "logistic_regression"

    def __init__(self, intercept: float, pieces: Sequence[Mapping[str, Any]], means: Sequence[float]) -> None:
        self.intercept = intercept
        self.pieces = list(pieces)
        self.means = np.array(means, dtype=float)

    @cached_property
    def _tables(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
        tables = [(j, np.atleast_2d(_tables_of(piece))) for j, piece in enumerate(self.pieces) if "knots" not in piece]
        sizes = np.array([table.shape[1] for _, table in tables], dtype=np.intp)
        starts = np.cumsum([0, *(table.size for _, table in tables)])[:-1].astype(np.intp)
        flat = np.concatenate([table.ravel() for _, table in tables]) if tables else np.zeros(0)
        return np.array([j for j, _ in tables], dtype=np.intp), starts, sizes, flat

    @cached_property
    def _by(self) -> list[tuple[int, int, int]]:
        """Place among the tables, column of the segment and number of its codes, of each piece that depends on one."""
        tables = [piece for piece in self.pieces if "knots" not in piece]
        return [(at, piece["by"], len(piece["tables"])) for at, piece in enumerate(tables) if "by" in piece]

    @cached_property
    def _lines(self) -> _BrokenLines:
        return _BrokenLines([(j, piece) for j, piece in enumerate(self.pieces) if "knots" in piece])

    @cached_property
    def _single(self) -> list[Callable[[float], float]]:
        return [_line(p) if "knots" in p else _table(np.atleast_2d(_tables_of(p))[0].tolist()) for p in self.pieces]

    @cached_property
    def _single_by(self) -> list[tuple[int, int, Callable[[float], Callable[[float], float]]]]:
        found = [(j, piece) for j, piece in enumerate(self.pieces) if "by" in piece]
        return [(j, piece["by"], _table([*map(_table, piece["tables"])])) for j, piece in found]

    def contributions(self, X: Floats) -> Floats:
        """Effect of each feature, not yet centred; shape (n, features)."""
        if len(X) == 1:
            # A request: some forty plain look-ups take a fifth of the time of arrays of length one, to the same bits.
            row = X[0].tolist()
            told = [piece(x) for piece, x in zip(self._single, row, strict=True)]
            for j, by, tables in self._single_by:
                told[j] = tables(row[by])(row[j])
            return np.array([told]).reshape(X.shape)
        # Never in the layout of X: the order of summation would follow it, and the last bit with it.
        effects = np.empty(X.shape)
        for rows in (slice(start, start + _ROWS) for start in range(0, len(X), _ROWS)):
            self._contribute(X[rows], effects[rows])
        return effects

    def _contribute(self, X: Floats, effects: Floats) -> None:
        columns, starts, sizes, flat = self._tables
        if len(columns):
            position = starts + _position(X[:, columns], sizes)
            for at, by, codes in self._by:
                position[:, at] += sizes[at] * _position(X[:, by], codes)
            effects[:, columns] = flat[position]
        if len(self._lines.columns):
            effects[:, self._lines.columns] = self._lines(X[:, self._lines.columns])

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row."""
        total: Floats = self.contributions(X).sum(axis=1) + self.intercept
        return total

    def reasons(self, X: Floats) -> Floats:
        """Effect of each feature against the average lead."""
        centred: Floats = self.contributions(X) - self.means
        return centred

    def prepare(self) -> None:
        """Make the tables of a batch and the look-ups of one lead."""
        _ = self._tables, self._by, self._lines, self._single, self._single_by

    def to_text(self) -> str:
        """JSON of the whole model."""
        return json.dumps({"intercept": self.intercept, "pieces": self.pieces, "means": self.means.tolist()})

    @classmethod
    def from_text(cls, text: str) -> AdditiveModel:
        """Read what :meth:`to_text` wrote."""
        return cls(**json.loads(text))


def _tables_of(piece: Mapping[str, Any]) -> Any:
    return piece["tables"] if "by" in piece else piece["table"]


def _position(codes: Floats, sizes: Any) -> npt.NDArray[np.intp]:
    """Entry of a table of each code: the last for missing, the last but one for another."""
    missing = np.isnan(codes)
    return np.where(missing, sizes - 1, np.minimum(np.where(missing, 0, codes), sizes - 2)).astype(np.intp)


def _table(table: Sequence[Entry]) -> Callable[[float], Entry]:
    missing, another = table[-1], len(table) - 2

    def effect(code: float) -> Entry:
        return missing if code != code else table[min(int(code), another)]

    return effect


def _line(piece: Mapping[str, Any]) -> Callable[[float], float]:
    knots, values, missing = list(map(float, piece["knots"])), list(map(float, piece["values"])), piece["missing"]
    slopes = [(v - u) / (b - a) for (a, u), (b, v) in pairwise(zip(knots, values, strict=True))] + [0.0]
    low, high = knots[0], knots[-1]

    def effect(x: float) -> float:
        if x != x:
            return float(missing)
        clipped = min(max(x, low), high)
        place = bisect_right(knots, clipped) - 1
        return values[place] + slopes[place] * (clipped - knots[place])

    return effect


class _BrokenLines:
    """All broken lines of a model at once; flat outside their knots."""

    def __init__(self, pieces: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        self.columns = np.array([j for j, _ in pieces], dtype=np.intp)
        most = max((len(piece["knots"]) for _, piece in pieces), default=1)
        shape = (len(pieces), most)
        self._knots, self._values, self._slopes = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
        self._missing = np.array([piece["missing"] for _, piece in pieces], dtype=float)
        self._low = np.array([piece["knots"][0] for _, piece in pieces], dtype=float)
        self._high = np.array([piece["knots"][-1] for _, piece in pieces], dtype=float)
        for row, (_, piece) in enumerate(pieces):
            knots, values = np.array(piece["knots"], dtype=float), np.array(piece["values"], dtype=float)
            self._knots[row, : len(knots)] = knots
            self._values[row, : len(knots)] = values
            self._slopes[row, : len(knots) - 1] = np.diff(values) / np.diff(knots)
        # Where each line begins in its flattened table; an array of rows x columns x knots would take longer.
        self._first = np.arange(len(pieces)) * most
        self._bends = list(np.ascontiguousarray(self._knots.T[1:]))

    def __call__(self, x: Floats) -> Floats:
        missing = np.isnan(x)
        clipped = np.clip(np.where(missing, self._low, x), self._low, self._high)
        at = np.repeat(self._first[None, :], len(x), axis=0)
        for bend in self._bends:
            at += clipped >= bend
        lines = self._values.take(at) + self._slopes.take(at) * (clipped - self._knots.take(at))
        return np.where(missing, self._missing, lines)
