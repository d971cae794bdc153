"""Candidates of the competition: a family, its settings, and how much the past counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from leadscore.models.blending import LogOddsBlend
from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.calibration import logit
from leadscore.models.hinge_regression import HingeLogisticRegression

__all__ = ["Candidate", "Past", "Recency", "blend", "candidates", "recencies"]

Floats: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Leads in time order, as one stage sees them.

    Parameters
    ----------
    X, y
        Encoded leads and their outcomes.
    counts
        Which of them the stage learns from and is judged on; the others are only predicted.
    moments
        When each came, ascending: in days, or the number of its row in an export without dates.
    weight
        What each lead counts for; all count alike when None.
    unit
        Unit of the moments.
    """

    X: Floats
    y: Floats
    counts: npt.NDArray[np.bool_]
    moments: Floats
    weight: Floats | None = None
    unit: Literal["days", "leads"] = "days"

    def take(self, rows: Index) -> Past:
        """These leads."""
        weight = None if self.weight is None else self.weight[rows]
        return Past(self.X[rows], self.y[rows], self.counts[rows], self.moments[rows], weight, self.unit)


@dataclass(frozen=True, slots=True)
class Recency:
    """How much the past counts.

    Parameters
    ----------
    half_life
        Time over which the weight of a lead halves; all count alike when None.
    window
        Older leads than this are left out; none are when None.

    Examples
    --------
    >>> Recency(half_life=1.0).weights(np.array([0.0, 1.0, 2.0])).round(2)
    array([0.33, 0.67, 1.33])
    """

    half_life: float | None = None
    window: float | None = None

    def weights(self, moments: Floats) -> Floats:
        """Weight of each lead at the moment of the newest; they add up to the number of leads that they are worth."""
        age = moments[-1] - moments
        weight = np.ones(len(age)) if self.half_life is None else 0.5 ** (age / self.half_life)
        if self.window is not None:
            weight = np.where(age <= self.window, weight, 0.0)
        worth: Floats = weight * (weight.sum() / (weight**2).sum())
        return worth

    def in_words(self, unit: str) -> str:
        """Such as ``half-life 90 days``; empty where all count alike."""
        parts = {"half-life": self.half_life, "last": self.window}
        return ", ".join(f"{name} {value:.0f} {unit}" for name, value in parts.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A family with its settings.

    Parameters
    ----------
    family
        ``logistic_regression``, ``boosted_trees`` or ``blend``.
    settings
        What differs from the family's defaults.
    estimator
        Not yet fitted.
    recency
        How much the past counts.
    unit
        Unit of the recency.
    own
        Segments with a model of their own.
    """

    family: str
    settings: str
    estimator: Any
    recency: Recency = Recency()
    unit: str = "days"
    own: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.family} ({'; '.join([self.settings, *self._owners])})"

    @property
    def _owners(self) -> list[str]:
        return [f"of their own: {', '.join(self.own)}"] if self.own else []

    def fit(self, past: Past) -> Any:
        """Fit a copy of the estimator on the leads that count; None where they have one outcome only."""
        if not past.counts.all():
            past = past.take(np.flatnonzero(past.counts))
        weight = past.weight
        if self.recency != Recency() and len(past.y):
            recent = self.recency.weights(past.moments)
            weight = recent if weight is None else weight * recent
            kept = np.flatnonzero(recent)
            past, weight = past.take(kept), weight[kept]
        if not len(past.y) or past.y.min() == past.y.max():
            return None
        return clone(self.estimator).fit(past.X, past.y, sample_weight=weight)

    def log_odds(self, past: Past, X: Floats) -> Floats:
        """Raw log-odds of other leads after learning from a past; those of its base rate where it has one outcome."""
        fitted = self.fit(past)
        if fitted is not None:
            raw: Floats = fitted.decision_function(X)
            return raw
        y = past.y[past.counts]
        return np.full(len(X), logit(np.array((y.sum() + 0.5) / (len(y) + 1.0))))

    def with_recency(self, recency: Recency, unit: str) -> Candidate:
        """The same, with the past counting otherwise."""
        return replace(self, settings=f"{self.settings}, {recency.in_words(unit)}", recency=recency, unit=unit)


def candidates(
    levels: Sequence[int], *, seed: int, by: int | None = None, crossed: Sequence[int] = ()
) -> list[Candidate]:
    """Standard candidates, within the bounds that keep means honest and reasons fast (150 trees of 15 leaves).

    ``crossed`` are the columns that work otherwise in each segment, which column ``by`` tells; trees see it themselves.
    """

    def additive(settings: str, C: float, *, hinges: bool = True) -> Candidate:
        estimator = HingeLogisticRegression(C, levels, hinges, by=by, crossed=tuple(crossed))
        return Candidate("logistic_regression", settings, estimator)

    grown = [
        Candidate(
            "boosted_trees",
            f"{trees} trees of {leaves} leaves",
            BoostedTrees(n_estimators=trees, num_leaves=leaves, learning_rate=rate, levels=levels, random_state=seed),
        )
        for trees, leaves, rate in ((80, 7, 0.08), (150, 7, 0.06), (150, 15, 0.04))
    ]
    straight = additive("C=0.3, straight", 0.3, hinges=False)
    return [additive("C=0.3", 0.3), grown[0], straight, additive("C=0.03", 0.03), *grown[1:]]


def blend(additive: Candidate, trees: Candidate, share: float) -> Candidate:
    """Both families in log-odds, the trees with this weight."""
    estimator = LogOddsBlend(
        additive.estimator,
        trees.estimator,
        share,
        levels=trees.estimator.levels,
        random_state=trees.estimator.random_state,
    )
    return Candidate("blend", f"{1 - share:.0%} {additive}, {share:.0%} {trees}", estimator)


def recencies(past: Past) -> list[Recency]:
    """Half-lives and windows that are tried, as parts of the span of the history."""
    span = float(past.moments[-1] - past.moments[0])
    if span <= 0:
        return []
    weighted = [Recency(half_life=span / part) for part in (4, 8, 2)]
    return [*weighted, Recency(window=span / 2), Recency(window=span / 4)]
