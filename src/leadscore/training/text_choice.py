"""Which columns of free text are learned from: those that pay forward in time.

A column's readings (seniority, function, wording) take part only where, on the forward folds, the log loss of all
stages together is more than one standard error better with them than with what was known without. The wording is
fitted on the leads before the first fold alone, and those get their figure from fits on others, so that no fold ever
looks at a lead whose outcome is in its features.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.inference import TAKEN, Excluded
from leadscore.data.leakage_text import judge_text
from leadscore.data.outcomes import Stage
from leadscore.data.schema import Field
from leadscore.data.splits import TimeSplit
from leadscore.data.text import TextReading, holds_titles
from leadscore.models.features import TEXT_EXAMPLES, Encoder
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.training.candidates import Candidate
from leadscore.training.fitting import past_of
from leadscore.training.folds import Folds
from leadscore.training.limits import Limits
from leadscore.training.recalibration import gain
from leadscore.training.recipe import Recipe
from leadscore.training.wording import fit_wording

__all__ = ["FOR_CHOICES", "choose_text", "encoded", "forward_losses", "judge_texts"]

Floats = npt.NDArray[np.float64]

_CLEARLY = 1.0
"""Standard errors of the paired difference by which a text must make the log loss better."""

FOR_CHOICES: Final = 0.5
"""Share of the time after which no further text, or number of activities, is tried."""


def encoded(encoder: Encoder, history: History) -> Floats:
    """The leads of a history as a training may see them.

    A figure that was fitted on a lead's own outcome is replaced by that of a fit on others.
    """
    X = encoder.encode_frame(history.frame)
    for j, feature in enumerate(encoder.features):
        if feature.name in history.figures:
            figures = history.figures[feature.name]
            X[:, j] = np.where(np.isnan(figures), X[:, j], figures)
    return X


def choose_text(history: History, split: TimeSplit, recipe: Recipe, *, limits: Limits, seed: int = 0) -> History:
    """The history with the texts among its fields that pay forward in time; of every other one it is said why not.

    Parameters
    ----------
    history
        Decided leads, after the leakage audit.
    split
        The test stretch is not looked at.
    recipe
        Folds and gap.
    limits
        Whether there is time to try; a text that gives the outcome away is left out as such whatever the time.
    seed
        Of the wording's cross-fits.
    """
    possible = _possible(history)
    losses = forward_losses(history, split, recipe) if possible and limits.within(FOR_CHOICES) else np.zeros(0)
    for name in possible:
        offered = _with_text(history, name, split, recipe, seed)
        if offered is None:
            history = _left_out(history, name, "no piece of it is in use by 20 leads")
            continue
        if (found := _audited(offered, name, seed)) and name not in recipe.columns.allow_leaky:
            history = _given_away(history, found)
            continue
        if not (len(losses) and limits.within(FOR_CHOICES)):
            history = _left_out(history, name, "the time limit of the search left it untried")
            continue
        with_text = forward_losses(offered, split, recipe)
        better = gain(losses, with_text)
        told = f"log loss forward in time {with_text.mean():.4f} with its text, {losses.mean():.4f} without"
        if better > _CLEARLY:
            history, losses = _said(offered, f"{name!r} is read as text: {told}"), with_text
        else:
            history = _left_out(history, name, f"{told}: not better by more than one standard error")
    return history


def judge_texts(history: History, split: TimeSplit, recipe: Recipe, *, seed: int = 0) -> tuple[Excluded, ...]:
    """Texts whose wording gives the outcome away, told as `choose_text` tells it before it learns from one."""
    offered = ((name, _with_text(history, name, split, recipe, seed)) for name in _possible(history))
    return tuple(e for name, o in offered if o is not None and (e := _audited(o, name, seed)) is not None)


def _possible(history: History) -> list[str]:
    """Texts that the audit of columns has not left out."""
    audited = {e.column for e in history.excluded if e.verdict != "id" or e.reason == TAKEN}
    return [name for name in history.texts if name not in audited]


def _with_text(history: History, name: str, split: TimeSplit, recipe: Recipe, seed: int) -> History | None:
    """The history with one more text among its fields; None when there is nothing to read."""
    column = history.frame[name]
    stage = next(iter(history.labels))
    folds = _folds(np.zeros((len(history), 0)), history, stage, split, recipe)
    before = split.known[folds.stretches[0][0]]
    titles = holds_titles(column.iloc[before])
    graded = np.mean(list(history.labels.values()), axis=0)
    wording = fit_wording(column.iloc[before], graded[before], seed=seed)
    readings = [TextReading("seniority"), TextReading("function")] if titles else []
    figures = dict(history.figures)
    if wording is not None:
        readings.append(wording[0])
        own = np.full(len(history), np.nan)
        own[before] = wording[1]
        figures[f"{name} (wording)"] = own
    if not readings:
        return None
    field = Field(name, "category", f"Free text in {name!r}; none of it is kept.", TEXT_EXAMPLES, texts=tuple(readings))
    return replace(
        history,
        fields=(*(f for f in history.fields if f.name != name), field),
        excluded=tuple(e for e in history.excluded if e.column != name),
        figures=figures,
    )


def _audited(offered: History, name: str, seed: int) -> Excluded | None:
    """Why a text may not be learned from; None where its wording does not give the outcome away."""
    figures = offered.figures.get(f"{name} (wording)")
    if figures is None:
        return None
    verdict, why = judge_text(offered, name, figures, seed=seed)
    return None if verdict == "ok" else Excluded(name, verdict, f"its wording: {why}")


def _given_away(history: History, excluded: Excluded) -> History:
    """Leave a text out as the audit leaves out a column."""
    return replace(
        history,
        fields=tuple(f for f in history.fields if f.name != excluded.column),
        excluded=(*(e for e in history.excluded if e.column != excluded.column), excluded),
    )


def _left_out(history: History, name: str, reason: str) -> History:
    """Say why a text is not read; a column that is a category besides stays one."""
    if any(f.name == name for f in history.fields):
        return _said(history, f"{name!r} is not read as text but as a category: {reason}")
    excluded = (Excluded(name, "id", f"free text: {reason}") if e.column == name else e for e in history.excluded)
    return _said(replace(history, excluded=tuple(excluded)), f"the text in {name!r} is not learned from: {reason}")


def _said(history: History, remark: str) -> History:
    return replace(history, remarks=(*history.remarks, remark))


def _folds(X: Floats, history: History, stage: Stage, split: TimeSplit, recipe: Recipe) -> Folds:
    return Folds(past_of(X, history, stage, split.known), recipe.split.folds, gap=recipe.split.gap_days)


def forward_losses(history: History, split: TimeSplit, recipe: Recipe) -> Floats:
    """Log loss of every lead that the folds look at, added up over the stages, by the additive family."""
    known = history.take(split.known).frame
    encoder = Encoder.fit(known, history.fields, sources=history.sources, missing=recipe.lead.missing)
    X, levels = encoded(encoder, history), encoder.levels
    if not levels:  # texts are all there is
        X, levels = np.zeros((len(history), 1)), (0,)
    judge = Candidate("logistic_regression", "C=0.3", HingeLogisticRegression(C=0.3, levels=levels))
    total = np.zeros(0)
    for stage in history.labels:
        folds = _folds(X, history, stage, split, recipe)
        losses = np.zeros(len(folds.seen))
        losses[folds.judged] = folds.forecasts(np.concatenate(list(folds(judge)))).losses
        total = losses if not len(total) else total + losses
    return total
