"""Exact reasons of boosted trees beside LightGBM's ``pred_contrib``: time of one lead, time of a batch, difference.

Leads are drawn, with missing values and ten categories. Both explain the same leads in turns, so that other load on the
machine meets both; the figures are medians.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import lightgbm as lgb
import numpy as np
from comparison import Row, compare, run, say

from leadscore.models.likelihood import TreeModel

MODELS = {
    "150 trees x 15 leaves, depth 6": ({"num_leaves": 15, "max_depth": 6}, 150, 0.2),
    "300 trees x 31 leaves, depth 6": ({"num_leaves": 31, "max_depth": 6}, 300, 0.36),
    "300 trees x 31 leaves, any depth": ({"num_leaves": 31, "max_depth": -1}, 300, 0.6),
}


def measure(short: bool) -> Iterator[Row]:
    """Rows of all models."""
    X, y = drawn(20_000)
    for name, (settings, trees, goal) in MODELS.items():
        say(name)
        usual = {"objective": "binary", "learning_rate": 0.08, "verbosity": -1, "num_threads": 1}
        data = lgb.Dataset(X, y, categorical_feature=list(range(20, 30)))
        booster = lgb.train(usual | settings, data, trees)
        begun = time.perf_counter()
        ours = TreeModel(booster.model_to_string()).fast_reasons
        assert ours is not None, "no numba here"
        yield compare(f"{name}: ms to load", 1e3 * (time.perf_counter() - begun))
        yield from beside(name, ours, booster, X, goal, short)


def beside(name: str, ours: Any, booster: lgb.Booster, X: Any, goal: float, short: bool) -> Iterator[Row]:
    """One lead, a batch on all cores, and the difference."""

    def peer(rows: Any, threads: int) -> Any:
        return booster.predict(rows, pred_contrib=True, num_threads=threads)[:, :-1]

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    single = in_turns(lambda i: ours(X[i : i + 1]), lambda i: peer(X[i : i + 1], 1), 200 if short else 2_000)
    yield compare(f"{name}: us a lead, alone", *(1e6 * seconds for seconds in single), at_most=goal)
    n, rounds = (2_000, 2) if short else (10_000, 3)
    batch = in_turns(lambda _: ours(X[:n], threads=cores), lambda _: peer(X[:n], cores), rounds)
    yield compare(f"{name}: leads/s in a batch of {n:,}", *(n / seconds for seconds in batch), at_least=3)
    difference = float(np.abs(ours(X[:1_000]) - peer(X[:1_000], cores)).max())
    yield compare(f"{name}: largest difference, beside the 1e-6 allowed", difference, 1e-6, at_most=1)


def in_turns(ours: Callable[[int], Any], peer: Callable[[int], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of each."""
    took: tuple[list[float], list[float]] = ([], [])
    for i in range(rounds):
        for explain, seconds in zip((ours, peer), took, strict=True):
            begun = time.perf_counter()
            explain(i)
            seconds.append(time.perf_counter() - begun)
    return median(took[0]), median(took[1])


def drawn(n: int) -> tuple[Any, Any]:
    """Leads of twenty numbers and ten categories, one value in ten missing, and whether they were won."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 30))
    X[:, 20:] = rng.integers(0, 12, (n, 10))
    X[rng.random(X.shape) < 0.1] = np.nan
    known = np.nan_to_num(X)
    log_odds = known[:, :20] @ rng.normal(size=20) * 0.3 + known[:, 0] * known[:, 1] + np.isin(X[:, 22], [1, 4, 7]) - 1
    return X, rng.random(n) < 1 / (1 + np.exp(-log_odds))


if __name__ == "__main__":
    run(__doc__ or "", measure, packages=["lightgbm", "numba", "numpy"])
