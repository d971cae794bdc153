r"""Sum and path-dependent TreeSHAP of a forest, for numba to compile; :mod:`leadscore.models.tree_code` keeps it.

While feature `j` is not known it plays :math:`z_j`, the share of the training rows that follow the path at its splits;
once known it plays :math:`o_j`, 1 or 0, as the lead follows the path there or not. A leaf of value :math:`v` is the
product game of the features on its path, and the Shapley value of a product game is an integral:

.. math:: \phi_i = v \int_0^1 (o_i - z_i) \prod_{j \ne i} \left(z_j + t (o_j - z_j)\right) dt.

The degree in :math:`t` is under the number of features, so `n` Gauss-Legendre nodes give it exactly for `2 n` features.
At each node the product is carried down the tree, and summed over the leaves on the way up.

Tables come as plain pointers, and nothing here allocates or raises: the machine code then needs nothing of numba's.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import cfunc, njit, types

from leadscore.models.tree_text import LANES, MOST_PLAYERS, Link, Split, Tree

__all__ = ["assemblies"]

_ROWS_TOGETHER: Final = 64
"""Leads that go through a tree one after the other, while it is near the processor."""

_ZERO: Final = float(np.float32(1e-35))
"""LightGBM takes what is nearer to 0 for 0."""

_FIRST, _NODES, _LEAF, _PLAYERS = map(int, Tree)
_THRESHOLD, _SHARE, _BEFORE = map(int, Split)
_FEATURE, _LEFT, _RIGHT, _ABOVE, _DECISION, _WORD, _WORDS = map(int, Link)
_TREE, _SPLIT, _LINK = len(Tree), len(Split), len(Link)


def _quadrature() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Nodes and weights on [0, 1]; row `b` has those for up to `6 (b + 1)` features."""
    blocks = MOST_PLAYERS // (2 * LANES)
    nodes, weights = np.zeros((2, blocks, blocks, LANES))
    for b in range(blocks):
        x, w = np.polynomial.legendre.leggauss((b + 1) * LANES)
        nodes[b].flat[: len(x)], weights[b].flat[: len(x)] = (x + 1) / 2, w / 2
    return nodes, weights


_T, _W = _quadrature()
_OTHERS = 1.0 / (1.0 - _T)


def _inlined(function: Any) -> Any:
    return njit(inline="always")(function)


@_inlined
def _goes_left(splits: Any, links: Any, n: int, x: float, categories: Any) -> bool:
    """LightGBM's decision; of its bits 1 means categorical, 2 that missing goes left, 12 what is missing."""
    decision = links[n * _LINK + _DECISION]
    if decision & 1:
        # Categories are cut to whole numbers; NaN, what is under 0 and what 32 bits cannot hold go right.
        if not -1.0 < x < 2147483648.0:
            return False
        level = np.int64(x)
        word = level >> 5
        if word >= links[n * _LINK + _WORDS]:
            return False
        return (categories[links[n * _LINK + _WORD] + word] >> np.uint32(level & 31)) & np.uint32(1) != 0
    missing = decision & 12
    if missing == 8 and math.isnan(x):
        return decision & 2 != 0
    if math.isnan(x) or abs(x) <= _ZERO:
        if missing == 4:
            return decision & 2 != 0
        x = 0.0
    return x <= splits[n * _SPLIT + _THRESHOLD]


@_inlined
def _down(
    splits: Any, links: Any, first: int, nodes: int, lefts: Any, b: int, c: int,
    product: Any, inverse: Any, gain: Any, followed: Any,
) -> None:  # fmt: skip
    """Carry the product down; `inverse` is 1 over a followed feature's factor, `gain` its `(o - z)` over the factor."""
    for q in range(LANES):
        product[q], inverse[q], gain[q] = _W[b, c, q], 1.0, 0.0
    followed[0] = 1
    for n in range(nodes):
        split, link = (first + n) * _SPLIT, (first + n) * _LINK
        left, above, before = lefts[n], links[link + _ABOVE], splits[split + _BEFORE]
        to, other = links[link + _LEFT], links[link + _RIGHT]
        share = splits[split + _SHARE]
        if not left:
            to, other, share = other, to, 1.0 - share
        followed[other] = 0
        followed[to] = followed[above]
        if followed[above]:
            z = before * share
            z_other = before - z
            for q in range(LANES):
                t = _T[b, c, q]
                rest = product[n * LANES + q] * inverse[above * LANES + q]
                factor = z + t * (1.0 - z)
                product[to * LANES + q] = rest * factor
                inverse[to * LANES + q] = 1.0 / factor
                gain[to * LANES + q] = (1.0 - z) * inverse[to * LANES + q]
                product[other * LANES + q] = rest * (z_other * (1.0 - t))
        else:  # the same feature has left the path already
            for q in range(LANES):
                product[to * LANES + q] = product[n * LANES + q] * share
                product[other * LANES + q] = product[n * LANES + q] * (1.0 - share)


