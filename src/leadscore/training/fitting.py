"""Fitting the stages: P(qualify) on all leads, P(close | qualify) on the qualified ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.errors import NoUsableColumn
from leadscore.models.bundle import Likelihood
from leadscore.models.by_segment import ModelBySegment, SegmentLines
from leadscore.models.calibration import Calibrator
from leadscore.models.features import Encoder
from leadscore.training.base_rate import Move
from leadscore.training.candidates import Past, candidates
from leadscore.training.competition import Competition
from leadscore.training.folds import Folds
from leadscore.training.limits import Limits
from leadscore.training.recalibration import fit_calibrator
from leadscore.training.recipe import Recipe
from leadscore.training.search import compete
from leadscore.training.segment_calibration import ByLine, fit_lines
from leadscore.training.segments import SegmentColumn, columns_by_segment, moved_to, segment_column

__all__ = [
    "FittedStage",
    "fit_stages",
    "limits_of",
    "move_stage",
    "past_of",
    "plain_baseline",
    "stage_rows",
    "weight_of",
]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class FittedStage:
    """One stage after the competition.

    Parameters
    ----------
    competition
        Who competed and how it ended.
    likelihood
        What the Bundle keeps.
    estimator
        The fitted scikit-learn estimator.
    forecasts
        Raw log-odds of the leads of the history by models that had learned from earlier ones only; NaN elsewhere.
    move
        A newest stretch that goes another way than the rest; None without one, and before moving forward.
    lines
        How the log-odds of some segments are moved.
    """

    competition: Competition
    likelihood: Likelihood
    estimator: Any
    forecasts: Floats
    move: Move | None = None
    lines: SegmentLines | None = None

    def sklearn_path(self, X: Floats) -> Floats:
        """The calibrated likelihood by way of scikit-learn, which the fast scorer must equal."""
        p = self.estimator.predict_proba(X)[:, 1]
        return self.likelihood.calibrator(np.log(p) - np.log1p(-p))

    def raw(self, X: Floats) -> Floats:
        """Raw log-odds of leads, before the lines of the segments."""
        model = self.likelihood.model
        return (model.model if isinstance(model, ModelBySegment) else model).log_odds(X)

    def forecast(self, X: Floats, rows: Index) -> Floats:
        """Likelihood of leads that it learned from, as it would have been given to them on arrival.

        Leads that no fold looked at have the fitted model's own.
        """
        raw = self.forecasts[rows] if self.lines is None else self.lines(self.forecasts[rows], X[rows])
        own = self.likelihood.model.log_odds(X[rows]) if np.isnan(raw).any() else raw
        return self.likelihood.calibrator(np.where(np.isnan(raw), own, raw))


def fit_stages(
    X: Floats,
    history: History,
    split: TimeSplit,
    encoder: Encoder,
    recipe: Recipe,
    *,
    seed: int,
    progress: Callable[[str, float], None],
    limits: Limits | None = None,
) -> Mapping[Stage, FittedStage]:
    """Let the families compete for each stage on what lies before the test stretch, and fit and calibrate the winner.

    Parameters
    ----------
    X, history
        Encoded leads and the history that they are from.
    split
        Which of them lie before the test stretch.
    encoder
        Levels of the columns.
    recipe
        Folds, gap and segments.
    seed
        Seed of the trees and of the search.
    progress
        Told what is being done.
    limits
        What all stages together may cost, the recipe's from now on when None; what is left of the time is shared among
        the stages that are left.

    Raises
    ------
    NoUsableColumn
        No column is left to learn from.
    RecipeError
        A column is said to depend on the segment and cannot.
    """
    if not encoder.features:
        raise NoUsableColumn("no column is left to learn from: every one is ignored, constant, an id or an outcome.")
    limits = limits or limits_of(recipe)
    segments = segment_column(encoder, recipe.lead.segment)
    crossed = columns_by_segment(encoder, segments, recipe.columns.by_segment)
    contenders = candidates(encoder.levels, seed=seed, by=segments.column if segments else None, crossed=crossed)
    fitted: dict[Stage, FittedStage] = {}
    stages = list(history.labels)
    for number, stage in enumerate(stages):
        past = past_of(X, history, stage, split.known)
        part = limits.part(len(stages) - number)
        done = 0

        def advance(name: str, stage: Stage = stage, number: int = number, part: Limits = part) -> None:
            nonlocal done
            done += 1
            share = (number + min(1.0, max(part.spent, 1 - 0.85**done))) / len(stages)
            progress(f"P({stage}): {name}", 0.15 + 0.6 * share)

        folds = Folds(past, recipe.split.folds, gap=recipe.split.gap_days)
        competition, forecasts = compete(folds, contenders, limits=part, seed=seed, segments=segments, advance=advance)
        fitted[stage] = _settle(competition, folds, forecasts, split.known, len(history), _lines(encoder, recipe))
    return fitted


def move_stage(
    fitted: FittedStage, stage: Stage, measured: Floats, X: Floats, history: History, encoder: Encoder, recipe: Recipe
) -> FittedStage:
    """The same procedure on all leads of a history: fitted anew, calibrated on forecasts of its folds.

    Nothing is forecast twice: earlier leads have the forecasts of the competition, and those that it did not know have
    the measured model's (``measured``, in log-odds) until a fold begins that learns from more than that model did.
    """
    competition = replace(fitted.competition, winner=moved_to(encoder, fitted.competition.winner))
    rows = np.arange(len(history))
    known = len(rows) - len(measured)
    folds = Folds(past_of(X, history, stage, rows), recipe.split.folds, gap=recipe.split.gap_days)
    forecasts = np.concatenate([fitted.forecasts[:known], measured])
    for now, raw in folds.beyond(known, competition.winner):
        forecasts[now] = raw
    return _settle(competition, folds, forecasts, rows, len(history), _lines(encoder, recipe))


def _settle(
    competition: Competition, folds: Folds, forecasts: Floats, rows: Index, n: int, segments: SegmentColumn | None
) -> FittedStage:
    """Fit the winner on the whole past, and the calibration on what the folds forecast."""
    estimator = competition.winner.fit(folds.past)
    lines = None if segments is None else fit_lines(folds, forecasts[folds.seen], segments)
    moved = forecasts if lines is None else lines(forecasts, folds.past.X)
    if lines is not None:
        estimator = ByLine(estimator, lines)
    calibrator = fit_calibrator(competition.calibration, folds.forecasts(moved[folds.seen]))
    everywhere = np.full(n, np.nan)
    everywhere[rows] = forecasts
    return FittedStage(competition, Likelihood(estimator.model_, calibrator), estimator, everywhere, lines=lines)


def _lines(encoder: Encoder, recipe: Recipe) -> SegmentColumn | None:
    """The segments that may have a calibration of their own."""
    return segment_column(encoder, recipe.lead.segment) if "calibration" in recipe.search.include else None


def past_of(X: Floats, history: History, stage: Stage, rows: Index) -> Past:
    """These leads of a history as a stage sees them."""
    counts = np.zeros(len(history), dtype=bool)
    counts[stage_rows(history, stage, rows)] = True
    days = history.days
    return Past(
        X=X[rows],
        y=history.labels[stage][rows],
        counts=counts[rows],
        moments=(np.arange(len(history), dtype=float) if days is None else days)[rows],
        weight=weight_of(history, stage, rows),
        unit="leads" if days is None else "days",
    )


def limits_of(recipe: Recipe, journal: Path | None = None, *, gone: float = 0.0) -> Limits:
    """What a training's choices may cost from now on: its time, or the number of candidates in its place.

    Parameters
    ----------
    recipe
        Bounds.
    journal
        File that an interrupted search goes on from.
    gone
        Seconds that reading and the audit took; half of the time is left to choose in however long they were.
    """
    search = recipe.search
    whole = 60 * search.minutes if search.trials is None else np.inf
    seconds = max(whole - gone, whole / 2)
    return Limits(seconds=seconds, trials=search.trials, journal=journal, include=search.include)


def stage_rows(history: History, stage: Stage, rows: Index) -> Index:
    """Rows that a stage learns from: all of them, or the qualified ones for a close that follows a qualification."""
    qualified = history.labels.get("qualify")
    return rows if stage == "qualify" or qualified is None else rows[qualified[rows] == 1]


def weight_of(history: History, stage: Stage, rows: Index) -> Floats | None:
    """What each of these rows counts for; None where all count alike."""
    weight = history.weight.get(stage)
    return None if weight is None else weight[rows]


def plain_baseline(X: Floats, history: History, split: TimeSplit, encoder: Encoder) -> Mapping[Stage, Floats]:
    """Likelihoods of the test stretch by plain logistic regression on the same rows and columns.

    Each stage is learned directly, with one-hot categories, standardised numbers and medians for what is missing.
    """
    design = _plain_design(encoder).fit(X[split.known])
    early, late = (design.transform(X[rows]) for rows in (split.known, split.test))
    predictions: dict[Stage, Floats] = {}
    for stage, y in history.labels.items():
        weight = weight_of(history, stage, split.known)
        plain = LogisticRegression(max_iter=2000).fit(early, y[split.known], sample_weight=weight)
        predictions[stage] = Calibrator()(plain.decision_function(late))
    return predictions


def _plain_design(encoder: Encoder) -> Any:
    kinds = np.array([f.kind == "category" for f in encoder.features])
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1.0), OneHotEncoder(handle_unknown="ignore")
    )
    return ColumnTransformer(
        [("numbers", numbers, np.flatnonzero(~kinds)), ("categories", categories, np.flatnonzero(kinds))]
    )
