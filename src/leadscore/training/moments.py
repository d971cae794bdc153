"""Figures at several moments of a lead's life, where the history looks at leads more than once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.models.metrics import log_losses, roc_auc
from leadscore.training.fitting import FittedStage, weight_of

__all__ = ["MomentFigures", "measure_by_moment"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MomentFigures:
    """Figures of one stage on test leads of one age.

    Parameters
    ----------
    days
        Age at which they are looked at, from creation.
    leads
        How many of them were still open then.
    roc_auc
        Area under the ROC curve; None where they have one outcome only.
    log_loss, mean, base_rate
        Mean log loss, mean likelihood, and share for which the outcome happened.
    """

    days: float
    leads: int
    roc_auc: float | None
    log_loss: float
    mean: float
    base_rate: float


def measure_by_moment(
    X: Floats, history: History, split: TimeSplit, fitted: Mapping[Stage, FittedStage]
) -> Mapping[Stage, tuple[MomentFigures, ...]]:
    """Measure each stage on all looks at the test leads; nothing where each lead is looked at once.

    Parameters
    ----------
    X, history
        Encoded rows of the history, one for each look at a lead.
    split
        Which first looks are of the test stretch.
    fitted
        The stages; with both, ``close`` is the product.
    """
    if history.first_looks.all():
        return {}
    lead = np.cumsum(history.first_looks) - 1
    looks = np.flatnonzero(np.isin(lead, lead[split.test]))
    likelihoods = {stage: f.likelihood(X[looks]) for stage, f in fitted.items()}
    if len(likelihoods) == 2:
        likelihoods["close"] = likelihoods["qualify"] * likelihoods["close"]
    ages = history.moment[looks]
    return {
        stage: tuple(_measure(p[ages == age], history, stage, looks[ages == age], age) for age in np.unique(ages))
        for stage, p in likelihoods.items()
    }


def _measure(p: Floats, history: History, stage: Stage, rows: Index, age: float) -> MomentFigures:
    y, weight = history.labels[stage][rows], weight_of(history, stage, rows)
    return MomentFigures(
        days=float(age),
        leads=len(rows),
        roc_auc=roc_auc(p, y, weight) if 0 < y.sum() < len(y) else None,
        log_loss=float(log_losses(p, y, weight).mean()),
        mean=float(np.average(p, weights=weight)),
        base_rate=float(np.average(y, weights=weight)),
    )
