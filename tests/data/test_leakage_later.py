"""Two snapshots: what moves with the outcome leaks, what is filled in for everybody does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadscore.data.history import History
from leadscore.data.inference import Excluded
from leadscore.data.leakage import audit
from leadscore.data.leakage_later import Snapshots, changes
from leadscore.data.schema import Field

N, KNOWN = 4_000, 3_400
RNG = np.random.default_rng(1)
WON = RNG.random(N) < 0.2


@pytest.fixture
def earlier(make_history: Callable[..., History]) -> History:
    """Leads of which the newest 600 are undecided."""
    y = WON.astype(float)
    y[KNOWN:] = np.nan
    history = make_history({"close": y})
    frame = pd.DataFrame(
        {
            "Result": np.where(np.isnan(y), "", np.where(WON, "Won", "Lost")),
            "Office": RNG.choice(["North", "South"], N),
            "Handler": RNG.choice(["Ann", "Ben", "Cem"], N),
            "Staff": np.where(RNG.random(N) < 0.5, RNG.integers(5, 500, N).astype(str), ""),
            "Source": RNG.choice(["Web", "Fair"], N),
        }
    )
    fields = tuple(Field(str(c), "category") for c in frame.columns[1:])
    return replace(history, frame=frame, fields=fields, excluded=(Excluded("Result", "outcome", "tells an outcome"),))


@pytest.fixture
def later(earlier: History) -> History:
    """The same, in another order: 400 more are decided, some handlers changed with that, some head counts came in."""
    frame = earlier.frame.copy()
    decided = np.arange(KNOWN, KNOWN + 400)
    frame.loc[decided, "Result"] = np.where(WON[decided], "Won", "Lost")
    handed = decided[WON[decided] | (RNG.random(400) < 0.2)]
    frame.loc[handed, "Handler"] = "Desk"
    empty = np.flatnonzero(frame["Staff"] == "")
    frame.loc[RNG.choice(empty, 40, replace=False), "Staff"] = "77"
    y = earlier.labels["close"].copy()
    y[decided] = WON[decided]
    return replace(earlier, frame=frame, labels={"close": y}).take(RNG.permutation(N))


def test_a_column_that_moves_with_the_outcome_is_not_passed(earlier: History, later: History) -> None:
    found = {v.column: v for v in audit(earlier, allow={}, later=later)}
    assert found["Handler"].verdict == "BLOCK"
    assert "changed between the two exports" in found["Handler"].reason
    assert {found[c].verdict for c in ("Office", "Staff", "Source")} == {"ok"}
    assert found["Staff"].changed == pytest.approx(0.01)
    assert found["Source"].changed == 0


def test_one_export_does_not_show_it(earlier: History) -> None:
    found = {v.column: v for v in audit(earlier, allow={})}
    assert found["Handler"].verdict == "ok"
    assert found["Handler"].changed is None


def test_text_columns_will_do(earlier: History, later: History) -> None:
    frame = later.frame.assign(Id=later.lead_id)
    first = replace(earlier, frame=earlier.frame.assign(Id=earlier.lead_id))
    found = {v.column: v for v in audit(first, allow={}, later=frame)}
    assert found["Handler"].verdict == "BLOCK"
    assert found["Staff"].verdict == "ok"


def test_cells_overwritten_for_everybody_are_asked_about(earlier: History) -> None:
    frame = earlier.frame.copy()
    frame.loc[RNG.choice(N, 200, replace=False), "Office"] = "West"
    found = {v.column: v for v in audit(earlier, allow={}, later=replace(earlier, frame=frame))}
    assert found["Office"].verdict == "ASK"
    assert "overwritten" in found["Office"].reason


def test_spelling_is_no_change_and_a_missing_column_is_none(earlier: History) -> None:
    frame = earlier.frame.drop(columns="Staff").apply(lambda c: c.str.upper() + " ")
    both = Snapshots.match(earlier, replace(earlier, frame=frame))
    assert not both.decided.any()
    assert changes(both, "Staff") is None
    change = changes(both, "Source")
    assert change is not None
    assert change.cells == 0
