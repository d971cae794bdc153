"""Calibration: from raw log-odds to a likelihood that means what it says.

None, a shift, a sigmoid or steps, whichever has the better log loss forward in time. A shift has one parameter and a
sigmoid two, so few outcomes serve; steps need thousands of positives. Temperature scaling cannot move a base rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Calibrator", "cox_fit", "expit", "fit_shift", "fit_sigmoid", "fit_steps", "logit", "shift_to_mean"]

Floats = npt.NDArray[np.float64]

CLIP = 1e-4

TIE_BREAK = 1e-3
"""Share of the sigmoid in what steps say, so that leads on one step keep their order."""


def expit(x: Floats) -> Floats:
    """Probability of log-odds."""
    p: Floats = 1.0 / (1.0 + np.exp(-_clip(x, -40.0, 40.0)))
    return p


def _clip(x: Floats, low: float, high: float) -> Floats:
    """What `np.clip` gives, in a quarter of its time for the one number of a request."""
    clipped: Floats = np.minimum(np.maximum(x, low), high)
    return clipped


def logit(p: Floats) -> Floats:
    """Log-odds of a probability."""
    x: Floats = np.log(p) - np.log1p(-p)
    return x


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A line on the log-odds, or steps whose ties the line breaks, clipped to [1e-4, 1 - 1e-4].

    Parameters
    ----------
    slope, intercept
        1 and 0 leave the model as it is.
    knots, values
        Raw log-odds, ascending, and the likelihood at each, for steps; empty without.

    Examples
    --------
    >>> Calibrator(1.0, 0.0)(np.array([-99.0, 0.0]))
    array([1.e-04, 5.e-01])
    >>> Calibrator(knots=(-1.0, 1.0), values=(0.2, 0.2))(np.array([-1.0, 1.0])).round(5)
    array([0.20007, 0.20053])
    """

    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __call__(self, log_odds: Floats) -> Floats:
        """Likelihoods of raw log-odds."""
        p = expit(self.slope * log_odds + self.intercept)
        if self.knots:
            p = (1.0 - TIE_BREAK) * np.interp(log_odds, self.knots, self.values) + TIE_BREAK * p
        return _clip(p, CLIP, 1.0 - CLIP)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; ``knots`` and ``values`` only where there are steps."""
        line = {"slope": self.slope, "intercept": self.intercept}
        return line | ({"knots": list(self.knots), "values": list(self.values)} if self.knots else {})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibrator:
        """Read the JSON form."""
        steps = {name: tuple(content.get(name, ())) for name in ("knots", "values")}
        return cls(content["slope"], content["intercept"], **steps)


def cox_fit(
    log_odds: Floats,
    y: Floats,
    weight: Floats | None = None,
    *,
    level: float = 0.0,
    precision: tuple[float, float] = (0.0, 0.0),
    steps: int = 25,
) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of ``y`` on the log-odds (Cox 1958), by Newton's method.

    Parameters
    ----------
    log_odds
        Finite log-odds.
    y
        0 or 1.
    weight
        Weight of each row.
    level
        Intercept that the fit starts from.
    precision
        How strongly slope and intercept are drawn to 1 and the level: inverse variances of normal priors.
    steps
        Most Newton steps.

    Returns
    -------
    slope, intercept
    """
    w = np.ones_like(log_odds) if weight is None else weight
    design = np.column_stack([log_odds, np.ones_like(log_odds)])
    start, ridge = np.array([1.0, level]), np.diag(precision)
    theta = start
    for _ in range(steps):
        p = expit(design @ theta)
        hessian = design.T @ (design * (w * p * (1 - p))[:, None]) + ridge + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (w * (y - p)) - ridge @ (theta - start))
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


def fit_shift(log_odds: Floats, y: Floats, weight: Floats | None = None) -> Calibrator:
    """Move the base rate and nothing else: the mean likelihood becomes the rate, with half an outcome of each class.

    Examples
    --------
    >>> round(fit_shift(np.zeros(99), np.r_[np.ones(24), np.zeros(75)]).intercept, 3)
    -1.125
    """
    w = np.ones_like(y) if weight is None else weight
    return Calibrator(1.0, shift_to_mean(log_odds, float((w @ y + 0.5) / (w.sum() + 1.0)), w))


def shift_to_mean(log_odds: Floats, mean: float, weight: Floats, *, steps: int = 25) -> float:
    """What has to be added to log-odds so that the mean likelihood is this.

    Examples
    --------
    >>> round(shift_to_mean(np.array([-1.0, 1.0]), 0.5, np.ones(2)), 6)
    0.0
    """
    shift = 0.0
    for _ in range(steps):
        p = expit(log_odds + shift)
        step = float((mean - np.average(p, weights=weight)) / max(float(np.average(p * (1 - p), weights=weight)), 1e-9))
        shift += float(np.clip(step, -2.0, 2.0))
        if abs(step) < 1e-10:
            break
    return shift


def fit_steps(log_odds: Floats, y: Floats, weight: Floats | None = None) -> Calibrator:
    """Fit isotonic regression, with a sigmoid to break the ties of its steps."""
    # The service reads a fitted Calibrator and has no need of scikit-learn.
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=CLIP, y_max=1.0 - CLIP, out_of_bounds="clip").fit(log_odds, y, weight)
    knots, values = (tuple(map(float, column)) for column in (steps.X_thresholds_, steps.y_thresholds_))
    return replace(fit_sigmoid(log_odds, y, weight), knots=knots, values=values)
