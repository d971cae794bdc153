"""The models that the service is measured with, all trained on the demo's leads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import log_loss

from leadscore.data.history import History, decided_rows
from leadscore.data.outcomes import Stage
from leadscore.data.synthetic import write_sample
from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.bundle import Bundle, Likelihood, save_bundle
from leadscore.models.calibration import Calibrator
from leadscore.training import TrainingResult, train
from leadscore.training.fitting import stage_rows
from leadscore.training.pipeline import read
from leadscore.training.recipe import Search, load_recipe

__all__ = ["SIZES", "boosted", "champion", "held_out_losses"]

SIZES: Mapping[str, Mapping[str, float]] = {
    "150 trees x 15 leaves": {"n_estimators": 150, "num_leaves": 15, "max_depth": 6, "learning_rate": 0.04},
    "300 trees x 31 leaves": {"n_estimators": 300, "num_leaves": 31, "max_depth": -1, "learning_rate": 0.04},
}
"""The largest that the search may choose, and one beyond its bounds."""


def champion(home: Path, leads: int) -> TrainingResult:
    """Train and register logistic regression, the first candidate, which wins in the demo as well."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # nothing is registered but in the scratch folder
    write_sample(home / "sample", n_leads=leads)
    recipe = load_recipe(home / "sample" / "sample.toml").model_copy(update={"search": Search(trials=1)})
    result = train(recipe, home=home)
    assert isinstance(result, TrainingResult)
    return result


def boosted(result: TrainingResult, size: str, folder: Path) -> Path:
    """Write the champion's Bundle with boosted trees of a size in place of the stages that won."""
    bundle, history = _bundle(result), _history(result)
    X = bundle.encoder.encode_frame(history.frame)
    stages: dict[Stage, Likelihood] = {}
    for stage, y in history.labels.items():
        rows = stage_rows(history, stage, np.arange(len(y)))
        stages[stage] = Likelihood(_trees(size, bundle).fit(X[rows], y[rows]).model_, Calibrator())
    return save_bundle(replace(bundle, stages=stages), folder)


def held_out_losses(result: TrainingResult, size: str) -> dict[str, float]:
    """Log loss by stage on the last fifth of the leads, of trees that learned from the others."""
    bundle, history = _bundle(result), _history(result)
    X, losses = bundle.encoder.encode_frame(history.frame), {}
    for stage, y in history.labels.items():
        rows = stage_rows(history, stage, np.arange(len(y)))
        past, later = np.split(rows, [len(rows) * 4 // 5])
        model = _trees(size, bundle).fit(X[past], y[past])
        losses[str(stage)] = float(log_loss(y[later], model.predict_proba(X[later])[:, 1]))
    return losses


def _trees(size: str, bundle: Bundle) -> BoostedTrees:
    return BoostedTrees(**SIZES[size], levels=bundle.encoder.levels)  # type: ignore[arg-type]


def _bundle(result: TrainingResult) -> Bundle:
    assert isinstance(result.bundle, Bundle)
    return result.bundle


def _history(result: TrainingResult) -> History:
    history = read(result.recipe)
    return history.take(decided_rows(history))
