"""What a model for everybody and models of single segments say at scoring time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from leadscore.models.likelihood import LikelihoodModel

__all__ = ["SegmentedModel"]

Floats = npt.NDArray[np.float64]


class SegmentedModel:
    """A pooled model, and in its place the own models of some segments.

    Parameters
    ----------
    pooled
        For every lead of another segment.
    own
        By the code of the segment.
    column
        Column of the encoded matrix that tells the segment.

    Examples
    --------
    >>> from leadscore.models.additive import AdditiveModel
    >>> low, high = (AdditiveModel(x, [{"table": [0.0, 0.0, 0.0]}], [0.0]) for x in (-1.0, 1.0))
    >>> model = SegmentedModel(low, {1: high}, column=0)
    >>> model.log_odds(np.array([[0.0], [1.0]])), model.reasons(np.array([[0.0], [1.0]]))[:, 0]
    (array([-1.,  1.]), array([0., 2.]))
    """

    family = "segmented"

    def __init__(self, pooled: LikelihoodModel, own: Mapping[int, LikelihoodModel], column: int) -> None:
        self.pooled, self.own, self.column = pooled, dict(own), column
        self._averages: dict[int, float] = {}

    def _parts(self, X: Floats) -> Iterator[tuple[LikelihoodModel, npt.NDArray[np.bool_]]]:
        """Each model that some rows belong to, and these rows."""
        rest = np.ones(len(X), dtype=bool)
        for code, model in self.own.items():
            mine = X[:, self.column] == code
            rest &= ~mine
            if mine.any():
                yield model, mine
        if rest.any():
            yield self.pooled, rest

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row."""
        raw = np.empty(len(X))
        for model, rows in self._parts(X):
            raw[rows] = model.log_odds(X[rows])
        return raw

    def reasons(self, X: Floats) -> Floats:
        """Effect of each feature against the average lead of its model; what parts the averages is the segment's."""
        effects = np.empty(X.shape)
        for model, rows in self._parts(X):
            effects[rows] = model.reasons(X[rows])
            effects[rows, self.column] += self._average(model, X) - self._average(self.pooled, X)
        return effects

    def _average(self, model: LikelihoodModel, X: Floats) -> float:
        """Log-odds of a model's average lead: what is left of any lead's when all reasons are taken off."""
        if id(model) not in self._averages:
            nobody = np.full((1, X.shape[1]), np.nan)
            self._averages[id(model)] = float(model.log_odds(nobody)[0] - model.reasons(nobody).sum())
        return self._averages[id(model)]

    def prepare(self) -> None:
        """Prepare each model."""
        for model in (self.pooled, *self.own.values()):
            model.prepare()

    def to_text(self) -> str:
        """JSON of the column and of each model's own text."""
        own = {str(code): _text(model) for code, model in self.own.items()}
        return json.dumps({"column": self.column, "pooled": _text(self.pooled), "own": own})

    @classmethod
    def from_text(cls, text: str, read: Callable[[str, str], LikelihoodModel]) -> SegmentedModel:
        """Read what :meth:`to_text` wrote; ``read`` makes a model of a family's name and its text."""
        content = json.loads(text)
        own = {int(code): read(part["family"], part["text"]) for code, part in content["own"].items()}
        return cls(read(content["pooled"]["family"], content["pooled"]["text"]), own, content["column"])


def _text(model: LikelihoodModel) -> dict[str, str]:
    return {"family": model.family, "text": model.to_text()}
