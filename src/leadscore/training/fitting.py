"""Fitting the stages: P(qualify) on all leads, P(close | qualify) on the qualified ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from leadscore.models.calibration import Calibrator, fit_sigmoid
from leadscore.models.features import Encoder
from leadscore.training.recipe import Recipe
from leadscore.training.search import Competition, candidates, compete, fit_likelihood

__all__ = ["FittedStage", "fit_stages", "plain_baseline", "stage_rows", "weight_of"]

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
    """

    competition: Competition
    likelihood: Likelihood
    estimator: Any

    def sklearn_path(self, X: Floats) -> Floats:
        """The calibrated likelihood by way of scikit-learn, which the fast scorer must equal."""
        p = self.estimator.predict_proba(X)[:, 1]
        return self.likelihood.calibrator(np.log(p) - np.log1p(-p))


def fit_stages(
    X: Floats,
    history: History,
    split: TimeSplit,
    encoder: Encoder,
    recipe: Recipe,
    *,
    seed: int,
    progress: Callable[[str, float], None],
) -> Mapping[Stage, FittedStage]:
    """Let the families compete for each stage, fit the winner and calibrate it on the stretch after it.

    Raises
    ------
    NoUsableColumn
        No column is left to learn from.
    """
    if not encoder.features:
        raise NoUsableColumn("no column is left to learn from: every one is ignored, constant, an id or an outcome.")
    contenders = candidates(encoder.levels, seed=seed)[: recipe.search.trials]
    fitted: dict[Stage, FittedStage] = {}
    stages = list(history.labels)
    for number, stage in enumerate(stages):
        y = history.labels[stage]
        fit, calibrate = (stage_rows(history, stage, part) for part in (split.fit, split.calibrate))
        done = 0

        def advance(name: str, stage: Stage = stage, number: int = number) -> None:
            nonlocal done
            done += 1
            share = (number + done / len(contenders)) / len(stages)
            progress(f"P({stage}): {name}", 0.15 + 0.6 * share)

        competition = compete(
            X[fit],
            y[fit],
            contenders,
            folds=recipe.split.folds,
            seconds=60 * recipe.search.minutes / len(stages) if recipe.search.trials is None else np.inf,
            weight=weight_of(history, stage, fit),
            advance=advance,
        )
        likelihood, estimator = fit_likelihood(
            competition,
            X[fit],
            y[fit],
            X[calibrate],
            y[calibrate],
            weight=weight_of(history, stage, fit),
            weight_later=weight_of(history, stage, calibrate),
        )
        fitted[stage] = FittedStage(competition, likelihood, estimator)
    return fitted


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

    Each stage is learned directly, with one-hot categories, standardised numbers and medians for what is missing, and
    calibrated like ours: by a sigmoid on the same stretch.
    """
    predictions: dict[Stage, Floats] = {}
    design = _plain_design(encoder).fit(X[split.fit])
    parts = {part: design.transform(X[rows]) for part, rows in _parts(split).items()}
    for stage, y in history.labels.items():
        weight, later = (weight_of(history, stage, rows) for rows in (split.fit, split.calibrate))
        plain = LogisticRegression(max_iter=2000).fit(parts["fit"], y[split.fit], sample_weight=weight)
        raw = {part: plain.decision_function(parts[part]) for part in ("calibrate", "test")}
        both = 0 < y[split.calibrate].sum() < len(split.calibrate)
        calibrator = fit_sigmoid(raw["calibrate"], y[split.calibrate], later) if both else Calibrator()
        predictions[stage] = calibrator(raw["test"])
    return predictions


def _parts(split: TimeSplit) -> dict[str, Index]:
    return {"fit": split.fit, "calibrate": split.calibrate, "test": split.test}


def _plain_design(encoder: Encoder) -> Any:
    kinds = np.array([f.kind == "category" for f in encoder.features])
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1.0), OneHotEncoder(handle_unknown="ignore")
    )
    return ColumnTransformer(
        [("numbers", numbers, np.flatnonzero(~kinds)), ("categories", categories, np.flatnonzero(kinds))]
    )
