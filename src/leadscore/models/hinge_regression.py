"""Logistic regression that is additive in the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_sample_weight, validate_data

from leadscore.models.additive import AdditiveModel
from leadscore.models.estimators import Family, two_classes
from leadscore.models.ridge import Design, fit_ridge

__all__ = ["HingeLogisticRegression"]

Floats = npt.NDArray[np.float64]

_KNOTS = (0.005, 0.2, 0.4, 0.6, 0.8, 0.995)
"""Quantiles at which a number may bend."""


class HingeLogisticRegression(Family):
    """Logistic regression, additive in the fields: numbers bend at quantiles, categories have one coefficient a level.

    Parameters
    ----------
    C : float
        Inverse strength of the ridge penalty.
    levels : sequence of int or None
        For each column the number of codes of a category, 0 for a number; None: all are numbers.
    hinges : bool
        Whether numbers may bend; without, each number has one slope.
    by : int or None
        Column of the segment that some categories depend on.
    crossed : sequence of int
        Columns of categories that have, beside a coefficient a level, one for each level in each segment. Both bear the
        penalty, so a segment differs from the others only as far as its outcomes say so.

    Attributes
    ----------
    model_ : AdditiveModel
        What was learned, in the form that a Bundle keeps.

    Examples
    --------
    >>> X = np.linspace(0, 1, 200).reshape(-1, 1)
    >>> model = HingeLogisticRegression().fit(X, (X[:, 0] > 0.4).astype(int))
    >>> bool(model.predict_proba(X)[-1, 1] > 0.9)
    True
    """

    def __init__(
        self,
        C: float = 0.3,
        levels: Sequence[int] | None = None,
        hinges: bool = True,
        by: int | None = None,
        crossed: Sequence[int] = (),
    ) -> None:
        self.C = C
        self.levels = levels
        self.hinges = hinges
        self.by = by
        self.crossed = crossed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HingeLogisticRegression:
        """Fit on an encoded matrix; NaN is missing."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        self.classes_ = two_classes(y)
        levels = self.levels or (0,) * X.shape[1]
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        places = [_place(X[:, j], levels[j], self.hinges) for j in range(X.shape[1])]
        pairs = [] if self.by is None else [_Pair(self.by, j, levels[self.by], levels[j]) for j in self.crossed]
        wide = np.column_stack([X, *(pair.codes_of(X) for pair in pairs)])
        widened = [*places, *(_Place(None, pair.codes) for pair in pairs)]
        found = fit_ridge(_design(wide, widened), y == self.classes_[1], C=self.C, weight=sample_weight)
        self.model_ = _additive(float(found[0]), _pieces(widened, found[1:]), pairs, X)
        return self


class _Place:
    """One field in the design: the knots of a number or the codes of a category, and a coefficient for missing."""

    def __init__(self, knots: Floats | None, codes: int) -> None:
        self.knots = knots
        self.codes = codes
        self.width = codes + 1 if knots is None else max(1, len(knots) - 1) + 1

    def fill(self, column: Floats, columns: Floats) -> None:
        """Write the dense columns of a number."""
        assert self.knots is not None
        missing = np.isnan(column)
        columns[:, :-1] = _hinge_columns(np.where(missing, self.knots[0], column), self.knots)
        columns[missing, :-1] = 0.0
        columns[:, -1] = missing

    def piece(self, coefficients: Floats) -> dict[str, Any]:
        """Coefficients as a broken line or a table."""
        missing = float(coefficients[-1])
        if self.knots is None:
            return {"table": [*map(float, coefficients[:-1]), missing]}
        values = _hinge_columns(self.knots, self.knots) @ coefficients[:-1]
        return {"knots": self.knots.tolist(), "values": values.tolist(), "missing": missing}


@dataclass(frozen=True, slots=True)
class _Pair:
    """A segment and a category as one: a code for each level of the one with each of the other, missing included."""

    by: int
    column: int
    segments: int
    levels: int

    @property
    def codes(self) -> int:
        return (self.segments + 1) * (self.levels + 1)

    def codes_of(self, X: Floats) -> Floats:
        segment, level = (
            np.where(np.isnan(X[:, j]), last, np.minimum(X[:, j], last - 1))
            for j, last in ((self.by, self.segments), (self.column, self.levels))
        )
        return segment * (self.levels + 1) + level

    def piece(self, main: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
        """What the level does everywhere and what it does in this segment, added up."""
        tables = np.reshape(own["table"][:-1], (self.segments + 1, self.levels + 1)) + np.array(main["table"])
        return {"by": self.by, "tables": tables.tolist()}


def _place(column: Floats, codes: int, hinges: bool) -> _Place:
    if codes:
        return _Place(None, codes)
    known = column[~np.isnan(column)]
    quantiles = np.unique(np.quantile(known, _KNOTS if hinges else (0.0, 1.0))) if len(known) else np.zeros(1)
    if len(quantiles) == 1:
        # One value nearly everywhere: what is left is a slope up to the extreme.
        quantiles = np.unique([*quantiles, *(known.min(initial=quantiles[0]), known.max(initial=quantiles[0]))])
    return _Place(quantiles, 0)


def _design(X: Floats, places: list[_Place]) -> Design:
    """The intercept and the numbers as columns, written into one array, and the categories as codes."""
    numbers, categories = ([j for j, p in enumerate(places) if bool(p.codes) is kind] for kind in (False, True))
    edges = np.cumsum([1, *(places[j].width for j in numbers)])
    dense = np.empty((len(X), edges[-1]))
    dense[:, 0] = 1.0
    for j, start, end in zip(numbers, edges[:-1], edges[1:], strict=True):
        places[j].fill(X[:, j], dense[:, start:end])
    last, found = np.array([places[j].codes for j in categories]), X[:, categories]
    codes = np.where(np.isnan(found), last, np.minimum(found, last - 1)).astype(np.intp)
    return Design(dense, codes, tuple(places[j].width for j in categories))


def _hinge_columns(x: Floats, knots: Floats) -> Floats:
    """Slopes that start at each knot but the last, standardised by the spread of the knots, flat outside."""
    spread = max(float(np.ptp(knots)), 1e-12)
    clipped = np.clip(x, knots[0], knots[-1])[:, None]
    starts = knots[:-1][None, :] if len(knots) > 1 else knots[None, :]
    columns: Floats = np.maximum(clipped - starts, 0.0) / spread * 3.0
    return columns


def _pieces(places: list[_Place], coefficients: Floats) -> list[dict[str, Any]]:
    """A piece for each place, of coefficients in the order of the design: numbers first, then the categories."""
    order = sorted(range(len(places)), key=lambda j: places[j].codes > 0)
    parts = np.split(coefficients, np.cumsum([places[j].width for j in order])[:-1])
    of = dict(zip(order, parts, strict=True))
    return [place.piece(of[j]) for j, place in enumerate(places)]


def _additive(intercept: float, pieces: list[dict[str, Any]], pairs: list[_Pair], X: Floats) -> AdditiveModel:
    features = X.shape[1]
    for pair, own in zip(pairs, pieces[features:], strict=True):
        pieces[pair.column] = pair.piece(pieces[pair.column], own)
    model = AdditiveModel(intercept, pieces[:features], [0.0] * features)
    return AdditiveModel(intercept, model.pieces, model.contributions(X).mean(axis=0).tolist())
