"""What was to be expected of each past lead, whoever worked it: likelihoods by models that had not seen its outcome.

Where training would refuse, for want of signal or of outcomes, the base rate of the stage and the product stands in
for a model. A column that follows from the rep (the office, the manager) is no feature here: what it tells cannot be
told from who did the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History, split_history
from leadscore.data.leakage import apply_audit, audit
from leadscore.data.outcomes import Stage
from leadscore.data.schema import category_key
from leadscore.decisions.group_outcomes import Cases, common_effect
from leadscore.errors import NoSignal, NoUsableColumn, OneClass, TooFewOutcomes
from leadscore.models.calibration import fit_sigmoid
from leadscore.models.features import Encoder
from leadscore.training.candidates import Candidate, Past
from leadscore.training.evaluation import check_outcomes, evaluate, refuse_without_signal
from leadscore.training.fitting import fit_stages, limits_of, past_of, plain_baseline, stage_rows, weight_of
from leadscore.training.recipe import Recipe
from leadscore.training.segments import moved_to
from leadscore.training.text_choice import choose_text, encoded

__all__ = ["Expectations", "expect", "without_columns_of"]

Floats: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.intp]

_FOLDS = 5
_TRIALS = 4
"""Candidates of each stage that compete: the expectation needs a sound model, not the best one."""
_STRETCHES, _MIN_OF_STRETCH = 6, 50
"""Most stretches of time in which expectations are levelled, and the outcomes of each class that one needs."""
_PRIOR_LEADS = 20.0
"""Leads at the base rate of all that a product's own rate begins with."""
_MAX_PRODUCTS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Expectations:
    """Out-of-sample likelihoods of decided leads.

    Parameters
    ----------
    basis
        ``model`` or ``base_rate``.
    likelihoods
        By stage, of every lead; ``close`` given that the lead qualified, where both are learned.
    note
        Where they come from, in a sentence.
    """

    basis: Literal["model", "base_rate"]
    likelihoods: Mapping[Stage, Floats]
    note: str


def expect(
    history: History, recipe: Recipe, *, seed: int = 0, progress: Callable[[str, float], None] = lambda _t, _s: None
) -> Expectations:
    """Say what was to be expected of each lead.

    Parameters
    ----------
    history
        Decided leads in time order, each looked at once.
    recipe
        How it is cut and what is learned.
    seed, progress
        As for training.

    Raises
    ------
    OneClass
        All leads have the same outcome, so there is nothing to compare.
    """
    try:
        found = _by_model(history, recipe, seed, progress)
    except OneClass:
        raise
    except (NoSignal, TooFewOutcomes, NoUsableColumn) as refusal:
        found = _by_base_rate(history, str(refusal).removesuffix(" Nothing was registered."))
    levelled = {stage: _levelled(p, history, stage) for stage, p in found.likelihoods.items()}
    return replace(found, likelihoods=levelled)


