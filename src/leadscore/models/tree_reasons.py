"""Exact reasons and sums of boosted trees at speed: what LightGBM gives, in a fraction of its time.

Needs numba (extra ``serve``). Without it, or for trees of another kind, LightGBM computes both.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from leadscore.models.tree_code import Kernel, kernel
from leadscore.models.tree_text import LANES, Link, Tree, UnsupportedTreesError, read_forest

__all__ = ["TreeReasons", "fast_reasons"]

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

_ROWS_A_THREAD: Final = 512

_FEW: Final = 16
"""Up to so many rows keep the interpreter's lock."""


class TreeReasons:
    """Path-dependent TreeSHAP of a booster; a row gets the same bits alone and in any batch, on any number of threads.

    Parameters
    ----------
    text
        What ``Booster.model_to_string`` gave.
    kernel
        The compiled kernel.

    Attributes
    ----------
    bytes : int
        What the tables take, in proportion to the splits.

    Raises
    ------
    UnsupportedTreesError
        They are not a plain sum of constant leaves.
    """

    def __init__(self, text: str, kernel: Kernel) -> None:
        forest = self._forest = read_forest(text)
        self._kernel = kernel
        tables: list[Array] = [forest.trees, forest.splits, forest.links, forest.leaves, forest.categories]
        self.bytes = sum(table.nbytes for table in tables)
        self._tables = (len(forest.trees), *map(_address, tables))
        self._columns = int(forest.links[:, Link.FEATURE].max(initial=-1)) + 1
        self._scratch = _Scratch(2 * int(forest.trees[:, Tree.NODES].max(initial=0)) + 1)

    def __call__(self, X: Floats, *, threads: int | None = None) -> Floats:
        """Effect of each feature on the log-odds against the average lead.

        Parameters
        ----------
        X
            Encoded leads, shape (n, features).
        threads
            At most that many; as many as there are cores when None.

        Raises
        ------
        ValueError
            `X` lacks a column that the trees look at.
        """
        X = self._checked(X)
        effects = np.zeros(X.shape)
        parts = 1 if len(X) <= _ROWS_A_THREAD else min(threads or _cores(), -(-len(X) // _ROWS_A_THREAD))
        if parts == 1:
            self._add(X, effects)
            return effects
        bounds = [len(X) * i // parts for i in range(parts + 1)]
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(lambda start, end: self._add(X[start:end], effects[start:end]), bounds[:-1], bounds[1:]))
        return effects

    def raw(self, X: Floats) -> Floats:
        """Sum of the trees for each row: LightGBM's own bits.

        It keeps the interpreter's lock, and is for a few rows.

        Raises
        ------
        ValueError
            As for a call.
        """
        X, sums = self._checked(X), np.empty(len(X))
        self._kernel.summing(*self._tables, *X.shape, _address(X), _address(sums))
        return sums

    def _checked(self, X: Floats) -> Floats:
        if X.shape[1] < self._columns:
            raise ValueError(f"the trees look at {self._columns} columns, and there are {X.shape[1]}")
        return np.ascontiguousarray(X, dtype=float)

    def _add(self, X: Floats, effects: Floats) -> None:
        add_effects = self._kernel.keeping if len(X) <= _FEW else self._kernel.leaving
        add_effects(*self._tables, *X.shape, _address(X), _address(effects), *self._scratch.addresses)


class _Scratch(threading.local):
    """Room for the kernel, which allocates nothing, to work in: one for each thread.

    Parameters
    ----------
    positions
        Nodes and leaves of the largest tree.
    """

    def __init__(self, positions: int) -> None:
        self._products = np.empty((3, positions * LANES))
        self._flags = np.empty((2, positions), dtype=np.uint8)
        self.addresses = tuple(map(_address, (*self._products, *self._flags)))


def fast_reasons(text: str) -> TreeReasons | None:
    """The fast way for this booster, or None where only LightGBM's own can be gone."""
    compiled = kernel()
    if compiled is None:
        return None
    try:
        return TreeReasons(text, compiled)
    except UnsupportedTreesError:
        return None


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