@_inlined
def _up(
    links: Any, first: int, nodes: int, leaves: Any, leaf: int, lefts: Any, b: int, c: int,
    total: Any, gain: Any, followed: Any, effects: Any, row: int,
) -> None:  # fmt: skip
    """Sum over the leaves below each node, and add what its feature gains there over what it gained above."""
    for k in range(nodes + 1):
        for q in range(LANES):
            total[(nodes + k) * LANES + q] *= leaves[leaf + k]
    for n in range(nodes - 1, -1, -1):
        link = (first + n) * _LINK
        above, to, other = links[link + _ABOVE], links[link + _LEFT], links[link + _RIGHT]
        if not lefts[n]:
            to, other = other, to
        effect = 0.0
        for q in range(LANES):
            followers, others = total[to * LANES + q], total[other * LANES + q]
            total[n * LANES + q] = followers + others
            gained = followers * gain[to * LANES + q] - others * _OTHERS[b, c, q]
            effect += gained - total[n * LANES + q] * gain[above * LANES + q]
        if followed[above]:
            effects[row + links[link + _FEATURE]] += effect


def _add_effects(
    count: int, trees: Any, splits: Any, links: Any, leaves: Any, categories: Any, rows: int, columns: int, X: Any,
    effects: Any, product: Any, inverse: Any, gain: Any, followed: Any, lefts: Any,
) -> None:  # fmt: skip
    """Add to each row of `effects` those of that row of `X`, tree after tree, whatever rows are beside it."""
    for start in range(0, rows, _ROWS_TOGETHER):
        for tree in range(count):
            first, nodes = trees[tree * _TREE + _FIRST], trees[tree * _TREE + _NODES]
            leaf, b = trees[tree * _TREE + _LEAF], (trees[tree * _TREE + _PLAYERS] - 1) // (2 * LANES)
            for r in range(start, min(start + _ROWS_TOGETHER, rows)):
                row = r * columns
                for n in range(nodes):
                    x = X[row + links[(first + n) * _LINK + _FEATURE]]
                    lefts[n] = _goes_left(splits, links, first + n, x, categories)
                for c in range(b + 1):
                    _down(splits, links, first, nodes, lefts, b, c, product, inverse, gain, followed)
                    _up(links, first, nodes, leaves, leaf, lefts, b, c, product, gain, followed, effects, row)


@_inlined
def _next(trees: Any, splits: Any, links: Any, categories: Any, tree: int, n: int, X: Any, row: int) -> Any:
    """The child to which the row goes from that position; a leaf is where it stays."""
    if n >= trees[tree * _TREE + _NODES]:
        return n
    at = trees[tree * _TREE + _FIRST] + n
    left = _goes_left(splits, links, at, X[row + links[at * _LINK + _FEATURE]], categories)
    return np.int64(links[at * _LINK + _RIGHT - np.int64(left)])  # no branch: it would be foreseen half the time


def _sum_leaves(
    count: int, trees: Any, splits: Any, links: Any, leaves: Any, categories: Any, rows: int, columns: int, X: Any,
    sums: Any,
) -> None:  # fmt: skip
    """Sum the leaves of each row in LightGBM's order, tree after tree from 0: so the bits are its own.

    A row goes down four trees side by side, as each step waits for memory.
    """
    for r in range(rows):
        sums[r] = 0.0
    for tree in range(0, count, 4):
        second, third, fourth = min(tree + 1, count - 1), min(tree + 2, count - 1), min(tree + 3, count - 1)
        for r in range(rows):
            row = r * columns
            a, b, c, d = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
            before = np.int64(-1)
            while before != a + b + c + d:  # a child comes after its parent
                before = a + b + c + d
                a = _next(trees, splits, links, categories, tree, a, X, row)
                b = _next(trees, splits, links, categories, second, b, X, row)
                c = _next(trees, splits, links, categories, third, c, X, row)
                d = _next(trees, splits, links, categories, fourth, d, X, row)
            total = sums[r] + leaves[trees[tree * _TREE + _LEAF] + a - trees[tree * _TREE + _NODES]]
            if tree + 1 < count:
                total += leaves[trees[second * _TREE + _LEAF] + b - trees[second * _TREE + _NODES]]
            if tree + 2 < count:
                total += leaves[trees[third * _TREE + _LEAF] + c - trees[third * _TREE + _NODES]]
            if tree + 3 < count:
                total += leaves[trees[fourth * _TREE + _LEAF] + d - trees[fourth * _TREE + _NODES]]
            sums[r] = total


def assemblies(effects: str, sums: str) -> tuple[str, str]:
    """LLVM's assembly of both kernels under those names."""
    floats, ints, words, flags = map(types.CPointer, (types.float64, types.int32, types.uint32, types.uint8))
    n = types.int64
    tables = (n, ints, floats, ints, floats, words)
    rows = (*tables, n, n, floats, floats)
    return (
        _assembly(effects, types.void(*rows, floats, floats, floats, flags, flags), _add_effects),
        _assembly(sums, types.void(*rows), _sum_leaves),
    )


def _assembly(name: str, signature: Any, function: Any) -> str:
    compiled = cfunc(signature, error_model="numpy")(function)
    return str(compiled.inspect_llvm()).replace(compiled.native_name, name)
