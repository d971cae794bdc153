"""What a fitted family says at scoring time: raw log-odds and how much each field moved them.

Five forms are kept in a Bundle: an additive model as readable JSON, boosted trees as LightGBM's text, and as JSON that
holds others: a blend of both, a pooled model with own models of single segments, and a model calibrated by segment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from leadscore.models.additive import AdditiveModel
from leadscore.models.booster import Booster
from leadscore.models.by_segment import ModelBySegment
from leadscore.models.segmented import SegmentedModel
from leadscore.models.tree_reasons import TreeReasons, fast_reasons

__all__ = ["AdditiveModel", "BlendModel", "LikelihoodModel", "TreeModel", "model_file", "model_from_file"]

Floats = npt.NDArray[np.float64]

_FEW: Final = 64
"""Up to so many rows, a Bundle's golden ones among them, are summed without LightGBM, which has all cores for more."""

_ENDINGS: Final = {
    "logistic_regression": ".json",
    "boosted_trees": ".txt",
    "blend": ".blend.json",
    "segmented": ".segmented.json",
    "by_segment": ".by_segment.json",
}


class LikelihoodModel(Protocol):
    """One contract for every family."""

    @property
    def family(self) -> str:
        """Name of the family."""

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row, before calibration."""

    def reasons(self, X: Floats) -> Floats:
        """Effect of each feature on the log-odds against the average lead; shape (n, features)."""

    def prepare(self) -> None:
        """Do now what would otherwise be done at the first lead."""

    def to_text(self) -> str:
        """Content of the file that a Bundle keeps."""


class TreeModel:
    """Boosted trees kept as LightGBM's own text.

    Parameters
    ----------
    text
        What ``Booster.model_to_string`` gave.
    """

    family = "boosted_trees"

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def booster(self) -> Booster:
        """The booster, parsed when first needed."""
        return Booster(self.text)

    @cached_property
    def fast_reasons(self) -> TreeReasons | None:
        """Reasons and sums without LightGBM, or None where it must compute them; made when first needed."""
        return fast_reasons(self.text)

    def __getstate__(self) -> dict[str, str]:
        return {"text": self.text}

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row; LightGBM's bits, whoever sums."""
        if len(X) > _FEW or X.shape[1] != self.booster.columns or self.fast_reasons is None:
            return self.booster.raw(X)
        return self.fast_reasons.raw(X)

    def reasons(self, X: Floats) -> Floats:
        """Exact TreeSHAP values, as LightGBM computes them."""
        return self.booster.effects(X) if self.fast_reasons is None else self.fast_reasons(X)

    def prepare(self) -> None:
        """Parse the booster, and load or compile what explains it."""
        _ = self.booster, self.fast_reasons

    def to_text(self) -> str:
        """LightGBM's text."""
        return self.text


class BlendModel:
    """Weighted sum of the log-odds of other models, and of their reasons.

    Parameters
    ----------
    models
        What is blended.
    weights
        Weight of each.

    Examples
    --------
    >>> one, other = (AdditiveModel(x, [{"table": [0.5, 0.0]}], [0.0]) for x in (-1.0, 1.0))
    >>> blend = BlendModel([one, other], [0.75, 0.25])
    >>> blend.log_odds(np.array([[0.0], [np.nan]]))
    array([ 0. , -0.5])
    >>> blend.reasons(np.array([[0.0]]))
    array([[0.5]])
    """

    family = "blend"

    def __init__(self, models: Sequence[LikelihoodModel], weights: Sequence[float]) -> None:
        self.models = tuple(models)
        self.weights = tuple(map(float, weights))

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row."""
        total = np.zeros(len(X))
        for weight, model in zip(self.weights, self.models, strict=True):
            total += weight * model.log_odds(X)
        return total

    def reasons(self, X: Floats) -> Floats:
        """Effect of each feature against the average lead."""
        total = np.zeros(X.shape)
        for weight, model in zip(self.weights, self.models, strict=True):
            total += weight * model.reasons(X)
        return total

    def prepare(self) -> None:
        """Prepare each model."""
        for model in self.models:
            model.prepare()

    def to_text(self) -> str:
        """JSON of the weights and of each model's own text."""
        parts = [
            {"weight": weight, "family": model.family, "text": model.to_text()}
            for weight, model in zip(self.weights, self.models, strict=True)
        ]
        return json.dumps({"parts": parts})

    @classmethod
    def from_text(cls, text: str) -> BlendModel:
        """Read what :meth:`to_text` wrote."""
        parts = json.loads(text)["parts"]
        models = [_part(part["family"], part["text"]) for part in parts]
        return cls(models, [part["weight"] for part in parts])


def model_file(name: str, family: str) -> str:
    """Name of the file that a Bundle keeps a model of this family in.

    Examples
    --------
    >>> model_file("close", "boosted_trees")
    'close.txt'
    """
    return name + _ENDINGS[family]


def model_from_file(name: str, text: str) -> LikelihoodModel:
    """Read a model by the ending of its file, as :func:`model_file` gave it."""
    if name.endswith(_ENDINGS["blend"]):
        return BlendModel.from_text(text)
    if name.endswith(_ENDINGS["segmented"]):
        return SegmentedModel.from_text(text, _part)
    if name.endswith(_ENDINGS["by_segment"]):
        return ModelBySegment.from_text(text, _part)
    return AdditiveModel.from_text(text) if name.endswith(".json") else TreeModel(text)


def _part(family: str, text: str) -> LikelihoodModel:
    return model_from_file(model_file("part", family), text)
