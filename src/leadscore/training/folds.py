"""Forward-chained folds: whoever competes learns from the past of a stretch and is judged on what came next."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from leadscore.data.splits import forward_folds
from leadscore.training.candidates import Candidate, Past
from leadscore.training.recalibration import Forecasts

__all__ = ["Folds"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


class Folds:
    """Forward-chained folds of a past.

    Parameters
    ----------
    past
        Leads in time order.
    folds
        Number of stretches.
    gap
        Left empty before each stretch, in the unit of the past's moments.
    """

    def __init__(self, past: Past, folds: int, *, gap: float = 0.0) -> None:
        self.past = past
        self.stretches = list(forward_folds(len(past.y), folds, gap=gap, moments=past.moments))
        self.seen = np.concatenate([now for _, now in self.stretches])
        self.stretch = np.repeat(np.arange(folds), [len(now) for _, now in self.stretches])
        self.judged = past.counts[self.seen]

    def __call__(self, candidate: Candidate) -> Iterator[Floats]:
        """Raw log-odds of each stretch, one after the other."""
        for before, now in self.stretches:
            yield candidate.log_odds(self.past.take(before), self.past.X[now])

    def beyond(self, known: int, candidate: Candidate) -> Iterator[tuple[Index, Floats]]:
        """Rows and raw log-odds of the stretches that learn from ``known`` leads and at least half a stretch more."""
        for before, now in self.stretches:
            if len(before) - known >= len(now) / 2:
                yield now, candidate.log_odds(self.past.take(before), self.past.X[now])

    def forecasts(self, raw: Floats) -> Forecasts:
        """What was said of the leads that count, beside what happened."""
        seen = slice(0, len(raw))  # the first stretches, while a race is on
        past = self.past.take(self.seen[seen])
        return Forecasts(raw, past.y, self.stretch[seen], past.weight).of(self.judged[seen])

    @property
    def newest(self) -> Mask:
        """Which of the leads that are judged lie in the newest stretch."""
        return self.stretch[self.judged] == self.stretch[-1]

    @property
    def earlier(self) -> Floats:
        """Outcomes of all leads that count and came before the last stretch."""
        before = self.past.take(np.arange(self.stretches[-1][1][0]))
        return before.y[before.counts]

    def among(self, rows: Mask) -> Folds:
        """The same folds, in which only these rows of the past count."""
        narrowed = copy(self)
        narrowed.past = replace(self.past, counts=self.past.counts & rows)
        narrowed.judged = narrowed.past.counts[self.seen]
        return narrowed

    def everywhere(self, raw: Floats) -> Floats:
        """The same log-odds in the rows of the past; NaN where no fold looked."""
        rows = np.full(len(self.past.y), np.nan)
        rows[self.seen] = raw
        return rows
