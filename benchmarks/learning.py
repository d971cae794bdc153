"""Likelihoods of ours beside plain models and FLAML, on the same rows and columns, forward in time.

Each set is cut by time: everybody learns from the first 75 % of the leads and is judged on the last 25 %. Ours is the
whole of `fit_bundle` with ``search.minutes = 0.4``, from reading the export to cutting the tiers, and its likelihoods
are those that were measured before the procedure was moved forward. The peers get the matrix that ours was learned
from, without the columns that the audit or the recipe leaves out. FLAML has 60 s of its own, in an environment of its
own. The best peer is named with hindsight: it has the lowest log loss on the very leads that are judged.

The sets are X Education, Olist, the simulated funnel, and two of `leadforge`, whose tables are scored at day 30; there
ours is also held against models of its flat snapshot, on its own test split. The rows of the value model come last.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import value
from comparison import Row, compare, run, say
from environments import Environment
from leadforge_sets import LeadForge, made
from peers import Peer, flaml, plain_peers, task_of

from leadscore.data.synthetic import write_sample
from leadscore.models.metrics import log_losses, measure, paired_difference, roc_auc, standard_error
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, load_recipe
from leadscore.training.report import gains
from leadscore.training.result import TrainingResult

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LEADSCORE_DATA") or ROOT.parent / "shared" / "data")
NOW = datetime(2026, 11, 1, tzinfo=UTC)

ALLOWED = 0.5
"""Standard errors of the paired difference by which the log loss may be worse than that of the best peer."""

SHARES = (0.1, 0.2)
"""Shares of the leads, the best first, among which outcomes are counted."""

DRAWS = 300

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effort:
    """How long everybody may take.

    Parameters
    ----------
    minutes
        Of our search.
    seconds
        Of FLAML's.
    leads
        Of the simulated funnel.
    """

    minutes: float
    seconds: float
    leads: int


FULL, SHORT = Effort(0.4, 60, 20_000), Effort(0.05, 6, 4_000)


def compared(short: bool) -> Iterator[Row]:
    """All sets, or three small ones in the short form."""
    effort = SHORT if short else FULL
    automl = _there(lambda: Environment("flaml"))
    if DATA.is_dir():
        for name, data in {"xeducation": DATA / "xeducation_leads.csv", "olist": DATA / "olist"}.items():
            yield from forward(name, load_recipe(ROOT / "training" / f"{name}.toml"), data, effort, automl)
    else:
        say(f"the CRM exports are not in {DATA}: set LEADSCORE_DATA to their folder")
    with tempfile.TemporaryDirectory() as folder:
        recipe = load_recipe(write_sample(Path(folder), n_leads=effort.leads)[-1])
        yield from forward("synthetic", recipe, None, effort, automl)
    for difficulty in () if short else ("intermediate", "advanced"):
        if forge := _there(lambda difficulty=difficulty: made(difficulty)):
            name = f"leadforge {difficulty}"
            yield from forward(name, forge.recipe, None, effort, automl)
            yield from its_own_split(name, forge, effort)
    if DATA.is_dir():
        yield from value.opportunity_rows()
    yield from value.simulated_rows(value.SHORT_SEEDS if short else value.SEEDS)


def forward(name: str, recipe: Recipe, data: Path | None, effort: Effort, automl: Environment | None) -> Iterator[Row]:
    """Everybody on the last 25 % of a set."""
    result = ours(name, recipe, data, effort)
    task, found = task_of(result, data), result.evaluation["close"]
    say(f"{name}: peers on {len(task.split.known)} leads x {task.X.shape[1]} columns")
    assert np.array_equal(found.y, task.history.labels["close"][task.split.test]), "the peers see other leads"
    peers = list(plain_peers(task))
    if automl:
        peers.append(flaml(task, effort.seconds, automl))
    winner = result.fitted["close"].competition.winner.family
    yield from rows(f"{name}, {winner}", found.p, found.y, found.weight, peers)
    for peer in peers:
        goal = {"at_most": 0.5} if peer.name.startswith("FLAML") else {}
        yield compare(
            f"{name}: seconds of the whole training; {peer.name} on the matrix", result.seconds, peer.seconds, **goal
        )


def its_own_split(name: str, forge: LeadForge, effort: Effort) -> Iterator[Row]:
    """Ours, from the tables, beside models of the flat snapshot on the test split of `leadforge`."""
    result = ours(f"{name}, its own split", forge.recipe, forge.without_test(), effort)
    p, y = forge.judge(result.bundle)
    peers = list(forge.flat_peers())
    yield from rows(f"{name}, its own split", p, y, None, peers)
    for peer in peers:
        yield compare(f"{name}, its own split: ROC AUC; {peer.name}", roc_auc(p, y), roc_auc(peer.p, y), at_least=1)


def ours(name: str, recipe: Recipe, data: Path | None, effort: Effort) -> TrainingResult:
    """The whole pipeline."""
    say(f"{name}: ours, search of {effort.minutes:g} minutes")
    search = recipe.search.model_copy(update={"minutes": effort.minutes, "trials": None})
    return fit_bundle(recipe.model_copy(update={"search": search}), now=NOW, data=data)


def rows(name: str, p: np.ndarray, y: np.ndarray, weight: np.ndarray | None, peers: Sequence[Peer]) -> Iterator[Row]:
    """Log loss, ranking and lift beside the peers."""
    losses = {peer.name: log_losses(peer.p, y, weight) for peer in peers}
    mine = log_losses(p, y, weight)
    best = min(losses, key=lambda peer: losses[peer].mean())
    difference, _ = paired_difference(mine, losses[best])
    behind = difference / standard_error(mine - losses[best])
    what = f"{name}: log loss over that of the best peer ({best}) in standard errors of the difference; allowed"
    yield compare(what, behind, ALLOWED, at_most=1)
    for peer, theirs in losses.items():
        yield compare(f"{name}: log loss; {peer}", mine.mean(), theirs.mean())
    told = {peer.name: figures(peer.p, y, weight) for peer in peers}
    for what, (value_, low, high) in figures(p, y, weight).items():
        first = max(told, key=lambda peer, what=what: told[peer][what][0])
        yield compare(f"{name}: {what} ({low:.3f} to {high:.3f}); {first}", value_, told[first][what][0])


def figures(p: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> dict[str, tuple[float, float, float]]:
    """ROC AUC, PR AUC, gain and lift, each with its 90 % bootstrap interval over leads."""
    found = measure(p, y, weight=weight, draws=DRAWS)
    told = {
        what: (found.values[key], *found.intervals[key])
        for what, key in {"ROC AUC": "roc_auc", "PR AUC": "pr_auc"}.items()
    }
    w = np.ones(len(y)) if weight is None else weight
    counts = np.random.default_rng(0).multinomial(len(y), np.full(len(y), 1 / len(y)), size=DRAWS)
    drawn = np.array([gain(p, y, w * count) for count in counts])
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    for share, *bounds in zip(SHARES, gain(p, y, w), low, high, strict=True):
        told[f"gain at {share:.0%}"] = tuple(map(float, bounds))
        told[f"lift at {share:.0%}"] = tuple(float(bound / share) for bound in bounds)
    return told


def gain(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Share of the outcomes found among the best-scored leads."""
    return np.interp(SHARES, *gains(p, y, weight))


def _there(make: Callable[[], T]) -> T | None:
    """What a peer needs; None, said on stderr, where it cannot be had."""
    try:
        return make()
    except OSError as error:
        say(f"left out: {error}")
        return None


if __name__ == "__main__":
    run(__doc__.splitlines()[0], compared, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
