"""How each segment is calibrated beside the others, on what the folds forecast."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from leadscore.models.by_segment import MIN_SLOPE, ModelBySegment, SegmentLines, fit_slope
from leadscore.models.calibration import cox_fit, expit, shift_to_mean
from leadscore.training.folds import Folds
from leadscore.training.segments import SegmentColumn

__all__ = ["ByLine", "fit_lines"]

Floats = npt.NDArray[np.float64]

MIN_OF_EACH_CLASS: Final = 5
"""Outcomes of each class in the folds that a segment needs for a line."""


class ByLine:
    """A fitted estimator whose log-odds are moved along the lines of the segments.

    Parameters
    ----------
    estimator
        The estimator.
    lines
        The lines.
    """

    def __init__(self, estimator: Any, lines: SegmentLines) -> None:
        self.estimator, self.lines = estimator, lines
        self.model_ = ModelBySegment(estimator.model_, lines)

    def predict_proba(self, X: Floats) -> Floats:
        """Probabilities of both classes, before the common calibration."""
        p = self.estimator.predict_proba(X)[:, 1]
        moved = expit(self.lines(np.log(p) - np.log1p(-p), X))
        return np.column_stack([1.0 - moved, moved])


def fit_lines(folds: Folds, raw: Floats, segments: SegmentColumn) -> SegmentLines | None:
    """Fit how each segment differs from what is true of all leads together.

    A line common to all is taken off first: the folds' models learned from fewer leads than the one that is kept, so
    what they have in common need not be true of it. A segment's slope is drawn towards that common one, so one that is
    like the others, or has few outcomes, changes next to nothing, and no line has to win first, as a model of its own
    has. The mean likelihood of a segment stays as it was: a model that knows the segment as a field learns its level
    from more leads than the folds' models did, and would have it corrected twice.

    Parameters
    ----------
    folds
        The folds that the forecasts are from.
    raw
        What was said of each lead that a fold looked at.
    segments
        Where the encoded matrix tells the segment.
    """
    everybody = folds.forecasts(raw)
    if not 0 < everybody.y.sum() < len(everybody.y):
        return None
    slope, intercept = cox_fit(everybody.raw, everybody.y, everybody.weight)
    if slope < MIN_SLOPE:
        return None
    found = {}
    for code in range(len(segments.names)):
        mine = folds.among(folds.past.X[:, segments.column] == code).forecasts(raw)
        if min(mine.y.sum(), (1 - mine.y).sum()) >= MIN_OF_EACH_CLASS:
            # Never over 1: a segment that is surer than the others on average is not surer than the model.
            own = min(1.0, fit_slope(slope * mine.raw + intercept, mine.y, mine.weight))
            weight = np.ones_like(mine.y) if mine.weight is None else mine.weight
            mean = float(np.average(expit(mine.raw), weights=weight))
            found[code] = own, shift_to_mean(own * mine.raw, mean, weight)
    return SegmentLines(segments.column, found) if found else None
