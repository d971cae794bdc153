"""Peers of the likelihoods: the models that anybody would try first, on the rows and columns of our pipeline."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from environments import Environment
from sklearn.ensemble import HistGradientBoostingClassifier

from leadscore.data.history import History, decided_rows, split_history
from leadscore.data.leakage import apply_audit
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.models.features import Encoder
from leadscore.training.fitting import plain_baseline, weight_of
from leadscore.training.kind_choice import choose_kinds
from leadscore.training.limits import Limits
from leadscore.training.pipeline import read
from leadscore.training.result import TrainingResult
from leadscore.training.text_choice import choose_text, encoded

__all__ = ["Peer", "Task", "flaml", "plain_peers", "task_of"]

Floats = np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """What a peer says of the test stretch.

    Parameters
    ----------
    name
        Who.
    p
        Likelihoods.
    seconds
        How long it learned.
    """

    name: str
    p: Floats
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The matrix that our pipeline learned from, and its split.

    Parameters
    ----------
    X, history, split, encoder
        As in training, before the procedure is moved forward.
    stage
        The likelihood that is compared; a peer learns it directly.
    """

    X: Floats
    history: History
    split: TimeSplit
    encoder: Encoder
    stage: Stage = "close"

    @property
    def known(self) -> dict[str, Floats]:
        """What is learned from: ``X``, ``y`` and, where leads count differently, ``weight``."""
        rows = self.split.known
        weight = weight_of(self.history, self.stage, rows)
        known = {"X": self.X[rows], "y": self.history.labels[self.stage][rows]}
        return known if weight is None else known | {"weight": weight}

    @property
    def late(self) -> Floats:
        """Encoded leads of the test stretch."""
        return self.X[self.split.test]

    @property
    def categorical(self) -> np.ndarray:
        """Which columns hold codes of categories."""
        return np.array(self.encoder.levels) > 0


def task_of(result: TrainingResult, data: Path | None) -> Task:
    """Make anew what a training learned from: its audit, its split, its readings of texts and kinds of activities."""
    recipe, examined = result.recipe, result.examination
    assert examined is not None
    whole = apply_audit(read(recipe, data), examined.verdicts, recipe.columns.allow_leaky)
    history = whole.take(decided_rows(whole))
    split = split_history(history, recipe.split)
    # What the time of the training left out is left out here, too.
    bundle, never = result.bundle, Limits(seconds=0.0)
    texts = any(feature.text is not None for feature in bundle.encoder.features)
    kinds = bundle.activities is not None and bool(bundle.activities.together)
    history = choose_text(history, split, recipe, limits=Limits() if texts else never)
    history = choose_kinds(history, split, recipe, limits=Limits() if kinds else never)
    known = history.take(split.known).frame
    encoder = Encoder.fit(known, history.fields, sources=history.sources, missing=recipe.lead.missing)
    return Task(encoded(encoder, history), history, split, encoder)


def plain_peers(task: Task) -> Iterator[Peer]:
    """Logistic regression, LightGBM and HistGradientBoosting as they come."""
    known, categorical = task.known, task.categorical
    X, y, weight = known["X"], known["y"], known.get("weight")

    def logistic() -> Floats:
        return plain_baseline(task.X, task.history, task.split, task.encoder)[task.stage]

    def boosted() -> Floats:
        model = lgb.LGBMClassifier(verbosity=-1)
        model.fit(X, y, sample_weight=weight, categorical_feature=np.flatnonzero(categorical).tolist())
        return second(model.booster_.predict(task.late))

    def histograms() -> Floats:
        model = HistGradientBoostingClassifier(categorical_features=categorical, random_state=0)
        return second(model.fit(X, y, sample_weight=weight).predict_proba(task.late))

    yield timed("logistic regression", logistic)
    yield timed("LightGBM", boosted)
    yield timed("HistGradientBoosting", histograms)


def flaml(task: Task, seconds: float, home: Environment) -> Peer:
    """FLAML with a time budget, in its own environment; its wall time is that of its `fit` alone."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "task.npz", Path(folder) / "told.npz"
        known = task.known
        np.savez(source, early=known.pop("X"), late=task.late, categorical=task.categorical, **known)
        home.run("python", [Path(__file__).with_name("flaml_fit.py"), source, target, seconds])
        told = np.load(target)
        return Peer(f"FLAML {seconds:g} s", told["p"], float(told["seconds"]))


def timed(name: str, learn: Callable[[], Floats]) -> Peer:
    """Let a peer learn and predict."""
    begun = time.perf_counter()
    p = learn()
    return Peer(name, p, time.perf_counter() - begun)


def second(p: Any) -> Floats:
    """Likelihood of the second class."""
    return p if p.ndim == 1 else p[:, 1]
