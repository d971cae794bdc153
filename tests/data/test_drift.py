"""What moved between old and new leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from leadscore.data.drift import drift
from leadscore.data.history import History

N = 4_000
NEW = np.arange(N) >= 3_000


@pytest.fixture
def still(make_history: Callable[..., History]) -> History:
    """Leads whose columns and outcomes do not move."""
    return make_history({"close": (np.random.default_rng(3).random(N) < 0.2).astype(float)})


def test_nothing_is_said_when_nothing_moves(still: History) -> None:
    found = drift(still)
    assert found.sentences == ()
    assert {c.column for c in found.columns} == {"x", "noise", "Source"}
    assert all(c.adversarial_auc < 0.55 for c in found.columns)
    assert (found.old, found.new) == (3_000, 1_000)


def test_a_moved_column_comes_first_with_its_new_values(still: History) -> None:
    frame = still.frame.assign(Source=np.where(NEW, "Podcast", still.frame["Source"]))
    found = drift(replace(still, frame=frame))
    first = found.columns[0]
    assert first.column == "Source"
    assert first.adversarial_auc > 0.95
    assert first.came == ("podcast",)
    assert set(first.went) == {"web", "fair"}
    assert any("'podcast'" in s for s in found.sentences)


def test_a_moved_base_rate_is_priced(still: History) -> None:
    rng = np.random.default_rng(4)
    y = (rng.random(N) < np.where(NEW, 0.4, 0.2)).astype(float)
    found = drift(replace(still, labels={"close": y}))
    moved = found.outcomes["close"]
    assert (moved.old, moved.new) == pytest.approx((0.2, 0.4), abs=0.03)
    keeping = -np.mean(np.where(y[NEW] == 1, np.log(moved.old), np.log(1 - moved.old)))
    knowing = -np.mean(np.where(y[NEW] == 1, np.log(moved.new), np.log(1 - moved.new)))
    assert moved.cost == pytest.approx(keeping - knowing)
    assert "the base rate moved from" in found.sentences[0]


def test_a_moved_mix_says_how_far_it_moves_the_rate(still: History) -> None:
    web = np.random.default_rng(5).random(N) < np.where(NEW, 0.8, 0.3)
    y = (np.random.default_rng(6).random(N) < np.where(web, 0.4, 0.1)).astype(float)
    found = drift(replace(still, frame=still.frame.assign(Source=np.where(web, "Web", "Fair")), labels={"close": y}))
    source = next(c for c in found.columns if c.column == "Source")
    assert source.expected_shift["close"] == pytest.approx(0.15, abs=0.03)
    undecided = replace(still, labels={"close": np.full(N, np.nan)})
    assert drift(undecided).outcomes == {}


def test_rates_that_moved_within_values_have_a_cost(still: History) -> None:
    web = np.random.default_rng(7).random(N) < 0.5
    turned = np.where(NEW, ~web, web)
    y = (np.random.default_rng(8).random(N) < np.where(turned, 0.5, 0.1)).astype(float)
    found = drift(replace(still, frame=still.frame.assign(Source=np.where(web, "Web", "Fair")), labels={"close": y}))
    cost = {c.column: c.cost["close"] for c in found.columns}
    assert cost["Source"] > 0.2
    assert cost["noise"] < 0.02
    assert [c.column for c in found.only({"Source"}).columns] == ["Source"]
    outcome = found.outcomes["close"]
    assert outcome.adversarial_auc == pytest.approx(0.5 + abs(outcome.new - outcome.old) / 2)
    assert outcome.forecast == pytest.approx(outcome.old / outcome.new)
