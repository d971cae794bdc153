"""What one column shows about an outcome: the figures that the audit's rule looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, rankdata

from leadscore.data.leakage_reading import Floats, Reading

__all__ = [
    "Evidence",
    "FillByAge",
    "area",
    "area_error",
    "crossfitted",
    "drops",
    "fill_by_age",
    "gather",
    "monotone",
    "robust_z",
]

Integers = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]

_FOLDS = 5
_PRIOR_ROWS = 5.0
_PURE, _PURE_ROWS = 0.95, 15
_FORWARD_FROM = 0.7


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures of one column for one outcome; the outcome is turned so that it is the rarer class.

    Parameters
    ----------
    auc, auc_error
        ROC AUC of the column by itself, each lead judged by others (cross-fitted), and its standard error.
    forward_auc
        The same, the newest leads judged by older ones.
    missing_auc
        ROC AUC of whether the cell is empty.
    blank_auc
        ROC AUC of whether the cell is empty or zero.
    purity
        Share of the positive leads that lie in values nearly all of whose leads are positive.
    filled, filled_rate
        Leads whose cell is neither empty nor zero, and the share of positives among them.
    covered
        Share of the more frequent class that these leads hold.
    base_rate, rows
        Share of positives, and decided leads.
    flipped
        Whether the outcome was turned: positive then means that it did not happen.
    """

    auc: float
    auc_error: float
    forward_auc: float
    missing_auc: float
    blank_auc: float
    purity: float
    filled: int
    filled_rate: float
    covered: float
    base_rate: float
    rows: int
    flipped: bool

    @property
    def surely(self) -> float:
        """Lower bound of the AUC."""
        return self.auc - 1.645 * self.auc_error


def gather(reading: Reading, y: Floats, fold: Integers) -> tuple[Evidence, Floats] | None:
    """Measure one column on decided leads in time order; also gives its cross-fitted rates.

    Parameters
    ----------
    reading
        The column, all leads.
    y
        1, 0 or NaN of each lead.
    fold
        Fold of each lead, 0 to 4.
    """
    rows = np.flatnonzero(~np.isnan(y))
    y = y[rows]
    if min(y.sum(), len(y) - y.sum()) < 5:
        return None
    flipped = y.mean() > 0.5
    y = 1 - y if flipped else y
    levels, missing, blank = reading.levels[rows], reading.missing[rows], reading.blank[rows]
    rates = crossfitted(levels, y, fold[rows])
    auc = area(rates, y)
    filled = ~blank
    return Evidence(
        auc=auc,
        auc_error=area_error(auc, y),
        forward_auc=_forward(levels, y),
        missing_auc=_two_sided(missing, y),
        blank_auc=_two_sided(blank, y),
        purity=_purity(reading.values[rows], y),
        filled=int(filled.sum()),
        filled_rate=float(y[filled].mean()) if filled.any() else 0.0,
        covered=float(filled[y == 0].mean()),
        base_rate=float(y.mean()),
        rows=len(y),
        flipped=bool(flipped),
    ), rates


def area(score: Floats, y: Floats) -> float:
    """ROC AUC; ties count half; 0.5 when a class is absent."""
    positives = y.sum()
    negatives = len(y) - positives
    if not positives or not negatives:
        return 0.5
    ranks = float(rankdata(score)[y == 1].sum())
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def area_error(auc: float, y: Floats) -> float:
    """Standard error of an AUC (Hanley and McNeil, 1982)."""
    yes, no = float(y.sum()), float(len(y) - y.sum())
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (yes - 1) * (q1 - auc**2) + (no - 1) * (q2 - auc**2)
    return float(np.sqrt(max(spread, 0.0) / max(yes * no, 1.0)))


def crossfitted(levels: Integers, y: Floats, fold: Integers) -> Floats:
    """Rate of each lead's level among the leads of the other folds, drawn towards the overall rate."""
    size = int(levels.max(initial=0)) + 1
    counts = np.array([np.bincount(levels[fold == f], minlength=size) for f in range(_FOLDS)], dtype=float)
    hits = np.array([np.bincount(levels[fold == f], y[fold == f], minlength=size) for f in range(_FOLDS)])
    rates = _rates(hits.sum(axis=0) - hits, counts.sum(axis=0) - counts, float(y.mean()))
    found: Floats = rates[fold, levels]
    return found


