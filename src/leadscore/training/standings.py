"""Who has competed so far, and how each did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from leadscore.training.candidates import Candidate
from leadscore.training.folds import Folds
from leadscore.training.limits import Limits
from leadscore.training.recalibration import calibrated_losses, choose, gain

__all__ = ["CLEARLY", "CONFIRMED", "Standings"]

Floats = npt.NDArray[np.float64]

CLEARLY: Final = 1.0
"""Standard errors of the paired difference by which a guess must be better than what is simpler."""

CONFIRMED: Final = 2.0
"""The same for the best of many guesses, on leads that none of them was chosen by."""


class Standings:
    """Candidates with the log loss of each lead that the folds judge.

    Parameters
    ----------
    folds
        The leads.
    limits
        Time and number.
    advance
        Called with a candidate's name when it is done.
    """

    def __init__(self, folds: Folds, limits: Limits, advance: Callable[[str], None]) -> None:
        self.folds, self.limits, self.advance = folds, limits, advance
        self.raw: dict[str, Floats] = {}
        self.losses: dict[str, Floats] = {}
        self.tried: list[Candidate] = []
        self.untried = 0

    def enter(self, candidate: Candidate, *, whatever_the_time: bool = False) -> bool:
        """Let a candidate compete, if number and time allow; one that the time leaves out is counted."""
        if not self.limits.in_number:
            return False
        if not (whatever_the_time or self.limits.in_time):
            self.untried += 1
            return False
        self.limits.tried += 1
        self.note(candidate, np.concatenate(list(self.folds(candidate))))
        return True

    def note(self, candidate: Candidate, raw: Floats) -> None:
        """Judge a candidate by its log-odds in the folds."""
        name = str(candidate)
        self.raw[name], self.losses[name] = raw, self.folds.forecasts(raw).losses
        self.tried.append(candidate)
        self.advance(name)

    def best(self, family: str | None = None, *, other: bool = False) -> Candidate | None:
        """The lowest mean log loss, of a family or of any but that."""
        of = [c for c in self.tried if family is None or (c.family == family) is not other]
        return min(of, key=self.loss, default=None)

    def loss(self, candidate: Candidate) -> float:
        """Mean log loss over the folds."""
        return float(self.losses[str(candidate)].mean())

    def gain(self, candidate: Candidate, over: Candidate) -> float:
        """How much better the one is than the other, in standard errors of the paired difference."""
        return gain(self.losses[str(over)], self.losses[str(candidate)])

    def calibrated(self, candidate: Candidate) -> Floats:
        """Log losses after the first fold under the calibration that wins for a candidate."""
        forecasts = self.folds.forecasts(self.raw[str(candidate)])
        return calibrated_losses(choose(forecasts), forecasts)
