"""A model of its own for a segment: only where it has enough outcomes and wins forward in time.

The pooled model knows the segment as a field and learns from everybody, so most segments are better off with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sklearn.base import clone

from leadscore.errors import RecipeError
from leadscore.models.features import Encoder
from leadscore.models.metrics import standard_error
from leadscore.models.segmented_classifier import SegmentedClassifier
from leadscore.training.candidates import Candidate
from leadscore.training.recalibration import gain
from leadscore.training.standings import CONFIRMED, Standings

__all__ = ["SegmentColumn", "SegmentVerdict", "columns_by_segment", "moved_to", "part_by_segment", "segment_column"]

MIN_OF_EACH_CLASS: Final = 100
"""Outcomes of each class that a segment needs before a model of its own is tried."""


@dataclass(frozen=True, slots=True)
class SegmentColumn:
    """Where the encoded matrix tells a lead's segment.

    Parameters
    ----------
    column
        Number of the column.
    names
        The segments in the order of their codes.
    """

    column: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SegmentVerdict:
    """Whether a segment has a model of its own.

    Parameters
    ----------
    segment
        Its name.
    leads, positives
        Of the leads before the test stretch that the stage learns from.
    own
        Whether it has one.
    gain, gain_se
        Log loss of the pooled model minus that of its own in its leads of the folds, and the standard error; None
        where none was tried, because the outcomes are too few or the time was over.
    """

    segment: str
    leads: int
    positives: int
    own: bool = False
    gain: float | None = None
    gain_se: float | None = None

    @property
    def enough(self) -> bool:
        """Whether its outcomes are enough to try a model of its own."""
        return min(self.positives, self.leads - self.positives) >= MIN_OF_EACH_CLASS


def segment_column(encoder: Encoder, name: str | None) -> SegmentColumn | None:
    """The column of a segment; None where it is no category that is learned from."""
    for column, feature in enumerate(encoder.features):
        if feature.name == name and feature.kind == "category" and feature.contact is None:
            return SegmentColumn(column, feature.labels)
    return None


def columns_by_segment(encoder: Encoder, segments: SegmentColumn | None, names: Sequence[str]) -> tuple[int, ...]:
    """Columns that are said to work otherwise in each segment.

    Raises
    ------
    RecipeError
        There is no segment, or one of them is no category that is learned from.
    """
    if names and segments is None:
        raise RecipeError("columns.by_segment needs lead.segment, and that to be a category that is learned from.")
    places = {f.name: j for j, f in enumerate(encoder.features) if f.kind == "category" and f.text is None}
    possible = [name for name, j in places.items() if segments is None or j != segments.column]
    if unknown := [name for name in names if name not in possible]:
        raise RecipeError(
            f"columns.by_segment: {', '.join(map(repr, unknown))} is no category that is learned from beside the "
            f"segment; those are {', '.join(map(repr, possible)) or 'none'}."
        )
    return tuple(places[name] for name in names)


def part_by_segment(
    standings: Standings, winner: Candidate, segments: SegmentColumn | None
) -> tuple[Candidate, tuple[SegmentVerdict, ...]]:
    """Let a model of its own compete with the winner in each segment, settings alike.

    Returns
    -------
    winner, verdicts
        The winner as it was, or with the models of the segments where they won; and why, by segment.
    """
    if segments is None or "segments" not in standings.limits.include:
        return winner, ()
    raw = standings.raw[str(winner)].copy()
    verdicts = [_try_one(standings, winner, segments, code, raw) for code in range(len(segments.names))]
    codes = tuple(code for code, verdict in enumerate(verdicts) if verdict.own)
    if codes:
        base = winner.estimator
        seed = getattr(base, "random_state", 0)
        parted = SegmentedClassifier(base, segments.column, codes, levels=base.levels, random_state=seed)
        winner = replace(winner, estimator=parted, own=tuple(segments.names[code] for code in codes))
        standings.note(winner, raw)
    return winner, tuple(verdicts)


def _try_one(
    standings: Standings, winner: Candidate, segments: SegmentColumn, code: int, raw: np.ndarray
) -> SegmentVerdict:
    """Judge one segment; where its own model wins, its log-odds take the place of the pooled ones in ``raw``."""
    mine = standings.folds.past.X[:, segments.column] == code
    folds = standings.folds.among(mine)
    y = folds.past.y[folds.past.counts]
    verdict = SegmentVerdict(segments.names[code], len(y), int(y.sum()))
    if not verdict.enough:
        return verdict
    if not standings.limits.in_time:
        standings.untried += 1
        return verdict
    own = np.concatenate(list(folds(winner)))
    pooled_losses, own_losses = folds.forecasts(raw).losses, folds.forecasts(own).losses
    wins = gain(pooled_losses, own_losses) > CONFIRMED
    if wins:
        seen = mine[folds.seen]
        raw[seen] = own[seen]
    difference = pooled_losses - own_losses
    return replace(verdict, own=wins, gain=float(difference.mean()), gain_se=standard_error(difference))


def moved_to(encoder: Encoder, candidate: Candidate) -> Candidate:
    """The same candidate for leads that a newer encoder encodes, whose codes may differ."""
    estimator = clone(candidate.estimator).set_params(levels=encoder.levels)
    if isinstance(estimator, SegmentedClassifier):
        feature = encoder.features[estimator.column]
        codes = (int(feature.code(name)) for name in candidate.own)
        estimator.set_params(segments=tuple(code for code in codes if code < len(feature.levels)))
    return replace(candidate, estimator=estimator)
