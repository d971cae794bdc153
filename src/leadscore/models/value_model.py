"""Expected margin of a won deal from the lead's attributes: small boosted trees that must beat the mean by segment.

Two families, Gamma and log-normal, compete with the table forward in time. The measure is the Gamma deviance, whose
optimum is the mean and which counts relative errors, so that a few large deals do not decide. What a model says is
rescaled such that margins add up to money on wins that it had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.data.splits import forward_folds
from leadscore.models.likelihood import TreeModel
from leadscore.models.metrics import paired_difference, standard_error
from leadscore.models.value import MarginModel, MarginTable, fit_table

__all__ = [
    "BoostedMargins",
    "MarginRace",
    "Wins",
    "fit_kind",
    "fit_margins",
    "gamma_deviance",
    "margins_from_dict",
    "race_margins",
]

Floats = npt.NDArray[np.float64]

Kind: TypeAlias = Literal["table", "gamma", "log_normal"]

_KINDS: Final[tuple[Kind, ...]] = ("table", "gamma", "log_normal")
"""The simplest first."""

_OBJECTIVES: Final = {"gamma": "gamma", "log_normal": "regression"}

ENOUGH_WINS = 200
"""Wins with an amount below which no boosted model is tried."""

_TREES = 80

_PARTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Wins:
    """Past wins with an amount, in time order.

    Parameters
    ----------
    X
        Encoded leads.
    segment
        Name of each lead's segment, or None.
    margin
        What each brought, over 0.
    days
        Creation in days, ascending; None for an export without dates.
    """

    X: Floats
    segment: npt.NDArray[np.object_]
    margin: Floats
    days: Floats | None = None

    def __len__(self) -> int:
        return len(self.margin)

    def take(self, rows: npt.NDArray[np.intp]) -> Wins:
        """The wins of these rows."""
        days = None if self.days is None else self.days[rows]
        return Wins(self.X[rows], self.segment[rows], self.margin[rows], days)


class BoostedMargins:
    """Boosted trees for the logarithm of the margin, kept as LightGBM's own text.

    Parameters
    ----------
    kind
        ``gamma`` or ``log_normal``.
    text
        What ``Booster.model_to_string`` gave.
    scale
        Factor with which the margins add up to money; for the log-normal family it also turns medians into means.
    """

    def __init__(self, kind: str, text: str, scale: float) -> None:
        self.kind = kind
        self.scale = scale
        self._trees = TreeModel(text)

    def __call__(self, X: Floats, segment: npt.NDArray[np.object_]) -> Floats:
        """Margin if won of each encoded lead; what the segment tells is among its fields."""
        if not len(X):
            return np.empty(0)
        margins: Floats = self.scale * np.exp(self._trees.log_odds(X))  # the trees' sum, here a log margin
        return margins

    def to_dict(self) -> dict[str, Any]:
        """JSON form without the trees, which have a file of their own."""
        return {"kind": self.kind, "scale": self.scale}

    def to_text(self) -> str:
        """LightGBM's text."""
        return self._trees.to_text()


def margins_from_dict(content: Mapping[str, Any], text: str | None) -> MarginModel:
    """Read the JSON form of a margin model; ``text`` has its trees, if it is made of any."""
    return MarginTable.from_dict(content) if text is None else BoostedMargins(content["kind"], text, content["scale"])


def fit_kind(kind: str, wins: Wins, levels: Sequence[int], *, seed: int = 0) -> MarginModel:
    """Fit one family on past wins, to whose money its margins add up.

    Parameters
    ----------
    kind
        ``table``, ``gamma`` or ``log_normal``.
    wins
        What to learn from.
    levels
        Number of codes of each feature, 0 for numbers, as `Encoder.levels`.
    seed
        Seed of the trees.

    Examples
    --------
    >>> X = np.linspace(0, 1, 400).reshape(-1, 1)
    >>> wins = Wins(X, np.full(400, None, dtype=object), np.exp(5 + 3 * X[:, 0]))
    >>> model = fit_kind("log_normal", wins, (0,))
    >>> bool(np.isclose(model(X, wins.segment).sum(), wins.margin.sum()))
    True
    """
    if kind == "table":
        return fit_table(wins.margin, wins.segment)
    import lightgbm as lgb  # the service reads a fitted model and has no need of its package

    label = wins.margin if kind == "gamma" else np.log(wins.margin)
    data = lgb.Dataset(
        wins.X,
        label=label,
        categorical_feature=[j for j, codes in enumerate(levels) if codes],
        feature_name=[f"f{j}" for j in range(wins.X.shape[1])],
        params={"verbosity": -1},
    )
    booster = lgb.train(_parameters(_OBJECTIVES[kind], seed), data, num_boost_round=_TREES)
    text = booster.model_to_string(num_iteration=-1)
    unscaled = BoostedMargins(kind, text, 1.0)(wins.X, wins.segment)
    return BoostedMargins(kind, text, float(wins.margin.sum() / unscaled.sum()))


