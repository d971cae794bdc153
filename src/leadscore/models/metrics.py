"""Measures of a likelihood, each with a bootstrap interval over leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.models.calibration import cox_fit, logit

__all__ = ["Measures", "log_losses", "measure", "paired_difference", "roc_auc", "signal_bound", "standard_error"]

Floats = npt.NDArray[np.float64]

_EDGE = 1e-6

_CELLS = 1_000_000
"""Rows times bootstrap samples that are held at a time."""

MIN_POSITIVES_TO_REFUTE = 30
"""Outcomes from which the mean prediction may be held against the mean outcome."""


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
    w = np.ones(len(y)) if weight is None else weight
    ranks = _Ranks.of(p)
    point = _figures(p, y, w[None, :], ranks)
    parts = [_figures(p, y, w * counts, ranks) for counts in _resampled(y, w, seed, draws)]
    sampled = {name: np.concatenate([part[name] for part in parts]) for name in point}
    return Measures(
        values={name: float(value[0]) for name, value in point.items() if name != "bias"},
        intervals={name: _interval(sampled[name], 0.05, 0.95) for name in point if name != "bias"},
        signal_bound=float(np.quantile(sampled["roc_auc"], 0.025)),
        calibration_refuted=_refuted(sampled["bias"]) if y.sum() >= MIN_POSITIVES_TO_REFUTE else None,
        rows=len(y),
        positives=int(y.sum()),
    )


def roc_auc(p: Floats, y: Floats, weight: Floats | None = None) -> float:
    """Area under the ROC curve; ties count half."""
    weights = np.ones((1, len(y))) if weight is None else weight[None, :]
    return float(_roc_auc(*_Ranks.of(p).sums(weights, y))[0])


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
    ranks, ones = _Ranks.of(p), np.ones(len(y))
    areas = [_roc_auc(*ranks.sums(counts, y)) for counts in _resampled(y, ones, seed, draws)]
    return float(np.quantile(np.concatenate(areas), 0.025))


def _resampled(y: Floats, weight: Floats, seed: int, draws: int) -> Iterator[Floats]:
    """How often each row is in each bootstrap sample, some samples at a time; samples with one class are left out."""
    rng, n = np.random.default_rng(seed), len(y)
    at_once = max(1, _CELLS // n)
    for done in range(0, draws, at_once):
        drawn = rng.integers(n, size=(min(at_once, draws - done), n))
        counts = np.array([np.bincount(rows, minlength=n) for rows in drawn], dtype=float)
        yield counts[(counts @ (weight * y) > 0) & (counts @ (weight * (1 - y)) > 0)]


@dataclass(frozen=True, slots=True, eq=False)
class _Ranks:
    """Rows by ascending likelihood, and where each group of equal ones starts."""

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, p: Floats) -> _Ranks:
        order = np.argsort(p, kind="stable")
        return cls(order, np.flatnonzero(np.r_[True, np.diff(p[order]) > 0]))

    def sums(self, weights: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Weight of the positives and of the negatives in each group, for each row of weights."""
        ranked = weights.take(self.order, axis=1)
        positive = ranked * y[self.order]
        negative = ranked - positive
        if len(self.starts) < len(self.order):
            positive, negative = (np.add.reduceat(part, self.starts, axis=1) for part in (positive, negative))
        return positive, negative


def _figures(p: Floats, y: Floats, weights: Floats, ranks: _Ranks) -> dict[str, Floats]:
    share = weights / weights.sum(axis=1, keepdims=True)
    log_odds = logit(np.clip(p, _EDGE, 1 - _EDGE))
    slopes = np.array([cox_fit(log_odds, y, w, steps=8) for w in weights]).reshape(-1, 2)
    positive, negative = ranks.sums(weights, y)
    return {
        "roc_auc": _roc_auc(positive, negative),
        "pr_auc": _average_precision(positive, negative),
        "log_loss": share @ log_losses(p, y),
        "brier": share @ (p - y) ** 2,
        "calibration_slope": slopes[:, 0],
        "calibration_intercept": slopes[:, 1],
        "bias": (weights @ p) / np.maximum(weights @ y, 1e-12),
    }


def _roc_auc(positive: Floats, negative: Floats) -> Floats:
    below = np.cumsum(negative, axis=1) - 0.5 * negative
    area: Floats = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return area


def _average_precision(positive: Floats, negative: Floats) -> Floats:
    positive, negative = positive[:, ::-1], negative[:, ::-1]  # from the likeliest down
    found = np.cumsum(positive, axis=1)
    precision = found / np.maximum(found + np.cumsum(negative, axis=1), 1e-12)
    average: Floats = (precision * positive).sum(axis=1) / positive.sum(axis=1)
    return average


def _refuted(bias: Floats) -> bool:
    low, high = np.quantile(bias, [0.025, 0.975])
    return bool(low > 1.1 or high < 1 / 1.1)


def _interval(sample: Floats, low: float, high: float) -> tuple[float, float]:
    a, b = np.quantile(sample, [low, high])
    return float(a), float(b)
