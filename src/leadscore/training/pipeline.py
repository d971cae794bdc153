"""Training: the whole method on one screen.

A history is read, its columns are audited, and it is cut by time. Each stage's families compete forward in time; the
winner is fitted, calibrated on what its folds forecast, and measured on the last, untouched stretch. Without signal
there is no model. The same procedure then learns from the newest leads too. Prices and tiers are cut from calibrated
forecasts, and all of it goes into one Bundle.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from leadscore.data.examination import examine
from leadscore.data.history import History, decided_rows, split_history
from leadscore.data.kinds import told_as
from leadscore.data.leakage import apply_audit
from leadscore.data.locations import Place, located
from leadscore.data.reading import read_history
from leadscore.models.features import Encoder
from leadscore.training.assembly import Assembler
from leadscore.training.evaluation import check_outcomes, cross_check, evaluate, refuse_without_signal
from leadscore.training.fitting import fit_stages, limits_of, plain_baseline
from leadscore.training.kind_choice import choose_kinds
from leadscore.training.recipe import Recipe, load_recipe
from leadscore.training.refit import Final, move_forward
from leadscore.training.remarks import competition_remarks
from leadscore.training.result import TrainingResult
from leadscore.training.text_choice import choose_text, encoded
from leadscore.training.tiering import table_loss, with_table_loss

__all__ = ["Progress", "fit_bundle", "read"]

Progress: TypeAlias = Callable[[str, float], None]
"""Called with what is being done and the share of the work that is done."""


def silent(_text: str, _share: float) -> None:
    """Tell nobody."""


def place_of(recipe: Recipe, data: Place | str | None) -> tuple[Path, Place | None]:
    """Folder of the files and, in place of the recipe's leads, those of ``data``."""
    place = None if data is None else located(data)
    return (place, None) if isinstance(place, Path) and place.is_dir() else (recipe.folder, place)


def read(recipe: Recipe, data: Place | str | None = None) -> History:
    """Read the recipe's history; ``data`` replaces its folder (a folder) or its leads (a file, or a database's URL)."""
    folder, leads = place_of(recipe, data)
    return read_history(recipe.data, recipe.lead, recipe.outcomes, recipe.columns, folder=folder, leads=leads)


def fit_bundle(
    recipe: Recipe | Path | str,
    *,
    now: datetime,
    data: Place | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    journal: Path | None = None,
) -> TrainingResult:
    """Learn from a history; the result has the Bundle and all that was measured, and nothing is registered.

    Parameters
    ----------
    recipe
        A recipe, or the path of its TOML.
    now
        The moment of training, for the card.
    data
        In place of the recipe's folder (a folder) or of its leads (a file, or a database's URL).
    seed
        The same seed gives the same model.
    progress
        Told what is being done.
    journal
        File that an interrupted search goes on from; none is kept when None.

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
    examined = examine(whole.leads, allow=recipe.columns.allow_leaky, seed=seed)
    whole = apply_audit(whole, examined.verdicts, recipe.columns.allow_leaky)
    history = whole.take(decided_rows(whole))
    split = split_history(history, recipe.split)
    check_outcomes(history, split)

    progress("encoding", 0.1)
    limits = limits_of(recipe, journal, gone=time.monotonic() - begun)
    history = choose_text(history, split, recipe, limits=limits, seed=seed)
    history = choose_kinds(history, split, recipe, limits=limits)
    whole = told_as(whole, history.activities)
    encoder = Encoder.fit(
        history.take(split.known).frame, history.fields, sources=history.sources, missing=recipe.lead.missing
    )
    X = encoded(encoder, history)

    fitted = fit_stages(X, history, split, encoder, recipe, seed=seed, progress=progress, limits=limits)

    progress("measuring on the last stretch of time", 0.8)
    baseline = plain_baseline(X, history, split, encoder)
    evaluation = evaluate(X, history, split, fitted, baseline, seed=seed)
    refuse_without_signal(evaluation)

    progress("moving the procedure forward to the newest leads", 0.85)
    measured = Final.as_measured(X, history, split, encoder, fitted)
    final = move_forward(measured, X, history, recipe)

    progress("pricing the capacity and cutting the tiers", 0.9)
    drift = examined.drift.only({f.name for f in history.fields}).sentences
    assemble = Assembler(X, history, split, encoder, whole.leads, recipe, evaluation, drift, now, seed)
    made = assemble(final)
    assembled = None if final is measured else assemble(measured).bundle
    test = history.take(split.test)
    loss = table_loss(assembled or made.bundle, test)

    return TrainingResult(
        recipe=recipe,
        bundle=with_table_loss(made.bundle, loss),
        measured=assembled and with_table_loss(assembled, loss),
        fitted=final.fitted,
        evaluation=evaluation,
        value=made.value,
        rows={
            "read": whole.rows_read,
            "fit": len(split.fit),
            "calibrate": len(split.calibrate),
            "test": len(split.test),
        },
        excluded=history.excluded,
        warnings=(
            *history.remarks,
            *_waiting(whole, history),
            *competition_remarks(final.fitted),
            *cross_check(evaluation),
            *made.notes,
        ),
        test=test,
        left_out=whole.left_out,
        examination=examined.reading_texts({f.name for f in history.fields if f.texts}).judging_texts(
            e for e in history.excluded if e.column in history.texts and e.verdict in ("BLOCK", "ASK")
        ),
        seconds=time.monotonic() - begun,
    )


def _waiting(whole: History, history: History) -> tuple[str, ...]:
    left = len(whole) - len(history)
    return (f"{left} leads are undecided, too young to tell, or untouched, and were not learned from",) if left else ()