def fit_margins(kind: str, wins: Wins, levels: Sequence[int], *, seed: int = 0) -> MarginModel:
    """Fit one family such that its margins add up to money on wins that it had not seen.

    Trees follow the luck of the wins that they learn from, and on others their sums fall short by some per cent: the
    scale is set on five parts of the wins, each forecast by a model of the others.

    Parameters
    ----------
    kind, wins, levels, seed
        As for `fit_kind`.
    """
    model = fit_kind(kind, wins, levels, seed=seed)
    if not isinstance(model, BoostedMargins):
        return model
    part = np.arange(len(wins)) % _PARTS
    foreseen = 0.0
    for out in range(min(_PARTS, len(wins))):
        held = wins.take(np.flatnonzero(part == out))
        others = fit_kind(kind, wins.take(np.flatnonzero(part != out)), levels, seed=seed)
        foreseen += float(others(held.X, held.segment).sum())
    return BoostedMargins(kind, model.to_text(), model.scale * float(wins.margin.sum()) / foreseen)


@dataclass(frozen=True, slots=True)
class MarginRace:
    """How the families came out forward in time.

    Parameters
    ----------
    winner, runner_up
        The family that was chosen, and the best of the others; None when only the table was tried.
    difference, difference_interval
        Gamma deviance of the runner-up minus the winner's, and its 90 % interval.
    """

    winner: str
    runner_up: str | None = None
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None


def race_margins(wins: Wins, levels: Sequence[int], *, folds: int = 4, gap: float = 0.0, seed: int = 0) -> MarginRace:
    """Let the families compete on forward-chained folds.

    A boosted family replaces the table only where its deviance is lower by more than one standard error.

    Parameters
    ----------
    wins
        What is learned from and looked at.
    levels
        As for `fit_kind`.
    folds, gap
        As for `forward_folds`; the gap in days, or in wins for an export without dates.
    seed
        Seed of the trees.
    """
    if len(wins) < ENOUGH_WINS:
        return MarginRace("table")
    losses = {kind: _losses(kind, wins, levels, folds, gap, seed) for kind in _KINDS}
    if not len(losses["table"]):
        return MarginRace("table")
    boosted: Kind = min(("gamma", "log_normal"), key=lambda kind: float(losses[kind].mean()))
    gain = losses["table"] - losses[boosted]
    winner: Kind = boosted if gain.mean() > standard_error(gain) else "table"
    runner_up = min((kind for kind in _KINDS if kind != winner), key=lambda kind: float(losses[kind].mean()))
    return MarginRace(winner, runner_up, *paired_difference(losses[runner_up], losses[winner]))


def gamma_deviance(predicted: Floats, happened: Floats) -> Floats:
    """Gamma deviance of each win.

    Examples
    --------
    >>> gamma_deviance(np.array([100.0, 100.0]), np.array([100.0, 200.0])).round(3)
    array([0.   , 0.614])
    """
    ratio = happened / predicted
    deviance: Floats = 2 * (ratio - 1 - np.log(ratio))
    return deviance


def _losses(kind: Kind, wins: Wins, levels: Sequence[int], folds: int, gap: float, seed: int) -> Floats:
    found = [np.zeros(0)]
    for before, stretch in forward_folds(len(wins), folds, gap=gap, moments=wins.days):
        if len(before) < ENOUGH_WINS // 4:  # the gap may leave next to nothing before the first stretches
            continue
        model, later = fit_kind(kind, wins.take(before), levels, seed=seed), wins.take(stretch)
        found.append(gamma_deviance(model(later.X, later.segment), later.margin))
    return np.concatenate(found)


def _parameters(objective: str, seed: int) -> dict[str, Any]:
    return {
        "objective": objective,
        "num_leaves": 7,
        "max_depth": 6,
        "learning_rate": 0.08,
        "min_data_in_leaf": 10,  # a product that is rarely sold may cost fifty times the others
        "lambda_l2": 1.0,
        "min_data_per_group": 10,
        "cat_smooth": 20.0,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
