"""Families compete in time order: each candidate learns from the past of a fold and is judged on what came next.

The standard candidates come first, so that little time gives a sound result. Whatever comes later is a guess more: the
blend of the families, the weighting of recent leads, searched settings, models of single segments. The best of many
guesses looks better than it is, so a guess replaces what is simpler only where the paired difference of log loss is
more than one standard error, and the best of many settings has to win once more on leads that they were not chosen by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from leadscore.models.metrics import paired_difference
from leadscore.training.candidates import Candidate, blend, recencies
from leadscore.training.competition import Competition
from leadscore.training.folds import Folds
from leadscore.training.limits import Limits
from leadscore.training.recalibration import Method, choose, gain, newest
from leadscore.training.segments import SegmentColumn, part_by_segment
from leadscore.training.standings import CLEARLY, Standings
from leadscore.training.tuning import tune

__all__ = ["compete"]

Floats = npt.NDArray[np.float64]

_FOR_STANDARD: Final = 0.5
"""Share of time or number that the standard candidates may take: a base rate that moves costs more than their finest
settings gain, so some is kept for the weighting of recent leads."""

_SHARES: Final = (0.5, 0.25, 0.75)
"""Weights of the trees in a blend; the even one is the simplest."""


def compete(
    folds: Folds,
    contenders: Sequence[Candidate],
    *,
    limits: Limits,
    seed: int = 0,
    segments: SegmentColumn | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> tuple[Competition, Floats]:
    """Let candidates compete on forward-chained folds.

    Parameters
    ----------
    folds
        The leads.
    contenders
        Standard candidates in the order in which they are tried; two are, whatever the time, and the better of them
        once more with recent leads weighted.
    limits
        Time and number.
    seed
        Seed of the search.
    segments
        Column of the segments that may have a model of their own; none has when None.
    advance
        Called with a candidate's name when it is done.

    Returns
    -------
    competition, log_odds
        How it ended, and the winner's raw log-odds in the rows of the past, by models that had not seen them.
    """
    standings = Standings(folds, limits, advance)
    _enter_standard(standings, contenders)
    alike = _blended(standings)
    winner = _weighted(standings, alike)
    winner, searched, remark = tune(standings, winner, seed)
    winner, verdicts = part_by_segment(standings, winner, segments)

    forecasts = folds.forecasts(standings.raw[str(winner)])
    method: Method = choose(forecasts) if "calibration" in limits.include else "none"
    runner_up = standings.best(winner.family, other=True)
    difference, interval = _lead(standings, winner, runner_up)
    competition = Competition(
        winner=winner,
        runner_up=runner_up,
        difference=difference,
        difference_interval=interval,
        calibration=method,
        log_loss={str(c): standings.loss(c) for c in sorted(standings.tried, key=standings.loss)},
        untried=standings.untried,
        searched=searched,
        remark=remark,
        newest=newest(folds.forecasts(standings.raw[str(alike)]), folds.earlier, forecasts, method),
        segments=verdicts,
    )
    return competition, folds.everywhere(standings.raw[str(winner)])


def _enter_standard(standings: Standings, contenders: Sequence[Candidate]) -> None:
    limits = standings.limits
    share = _FOR_STANDARD if "recency" in limits.include else 1.0
    for number, candidate in enumerate(contenders):
        if number < 2 or limits.spent < share:
            standings.enter(candidate, whatever_the_time=number < 2)
        elif limits.trials is None:
            standings.untried += 1


def _blended(standings: Standings) -> Candidate:
    """The best standard candidate, or the blend of the best of both families where it is clearly better.

    A blend costs nothing: the log-odds of its parts are known.
    """
    single = standings.best()
    additive, trees = standings.best("logistic_regression"), standings.best("boosted_trees")
    assert single is not None, "one candidate always competes"
    if additive is None or trees is None or "blend" not in standings.limits.include:
        return single
    raw = [standings.raw[str(part)] for part in (additive, trees)]
    for share in _SHARES:
        standings.note(blend(additive, trees, share), (1.0 - share) * raw[0] + share * raw[1])
    mixed = standings.best("blend")
    return mixed if mixed is not None and standings.gain(mixed, single) > CLEARLY else single


def _weighted(standings: Standings, winner: Candidate) -> Candidate:
    """The winner so far with recent leads weighted, where that is clearly better.

    Weighting makes up for a base rate that moves, but leaves fewer leads to learn everything else from. Where a
    calibration makes up for it clearly better, all leads count alike.
    """
    include, past = standings.limits.include, standings.folds.past
    if "recency" not in include:
        return winner
    weighted = [winner.with_recency(recency, past.unit) for recency in recencies(past)]
    entered = [c for number, c in enumerate(weighted) if standings.enter(c, whatever_the_time=not number)]
    best = min(entered, key=standings.loss, default=winner)
    if standings.gain(best, winner) <= CLEARLY:
        return winner
    if "calibration" in include and gain(standings.calibrated(best), standings.calibrated(winner)) > CLEARLY:
        return winner
    return best


def _lead(
    standings: Standings, winner: Candidate, runner_up: Candidate | None
) -> tuple[float | None, tuple[float, float] | None]:
    if runner_up is None:
        return None, None
    return paired_difference(*(standings.losses[str(c)] for c in (runner_up, winner)))