def _levelled(p: Floats, history: History, stage: Stage) -> Floats:
    """Set the sum of the expectations in each stretch of time to what happened, or will have by the horizon.

    A rep who worked in a good quarter is held against what others did in it. Where leads are younger than the horizon,
    each counts by its weight: what the newest stretch has won so far is not what it will win.
    """
    every = np.arange(len(history))
    rows, y, weight = stage_rows(history, stage, every), history.labels[stage], weight_of(history, stage, every)
    rarer = int(min(y[rows].sum(), (1 - y[rows]).sum()))
    result = p.copy()
    for stretch in np.array_split(rows, max(1, min(_STRETCHES, rarer // _MIN_OF_STRETCH))):
        alone = np.zeros(len(stretch), dtype=np.intp)
        cases = Cases(p[stretch], y[stretch], alone, 1, None if weight is None else weight[stretch])
        result[stretch] = cases.at(common_effect(cases)).expected
    return result


def without_columns_of(history: History, groups: Iterable[npt.NDArray[np.object_]]) -> tuple[History, tuple[str, ...]]:
    """The history without the fields that have one value for all leads of each rep, and their names.

    Parameters
    ----------
    history
        Leads.
    groups
        By stage, the rep of each lead; None where nobody is named.
    """
    told = {f.name for f in history.fields for who in groups if _follows(history, f.name, who)}
    fields = tuple(f for f in history.fields if f.name not in told)
    return replace(history, fields=fields), tuple(sorted(told))


def _follows(history: History, column: str, who: npt.NDArray[np.object_]) -> bool:
    named = np.array([w is not None for w in who])
    pairs = set(zip(who[named], history.frame[column].to_numpy()[named], strict=True))
    people, values = {rep for rep, _ in pairs}, {value for _, value in pairs}
    return len(values) > 1 and len(pairs) == len(people) < named.sum()


def _by_model(history: History, recipe: Recipe, seed: int, progress: Callable[[str, float], None]) -> Expectations:
    progress("auditing the columns", 0.1)
    allow = recipe.columns.allow_leaky
    history = apply_audit(history, audit(history, allow=allow, seed=seed), allow)
    split = split_history(history, recipe.split)
    check_outcomes(history, split)
    search = recipe.search.model_copy(update={"trials": _TRIALS, "include": ()})
    quick = recipe.model_copy(update={"search": search})
    history = choose_text(history, split, recipe, limits=limits_of(quick), seed=seed)
    encoder, X = _encoded(history, split.known, recipe)
    fitted = fit_stages(X, history, split, encoder, quick, seed=seed, progress=progress)
    evaluation = evaluate(X, history, split, fitted, plain_baseline(X, history, split, encoder), seed=seed)
    refuse_without_signal(evaluation)

    progress("forecasting each lead by models that had not seen it", 0.8)
    encoder, X = _encoded(history, np.arange(len(history)), recipe)
    every = np.arange(len(history))
    likelihoods = {
        stage: cross_fitted(moved_to(encoder, f.competition.winner), past_of(X, history, stage, every))
        for stage, f in fitted.items()
    }
    told = ", ".join(f"P({s}) by {f.competition.winner.family.replace('_', ' ')}" for s, f in fitted.items())
    aucs = ", ".join(f"{e.measures.values['roc_auc']:.2f}" for e in evaluation.values())
    return Expectations("model", likelihoods, f"{told}, of models that had not seen the lead; forward ROC AUC {aucs}")


def _encoded(history: History, rows: Index, recipe: Recipe) -> tuple[Encoder, Floats]:
    frame = history.take(rows).frame
    encoder = Encoder.fit(frame, history.fields, sources=history.sources, missing=recipe.lead.missing)
    return encoder, encoded(encoder, history)


def cross_fitted(candidate: Candidate, past: Past) -> Floats:
    """Calibrated likelihood of each lead by a model that learned from the other folds; a fold is every fifth lead."""
    fold = np.arange(len(past.y)) % _FOLDS
    raw = np.empty(len(past.y))
    for number in range(_FOLDS):
        raw[fold == number] = candidate.log_odds(past.take(np.flatnonzero(fold != number)), past.X[fold == number])
    rows = past.counts
    return fit_sigmoid(raw[rows], past.y[rows], None if past.weight is None else past.weight[rows])(raw)


def _by_base_rate(history: History, refusal: str) -> Expectations:
    column = product_column(history)
    products = np.zeros(len(history), dtype=np.intp)
    if column is not None:
        keys = [category_key(v) or "" for v in history.frame[column]]
        products = np.unique(np.array(keys, dtype=object).astype(str), return_inverse=True)[1]
    X = products[:, None].astype(float)
    every = np.arange(len(history))
    likelihoods = {stage: _rates(past_of(X, history, stage, every)) for stage in history.labels}
    by = "the stage" if column is None else f"the stage and {column!r}"
    return Expectations("base_rate", likelihoods, f"the base rate by {by}, since training refuses: {refusal}")


def _rates(past: Past) -> Floats:
    """Rate of each product among the leads of the other folds."""
    fold, product = np.arange(len(past.y)) % _FOLDS, past.X[:, 0].astype(np.intp)
    rates = np.empty(len(past.y))
    weight = (np.ones(len(past.y)) if past.weight is None else past.weight) * past.counts
    won = weight * np.nan_to_num(past.y)
    for number in range(_FOLDS):
        other, own = fold != number, fold == number
        base = (won[other].sum() + 0.5) / (weight[other].sum() + 1.0)
        wins, leads = (np.bincount(product[other], v[other], product.max() + 1) for v in (won, weight))
        rates[own] = ((wins + _PRIOR_LEADS * base) / (leads + _PRIOR_LEADS))[product[own]]
    return rates


def product_column(history: History) -> str | None:
    """Column that is called product and has few values; the one of the fewest where there are several."""
    sizes = {str(c): history.frame[c].nunique() for c in history.frame if "product" in str(c).casefold()}
    fitting = [c for c in sizes if 2 <= sizes[c] <= _MAX_PRODUCTS]
    return min(fitting, key=lambda c: sizes[c], default=None)
