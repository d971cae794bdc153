"""Logistic regression that is additive in the fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import validate_data

from leadscore.models.additive import AdditiveModel
from leadscore.models.estimators import Family, two_classes

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
        blocks = [_design(X[:, j], levels[j], self.hinges) for j in range(X.shape[1])]
        design = np.hstack([b.columns for b in blocks])
        ridge = LogisticRegression(C=self.C, max_iter=400, tol=1e-7, solver="newton-cholesky")
        ridge.fit(design, y == self.classes_[1], sample_weight=sample_weight)
        self.model_ = _additive(blocks, ridge.coef_[0], float(ridge.intercept_[0]), X)
        return self


class _Block:
    """Design columns of one field, and how to turn their coefficients into an additive piece."""

    def __init__(self, columns: Floats, knots: Floats | None, codes: int) -> None:
        self.columns = columns
        self.knots = knots
        self.codes = codes

    def piece(self, coefficients: Floats) -> dict[str, Any]:
        missing = float(coefficients[-1])
        if self.knots is None:
            return {"table": [*map(float, coefficients[:-1]), missing]}
        values = _hinge_columns(self.knots, self.knots) @ coefficients[:-1]
        return {"knots": self.knots.tolist(), "values": values.tolist(), "missing": missing}


def _design(column: Floats, codes: int, hinges: bool) -> _Block:
    missing = np.isnan(column)
    if codes:
        onehot = (column[:, None] == np.arange(codes)[None, :]).astype(float)
        return _Block(np.column_stack([onehot, missing]), None, codes)
    known = column[~missing]
    quantiles = np.unique(np.quantile(known, _KNOTS if hinges else (0.0, 1.0))) if len(known) else np.zeros(1)
    if len(quantiles) == 1:
        # One value nearly everywhere: what is left is a slope up to the extreme.
        quantiles = np.unique([*quantiles, *(known.min(initial=quantiles[0]), known.max(initial=quantiles[0]))])
    columns = np.where(missing[:, None], 0.0, _hinge_columns(np.where(missing, quantiles[0], column), quantiles))
    return _Block(np.column_stack([columns, missing]), quantiles, 0)


def _hinge_columns(x: Floats, knots: Floats) -> Floats:
    """Slopes that start at each knot but the last, standardised by the spread of the knots, flat outside."""
    spread = max(float(np.ptp(knots)), 1e-12)
    clipped = np.clip(x, knots[0], knots[-1])[:, None]
    starts = knots[:-1][None, :] if len(knots) > 1 else knots[None, :]
    columns: Floats = np.maximum(clipped - starts, 0.0) / spread * 3.0
    return columns


def _additive(blocks: list[_Block], coefficients: Floats, intercept: float, X: Floats) -> AdditiveModel:
    edges = np.cumsum([0, *(b.columns.shape[1] for b in blocks)])
    pieces = [b.piece(coefficients[s:e]) for b, s, e in zip(blocks, edges[:-1], edges[1:], strict=True)]
    model = AdditiveModel(intercept, pieces, [0.0] * len(pieces))
    means = model.contributions(X).mean(axis=0)
    return AdditiveModel(intercept, pieces, means.tolist())
