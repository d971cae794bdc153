"""How a competition of candidates ended."""

from __future__ import annotations

from dataclasses import dataclass

from leadscore.training.candidates import Candidate
from leadscore.training.recalibration import Method, Newest
from leadscore.training.segments import SegmentVerdict

__all__ = ["Competition"]


@dataclass(frozen=True, slots=True)
class Competition:
    """Outcome of a competition.

    Parameters
    ----------
    winner, runner_up
        Best candidate, and the best one of another family.
    difference, difference_interval
        Mean log loss of the runner-up minus the winner's on the same leads, with a 90 % interval.
    calibration
        Calibration that wins forward in time for the winner.
    log_loss
        Mean log loss of each candidate over the folds, by its name.
    untried
        Candidates that the time limit left out.
    searched
        Settings that were searched beyond the standard candidates.
    remark
        What a user should know of the search; empty without.
    newest
        The newest stretch of the folds without and with remedies.
    segments
        Which segments have a model of their own, and why not the others; empty without a segment column.
    """

    winner: Candidate
    runner_up: Candidate | None
    difference: float | None
    difference_interval: tuple[float, float] | None
    calibration: Method
    log_loss: dict[str, float]
    untried: int = 0
    searched: int = 0
    remark: str = ""
    newest: Newest | None = None
    segments: tuple[SegmentVerdict, ...] = ()
