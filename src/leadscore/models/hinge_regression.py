"""Logistic regression that is additive in the fields."""

from __future__ import annotations

from collections.abc import Sequence
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

    def __init__(self, C: float = 0.3, levels: Sequence[int] | None = None, hinges: bool = True) -> None:
        self.C = C
        self.levels = levels
        self.hinges = hinges

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HingeLogisticRegression:
        """Fit on an encoded matrix; NaN is missing."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        self.classes_ = two_classes(y)
        levels = self.levels or (0,) * X.shape[1]
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        places = [_place(X[:, j], levels[j], self.hinges) for j in range(X.shape[1])]
        design = Design(
            np.hstack([np.ones((len(X), 1)), *(p.columns for p in places if p.knots is not None)]),
            np.column_stack([np.zeros((len(X), 0)), *(p.columns for p in places if p.knots is None)]).astype(np.intp),
            tuple(p.width for p in places if p.knots is None),
        )
        found = fit_ridge(design, y == self.classes_[1], C=self.C, weight=sample_weight)
        self.model_ = _additive(places, found, X)
        return self


class _Place:
    """One field in the design: its dense columns or its codes, and how coefficients become an additive piece."""

    def __init__(self, columns: Floats, knots: Floats | None, width: int) -> None:
        self.columns = columns
        self.knots = knots
        self.width = width

    def piece(self, coefficients: Floats) -> dict[str, Any]:
        missing = float(coefficients[-1])
        if self.knots is None:
            return {"table": [*map(float, coefficients[:-1]), missing]}
        values = _hinge_columns(self.knots, self.knots) @ coefficients[:-1]
        return {"knots": self.knots.tolist(), "values": values.tolist(), "missing": missing}


def _place(column: Floats, codes: int, hinges: bool) -> _Place:
    missing = np.isnan(column)
    if codes:
        return _Place(np.where(missing, codes, np.minimum(column, codes - 1)), None, codes + 1)
    known = column[~missing]
    quantiles = np.unique(np.quantile(known, _KNOTS if hinges else (0.0, 1.0))) if len(known) else np.zeros(1)
    if len(quantiles) == 1:
        # One value nearly everywhere: what is left is a slope up to the extreme.
        quantiles = np.unique([*quantiles, *(known.min(initial=quantiles[0]), known.max(initial=quantiles[0]))])
    columns = np.where(missing[:, None], 0.0, _hinge_columns(np.where(missing, quantiles[0], column), quantiles))
    return _Place(np.column_stack([columns, missing]), quantiles, columns.shape[1] + 1)


def _hinge_columns(x: Floats, knots: Floats) -> Floats:
    """Slopes that start at each knot but the last, standardised by the spread of the knots, flat outside."""
    spread = max(float(np.ptp(knots)), 1e-12)
    clipped = np.clip(x, knots[0], knots[-1])[:, None]
    starts = knots[:-1][None, :] if len(knots) > 1 else knots[None, :]
    columns: Floats = np.maximum(clipped - starts, 0.0) / spread * 3.0
    return columns


def _additive(places: list[_Place], coefficients: Floats, X: Floats) -> AdditiveModel:
    # The dense columns come first, after the intercept, and then the categories.
    order = sorted(range(len(places)), key=lambda j: places[j].knots is None)
    parts = np.split(coefficients[1:], np.cumsum([places[j].width for j in order])[:-1])
    of = dict(zip(order, parts, strict=True))
    model = AdditiveModel(float(coefficients[0]), [p.piece(of[j]) for j, p in enumerate(places)], [0.0] * len(places))
    means = model.contributions(X).mean(axis=0)
    return AdditiveModel(model.intercept, model.pieces, means.tolist())
