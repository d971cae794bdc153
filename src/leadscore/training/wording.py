"""The wording of a text column as one figure: weights of short pieces of words, by ridge regression on the outcome.

Only pieces that at least 20 leads use get a weight. The leads that it is fitted on are given the figure by fits on the
other ones, five of them, since their own outcome is in the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import solve
from scipy.sparse import csr_matrix

from leadscore.data.schema import category_key
from leadscore.data.text import MIN_LEADS, TextReading, pieces

__all__ = ["fit_wording"]

Floats = npt.NDArray[np.float64]

_MAX_PIECES = 1_000
_MAX_SHARE = 0.95
_MAX_LEADS = 20_000
_PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_PARTS = 5
_DIGITS = 6


def fit_wording(column: pd.Series, y: Floats, *, seed: int = 0) -> tuple[TextReading, Floats] | None:
    """Learn what the wording of a column tells of an outcome.

    Parameters
    ----------
    column
        Texts of past leads.
    y
        Their outcomes, between 0 and 1.
    seed
        Of the parts that are fitted on in turn.

    Returns
    -------
    reading, figures
        What is read from a text, and the figure by a fit on others of each lead that was fitted on (at most 20,000,
        drawn at random), NaN elsewhere; None when no piece is in use by enough leads.

    Examples
    --------
    >>> texts = pd.Series(["please call", "just looking"] * 100)
    >>> reading, figures = fit_wording(texts, np.tile([1.0, 0.0], 100))
    >>> reading.figure_of("Call me!") > 0 > reading.figure_of("looking around"), figures[:2].round(1).tolist()
    (True, [0.5, -0.5])
    """
    rng = np.random.default_rng(seed)
    keys = column.map({value: category_key(value) for value in column.unique()})
    rows = np.flatnonzero(keys.notna().to_numpy())
    rows = np.sort(rng.choice(rows, min(_MAX_LEADS, len(rows)), replace=False))
    codes, texts = pd.factorize(keys.iloc[rows])
    vocabulary, X = _design(texts.tolist(), np.bincount(codes, minlength=len(texts)))
    if not vocabulary:
        return None
    X, y = X[codes], y[rows]
    told = _crossed(X, y, rng.permutation(len(y)) % _PARTS)
    best = int(np.argmin(((told - y) ** 2).mean(axis=1)))
    weights = _ridge(X, y, (_PENALTIES[best],))[0].round(_DIGITS)
    figures = np.full(len(column), np.nan)
    figures[rows] = told[best] - y.mean()
    return TextReading("wording", {p: w for p, w in zip(vocabulary, weights.tolist(), strict=True) if w}), figures


def _design(texts: list[str], leads: npt.NDArray[np.intp]) -> tuple[list[str], Any]:
    """The pieces that are looked at, and a row for each text: a piece in use is one over the root of how many are."""
    place: dict[str, int] = {}
    found = [np.array([place.setdefault(p, len(place)) for p in pieces(text)], dtype=np.intp) for text in texts]
    sizes = np.array([len(row) for row in found], dtype=np.intp)
    columns = np.concatenate([*found, np.zeros(0, dtype=np.intp)])
    used = np.bincount(columns, weights=np.repeat(leads, sizes), minlength=len(place))
    names = np.array([*place], dtype=object)
    fitting = np.flatnonzero((used >= MIN_LEADS) & (used <= _MAX_SHARE * leads.sum()))
    kept = sorted(fitting.tolist(), key=lambda j: (-used[j], names[j]))[:_MAX_PIECES]
    shape = (len(texts), len(place))
    X = csr_matrix((np.ones(len(columns)), columns, np.concatenate([[0], np.cumsum(sizes)])), shape=shape)[:, kept]
    scale = 1.0 / np.sqrt(np.maximum(X.sum(axis=1), 1.0))
    return names[kept].tolist(), X.multiply(scale).tocsr()


def _crossed(X: Any, y: Floats, part: npt.NDArray[np.intp]) -> Floats:
    """Prediction of each lead by fits on the other parts, a row for each penalty."""
    told = np.empty((len(_PENALTIES), len(y)))
    for number in range(_PARTS):
        own = part == number
        weights = _ridge(X[~own], y[~own], _PENALTIES)
        told[:, own] = (X[own] @ weights.T).T + y[~own].mean()
    return told


def _ridge(X: Any, y: Floats, penalties: tuple[float, ...]) -> Floats:
    gram, right = (X.T @ X).toarray(), X.T @ (y - y.mean())
    return np.array([solve(gram + penalty * np.eye(len(gram)), right, assume_a="pos") for penalty in penalties])
