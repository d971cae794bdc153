"""Small boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.utils.validation import _check_sample_weight, validate_data

from leadscore.models.estimators import Family, two_classes
from leadscore.models.likelihood import TreeModel

__all__ = ["BoostedTrees"]

_ROWS_FOR_THREADS = 50_000
"""Below, threads wait for each other longer than they work: on a busy machine ten times as long."""


class BoostedTrees(Family):
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
        self.classes_ = two_classes(y)
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
