"""Recalibration: a registered model meets outcomes that it has not seen, and only its calibration learns from them.

The families, their settings and their reasons stay. The calibration of each stage is moved to the newly matured leads:
by a shift of its log-odds, or by a new sigmoid where that is clearly better on the newer half of them. Prices and tiers
are money times likelihoods, so they are cut anew on the same leads.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History, decided_rows
from leadscore.data.kinds import told_as
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.errors import TooFewOutcomes, UsageError
from leadscore.models.bundle import Bundle, Likelihood
from leadscore.models.calibration import Calibrator, fit_shift, fit_sigmoid
from leadscore.models.likelihood import LikelihoodModel
from leadscore.models.metrics import log_losses
from leadscore.models.value_model import MarginRace
from leadscore.training.candidates import Candidate
from leadscore.training.card import model_card
from leadscore.training.competition import Competition
from leadscore.training.evaluation import MIN_OF_EACH_CLASS, evaluate
from leadscore.training.fitting import FittedStage, plain_baseline, stage_rows, weight_of
from leadscore.training.pipeline import Progress, read, silent
from leadscore.training.recalibration import gain
from leadscore.training.recipe import Recipe
from leadscore.training.result import TrainingResult
from leadscore.training.tiering import cut_tiers
from leadscore.training.valuation import Valuation

__all__ = ["recalibrate_bundle"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_KEPT = ("trained_until", "leads_learned_from", "scales")
"""What a card goes on saying of a model that is kept."""


class Kept:
    """A model that is kept as it is, by the name that scikit-learn gives to what it does.

    Parameters
    ----------
    model
        As the Bundle holds it.
    """

    def __init__(self, model: LikelihoodModel) -> None:
        self.model_ = model

    def predict_proba(self, X: Floats) -> Floats:
        """Probabilities of both classes, before calibration."""
        p = 1.0 / (1.0 + np.exp(-self.model_.log_odds(X)))
        return np.column_stack([1.0 - p, p])


def recalibrate_bundle(
    recipe: Recipe,
    bundle: Bundle,
    *,
    now: datetime,
    data: Path | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> TrainingResult:
    """Refit only the calibration of a model, on leads that it has not learned from.

    Parameters
    ----------
    recipe
        That of the model, with an export that has newer outcomes.
    bundle
        The model.
    now
        The moment, for the card.
    data
        In place of the recipe's folder or of its leads.
    seed
        Seed of the intervals.
    progress
        Told what is being done.

    Raises
    ------
    UsageError
        The model has no date until which it learned, or is of another recipe.
    TooFewOutcomes
        Fewer than 40 outcomes of a class are newer than the model.
    """
    begun = time.monotonic()
    progress("reading the history", 0.05)
    whole = told_as(read(recipe, data), bundle.activities)
    history = whole.take(_newer(whole, bundle, recipe)).leads
    _check(history)
    X = bundle.encoder.encode_frame(history.frame)
    rows, half = np.arange(len(history)), len(history) // 2
    split = TimeSplit(fit=rows[:half], calibrate=rows[half:half], test=rows[half:])

    progress("recalibrating", 0.5)
    halfway, fitted = (
        {stage: _recalibrated(stage, likelihood, X, history, part) for stage, likelihood in bundle.stages.items()}
        for part in (split.fit, rows)
    )
    baseline = plain_baseline(X, history, split, bundle.encoder)
    evaluation = evaluate(X, history, split, halfway, baseline, seed=seed)

    progress("pricing the capacity and cutting the tiers", 0.9)
    margin = bundle.margins(X, history.segment)
    likelihoods = {stage: f.likelihood(X) for stage, f in fitted.items()}
    policy, reference, notes = cut_tiers(likelihoods, history, rows, margin, recipe, arrivals=whole.leads)
    notes = (*_moves(bundle, fitted), *notes)
    card = model_card(recipe, history, rows, evaluation, notes, now=now, seed=seed)
    card |= {name: bundle.card[name] for name in _KEPT if name in bundle.card}
    return TrainingResult(
        recipe=recipe,
        bundle=replace(
            bundle,
            stages={stage: f.likelihood for stage, f in fitted.items()},
            policy=policy,
            reference=reference,
            card={**card, "recalibrated_until": _iso(history), "leads_recalibrated_on": len(history)},
        ),
        fitted=fitted,
        evaluation=evaluation,
        value=Valuation(bundle.margins, "kept", 0, MarginRace(bundle.margins.kind), None, "margins are kept"),
        rows={"read": whole.rows_read, "fit": 0, "calibrate": len(history), "test": len(split.test)},
        excluded=history.excluded,
        warnings=(*history.remarks, *notes),
        test=history.take(split.test),
        left_out=whole.left_out,
        seconds=time.monotonic() - begun,
    )


def _newer(whole: History, bundle: Bundle, recipe: Recipe) -> Index:
    """Decided leads that were created after the newest one that the model learned from."""
    until, name = bundle.card.get("trained_until"), bundle.card.get("recipe")
    if name != recipe.name:
        raise UsageError(f"the model is of the recipe {name!r} and not of {recipe.name!r}; name another with --model")
    if until is None or whole.created is None:
        raise UsageError(
            "without dates nothing says which leads are newer than the model: name the creation date under [lead] "
            "`created`, or train again."
        )
    decided = decided_rows(whole)
    newer = (whole.created.iloc[decided] > pd.Timestamp(until)).to_numpy()
    return decided[newer]


def _check(history: History) -> None:
    for stage, y in history.labels.items():
        known = y[stage_rows(history, stage, np.arange(len(history)))]
        yes, no = int((known == 1).sum()), int((known == 0).sum())
        if min(yes, no) < MIN_OF_EACH_CLASS:
            raise TooFewOutcomes(
                f"[{stage}]: {yes} positives and {no} negatives are newer than the model; {MIN_OF_EACH_CLASS} of each "
                "are needed to recalibrate it. Wait until the horizon has passed over more leads, or train again."
            )


def _recalibrated(stage: Stage, old: Likelihood, X: Floats, history: History, part: Index) -> FittedStage:
    rows = stage_rows(history, stage, part)
    raw, y, weight = old.model.log_odds(X[rows]), history.labels[stage][rows], weight_of(history, stage, rows)
    cut = len(rows) // 2
    early, late = ((raw[s], y[s], None if weight is None else weight[s]) for s in (slice(cut), slice(cut, None)))
    losses = {name: log_losses(fit(old.calibrator, *early)(late[0]), *late[1:]) for name, fit in _WAYS.items()}
    way = "sigmoid" if gain(losses["shift"], losses["sigmoid"]) > 1.0 or old.calibrator.knots else "shift"
    likelihood = replace(old, calibrator=_WAYS[way](old.calibrator, raw, y, weight))
    winner = Candidate(old.model.family, "kept", Kept(old.model))
    competition = Competition(winner, None, None, None, "sigmoid" if way == "sigmoid" else "newest", {})
    return FittedStage(competition, likelihood, winner.estimator, np.full(len(history), np.nan))


def _shifted(old: Calibrator, raw: Floats, y: Floats, weight: Floats | None) -> Calibrator:
    shift = fit_shift(old.slope * raw + old.intercept, y, weight)
    return Calibrator(old.slope, old.intercept + shift.intercept)


def _sigmoid(_: Calibrator, raw: Floats, y: Floats, weight: Floats | None) -> Calibrator:
    return fit_sigmoid(raw, y, weight)


_WAYS = {"shift": _shifted, "sigmoid": _sigmoid}


def _moves(bundle: Bundle, fitted: Mapping[Stage, FittedStage]) -> tuple[str, ...]:
    def line(c: Calibrator) -> str:
        return f"slope {c.slope:.3f}, intercept {c.intercept:+.3f}" + (" and steps" if c.knots else "")

    return tuple(
        f"[{stage}]: the calibration moved from {line(bundle.stages[stage].calibrator)} to "
        f"{line(f.likelihood.calibrator)}"
        for stage, f in fitted.items()
    )


def _iso(history: History) -> Any:
    return None if history.created is None else history.created.iloc[-1].isoformat()
