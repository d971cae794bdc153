"""Ridge logistic regression on dense columns beside one-hot categories whose ones are never written out.

A design of 200,000 leads with 600 levels is a gigabyte, and every Newton step multiplies two of them. Here the levels
stay codes, so that their part of the Hessian is a table of counts, and it is made rarely: Newton's method starts on a
part of the leads, and keeps the last Hessian for as long as that brings it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import expit

__all__ = ["Design", "fit_ridge"]

Floats = npt.NDArray[np.float64]

_PART = 20_000
"""Leads on which a fit starts."""

_ROWS = 8_192
"""Leads whose weighted columns are held at a time."""

_TOLERANCE = 1e-9
"""Largest component of the mean gradient at the end."""

_NOISE = 1e-13
"""Rise of the mean loss that is rounding, and no reason for a shorter step."""

_STEPS = 200
_SLOW = 0.3
"""Share of the gradient left after a step, from which on the next Hessian is made."""

_SMALLEST_STEP = 2.0**-20


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a linear model.

    Parameters
    ----------
    dense
        Columns as they are.
    codes
        One column for each category: the code of its level.
    levels
        Number of codes of each category.
    """

    dense: Floats
    codes: npt.NDArray[np.intp]
    levels: tuple[int, ...]

    def every(self, step: int) -> Design:
        """Every so many of the leads."""
        return Design(self.dense[::step], self.codes[::step], self.levels)

    @cached_property
    def edges(self) -> npt.NDArray[np.intp]:
        """Where the coefficients of the dense columns and of each category begin and end."""
        return np.cumsum([0, self.dense.shape[1], *self.levels])

    @cached_property
    def ones(self) -> csr_array:
        """The categories one-hot."""
        n, k = self.codes.shape
        columns = (self.codes + self.edges[1:-1] - self.edges[1]).astype(np.int32)
        return csr_array((np.ones(n * k), columns.ravel(), np.arange(n + 1) * k), shape=(n, sum(self.levels)))

    def score(self, b: Floats) -> Floats:
        """Sum of the coefficients of each lead."""
        first = self.edges[1]
        return self.dense @ b[:first] + self.ones @ b[first:]

    def sums(self, r: Floats) -> Floats:
        """Weighted sum of each column."""
        return np.concatenate([r @ self.dense, self.ones.T @ r])

    def products(self, v: Floats) -> Floats:
        """Weighted sum of the products of each two columns."""
        first, edges = self.edges[1], self.edges
        products = np.zeros((edges[-1], edges[-1]))
        for rows in (slice(start, start + _ROWS) for start in range(0, len(v), _ROWS)):
            root = np.sqrt(v[rows, None])
            halved = root * self.dense[rows]
            products[:first, :first] += halved.T @ halved  # of one matrix: half the work
            products[first:, :first] += self.ones[rows].T @ (root * halved)
        products[:first, first:] = products[first:, :first].T
        places = [slice(start, end) for start, end in zip(edges[1:-1], edges[2:], strict=True)]
        for j, place in enumerate(places):
            counts = np.bincount(self.codes[:, j], v, self.levels[j])
            products[place, place] = np.diag(counts)
        for i, j in combinations(range(len(places)), 2):
            shape = (self.levels[i], self.levels[j])
            table = np.bincount(self.codes[:, i] * shape[1] + self.codes[:, j], v, shape[0] * shape[1]).reshape(shape)
            products[places[i], places[j]], products[places[j], places[i]] = table, table.T
        return products


def fit_ridge(design: Design, y: npt.NDArray[np.bool_], *, C: float, weight: Floats | None = None) -> Floats:
    """Minimise the weighted sum of log losses plus half the squared coefficients over ``C``.

    Parameters
    ----------
    design
        Columns; the first dense one is the intercept and bears no penalty.
    y
        Outcomes.
    C
        Inverse strength of the penalty.
    weight
        What each lead counts for; one without it.

    Returns
    -------
    array
        A coefficient for each dense column, then for each code of each category.
    """
    weight = np.ones(len(y)) if weight is None else weight
    place = _Place(np.zeros(design.edges[-1]))
    step = len(y) // _PART
    if step > 1 and 0 < weight[::step] @ y[::step] < weight[::step].sum():
        share = weight[::step].sum() / weight.sum()
        place = _newton(design.every(step), y[::step], weight[::step], C / share, place)
    return _newton(design, y, weight, C, place).b


@dataclass(frozen=True, eq=False)
class _Place:
    """Where Newton's method has got to: coefficients, and the factor of the last Hessian that was made."""

    b: Floats
    factor: Any = None


def _newton(design: Design, y: npt.NDArray[np.bool_], weight: Floats, C: float, start: _Place) -> _Place:
    w, target = weight / weight.sum(), y.astype(float)
    b, factor = start.b, start.factor
    ridge = np.full(len(b), 1.0 / (C * weight.sum()))
    ridge[0] = 0.0

    def loss(z: Floats, b: Floats) -> float:
        return float(w @ (np.logaddexp(0.0, z) - target * z) + 0.5 * ridge @ b**2)

    z = design.score(b)
    lowest, before = loss(z, b), np.inf
    for _ in range(_STEPS):
        p = expit(z)
        gradient = design.sums(w * (p - target)) + ridge * b
        if (left := float(abs(gradient).max())) <= _TOLERANCE:
            break
        if factor is None or left > _SLOW * before:
            hessian = design.products(w * p * (1.0 - p))
            hessian[np.diag_indices_from(hessian)] += ridge
            factor = cho_factor(hessian, overwrite_a=True)
        direction, before, size = cho_solve(factor, gradient), left, 1.0
        along = design.score(direction)
        while loss(z - size * along, b - size * direction) > lowest + _NOISE and size > _SMALLEST_STEP:
            size /= 2
        b, z = b - size * direction, z - size * along
        lowest = loss(z, b)
    return _Place(b, factor)
