"""Calibration by segment: what a model says of a segment's leads, moved along a line of that segment's own.

Tiers are cut by segment, so a likelihood has to mean what it says inside each of them. A pooled model that learned most
from one kind of lead can be right on average and far off among the best leads of a small segment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from leadscore.models.calibration import cox_fit

if TYPE_CHECKING:
    from leadscore.models.likelihood import LikelihoodModel

__all__ = ["MIN_SLOPE", "ModelBySegment", "SegmentLines", "fit_slope"]

Floats = npt.NDArray[np.float64]

PRIOR_SD: Final = 0.5
"""How far a segment's slope is expected to lie from the others': standard deviation."""

MIN_SLOPE: Final = 0.1
"""Smallest slope that is taken for one: a line that falls would turn the order of leads round."""


def fit_slope(log_odds: Floats, y: Floats, weight: Floats | None = None) -> float:
    """Fit a segment's slope, drawn towards 1 so that few outcomes move it little.

    Parameters
    ----------
    log_odds
        Finite log-odds that were said of the segment's leads.
    y
        0 or 1.
    weight
        What each row counts for.

    Returns
    -------
    float
        The most probable slope under a normal prior of :data:`PRIOR_SD`, at least :data:`MIN_SLOPE`.

    Examples
    --------
    >>> round(fit_slope(np.array([0.0, 0.2]), np.array([0.0, 1.0])), 1)
    1.0
    """
    centre = float(np.average(log_odds, weights=weight))
    # The level is free while the slope is fitted, but for half a lead that keeps one without outcomes finite.
    slope, _ = cox_fit(log_odds - centre, y, weight, level=centre, precision=(1.0 / PRIOR_SD**2, 0.5))
    return max(slope, MIN_SLOPE)


class SegmentLines:
    """A line for some segments; the others stay as they are.

    Parameters
    ----------
    column
        Column of the encoded matrix that tells the segment.
    lines
        Slope and intercept by the code of the segment.

    Examples
    --------
    >>> lines = SegmentLines(0, {1: (0.5, -1.0)})
    >>> lines(np.array([2.0, 2.0, 2.0]), np.array([[0.0], [1.0], [np.nan]]))
    array([2., 0., 2.])
    """

    def __init__(self, column: int, lines: Mapping[int, tuple[float, float]]) -> None:
        self.column, self.lines = column, {int(code): (float(a), float(b)) for code, (a, b) in lines.items()}
        # One more than the highest code stands for all that have no line.
        self._others = max(self.lines, default=-1) + 1
        self._table = np.tile([1.0, 0.0], (self._others + 1, 1))
        for code, line in self.lines.items():
            self._table[code] = line

    def __call__(self, log_odds: Floats, X: Floats) -> Floats:
        """Log-odds of encoded leads, moved along the lines of their segments."""
        slope, intercept = self.of(X)
        moved: Floats = slope * log_odds + intercept
        return moved

    def of(self, X: Floats) -> tuple[Floats, Floats]:
        """Slope and intercept of each lead's segment."""
        code = np.fmin(X[:, self.column], self._others).astype(np.intp)
        slope, intercept = self._table[code].T
        return slope, intercept


class ModelBySegment:
    """A model whose log-odds are moved along the lines of the segments.

    Parameters
    ----------
    model
        The model.
    lines
        The lines.
    """

    family = "by_segment"

    def __init__(self, model: LikelihoodModel, lines: SegmentLines) -> None:
        self.model, self.lines = model, lines
        self._average: float | None = None

    def log_odds(self, X: Floats) -> Floats:
        """Raw log-odds of each row."""
        return self.lines(self.model.log_odds(X), X)

    def reasons(self, X: Floats) -> Floats:
        """Effect of each feature; what a line does to the average lead is the segment's."""
        slope, intercept = self.lines.of(X)
        effects = slope[:, None] * self.model.reasons(X)
        effects[:, self.lines.column] += intercept + (slope - 1.0) * self._of_average_lead(X.shape[1])
        return effects

    def _of_average_lead(self, features: int) -> float:
        if self._average is None:
            nobody = np.full((1, features), np.nan)
            self._average = float(self.model.log_odds(nobody)[0] - self.model.reasons(nobody).sum())
        return self._average

    def prepare(self) -> None:
        """Prepare the model."""
        self.model.prepare()

    def to_text(self) -> str:
        """JSON of the lines and of the model's own text."""
        lines = {str(code): list(line) for code, line in self.lines.lines.items()}
        inner = {"family": self.model.family, "text": self.model.to_text()}
        return json.dumps({"column": self.lines.column, "lines": lines, "model": inner})

    @classmethod
    def from_text(cls, text: str, read: Callable[[str, str], LikelihoodModel]) -> ModelBySegment:
        """Read what :meth:`to_text` wrote; ``read`` makes a model of a family's name and its text."""
        content = json.loads(text)
        lines = SegmentLines(content["column"], {int(code): tuple(line) for code, line in content["lines"].items()})
        return cls(read(content["model"]["family"], content["model"]["text"]), lines)
