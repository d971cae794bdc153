"""Kinds of activities are counted as one where they are noise, and apart where they tell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.columns import LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import ActivityLog, Sources
from leadscore.scoring.decision import Activity, Lead
from leadscore.scoring.scorer import Scorer
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, Search
from leadscore.training.result import TrainingResult

KINDS = np.array([f"kind {i}" for i in range(6)])
N = 3_000
TWO = Search(trials=2, include=())


def trained(folder: Path, *, telling: bool, search: Search = TWO) -> TrainingResult:
    """Train where the outcome hangs on the number of touches, or on those of one kind."""
    rng = np.random.default_rng(4)
    touches = rng.poisson(3, N)
    row = np.repeat(np.arange(N), touches)
    kind = rng.integers(0, len(KINDS), len(row))
    counted = np.bincount(row[kind == 0] if telling else row, minlength=N)
    pull = 1.2 * counted - 2 if telling else 0.5 * counted - 2.5
    won = rng.random(N) < 1 / (1 + np.exp(-pull))
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 300, N)), unit="D").floor("s")
    at = created[row] - pd.to_timedelta(rng.uniform(0.1, 20, len(row)), unit="D").floor("s")
    leads = pd.DataFrame({"Id": [f"L{i}" for i in range(N)], "Created": created, "Size": rng.integers(1, 9, N)})
    leads["Won"] = np.where(won, "yes", "no")
    leads.to_csv(folder / "leads.csv", index=False)
    pd.DataFrame({"Lead ID": leads["Id"].to_numpy()[row], "Type": KINDS[kind], "At": at}).to_csv(
        folder / "touches.csv", index=False
    )
    recipe = Recipe(
        data=Sources(activities=ActivityLog(file="touches.csv", type="Type")),
        lead=LeadColumns(id="Id", created="Created"),
        close=Outcome(column="Won", positive=("yes",)),
        search=search,
        folder=folder,
    )
    return fit_bundle(recipe, now=datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return trained(tmp_path_factory.mktemp("noisy"), telling=False)


def test_kinds_that_are_noise_are_counted_as_one(noisy: TrainingResult) -> None:
    assert noisy.bundle.activities is not None
    assert noisy.bundle.activities.types == ("touches",)
    [said] = [w for w in noisy.warnings if "counted as one" in w]
    assert said.startswith("the kinds of 'touches' are counted as one: log loss forward in time 0.")


def test_a_request_still_sends_the_kinds(noisy: TrainingResult) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    before = [Activity(type=str(kind), at=datetime(2024, 12, 30, tzinfo=UTC)) for kind in KINDS]
    quiet, busy = (
        Lead(lead_id="x", fields={"Size": "3"}, activities=tuple(acts), created=now, at=now) for acts in ((), before)
    )
    scored = Scorer(noisy.bundle).decide([quiet, busy])
    assert scored[1].p_close > 2 * scored[0].p_close


def test_kinds_that_tell_stay_apart(tmp_path: Path) -> None:
    found = trained(tmp_path, telling=True)
    assert found.bundle.activities is not None
    assert found.bundle.activities.types == tuple(KINDS)
    assert not any("counted as one" in w for w in found.warnings)


def test_kinds_stay_apart_when_the_time_is_over(tmp_path: Path) -> None:
    found = trained(tmp_path, telling=False, search=Search(minutes=1e-9, include=()))
    assert found.bundle.activities is not None
    assert found.bundle.activities.types == tuple(KINDS)
    assert (
        "the kinds of 'touches' are told apart: the time limit of the search left their number alone untried"
        in found.warnings
    )
