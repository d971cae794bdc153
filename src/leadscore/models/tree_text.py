"""Boosted trees as flat arrays, read from LightGBM's own text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["LANES", "MOST_PLAYERS", "Forest", "Link", "Split", "Tree", "UnsupportedTreesError", "read_forest"]

Array = npt.NDArray[Any]

LANES: Final = 3
"""Quadrature nodes that go through a tree together: enough for the six features of a path within our bounds."""

MOST_PLAYERS: Final = 60
"""Features on one path."""


class Tree(IntEnum):
    """Columns of a tree: its first node, how many nodes, its first leaf, and the most features on one path."""

    FIRST = 0
    NODES = 1
    LEAF = 2
    PLAYERS = 3


class Split(IntEnum):
    """Columns of an inner node's fractions.

    `SHARE` is the part of the training rows that went left, `BEFORE` the part that passed all splits of the path on the
    same feature before this one.
    """

    THRESHOLD = 0
    SHARE = 1
    BEFORE = 2


class Link(IntEnum):
    """Columns of an inner node's whole numbers.

    Children are positions in the tree, the inner nodes first and then the leaves. `ABOVE` is the position reached by
    the last split of the path on the same feature; the root where there is none. `WORD` and `WORDS` tell the bit set of
    a categorical split.
    """

    FEATURE = 0
    LEFT = 1
    RIGHT = 2
    ABOVE = 3
    DECISION = 4
    WORD = 5
    WORDS = 6


_LINES: Final = (
    *("num_leaves", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value"),
    *("leaf_count", "internal_count", "cat_boundaries", "cat_threshold", "is_linear"),
)


class UnsupportedTreesError(ValueError):
    """Trees that are not a plain sum of constant leaves."""


@dataclass(frozen=True, slots=True)
class Forest:
    """All trees of a booster, those of a single leaf too.

    Parameters
    ----------
    trees, splits, links
        Rows as :class:`Tree`, :class:`Split` and :class:`Link` name their columns.
    leaves
        Values of the leaves.
    categories
        Bit sets of the categorical splits, in words of 32 bits.
    """

    trees: npt.NDArray[np.int32]
    splits: npt.NDArray[np.float64]
    links: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.float64]
    categories: npt.NDArray[np.uint32]


def read_forest(text: str) -> Forest:
    """Read what ``Booster.model_to_string`` gave.

    Raises
    ------
    UnsupportedTreesError
        Several trees an iteration, averaged trees, linear leaves, splits without rows, or over 60 features on a path.
    """
    header, *blocks = text.split("\nTree=")
    if "\nnum_tree_per_iteration=1\n" not in header or "\naverage_output\n" in header:
        raise UnsupportedTreesError("the trees are not one sum")
    trees: list[tuple[int, ...]] = []
    splits: list[tuple[float, ...]] = []
    links: list[tuple[int, ...]] = []
    leaves: list[float] = []
    categories: list[float] = []
    for tree in map(_read_tree, blocks):
        fractions, whole, players = _nodes(tree, len(categories)) if tree["num_leaves"][0] > 1 else ([], [], 0)
        trees.append((len(links), len(whole), len(leaves), players))
        splits += fractions
        links += whole
        leaves += tree["leaf_value"].tolist()
        categories += tree.get("cat_threshold", np.zeros(0)).tolist()
    return Forest(
        np.array(trees, dtype=np.int32).reshape(-1, len(Tree)),
        np.array(splits, dtype=float).reshape(-1, len(Split)),
        np.array(links, dtype=np.int32).reshape(-1, len(Link)),
        np.array(leaves, dtype=float),
        np.array(categories, dtype=np.uint32),
    )


def _read_tree(block: str) -> Mapping[str, Array]:
    lines = (line.split("=", 1) for line in block.split("\n\n", 1)[0].split("\n") if "=" in line)
    tree = {key: np.array(value.split(), dtype=float) for key, value in lines if key in _LINES}
    if tree.get("is_linear", np.zeros(1)).any():
        raise UnsupportedTreesError("the leaves are linear")
    if tree["num_leaves"][0] > 1 and not (tree["leaf_count"].all() and tree["internal_count"].all()):
        raise UnsupportedTreesError("a split saw no rows")
    return tree


def _nodes(tree: Mapping[str, Array], words: int) -> tuple[list[tuple[float, ...]], list[tuple[int, ...]], int]:
    """Nodes in LightGBM's order, in which a child comes after its parent, and the most features on one path."""
    keys = ("split_feature", "left_child", "right_child", "decision_type")
    columns = [tree["threshold"].tolist(), *(tree[key].astype(int).tolist() for key in keys)]
    inner = len(columns[0])
    rows = np.concatenate([tree["internal_count"], tree["leaf_count"]]).tolist()
    paths: list[dict[int, tuple[int, float]]] = [{} for _ in rows]
    splits: list[tuple[float, ...]] = []
    links: list[tuple[int, ...]] = []
    for n, (threshold, feature, *children, decision) in enumerate(zip(*columns, strict=True)):
        left, right = (child if child >= 0 else inner + ~child for child in children)
        above, before = paths[n].get(feature, (0, 1.0))
        for child in (left, right):
            paths[child] = paths[n] | {feature: (child, before * (rows[child] / rows[n]))}
        first, length = _bit_set(tree, int(threshold)) if decision & 1 else (0, 0)
        splits.append((threshold, rows[left] / rows[n], before))
        links.append((feature, left, right, above, decision, words + first, length))
    players = max(map(len, paths))
    if players > MOST_PLAYERS:
        raise UnsupportedTreesError(f"a path has over {MOST_PLAYERS} features")
    return splits, links, players


def _bit_set(tree: Mapping[str, Array], index: int) -> tuple[int, int]:
    first, end = map(int, tree["cat_boundaries"][index : index + 2])
    return first, end - first
