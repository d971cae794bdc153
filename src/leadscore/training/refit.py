"""Which model is registered: the measured procedure, moved forward to all mature leads.

What was measured on the untouched last stretch is a procedure: a family with its settings, how much the past counts,
and a calibration. Its model knows nothing of that stretch. The model that goes to work is the same procedure fitted
once more with the newest leads in it; prices and tiers are cut on what its folds forecast, never on what it learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.models.features import Encoder
from leadscore.training.base_rate import NEWEST, follow
from leadscore.training.fitting import FittedStage, move_stage, past_of
from leadscore.training.recipe import Recipe
from leadscore.training.text_choice import encoded

__all__ = ["Final", "move_forward"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Final:
    """A model that may go to work.

    Parameters
    ----------
    encoder
        From fields to floats.
    fitted
        The stages.
    rows
        Leads that were learned from, in time order.
    recent
        The newest of them, which prices and tiers are cut on.
    forecasts
        By stage, their likelihoods by models that had not seen them.
    """

    encoder: Encoder
    fitted: Mapping[Stage, FittedStage]
    rows: Index
    recent: Index
    forecasts: Mapping[Stage, Floats]

    @classmethod
    def as_measured(
        cls, X: Floats, history: History, split: TimeSplit, encoder: Encoder, fitted: Mapping[Stage, FittedStage]
    ) -> Final:
        """The model that was measured: it knows nothing of the test stretch."""
        return cls._of(X, history, encoder, fitted, split.known, split.calibrate)

    @classmethod
    def _of(
        cls,
        X: Floats,
        history: History,
        encoder: Encoder,
        fitted: Mapping[Stage, FittedStage],
        rows: Index,
        recent: Index,
    ) -> Final:
        recent = recent[history.first_looks[recent]]
        return cls(encoder, fitted, rows, recent, {stage: f.forecast(X, recent) for stage, f in fitted.items()})


def move_forward(measured: Final, X: Floats, history: History, recipe: Recipe) -> Final:
    """Fit the measured procedure on all mature leads; where ``split.refit`` is off, the measured model goes to work.

    ``X`` has the leads as the measured model's encoder encodes them.
    """
    if not recipe.split.refit:
        return measured
    rows = np.arange(len(history))
    recent = rows[len(rows) - max(1, round(len(rows) * recipe.split.calibrate_share)) :]
    encoder = Encoder.fit(history.frame, history.fields, sources=history.sources, missing=recipe.lead.missing)
    later = X[len(measured.rows) :]
    told = {stage: f.raw(later) for stage, f in measured.fitted.items()}
    X = encoded(encoder, history)
    fitted = {
        stage: _following(move_stage(f, stage, told[stage], X, history, encoder, recipe), stage, X, history, recipe)
        for stage, f in measured.fitted.items()
    }
    return Final._of(X, history, encoder, fitted, rows, recent)


def _following(fitted: FittedStage, stage: Stage, X: Floats, history: History, recipe: Recipe) -> FittedStage:
    """The stage, shifted to a newest stretch that goes another way.

    Where leads are weighted, the outcomes of the newest are an estimate, and nothing is read into their rate.
    """
    past = past_of(X[:, :0], history, stage, np.arange(len(history)))
    if past.weight is not None or "calibration" not in recipe.search.include:
        return fitted
    rows = np.flatnonzero(past.counts & history.first_looks)[-NEWEST:]
    raw = fitted.likelihood.model.log_odds(X[rows])
    horizon = 0 if past.unit == "leads" else recipe.outcomes[stage].horizon_days or 0
    calibrator, move = follow(
        raw,
        past.y[rows],
        past.moments[rows],
        fitted.likelihood.calibrator,
        horizon=max(horizon, recipe.split.gap_days),
        folds=recipe.split.folds,
    )
    if move is None:
        return fitted
    fitted = replace(fitted, move=replace(move, unit=past.unit))
    if not move.followed:
        return fitted
    # Models of the folds know less of the stretch than the one that is shifted.
    forecasts = fitted.forecasts + np.nanmean(fitted.raw(X[rows]) - fitted.forecasts[rows])
    return replace(fitted, likelihood=replace(fitted.likelihood, calibrator=calibrator), forecasts=forecasts)
