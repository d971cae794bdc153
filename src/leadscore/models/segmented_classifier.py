"""A model for everybody, and models of single segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import _check_sample_weight, validate_data

from leadscore.models.estimators import Family, two_classes
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.models.segmented import SegmentedModel

__all__ = ["SegmentedClassifier"]


class SegmentedClassifier(Family):
    """The same estimator on all leads and on those of single segments, each of which is scored by its own.

    Parameters
    ----------
    base : estimator or None
        One of the other families; logistic regression with its defaults when None.
    column : int
        Column that tells the segment.
    segments : sequence of int
        Codes of the segments with a model of their own; one in which all outcomes are alike stays with the others.
    levels : sequence of int or None
        As for :class:`HingeLogisticRegression`; replaces those of the base.
    random_state : int
        Seed of the base.

    Attributes
    ----------
    model_ : SegmentedModel
        What was learned, in the form that a Bundle keeps.
    """

    def __init__(
        self,
        base: Any = None,
        column: int = 0,
        segments: Sequence[int] = (),
        levels: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.base = base
        self.column = column
        self.segments = segments
        self.levels = levels
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SegmentedClassifier:
        """Fit on an encoded matrix; NaN is missing."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        self.classes_ = two_classes(y)
        if self.segments and self.column >= X.shape[1]:
            raise ValueError(f"column {self.column} is to tell the segment, and n_features={X.shape[1]}")
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        rows = {code: np.flatnonzero(X[:, self.column] == code) for code in self.segments}
        own = {
            code: self._fit_one(X[mine], y[mine], None if weight is None else weight[mine])
            for code, mine in rows.items()
            if len(np.unique(y[mine])) == 2
        }
        self.model_ = SegmentedModel(self._fit_one(X, y, weight), own, self.column)
        return self

    def _fit_one(self, X: Any, y: Any, weight: Any) -> Any:
        base = clone(self.base or HingeLogisticRegression()).set_params(levels=self.levels)
        if "random_state" in base.get_params():
            base.set_params(random_state=self.random_state)
        return base.fit(X, y, sample_weight=weight).model_
