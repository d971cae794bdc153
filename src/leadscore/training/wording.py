"""The wording of a text column as one figure: weights of short pieces of words, by ridge regression on the outcome.

Only pieces that at least 20 leads use get a weight. The leads that it is fitted on are given the figure by fits on the
other ones, five of them, since their own outcome is in the weights.
"""

from __future__ import annotations

from collections import Counter
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
_PENALTIES = (3.0, 10.0, 30.0, 100.0)
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
        What is read from a text, and the figure of each lead by a fit on others, NaN where the text is missing; None
        when no piece is in use by enough leads.

    Examples
    --------
    >>> texts = pd.Series(["please call", "just looking"] * 100)
    >>> reading, figures = fit_wording(texts, np.tile([1.0, 0.0], 100))
    >>> reading.figure_of("Call me!") > 0 > reading.figure_of("looking around"), figures[:2].round(1).tolist()
    (True, [0.5, -0.5])
    """
    codes, values = pd.factorize(column, use_na_sentinel=True)
    keys = [category_key(value) for value in values.tolist()]
    known = np.array([key is not None for key in [*keys, None]])[codes]
    leads = np.bincount(codes[codes >= 0], minlength=len(keys))
    vocabulary = _vocabulary(keys, leads)
    if not vocabulary:
        return None
    X = _design(keys, vocabulary)[codes[known]]
    part = np.random.default_rng(seed).permutation(X.shape[0]) % _PARTS
    told = _crossed(X, y[known], part)
    errors = ((told - y[known]) ** 2).mean(axis=1)
    best = int(np.argmin(errors))
    weights = _ridge(X, y[known], (_PENALTIES[best],))[0].round(_DIGITS)
    figures = np.full(len(column), np.nan)
    figures[known] = told[best] - y[known].mean()
    return TextReading("wording", {p: w for p, w in zip(vocabulary, weights.tolist(), strict=True) if w}), figures


def _vocabulary(keys: list[str | None], leads: npt.NDArray[np.intp]) -> list[str]:
    counts: Counter[str] = Counter()
    for key, n in zip(keys, leads.tolist(), strict=True):
        if key is not None:
            counts.update(dict.fromkeys(pieces(key), n))
    most = _MAX_SHARE * leads.sum()
    used = [(-count, piece) for piece, count in counts.items() if MIN_LEADS <= count <= most]
    return [piece for _, piece in sorted(used)[:_MAX_PIECES]]


def _design(keys: list[str | None], vocabulary: list[str]) -> Any:
    """One row for each text: a piece in use counts one over the root of how many are."""
    place = {piece: j for j, piece in enumerate(vocabulary)}
    rows = [[place[p] for p in pieces(key or "") if p in place] for key in keys]
    sizes = np.array([len(row) for row in rows])
    values = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return csr_matrix((values, [j for row in rows for j in row], starts), shape=(len(keys), len(vocabulary)))


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
