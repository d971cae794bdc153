"""Measures of a likelihood, each with a bootstrap interval over leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.models.calibration import cox_fit, logit

__all__ = ["Measures", "log_losses", "measure", "paired_difference", "roc_auc", "signal_bound", "standard_error"]

Floats = npt.NDArray[np.float64]

_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one likelihood on one stretch of time.

    Parameters
    ----------
    values
        ``roc_auc``, ``pr_auc``, ``log_loss``, ``brier``, ``calibration_slope``, ``calibration_intercept``.
    intervals
        90 % bootstrap interval of each.
    signal_bound
        One-sided 97.5 % lower bound of the ROC AUC.
    calibration_refuted
        True when the interval of the mean prediction over the mean outcome excludes 1 by more than 10 %; None when
        there are too few outcomes to tell.
    rows, positives
        What the figures rest on.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    signal_bound: float
    calibration_refuted: bool | None
    rows: int
    positives: int

    def to_dict(self) -> dict[str, Any]:
        """Flat JSON form: each figure with its sibling ``<name>_interval``."""
        flat: dict[str, Any] = {}
        for name, value in self.values.items():
            flat[name] = value
            flat[f"{name}_interval"] = list(self.intervals[name])
        return {**flat, "signal_bound": self.signal_bound, "rows": self.rows, "positives": self.positives}


def measure(p: Floats, y: Floats, *, weight: Floats | None = None, seed: int = 0, draws: int = 300) -> Measures:
    """Measure likelihoods against what happened.

    Parameters
    ----------
    p
        Likelihoods in (0, 1).
    y
        Outcomes, 0 or 1, both present.
    weight
        What each lead counts for; all count alike without it.
    seed
        Seed of the bootstrap.
    draws
        Bootstrap samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(0.02, 0.6, 2000)
    >>> figures = measure(p, (rng.random(2000) < p).astype(float))
    >>> low, high = figures.intervals["calibration_slope"]
    >>> bool(low < 1 < high), figures.calibration_refuted
    (True, False)
    """
    rng = np.random.default_rng(seed)
    w = np.ones(len(y)) if weight is None else weight
    point = _figures(p, y, w[None, :])
    weights = w * rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=draws)
    weights = weights[(weights @ y > 0) & (weights @ (1 - y) > 0)]
    sampled = _figures(p, y, weights)
    values = {name: float(value[0]) for name, value in point.items()}
    intervals = {name: _interval(sampled[name], 0.05, 0.95) for name in point}
    return Measures(
        values=values,
        intervals=intervals,
        signal_bound=float(np.quantile(sampled["roc_auc"], 0.025)),
        calibration_refuted=_refuted(p, y, weights),
        rows=len(y),
        positives=int(y.sum()),
    )


def roc_auc(p: Floats, y: Floats, weight: Floats | None = None) -> float:
    """Area under the ROC curve; ties count half."""
    return float(_roc_auc(p, y, np.ones((1, len(y))) if weight is None else weight[None, :])[0])


def log_losses(p: Floats, y: Floats, weight: Floats | None = None) -> Floats:
    """Log loss of each row, times its weight over the mean weight, so that the mean is the weighted mean."""
    p = np.clip(p, _EDGE, 1 - _EDGE)
    losses: Floats = -np.where(y == 1, np.log(p), np.log1p(-p))
    return losses if weight is None else losses * (weight / weight.mean())


def paired_difference(losses: Floats, others: Floats) -> tuple[float, tuple[float, float]]:
    """Mean of ``losses - others`` over the same leads and its 90 % interval."""
    difference = losses - others
    half = 1.645 * standard_error(difference)
    mean = float(difference.mean())
    return mean, (mean - half, mean + half)


def standard_error(values: Floats) -> float:
    """Standard error of the mean; zero for fewer than two values."""
    return float(values.std(ddof=1)) / float(np.sqrt(len(values))) if len(values) > 1 else 0.0


def signal_bound(p: Floats, y: Floats, *, seed: int = 0, draws: int = 500) -> float:
    """One-sided 97.5 % lower bound of the ROC AUC, by bootstrap over leads."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=draws).astype(float)
    return float(np.quantile(_roc_auc(p, y, weights), 0.025))


def _figures(p: Floats, y: Floats, weights: Floats) -> dict[str, Floats]:
    share = weights / weights.sum(axis=1, keepdims=True)
    slopes = np.array([cox_fit(logit(np.clip(p, _EDGE, 1 - _EDGE)), y, w, steps=8) for w in weights])
    return {
        "roc_auc": _roc_auc(p, y, weights),
        "pr_auc": _average_precision(p, y, weights),
        "log_loss": share @ log_losses(p, y),
        "brier": share @ (p - y) ** 2,
        "calibration_slope": slopes[:, 0],
        "calibration_intercept": slopes[:, 1],
    }


def _roc_auc(p: Floats, y: Floats, weights: Floats) -> Floats:
    _, group = np.unique(p, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    positive = np.add.reduceat((weights * y)[:, order], starts, axis=1)
    negative = np.add.reduceat((weights * (1 - y))[:, order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - 0.5 * negative
    area: Floats = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return area


def _average_precision(p: Floats, y: Floats, weights: Floats) -> Floats:
    _, group = np.unique(-p, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    positive = np.add.reduceat((weights * y)[:, order], starts, axis=1)
    everyone = np.add.reduceat(weights[:, order], starts, axis=1)
    precision = np.cumsum(positive, axis=1) / np.maximum(np.cumsum(everyone, axis=1), 1e-12)
    average: Floats = (precision * positive).sum(axis=1) / positive.sum(axis=1)
    return average


def _refuted(p: Floats, y: Floats, weights: Floats) -> bool | None:
    if y.sum() < 30:
        return None
    ratios = (weights @ p) / np.maximum(weights @ y, 1e-12)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return bool(low > 1.1 or high < 1 / 1.1)


def _interval(sample: Floats, low: float, high: float) -> tuple[float, float]:
    a, b = np.quantile(sample, [low, high])
    return float(a), float(b)
