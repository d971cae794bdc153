"""A base rate that jumped: since when the newest leads go another way, and whether to follow them.

The competition of the families ends before the test stretch, and so do its remedies for a rate that moves. What moved
later shows in the leads that the final model was fitted on: its errors are then of one sign in the newest of them. The
newest stretch over which the errors hold still is found by splitting off older leads as long as the two parts differ
(adaptive windowing); the likelihoods are shifted to what happened in it.

To follow is to believe that the newest rate stays. Where a rate comes and goes, by season or by campaign, it is gone
by the time it is known; so the history is asked first whether who followed would have been right, with outcomes known
only a horizon later.

Source: Bifet and Gavaldà, Learning from time-changing data with adaptive windowing (2007).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from leadscore.data.splits import forward_folds
from leadscore.models.calibration import Calibrator, expit, fit_shift, logit
from leadscore.models.metrics import log_losses
from leadscore.training.recalibration import gain

__all__ = ["NEWEST", "Move", "follow", "holds_since"]

Floats = npt.NDArray[np.float64]

SPLIT: Final = 3.5
"""Standard errors by which two parts of a stretch must differ; the largest of some dozens of differences."""

NEWEST: Final = 50_000
"""Leads that are looked at, where there are more."""

MOVED: Final = 3.0
"""Standard errors by which a stretch, and its newer half alone, must differ from what was forecast."""

_LEAST = 10
"""Outcomes of either class that each part of a stretch should have."""

_CUTS = 64


@dataclass(frozen=True, slots=True)
class Move:
    """A newest stretch that goes another way than the rest.

    Parameters
    ----------
    leads, span, unit
        How many leads it has, and over how many days they came; over how many leads in an export without dates.
    forecast, happened
        Their mean likelihood by the model that was fitted on all leads, and the share for which the outcome happened.
    z
        The difference in standard errors.
    cost
        Log loss of a lead of the stretch, in nats, of going on as before rather than with its rate.
    followed
        Whether the likelihoods were shifted to it; False where that would not have paid before.
    """

    leads: int
    span: float
    forecast: float
    happened: float
    z: float
    cost: float
    followed: bool
    unit: str = "days"


def follow(
    raw: Floats, y: Floats, moments: Floats, calibrator: Calibrator, *, horizon: float = 0.0, folds: int = 4
) -> tuple[Calibrator, Move | None]:
    """Shift a calibration to the newest stretch, where that has moved and following has not failed before.

    Parameters
    ----------
    raw, y, moments
        Log-odds by the fitted model, outcomes, and when the leads came, in time order.
    calibrator
        What the competition chose.
    horizon
        After which an outcome is known, in the unit of the moments.
    folds
        Stretches of the past in which following is tried.

    Returns
    -------
    calibrator, move
        The move is None where the newest leads go the way of the rest.

    Examples
    --------
    >>> y = np.r_[np.tile([1.0] + [0.0] * 9, 300), np.tile([1.0, 0.0], 200)]
    >>> calibrator, move = follow(np.full(3400, logit(np.array(0.147))), y, np.arange(3400.0), Calibrator())
    >>> move.leads, round(move.happened, 2), calibrator(logit(np.array([0.147]))).round(2)
    (379, 0.5, array([0.5]))
    """
    p = calibrator(raw)
    start = holds_since(y, p)
    newer = (start + len(y)) // 2
    z, z_newer = _z(y[start:], p[start:]), _z(y[newer:], p[newer:])
    if not start or min(abs(z), abs(z_newer)) < MOVED or z * z_newer < 0:
        return calibrator, None
    shifted = _shifted(calibrator, _shift(logit(p), y, start))
    move = Move(
        leads=len(y) - start,
        span=float(moments[-1] - moments[start]),
        forecast=float(p[start:].mean()),
        happened=float(y[start:].mean()),
        z=z,
        cost=float((log_losses(p[start:], y[start:]) - log_losses(shifted(raw[start:]), y[start:])).mean()),
        followed=_paid(logit(p), y, moments, horizon, folds),
    )
    return (shifted if move.followed else calibrator), move


def holds_since(y: Floats, p: Floats) -> int:
    """First of the newest leads over which what happens differs from a forecast in one way all along.

    Parameters
    ----------
    y, p
        Outcomes and likelihoods in time order.
    """
    start = 0
    while (cut := _cut(y[start:], p[start:])) is not None:
        start += cut
    return start


def _cut(y: Floats, p: Floats) -> int | None:
    """Where two parts differ the most; None where they do not differ."""
    n, rate = len(y), float(y.mean())
    least = int(np.ceil(_LEAST / max(min(rate, 1 - rate), 1e-9)))
    if n < 2 * least:
        return None
    cuts = np.unique(np.linspace(least, n - least, _CUTS).astype(int))
    # The spread is that of the rate which the stretch has: a forecast that is off would tell another.
    spread = p * (1 - p) * (rate * (1 - rate) / (p * (1 - p)).mean())
    error, variance = np.cumsum(y - p), np.cumsum(spread)
    old, new = cuts.astype(float), (n - cuts).astype(float)
    difference = (error[-1] - error[cuts - 1]) / new - error[cuts - 1] / old
    deviation = np.sqrt((variance[-1] - variance[cuts - 1]) / new**2 + variance[cuts - 1] / old**2)
    z = np.abs(difference) / deviation
    best = int(np.argmax(z))
    return int(cuts[best]) if z[best] >= SPLIT else None


def _paid(log_odds: Floats, y: Floats, moments: Floats, horizon: float, folds: int) -> bool:
    """Whether following has made the log loss better forward in time, or there was nothing to follow."""
    still, following = [], []
    for before, now in forward_folds(len(y), folds, gap=horizon, moments=moments):
        if not len(before) or not len(now):
            continue
        told, seen = log_odds[before], y[before]
        level = fit_shift(told, seen).intercept
        start = holds_since(seen, expit(told + level))
        newest = _shift(told, seen, start)
        still.append(log_losses(expit(log_odds[now] + level), y[now]))
        following.append(log_losses(expit(log_odds[now] + newest), y[now]) if start else still[-1])
    losses, others = np.concatenate(still), np.concatenate(following)
    return bool((losses == others).all()) or gain(losses, others) > 0


def _shift(log_odds: Floats, y: Floats, start: int) -> float:
    return fit_shift(log_odds[start:], y[start:]).intercept


def _shifted(calibrator: Calibrator, by: float) -> Calibrator:
    """The same calibration with so much more log-odds."""
    values = tuple(map(float, expit(logit(np.array(calibrator.values)) + by)))
    return replace(calibrator, intercept=calibrator.intercept + by, values=values)


def _z(y: Floats, p: Floats) -> float:
    return float((y - p).sum() / np.sqrt((p * (1 - p)).sum()))
