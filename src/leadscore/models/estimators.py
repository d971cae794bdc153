"""What the families that compete on the encoded matrix share.

Logistic regression on hinges, small boosted trees, their blend, and models of single segments: all keep what they
learned in a form that is JSON or LightGBM's own text, so that no pickle lies on the scoring path;
:mod:`leadscore.models.likelihood` evaluates that form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from leadscore.models.likelihood import LikelihoodModel

__all__ = ["Family", "two_classes"]

Floats = npt.NDArray[np.float64]


class Family(ClassifierMixin, BaseEstimator):
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


def two_classes(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The two classes of a target, ascending; any other number of them is an error."""
    check_classification_targets(y)
    classes: npt.NDArray[Any] = np.unique(y)
    if len(classes) > 2:
        raise ValueError(f"Only binary classification is supported. The target has {len(classes)} classes.")
    if len(classes) < 2:
        raise ValueError("Classifier can't train when only one class is present.")
    return classes
