"""Both families at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.estimators import Family, two_classes
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.models.likelihood import BlendModel

__all__ = ["LogOddsBlend"]


class LogOddsBlend(Family):
    """Logistic regression and boosted trees, blended in log-odds.

    Parameters
    ----------
    additive : HingeLogisticRegression or None
        The one part; with its defaults when None.
    trees : BoostedTrees or None
        The other part; with its defaults when None.
    share : float
        Weight of the trees, from 0 to 1; the other part has the rest.
    levels : sequence of int or None
        As for :class:`HingeLogisticRegression`; replaces those of the parts.
    random_state : int
        Seed of the trees.

    Attributes
    ----------
    model_ : BlendModel
        What was learned, in the form that a Bundle keeps.
    """

    def __init__(
        self,
        additive: HingeLogisticRegression | None = None,
        trees: BoostedTrees | None = None,
        share: float = 0.5,
        levels: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.additive = additive
        self.trees = trees
        self.share = share
        self.levels = levels
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LogOddsBlend:
        """Fit both parts on an encoded matrix; NaN is missing."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        self.classes_ = two_classes(y)
        additive = clone(self.additive or HingeLogisticRegression()).set_params(levels=self.levels)
        trees = clone(self.trees or BoostedTrees()).set_params(levels=self.levels, random_state=self.random_state)
        parts = [part.fit(X, y, sample_weight=sample_weight).model_ for part in (additive, trees)]
        self.model_ = BlendModel(parts, [1.0 - self.share, self.share])
        return self