def _rates(hits: Floats, counts: Floats, base: float) -> Floats:
    rates: Floats = (hits + _PRIOR_ROWS * base) / (counts + _PRIOR_ROWS)
    return rates


def _forward(levels: Integers, y: Floats) -> float:
    cut = int(_FORWARD_FROM * len(y))
    size = int(levels.max(initial=0)) + 1
    counts = np.bincount(levels[:cut], minlength=size).astype(float)
    hits = np.bincount(levels[:cut], y[:cut], minlength=size).astype(float)
    return area(_rates(hits, counts, float(y[:cut].mean()))[levels[cut:]], y[cut:])


def _two_sided(flag: Booleans, y: Floats) -> float:
    auc = 0.5 + (float(flag[y == 1].mean()) - float(flag[y == 0].mean())) / 2
    return max(auc, 1 - auc)


def _purity(levels: Integers, y: Floats) -> float:
    counts, hits = np.bincount(levels), np.bincount(levels, y)
    pure = (counts >= _PURE_ROWS) & (hits >= _PURE * counts)
    return float(hits[pure].sum() / y.sum())


def drops(rates: Sequence[Floats], y: Floats) -> Floats:
    """AUC that a quick model of all columns loses without each: a linear one on their cross-fitted log-odds."""
    X = np.column_stack([np.log(r) - np.log1p(-r) for r in (np.clip(r, 1e-4, 1 - 1e-4) for r in rates)])
    X = X - X.mean(axis=0)
    gram, told = X.T @ X + 1e-3 * len(y) * np.eye(X.shape[1]), X.T @ (y - y.mean())
    whole = area(X @ np.linalg.solve(gram, told), y)
    without = np.empty(X.shape[1])
    for j in range(X.shape[1]):
        others = np.delete(np.arange(X.shape[1]), j)
        if not len(others):
            return np.array([whole - 0.5])
        weights = np.linalg.solve(gram[np.ix_(others, others)], told[others])
        without[j] = area(X[:, others] @ weights, y)
    return whole - without


def robust_z(aucs: Floats) -> Floats:
    """Distance of each AUC from the middle of all, in robust standard deviations of their log-odds."""
    logits = np.log(aucs) - np.log1p(-aucs) if len(aucs) else aucs
    middle = np.median(logits) if len(logits) else 0.0
    spread = 1.4826 * np.median(np.abs(logits - middle)) if len(logits) else 1.0
    z: Floats = (logits - middle) / max(float(spread), 0.1)
    return z


@dataclass(frozen=True, slots=True)
class FillByAge:
    """Shares of cells that are neither empty nor zero.

    Parameters
    ----------
    old, before, new
        In the older half of the leads, among those that came just before the newest, and among the newest.
    by_chance
        Likelihood that the newest are filled in as seldom as they are by chance alone.
    """

    old: float
    before: float
    new: float
    by_chance: float


def fill_by_age(blank: Booleans) -> FillByAge:
    """Compare how far old and new leads are filled in."""
    newest = min(max(50, len(blank) // 50), max(1, len(blank) // 4))
    filled = ~blank
    old, new = float(filled[: max(1, len(blank) // 2)].mean()), filled[-newest:]
    before = float(filled[-5 * newest : -newest].mean()) if len(blank) > newest else old
    return FillByAge(old, before, float(new.mean()), float(binom.cdf(new.sum(), newest, old)))


def monotone(reading: Reading) -> float:
    """Rank correlation of a column's number with the order of the leads, without sign."""
    if reading.number is None:
        return 0.0
    known = np.flatnonzero(~np.isnan(reading.number))
    values = reading.number[known]
    if len(known) < 50 or len(np.unique(values)) < min(50, len(known) / 2):
        return 0.0
    return abs(float(np.corrcoef(rankdata(values), known)[0, 1]))
