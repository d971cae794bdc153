"""Training: the whole method on one screen.

A history is read, its columns are audited, and it is cut by time. Each stage's families compete forward in time; the
winner is fitted, calibrated on the stretch after it and measured on the last, untouched stretch. Without signal there
is no model. Prices and tiers are cut from the calibrated outputs, and all of it goes into one Bundle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from leadscore.data.drift import drift
from leadscore.data.history import History, decided_rows
from leadscore.data.leakage import apply_audit, audit
from leadscore.data.outcomes import Stage
from leadscore.data.reading import read_history
from leadscore.data.splits import split_by_time
from leadscore.models.bundle import Bundle
from leadscore.models.features import Encoder
from leadscore.models.value import fit_margins
from leadscore.training.evaluation import check_outcomes, evaluate, refuse_without_signal
from leadscore.training.fitting import FittedStage, fit_stages, plain_baseline
from leadscore.training.recipe import Recipe, load_recipe
from leadscore.training.result import TrainingResult, model_card, parts_of
from leadscore.training.tiering import cut_tiers

__all__ = ["Progress", "fit_bundle", "read"]

Progress: TypeAlias = Callable[[str, float], None]
"""Called with what is being done and the share of the work that is done."""


def silent(_text: str, _share: float) -> None:
    """Tell nobody."""


def read(recipe: Recipe, data: Path | None = None) -> History:
    """Read the recipe's history; ``data`` replaces its folder (a folder) or its leads (a file)."""
    folder, leads = (data, None) if data is not None and data.is_dir() else (recipe.folder, data)
    return read_history(recipe.data, recipe.lead, recipe.outcomes, recipe.columns, folder=folder, leads=leads)


def fit_bundle(
    recipe: Recipe | Path | str,
    *,
    now: datetime,
    data: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> TrainingResult:
    """Learn from a history; the result has the Bundle and all that was measured, and nothing is registered.

    Parameters
    ----------
    recipe
        A recipe, or the path of its TOML.
    now
        The moment of training, for the card.
    data
        In place of the recipe's folder (a folder) or of its leads (a file).
    seed
        The same seed gives the same model.
    progress
        Told what is being done.

    Raises
    ------
    BadInput
        The export or the recipe cannot be used as it stands.
    Refused
        No signal, too few outcomes, one class, or no usable column.
    """
    begun = time.monotonic()
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)

    progress("reading the history", 0.02)
    whole = read(recipe, data)

    progress("auditing the columns", 0.06)
    verdicts = audit(whole, allow=recipe.columns.allow_leaky, seed=seed)
    whole = apply_audit(whole, verdicts, recipe.columns.allow_leaky)
    history = whole.take(decided_rows(whole))
    split = split_by_time(len(history), recipe.split, days=history.days)
    check_outcomes(history, split)

    progress("encoding", 0.1)
    known = history.take(split.fit).frame
    encoder = Encoder.fit(known, history.fields, sources=history.sources, missing=recipe.lead.missing)
    X = encoder.encode_frame(history.frame)

    fitted = fit_stages(X, history, split, encoder, recipe, seed=seed, progress=progress)

    progress("measuring on the last stretch of time", 0.8)
    baseline = plain_baseline(X, history, split, encoder)
    evaluation = evaluate(X, history, split, fitted, baseline, seed=seed)
    refuse_without_signal(evaluation)

    progress("pricing the capacity and cutting the tiers", 0.9)
    margins, margin_note = fit_margins(recipe.value, history.amount[split.fit], history.segment[split.fit])
    policy, reference, notes = cut_tiers(X, history, split.calibrate, fitted, margins, recipe, arrivals=whole)

    notes = (margin_note, *drift(history, seed=seed).sentences, *notes)
    bundle = Bundle(
        encoder=encoder,
        activities=history.activities,
        stages={stage: f.likelihood for stage, f in fitted.items()},
        margins=margins,
        policy=policy,
        reference=reference,
        parts=parts_of(recipe),
        ignored=frozenset(e.column for e in history.excluded),
        card=model_card(recipe, history, split, evaluation, notes, now=now, seed=seed),
    )
    return TrainingResult(
        recipe=recipe,
        bundle=bundle,
        fitted=fitted,
        evaluation=evaluation,
        rows={
            "read": whole.rows_read,
            "fit": len(split.fit),
            "calibrate": len(split.calibrate),
            "test": len(split.test),
        },
        excluded=history.excluded,
        warnings=(*history.remarks, *_waiting(whole, history), *_untried(fitted), *notes),
        test=history.take(split.test),
        left_out=whole.left_out,
        seconds=time.monotonic() - begun,
    )


def _waiting(whole: History, history: History) -> tuple[str, ...]:
    left = len(whole) - len(history)
    return (f"{left} leads are undecided, too young to tell, or untouched, and were not learned from",) if left else ()


def _untried(fitted: Mapping[Stage, FittedStage]) -> tuple[str, ...]:
    return tuple(
        f"[{stage}]: the time limit of the search left {f.competition.untried} candidates untried; set search.trials "
        "for the same result on any machine"
        for stage, f in fitted.items()
        if f.competition.untried
    )
