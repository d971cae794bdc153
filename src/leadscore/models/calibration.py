"""Calibration: from raw log-odds to a likelihood that means what it says.

Sigmoid or none, whichever has the better log loss forward in time; a sigmoid has two parameters, so few outcomes serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Calibrator", "cox_fit", "expit", "fit_sigmoid", "logit"]

Floats = npt.NDArray[np.float64]

CLIP = 1e-4


def expit(x: Floats) -> Floats:
    """Probability of log-odds."""
    p: Floats = 1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0)))
    return p


def logit(p: Floats) -> Floats:
    """Log-odds of a probability."""
    x: Floats = np.log(p) - np.log1p(-p)
    return x


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A line on the log-odds, clipped to [1e-4, 1 - 1e-4].

    Parameters
    ----------
    slope, intercept
        1 and 0 leave the model as it is.

    Examples
    --------
    >>> Calibrator(1.0, 0.0)(np.array([-99.0, 0.0]))
    array([1.e-04, 5.e-01])
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, log_odds: Floats) -> Floats:
        """Likelihoods of raw log-odds."""
        p: Floats = np.clip(expit(self.slope * log_odds + self.intercept), CLIP, 1.0 - CLIP)
        return p

    def to_dict(self) -> dict[str, float]:
        """JSON form."""
        return {"slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_dict(cls, content: Mapping[str, float]) -> Calibrator:
        """Read the JSON form."""
        return cls(**content)


def cox_fit(log_odds: Floats, y: Floats, weight: Floats | None = None, *, steps: int = 25) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of ``y`` on the log-odds (Cox 1958), by Newton's method.

    Parameters
    ----------
    log_odds
        Finite log-odds.
    y
        0 or 1.
    weight
        Weight of each row.
    steps
        Most Newton steps.

    Returns
    -------
    slope, intercept
    """
    w = np.ones_like(log_odds) if weight is None else weight
    design = np.column_stack([log_odds, np.ones_like(log_odds)])
    theta = np.array([1.0, 0.0])
    for _ in range(steps):
        p = expit(design @ theta)
        hessian = design.T @ (design * (w * p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (w * (y - p)))
        theta = theta + np.clip(step, -3.0, 3.0)
        if np.abs(step).max() < 1e-10:
            break
    return float(theta[0]), float(theta[1])


def fit_sigmoid(log_odds: Floats, y: Floats, weight: Floats | None = None) -> Calibrator:
    """Fit Platt's sigmoid with his prior on the targets, so that a separable stretch stays finite.

    ``weight`` is what each row counts for; all count alike without it.

    Source: Platt, Probabilistic outputs for support vector machines (1999).
    """
    w = np.ones_like(y) if weight is None else weight
    positives, negatives = float((w * y).sum()), float((w * (1 - y)).sum())
    target = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = cox_fit(np.clip(log_odds, -30, 30), target, w)
    return Calibrator(max(slope, 1e-3), intercept)
