"""Speed of training: the whole pipeline without search beside one plain `lightgbm.train` on the ready matrix.

A simulated export of 200,000 leads and 40 columns is read, audited, labelled, encoded, learned from in forward-chained
folds, calibrated, measured, moved forward, priced, cut into tiers and drawn, as `leadscore train` does it before it
logs to MLflow. Without search two candidates compete: one of each family. The peer is `lightgbm.train` with its
defaults and as many trees on the same encoded matrix. Seconds and the peak of the resident memory are taken at the
progress messages, so nothing is traced.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from comparison import Row, compare, run, say

from leadscore.data.columns import LeadColumns
from leadscore.data.history import decided_rows
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import Sources
from leadscore.models.features import Encoder
from leadscore.training import report
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Recipe, Search
from leadscore.training.result import TrainingResult

LEADS, SHORT_LEADS = 200_000, 10_000
NUMBERS, CATEGORIES, ANSWERS = 20, 15, 5
TREES = 80
"""Trees of the candidate that competes without search."""
PEER_RUNS = 5
"""Runs of the peer, whose median counts: one takes seconds, in which other work on a machine shows."""
HORIZON = 30
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(slots=True)
class Stages:
    """Seconds and peak memory of each stage, told by the pipeline's own progress messages.

    Parameters
    ----------
    begun
        When the running stage began.
    name
        What it does.
    done
        By stage: seconds, and the peak of the resident memory in MB.
    """

    begun: float = field(default_factory=time.perf_counter)
    name: str = "reading the history"
    done: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, text: str, _share: float = 1.0) -> None:
        """End the running stage, and begin another."""
        now = time.perf_counter()
        seconds, peak = self.done.get(self.name, (0.0, 0.0))
        self.done[self.name] = (seconds + now - self.begun, max(peak, _peak()))
        # A candidate's message comes when it is done, so what follows it is the next one, or the calibration.
        self.name = "encoding, folds, families and calibration" if text.startswith("P(") or text == "encoding" else text
        self.begun = time.perf_counter()


def measure(short: bool) -> Iterator[Row]:
    """Train on the export, then on its ready matrix."""
    leads = SHORT_LEADS if short else LEADS
    with tempfile.TemporaryDirectory() as folder:
        say(f"simulating {leads} leads")
        export(leads).to_csv(Path(folder) / "leads.csv", index=False)
        recipe = recipe_in(Path(folder))
        say("training")
        _peak()
        stages = Stages()
        result = fit_bundle(recipe, now=NOW, progress=stages)
        stages("report")
        draw(result)
        stages("")
        say("lightgbm.train on the ready matrix")
        seconds, peak = plain(recipe)
    yield from rows(stages, seconds, peak, f"{leads:,} leads x {NUMBERS + CATEGORIES + ANSWERS} columns")


def rows(stages: Stages, seconds: float, peak: float, what: str) -> Iterator[Row]:
    """The whole beside the peer, and each stage."""
    reading = stages.done["reading the history"][0]
    total = sum(taken for taken, _ in stages.done.values())
    highest = max(memory for _, memory in stages.done.values())
    yield compare(f"{what}: all but reading, s; lightgbm.train, {TREES} trees", total - reading, seconds, at_most=15)
    yield compare(f"{what}: all, s; lightgbm.train", total, seconds)
    yield compare(f"{what}: peak memory, MB; lightgbm.train with the matrix", highest, peak)
    for stage, (taken, memory) in stages.done.items():
        yield compare(f"{stage}, s; lightgbm.train", taken, seconds)
        yield compare(f"{stage}, peak memory, MB", memory)


def recipe_in(folder: Path) -> Recipe:
    """What a company would write, with a search of nothing but one candidate of each family."""
    return Recipe(
        name="speed",
        data=Sources(leads="leads.csv"),
        lead=LeadColumns(id="Id", created="Created", segment="Category 1"),
        close=Outcome(column="Won on", positive="filled", at="Won on", horizon_days=HORIZON),
        search=Search(trials=2, include=("calibration",)),
        folder=folder,
    )


def draw(result: TrainingResult) -> None:
    """Make the figures, tables and the page that go into a run."""
    assert result.examination is not None
    report.examination_page(result.examination, "speed")
    report.audit_figure(result.examination.verdicts)
    report.tier_figure(result.bundle.policy, result.bundle.reference)
    for name, found in result.evaluation.items():
        report.calibration_figure(found.p, found.y, name, weight=found.weight)
        report.gain_figure(found.p, found.y, name, weight=found.weight)
    result.to_dict()


def plain(recipe: Recipe) -> tuple[float, float]:
    """Median seconds and peak memory in MB of `lightgbm.train` on the encoded leads."""
    whole = read(recipe)
    history = whole.take(decided_rows(whole))
    encoder = Encoder.fit(history.frame, history.fields)
    X, y = encoder.encode_frame(history.frame), history.labels["close"]
    del whole, history
    categorical = [j for j, levels in enumerate(encoder.levels) if levels]
    _peak()
    seconds = []
    for _ in range(PEER_RUNS):
        begun = time.perf_counter()
        data = lgb.Dataset(X, label=y, categorical_feature=categorical, params={"verbosity": -1})
        lgb.train({"objective": "binary", "verbosity": -1}, data, num_boost_round=TREES)
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds)), _peak()


def export(leads: int, *, seed: int = 0) -> pd.DataFrame:
    """Leads of two years with numbers, categories and answers, a third of which tell of the outcome."""
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {"Id": [f"L{i:07}" for i in range(leads)]}
    created = pd.Timestamp("2024-10-01") + pd.to_timedelta(np.sort(rng.uniform(0, 730, leads)), unit="D")
    columns["Created"] = created.round("s")
    pull = np.full(leads, -3.0)
    for number in range(1, NUMBERS + 1):
        values = rng.lognormal(3, 1, leads)
        pull += 0.4 * (np.log(values) - 3) * (number % 3 == 0)
        columns[f"Number {number}"] = np.where(rng.random(leads) < 0.05, np.nan, values.round(1))
    for number in range(1, CATEGORIES + 1):
        codes = rng.integers(0, 4 * number, leads)
        pull += rng.normal(0, 0.4, 4 * number)[codes] * (number % 3 == 0)
        columns[f"Category {number}"] = np.array([f"Value {code}" for code in range(4 * number)])[codes]
    for number in range(1, ANSWERS + 1):
        said = rng.random(leads) < 0.3
        pull += 0.5 * said * (number % 3 == 0)
        columns[f"Answer {number}"] = np.where(said, "yes", "no")
    won = rng.random(leads) < 1 / (1 + np.exp(-pull))
    delay = pd.to_timedelta(rng.uniform(0.1, HORIZON - 1, leads), unit="D")
    columns["Won on"] = (columns["Created"] + delay).round("s").where(won)
    return pd.DataFrame(columns)


def _peak() -> float:
    """Peak of the resident memory in MB since the last call; since the start where the system keeps no other."""
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.is_file():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    with forget.open("w", encoding="utf-8") as file:
        file.write("5")  # the kernel's code for resetting the peak
    return int(lines["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
