"""The families that compete: logistic regression on hinges, and small boosted trees, both on the encoded matrix.

Both keep what they learned in a form that is JSON or LightGBM's own text, so that no pickle lies on the scoring path;
:mod:`leadscore.models.likelihood` evaluates that form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from leadscore.models.likelihood import AdditiveModel, LikelihoodModel, TreeModel

__all__ = ["BoostedTrees", "HingeLogisticRegression"]

Floats = npt.NDArray[np.float64]

_ROWS_FOR_THREADS = 50_000
"""Below, threads wait for each other longer than they work: on a busy machine ten times as long."""

_KNOTS = (0.005, 0.2, 0.4, 0.6, 0.8, 0.995)


class _Family(ClassifierMixin, BaseEstimator):
    """What the families share: two classes, NaN allowed, and predictions from the form that a Bundle keeps."""

    model_: LikelihoodModel
    classes_: npt.NDArray[Any]

    def decision_function(self, X: Any) -> Floats:
        """Raw log-odds of the second class."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", dtype=np.float64, reset=False)
        return self.model_.log_odds(X)

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of both classes, shape (n, 2)."""
        p = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.column_stack([1.0 - p, p])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likelier class."""
        likelier = self.decision_function(X) > 0
        return self.classes_[likelier.astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


class HingeLogisticRegression(_Family):
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
        self.classes_ = _two_classes(y)
        levels = self.levels or (0,) * X.shape[1]
        blocks = [_design(X[:, j], levels[j], self.hinges) for j in range(X.shape[1])]
        design = np.hstack([b.columns for b in blocks])
        ridge = LogisticRegression(C=self.C, max_iter=400, tol=1e-7, solver="newton-cholesky")
        ridge.fit(design, y == self.classes_[1], sample_weight=sample_weight)
        self.model_ = _additive(blocks, ridge.coef_[0], float(ridge.intercept_[0]), X)
        return self


class BoostedTrees(_Family):
    """LightGBM within the bounds that keep means honest and exact reasons fast.

    Parameters
    ----------
    n_estimators, num_leaves, max_depth, learning_rate, min_child_samples, reg_lambda
        LightGBM's own; the search stays within 150 trees, 15 leaves and depth 6.
    levels : sequence of int or None
        As for :class:`HingeLogisticRegression`.
    random_state : int
        Seed.

    Attributes
    ----------
    model_ : TreeModel
        What was learned, in the form that a Bundle keeps.
    """

    def __init__(
        self,
        n_estimators: int = 80,
        num_leaves: int = 7,
        max_depth: int = 6,
        learning_rate: float = 0.08,
        min_child_samples: int = 40,
        reg_lambda: float = 1.0,
        levels: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.levels = levels
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BoostedTrees:
        """Fit on an encoded matrix; NaN is missing."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        self.classes_ = _two_classes(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        categorical = [j for j, n in enumerate(self.levels or ()) if n]
        data = lgb.Dataset(
            X,
            label=(y == self.classes_[1]).astype(float),
            weight=sample_weight,
            categorical_feature=categorical,
            feature_name=[f"f{j}" for j in range(X.shape[1])],
            params={"verbosity": -1},
            free_raw_data=True,
        )
        booster = lgb.train(self._parameters(len(X)), data, num_boost_round=self.n_estimators)
        self.model_ = TreeModel(booster.model_to_string(num_iteration=-1))
        return self

    def _parameters(self, rows: int) -> dict[str, Any]:
        return {
            "objective": "binary",
            "num_leaves": self.num_leaves,
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_child_samples,
            "lambda_l2": self.reg_lambda,
            "min_data_per_group": 50,
            "cat_smooth": 20.0,
            "seed": self.random_state,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1 if rows < _ROWS_FOR_THREADS else 0,
            "verbosity": -1,
        }


def _two_classes(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    check_classification_targets(y)
    classes = np.unique(y)
    if len(classes) > 2:
        raise ValueError(f"Only binary classification is supported. The target has {len(classes)} classes.")
    if len(classes) < 2:
        raise ValueError("Classifier can't train when only one class is present.")
    return classes


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
