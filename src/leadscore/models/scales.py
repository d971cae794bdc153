"""Fit and engagement: the sums of the reasons over who a lead is and over what it does, as percentiles.

A sum of effects on the log-odds says little to a person. What is told is the percentage of the leads that the model
was calibrated on whose sum was lower, looked up in a small table that was made in training.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from leadscore.data.outcomes import Stage
from leadscore.models.features import Encoder
from leadscore.models.likelihood import LikelihoodModel

__all__ = ["Scale", "Scales"]

Floats = npt.NDArray[np.float64]

_LEADS = 1000
"""Most leads that a table is made of: the middle percentile of so many is off by 1.6, and reasons take their time."""

_DIGITS = 6
"""Digits of a sum: two ways to compute the same reasons differ in the eighth, and then equal leads stay equal."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Percentiles of the sum of some features' effects, by stage.

    Parameters
    ----------
    columns
        Positions of the features in the encoded matrix.
    steps
        By stage, the sums at the percentiles 1 to 100 of the leads that the model was calibrated on.

    Examples
    --------
    >>> effects = np.array([[0.25 * i, -9.0] for i in range(200)])
    >>> scale = Scale.fit([0], {"close": effects})
    >>> scale("close", np.array([[-1.0, 0.0], [25.1, 0.0], [99.0, 0.0]]))
    [0, 50, 100]
    """

    columns: tuple[int, ...]
    steps: Mapping[Stage, Sequence[float]]

    @classmethod
    def fit(cls, columns: Sequence[int], effects: Mapping[Stage, Floats]) -> Self:
        """Make the tables from the effects of the features of some leads, shape (n, features)."""
        percentiles = np.arange(1, 101) / 100
        return cls(
            tuple(columns),
            {
                stage: np.quantile(_sums(found, columns), percentiles, method="inverted_cdf").tolist()
                for stage, found in effects.items()
            },
        )

    def __call__(self, stage: Stage, effects: Floats) -> list[int]:
        """Percentage, 0 to 100, of the leads of the table whose sum was lower."""
        steps = self.steps[stage]
        return [bisect_left(steps, total) for total in _sums(effects, self.columns).tolist()]


@dataclass(frozen=True, slots=True)
class Scales:
    """Both scales of a model; None where it has no such features.

    Parameters
    ----------
    fit
        Over attributes of the lead.
    engagement
        Over features that are made from activities.
    """

    fit: Scale | None = None
    engagement: Scale | None = None

    @classmethod
    def of_model(
        cls, models: Mapping[Stage, LikelihoodModel], encoder: Encoder, activities: Collection[str], X: Floats
    ) -> Self:
        """Make the scales of a model from the leads that it was calibrated on.

        Parameters
        ----------
        models
            By stage.
        encoder
            Names of the features.
        activities
            Names of those that are made from activities.
        X
            Encoded leads in time order; up to 1,000 of them, evenly spaced, are looked at.
        """
        if not len(X):
            return cls()
        chosen = X[np.linspace(0, len(X) - 1, min(_LEADS, len(X))).astype(np.intp)]
        effects = {stage: model.reasons(chosen) for stage, model in models.items()}
        does = [feature.name in activities for feature in encoder.features]
        fit, engagement = ([j for j, told in enumerate(does) if told is which] for which in (False, True))
        return cls(*(Scale.fit(columns, effects) if columns else None for columns in (fit, engagement)))

    def __call__(self, stage: Stage, effects: Floats) -> list[tuple[int | None, int | None]]:
        """Fit and engagement of each lead, from its effects on the log-odds of a stage."""
        none: list[int | None] = [None] * len(effects)
        fit, engagement = (none if scale is None else scale(stage, effects) for scale in (self.fit, self.engagement))
        return list(zip(fit, engagement, strict=True))

    def in_words(self) -> dict[str, str | None]:
        """What 0 to 100 mean, for the model's card; None where the model has no such features."""
        of = {"fit": (self.fit, "attributes"), "engagement": (self.engagement, "activities")}
        said = "percentage of the leads calibrated on whose effects of {} add up to less"
        return {name: None if scale is None else said.format(what) for name, (scale, what) in of.items()}

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            name: None if scale is None else {"columns": list(scale.columns), "steps": dict(scale.steps)}
            for name, scale in (("fit", self.fit), ("engagement", self.engagement))
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read the JSON form; a Bundle of before there were scales has none."""
        return cls(**{name: s and Scale(tuple(s["columns"]), s["steps"]) for name, s in content.items()})


def _sums(effects: Floats, columns: Sequence[int]) -> Floats:
    # `take` gives rows that lie in one piece: the order of summation, and the last bit, is that of a lead alone.
    total: Floats = np.take(effects, columns, axis=1).sum(axis=1).round(_DIGITS) + 0.0
    return total
