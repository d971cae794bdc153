"""Kinds counted as one: the same to the bit from a history and from the events, and only where it can be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.history import History
from leadscore.data.kinds import count_together, kinds_by_log, told_as
from leadscore.data.outcomes import Outcome
from leadscore.data.reading import read_history
from leadscore.data.snapshots import ActivityFeatures
from leadscore.data.sources import ActivityLog, Sources

CREATED = pd.date_range("2024-01-01", periods=6, freq="D")
CLOSE = Outcome(column="Won At", at="Won At", horizon_days=90)
LEAD = LeadColumns(id="Id", created="Created", moments=(30.0,))

event = st.tuples(st.integers(0, 5), st.sampled_from(["call", "mail", "visit"]), st.floats(-3, 30))
events = st.lists(event, min_size=1, max_size=40)


def read(folder: Path, told: list[tuple[int, str, float]]) -> tuple[History, pd.DataFrame]:
    """A history with two logs, and their events with the days from each to the day of scoring."""
    leads = pd.DataFrame({"Id": [f"L{i}" for i in range(6)], "Created": CREATED, "Won At": ["2024-05-01", *[""] * 5]})
    leads.to_csv(folder / "leads.csv", index=False)
    log = pd.DataFrame(told, columns=["row", "Type", "day"])
    log["Lead ID"] = "L" + log["row"].astype(str)
    log["At"] = (CREATED[log["row"]] + pd.to_timedelta(log["day"], unit="D")).dt.floor("s")
    log["age"] = 30 - (log["At"] - CREATED[log["row"]]) / pd.Timedelta(days=1)
    log = log[~log[["Lead ID", "Type", "At"]].duplicated()]
    touches = log["Type"] != "visit"
    for name, rows in {"touches": touches, "web": ~touches}.items():
        log.loc[rows, ["Lead ID", "Type", "At"]].to_csv(folder / f"{name}.csv", index=False)
    logs = tuple(ActivityLog(file=f"{name}.csv", type="Type") for name in ("touches", "web"))
    history = read_history(Sources(activities=logs), LEAD, {"close": CLOSE}, Columns(), folder=folder)
    return history, log


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(events)
def test_a_history_tells_what_the_events_tell_to_the_bit(tmp_path: Path, told: list[tuple[int, str, float]]) -> None:
    history, log = read(tmp_path, [*told, (0, "call", 0.0), (0, "mail", 1.0), (0, "visit", 2.0)])
    assert history.kinds == {"touches": ("call", "mail")}
    together = count_together(history, history.kinds)
    definition = together.activities
    assert definition is not None
    assert definition.types == ("touches", "visit")
    matrix = definition.matrix(
        log["row"].to_numpy(dtype=np.intp), definition.type_index(log["Type"].tolist()), log["age"].to_numpy(), 6
    )
    np.testing.assert_array_equal(together.frame[[f.name for f in definition.fields]].to_numpy(dtype=float), matrix)
    assert not any(f.name.startswith(("call", "mail")) for f in together.fields)
    pd.testing.assert_frame_equal(told_as(history, definition).frame, together.frame)
    assert ActivityFeatures.from_dict(json.loads(json.dumps(definition.to_dict()))) == definition


@given(events)
def test_one_lead_alone_is_told_the_same(told: list[tuple[int, str, float]]) -> None:
    features = ActivityFeatures(("touches", "visit"), together=(("touches", ("call", "mail")),))
    kinds, ages = [kind for _, kind, _ in told], [age for _, _, age in told]
    matrix = features.matrix(np.zeros(len(told), dtype=np.intp), features.type_index(kinds), np.array(ages), 1)
    np.testing.assert_array_equal(features.row(kinds, ages), matrix[0])


LOG = pd.DataFrame({"log": ["a", "a", "b", "b", "c"], "type": ["x", "y", "y", "z", "w"]})


def test_kinds_of_two_logs_are_no_group() -> None:
    assert kinds_by_log(LOG, ActivityFeatures(("w", "x", "y", "z"))) == {}
    assert kinds_by_log(LOG[LOG["log"] != "b"], ActivityFeatures(("w", "x", "y"))) == {"a": ("x", "y")}


@pytest.mark.parametrize(
    "definition",
    [
        ActivityFeatures(("w", "x", "y"), answers=("x",)),
        ActivityFeatures(("w", "x", "y"), measures=("rate",)),
        ActivityFeatures(("w", "x", "y"), measures=("trend",)),
    ],
)
def test_answers_and_rates_keep_their_kinds(definition: ActivityFeatures) -> None:
    assert kinds_by_log(LOG[LOG["log"] != "b"], definition) == {}
