"""The search: settings that optuna proposes race against the best candidate so far, within bounds first.

A race leaves the newest fold out: the best settings of a search must be better there once more. It is given up as soon
as it is clearly lost, and a search without prospect ends early: after some settings in a row that were not worth their
while, and before the larger space where the bounded one did not pay.
"""

from __future__ import annotations

from itertools import islice
from typing import Final, get_args

import numpy as np
import numpy.typing as npt

from leadscore.training.candidates import Candidate
from leadscore.training.recalibration import gain
from leadscore.training.standings import CLEARLY, CONFIRMED, Standings
from leadscore.training.study import Space, Study, available, fingerprint

__all__ = ["tune"]

Floats = npt.NDArray[np.float64]

_PATIENCE: Final = 8
"""Settings in a row that were not worth their while, after which a search ends."""

_SHARE: Final = 0.85
"""Share of the time after which a search ends: in the rest its best is confirmed, and segments have their turn."""

_MOST: Final = 200
"""Settings after which a search ends whatever it finds."""


def tune(standings: Standings, winner: Candidate, seed: int) -> tuple[Candidate, int, str]:
    """The winner so far, or searched settings where they are clearly better.

    Returns
    -------
    winner, searched, remark
        The candidate, how many settings were searched, and what a user should know.
    """
    limits, standard, searched = standings.limits, winner, 0
    if "tuning" not in limits.include or standings.untried or not limits.in_number:
        return winner, 0, ""
    if not available():
        return winner, 0, "settings were not searched: optuna is missing (pip install 'leadscore[train]')"
    name = fingerprint(standings.folds.past, winner, seed)
    for space in get_args(Space):
        study = Study(standard, space, seed=seed, name=name, journal=limits.journal)
        limits.charge(study.seconds)
        limits.tried += len(study.finished)
        better = _search(standings, study, winner)
        searched += len(study.finished)
        if better is None:
            break
        winner = better
    remark = "" if limits.within(_SHARE) else f"the time limit of the search ended it after {searched} settings"
    return winner, searched, remark


def _search(standings: Standings, study: Study, rival: Candidate) -> Candidate | None:
    """The best settings of one space, where they are clearly better than a rival."""
    limits, newest = standings.limits, standings.folds.newest
    bar = float(standings.losses[str(rival)][~newest].mean())
    for _ in range(_MOST):
        if not (limits.in_number and limits.within(_SHARE)) or study.idle(bar) >= _PATIENCE:
            break
        _race(standings, study, rival)
    best = study.best(bar)
    return best if best is not None and _confirmed(standings, best, rival) else None


def _race(standings: Standings, study: Study, rival: Candidate) -> None:
    """Let the next settings compete on all folds but the newest, until they are clearly worse or the time ends."""
    folds, rival_losses = standings.folds, standings.losses[str(rival)]
    trial, candidate = study.ask()
    told: list[Floats] = []
    lost = False
    for raw in islice(folds(candidate), len(folds.stretches) - 1):
        told.append(raw)
        losses = folds.forecasts(np.concatenate(told)).losses
        if not standings.limits.within(_SHARE):
            study.give_up(trial)
            return
        # Not finite is lost, too: optuna would count it as no trial, and the search would never tire.
        if lost := not np.isfinite(losses).all() or gain(losses, rival_losses[: len(losses)]) > CLEARLY:
            break
    standings.limits.tried += 1
    standings.advance(str(candidate))
    study.tell(trial, float(losses.mean()), lost=lost)


def _confirmed(standings: Standings, candidate: Candidate, rival: Candidate) -> bool:
    """Whether searched settings are clearly better also on the newest fold, which the search did not see."""
    standings.note(candidate, np.concatenate(list(standings.folds(candidate))))
    newest = standings.folds.newest
    ours, theirs = (standings.losses[str(c)] for c in (candidate, rival))
    return gain(theirs, ours) > CLEARLY and gain(theirs[newest], ours[newest]) > CONFIRMED
