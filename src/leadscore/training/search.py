"""Families compete in time order: each candidate learns from the past of a fold and is judged on what came next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from leadscore.data.splits import forward_folds
from leadscore.models.bundle import Likelihood
from leadscore.models.calibration import Calibrator, fit_sigmoid
from leadscore.models.estimators import BoostedTrees, HingeLogisticRegression
from leadscore.models.metrics import log_losses, paired_difference

__all__ = ["Candidate", "Competition", "candidates", "compete", "fit_likelihood"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A family with its settings.

    Parameters
    ----------
    family
        ``logistic_regression`` or ``boosted_trees``.
    settings
        What differs from the family's defaults.
    estimator
        Not yet fitted.
    """

    family: str
    settings: str
    estimator: Any

    def __str__(self) -> str:
        return f"{self.family} ({self.settings})"


@dataclass(frozen=True, slots=True)
class Competition:
    """Outcome of a competition.

    Parameters
    ----------
    winner, runner_up
        Best candidate, and the best one of another family.
    difference, difference_interval
        Mean log loss of the runner-up minus the winner's on the same leads, with a 90 % interval.
    sigmoid
        Whether a sigmoid on an earlier stretch betters the log loss of the winner.
    log_loss
        Mean log loss of each candidate over the folds, by its name.
    untried
        Candidates that the time limit left out.
    """

    winner: Candidate
    runner_up: Candidate | None
    difference: float | None
    difference_interval: tuple[float, float] | None
    sigmoid: bool
    log_loss: dict[str, float]
    untried: int


def candidates(levels: Sequence[int], *, seed: int) -> list[Candidate]:
    """All candidates, within the bounds that keep means honest and reasons fast (150 trees, 15 leaves, depth 6)."""
    additive = [
        Candidate("logistic_regression", f"C={C:g}", HingeLogisticRegression(C=C, levels=levels)) for C in (0.03, 0.3)
    ]
    plain = Candidate(
        "logistic_regression", "C=0.3, straight", HingeLogisticRegression(C=0.3, levels=levels, hinges=False)
    )
    grown = [
        Candidate(
            "boosted_trees",
            f"{trees} trees of {leaves} leaves",
            BoostedTrees(n_estimators=trees, num_leaves=leaves, learning_rate=rate, levels=levels, random_state=seed),
        )
        for trees, leaves, rate in ((80, 7, 0.08), (150, 7, 0.06), (150, 15, 0.04))
    ]
    return [additive[1], grown[0], plain, additive[0], *grown[1:]]


def compete(
    X: Floats,
    y: Floats,
    contenders: Sequence[Candidate],
    *,
    folds: int,
    seconds: float,
    weight: Floats | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> Competition:
    """Let candidates compete on forward-chained folds.

    Parameters
    ----------
    X, y
        Encoded leads in time order and their outcomes.
    contenders
        Candidates in the order in which they are tried; at least two are, whatever the time.
    folds
        Number of stretches to look at.
    seconds
        After this time no further candidate is begun.
    weight
        What each lead counts for; all count alike without it.
    advance
        Called with a candidate's name when it is done.
    """
    stretches = list(forward_folds(len(y), folds))
    seen = np.concatenate([stretch for _, stretch in stretches])
    deadline = time.monotonic() + seconds
    raw: dict[str, Floats] = {}
    tried: list[Candidate] = []
    for candidate in contenders:
        if len(tried) >= 2 and time.monotonic() > deadline:
            break
        raw[str(candidate)] = np.concatenate(
            [_forward(candidate, X, y, weight, before, now) for before, now in stretches]
        )
        tried.append(candidate)
        advance(str(candidate))
    losses = {name: log_losses(Calibrator()(values), y[seen], _of(weight, seen)) for name, values in raw.items()}
    ranked = sorted(tried, key=lambda c: float(losses[str(c)].mean()))
    winner = ranked[0]
    runner_up = next((c for c in ranked if c.family != winner.family), None)
    difference, interval = (
        (None, None) if runner_up is None else paired_difference(losses[str(runner_up)], losses[str(winner)])
    )
    return Competition(
        winner=winner,
        runner_up=runner_up,
        difference=difference,
        difference_interval=interval,
        sigmoid=_sigmoid_helps(raw[str(winner)], y[seen], _of(weight, seen), [len(now) for _, now in stretches]),
        log_loss={str(c): float(losses[str(c)].mean()) for c in ranked},
        untried=len(contenders) - len(tried),
    )


def fit_likelihood(
    competition: Competition,
    X: Floats,
    y: Floats,
    X_later: Floats,
    y_later: Floats,
    *,
    weight: Floats | None = None,
    weight_later: Floats | None = None,
) -> tuple[Likelihood, Any]:
    """Fit the winner on the past and calibrate it on the stretch after it; weights are as for :func:`compete`.

    Returns
    -------
    likelihood, estimator
        What a Bundle keeps, and the fitted scikit-learn estimator.
    """
    estimator = _fit(competition.winner, X, y, weight)
    calibrator = Calibrator()
    if competition.sigmoid and 0 < y_later.sum() < len(y_later):
        calibrator = fit_sigmoid(estimator.decision_function(X_later), y_later, weight_later)
    return Likelihood(estimator.model_, calibrator), estimator


def _fit(candidate: Candidate, X: Floats, y: Floats, weight: Floats | None) -> Any:
    estimator = clone(candidate.estimator)
    return estimator.fit(X, y) if weight is None else estimator.fit(X, y, sample_weight=weight)


def _forward(candidate: Candidate, X: Floats, y: Floats, weight: Floats | None, before: Any, now: Any) -> Floats:
    if y[before].min() == y[before].max():
        return np.full(len(now), 10.0 if y[before].min() else -10.0)
    fitted = _fit(candidate, X[before], y[before], _of(weight, before))
    log_odds: Floats = fitted.decision_function(X[now])
    return log_odds


def _sigmoid_helps(raw: Floats, y: Floats, weight: Floats | None, sizes: Sequence[int]) -> bool:
    """Judge a sigmoid as it will be used: fitted on one stretch, looked at on the next."""
    edges = np.cumsum([0, *sizes])
    gain = 0.0
    for start, middle, end in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        earlier, later = slice(start, middle), slice(middle, end)
        if not 0 < y[earlier].sum() < middle - start:
            continue
        fitted = fit_sigmoid(raw[earlier], y[earlier], _of(weight, earlier))
        plain, bent = (log_losses(c(raw[later]), y[later], _of(weight, later)) for c in (Calibrator(), fitted))
        gain += float((plain - bent).sum())
    return gain > 0


def _of(weight: Floats | None, rows: Any) -> Floats | None:
    return None if weight is None else weight[rows]
