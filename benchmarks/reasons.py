"""Exact reasons of boosted trees beside LightGBM's ``pred_contrib``: one lead, a batch, the difference, the tables.

Leads are drawn, with missing values and ten categories. Both explain the same leads in turns, so that other load on the
machine meets both; the figures are medians. Last comes the whole way of one lead from its fields to a decision.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import lightgbm as lgb
import numpy as np
from comparison import Row, compare, run, say

from leadscore.data.history import decided_rows
from leadscore.data.synthetic import write_sample
from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.booster import Booster
from leadscore.models.bundle import Bundle, Likelihood
from leadscore.models.calibration import Calibrator
from leadscore.models.likelihood import TreeModel
from leadscore.models.tree_code import kernel
from leadscore.models.tree_reasons import TreeReasons
from leadscore.scoring import Scorer
from leadscore.training.fitting import stage_rows
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Search, load_recipe

MODELS = {
    "150 trees x 15 leaves, depth 6": ({"num_leaves": 15, "max_depth": 6}, 150, 0.2),
    "300 trees x 31 leaves, depth 6": ({"num_leaves": 31, "max_depth": 6}, 300, 0.36),
    "300 trees x 31 leaves, any depth": ({"num_leaves": 31, "max_depth": -1}, 300, 0.6),
}
BOUND = 1e-6
TABLES_MB = 8


def measure(short: bool) -> Iterator[Row]:
    """Rows of all models, then of one lead's whole way."""
    compiled = kernel()
    if compiled is None:
        raise SystemExit("there is no numba here: pip install 'leadscore[serve]'")
    X, y = drawn(20_000)
    for name, (settings, trees, goal) in MODELS.items():
        say(name)
        usual = {"objective": "binary", "learning_rate": 0.08, "verbosity": -1, "num_threads": 1}
        data = lgb.Dataset(X, y, categorical_feature=list(range(20, 30)))
        booster = lgb.train(usual | settings, data, trees)
        text = booster.model_to_string()
        begun = time.perf_counter()
        ours = TreeReasons(text, compiled)
        yield compare(f"{name}: ms to load", 1e3 * (time.perf_counter() - begun))
        yield from beside(name, ours, booster, X, goal, short)
        yield from sums(name, ours, Booster(text), X, short)
    yield from whole_way(short)


def beside(name: str, ours: TreeReasons, booster: lgb.Booster, X: Any, goal: float, short: bool) -> Iterator[Row]:
    """One lead, a batch on all cores, the difference, and what lies in memory."""

    def peer(rows: Any, threads: int) -> Any:
        return booster.predict(rows, pred_contrib=True, num_threads=threads)[:, :-1]

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    single = in_turns(lambda i: ours(X[i : i + 1]), lambda i: peer(X[i : i + 1], 1), 200 if short else 2_000)
    yield compare(f"{name}: us a lead, alone", *(1e6 * seconds for seconds in single), at_most=goal)
    n, rounds = (2_000, 2) if short else (10_000, 3)
    batch = in_turns(lambda _: ours(X[:n], threads=cores), lambda _: peer(X[:n], cores), rounds)
    yield compare(f"{name}: leads/s in a batch of {n:,}", *(n / seconds for seconds in batch), at_least=3)
    difference = float(np.abs(ours(X[:1_000]) - peer(X[:1_000], cores)).max())
    yield compare(f"{name}: largest difference, beside the 1e-6 allowed", difference, BOUND, at_most=1)
    yield compare(f"{name}: MB of tables, beside the 8 allowed", ours.bytes / 1e6, TABLES_MB, at_most=1)


def sums(name: str, ours: TreeReasons, peer: Booster, X: Any, short: bool) -> Iterator[Row]:
    """The sum of the trees, other rows every time, beside LightGBM's C interface; the bits are the same."""
    if ours.raw(X[:1_000]).tobytes() != peer.raw(X[:1_000]).tobytes():
        raise SystemExit("the sums differ from LightGBM's")
    for n in (1, 16):
        took = in_turns(
            lambda i, n=n: ours.raw(X[n * i : n * i + n]),
            lambda i, n=n: peer.raw(X[n * i : n * i + n]),
            200 if short else 1_000,
        )
        yield compare(f"{name}: us a call of {n} rows, sum alone", *(1e6 * seconds for seconds in took), at_most=1)


def whole_way(short: bool) -> Iterator[Row]:
    """From the fields of one lead to its decision, in process; the peer has LightGBM explain."""
    say("one lead from its fields to a decision, two boosters and the margin's")
    fast, slow, lead = scorers(4_000 if short else 12_000)
    rounds = 100 if short else 1_000
    for reasons, what in ((3, "with reasons"), (0, "without reasons")):
        took = in_turns(
            lambda _, n=reasons: fast.score_one(lead, reasons=n),
            lambda _, n=reasons: slow.score_one(lead, reasons=n),
            rounds,
        )
        yield compare(f"one lead in process, {what}: us, beside pred_contrib", *(1e6 * seconds for seconds in took))


def scorers(leads: int) -> tuple[Scorer, Scorer, dict[str, Any]]:
    """Two scorers with boosters of 150 trees x 15 leaves, of which the second has LightGBM explain, and a lead."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), n_leads=leads)
        recipe = load_recipe(Path(folder) / "sample.toml").model_copy(update={"search": Search(trials=1)})
        bundle = fit_bundle(recipe, now=datetime.now(UTC)).bundle
        history = read(recipe)
    history = history.take(decided_rows(history))
    bundle, twin = boosted(bundle, history), boosted(bundle, history)
    for likelihood in twin.stages.values():
        vars(likelihood.model)["fast_reasons"] = None
    return Scorer(bundle), Scorer(twin), history.frame.iloc[-1].to_dict()


def boosted(bundle: Bundle, history: Any) -> Bundle:
    """Put the largest trees that the search may choose in the place of the stages that won."""
    X, levels = bundle.encoder.encode_frame(history.frame), bundle.encoder.levels
    stages = {}
    for stage, y in history.labels.items():
        rows = stage_rows(history, stage, np.arange(len(y)))
        model: TreeModel = BoostedTrees(150, 15, levels=levels).fit(X[rows], y[rows]).model_
        model.prepare()
        stages[stage] = Likelihood(model, Calibrator())
    return replace(bundle, stages=stages)


def in_turns(ours: Callable[[int], Any], peer: Callable[[int], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of each, after one round that does not count."""
    took: tuple[list[float], list[float]] = ([], [])
    for i in range(rounds + 1):
        for explain, seconds in zip((ours, peer), took, strict=True):
            begun = time.perf_counter()
            explain(i)
            seconds.append(time.perf_counter() - begun)
    return median(took[0][1:]), median(took[1][1:])


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
