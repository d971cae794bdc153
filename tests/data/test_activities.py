"""Looks at leads at several moments of their lives, from one or several logs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.history import History, decided_rows, split_history
from leadscore.data.outcomes import Outcome
from leadscore.data.reading import read_history
from leadscore.data.sources import ActivityLog, Sources
from leadscore.data.splits import Split
from leadscore.errors import RecipeError

LEADS = """Id,Created,Firm,Won At
a,2024-01-01,Acme,2024-01-05
b,2024-01-02,acme,
c,2024-01-03,,2024-03-01
d,2024-04-25,Zeta,
"""
VISITS = """Id,When,Pages
a,2024-01-01,3
a,2024-01-03,4
b,2024-01-04,5
c,2024-01-20,6
"""
CALLS = """Id,When,What,Minutes
b,2024-01-05,call,10
c,2024-02-10,call,5
d,2024-04-26,reply,
"""
WON = Outcome(column="Won At", at="Won At", horizon_days=90)
LOGS = (
    ActivityLog(file="visits.csv", id="Id", time="When", values=("Pages",)),
    ActivityLog(file="calls.csv", id="Id", time="When", type="What", values=("Minutes",), ours=("call",)),
)


def look(
    folder: Path,
    *moments: float,
    outcome: Outcome = WON,
    visits: str = VISITS,
    account: str | None = None,
    colleagues: bool = False,
) -> History:
    for name, text in (("leads.csv", LEADS), ("visits.csv", visits), ("calls.csv", CALLS)):
        (folder / name).write_text(text, encoding="utf-8")
    lead = LeadColumns(id="Id", created="Created", account=account, moments=moments or (0.0,))
    sources = Sources(activities=LOGS, colleagues=colleagues)
    return read_history(sources, lead, {"close": outcome}, Columns(), folder=folder)


def column(history: History, name: str) -> dict[tuple[str, float], float]:
    keys = zip(history.lead_id, history.moment, strict=True)
    return dict(zip(keys, history.frame[name].tolist(), strict=True))


def test_a_lead_is_looked_at_while_it_is_open_and_as_old(tmp_path: Path) -> None:
    history = look(tmp_path, 0, 2, 30)
    looks = list(zip(history.lead_id, history.moment, strict=True))
    assert looks == [
        *[("a", 0), ("a", 2)],
        *[("b", 0), ("b", 2), ("b", 30)],
        *[("c", 0), ("c", 2), ("c", 30)],
        ("d", 0),
    ]
    assert history.leads.lead_id.tolist() == ["a", "b", "c", "d"]
    assert any("4 at 0 days, 3 at 2 days, 2 at 30 days" in r for r in history.remarks)


def test_logs_are_read_together_and_amounts_are_summed(tmp_path: Path) -> None:
    history = look(tmp_path, 0, 2, 30)
    assert history.activities is not None
    assert history.activities.types == ("call", "reply", "visits")
    assert column(history, "Pages, last 30 days")["a", 0] == 3
    assert column(history, "Pages, last 30 days")["a", 2] == 7
    assert column(history, "visits, last 7 days")["c", 30] == 0
    assert column(history, "visits, last 30 days")["c", 30] == 1
    assert column(history, "mean days to answer")["b", 30] == 1
    assert column(history, "days since creation")["c", 30] == 30


def test_colleagues_count_from_when_they_are_known(tmp_path: Path) -> None:
    history = look(tmp_path, 0, 30, account="Firm", colleagues=True)
    told = column(history, "colleagues' activities, last 30 days")
    assert told["a", 0] == 0
    assert told["b", 0] == 1
    assert told["b", 30] == 1  # of Acme's other lead, one visit is older than 30 days
    assert np.isnan(told["c", 0])


def test_looks_of_one_lead_are_never_torn_apart(tmp_path: Path) -> None:
    history = look(tmp_path, 0, 2, 30)
    history = history.take(decided_rows(history))
    split = split_history(history, Split(test_share=0.3, calibrate_share=0.5))
    parts = {name: {*history.lead_id[getattr(split, name)]} for name in ("fit", "calibrate", "test")}
    assert parts == {"fit": {"a"}, "calibrate": {"b"}, "test": {"c"}}
    assert history.moment[split.test].tolist() == [0]


def test_looks_after_creation_need_the_moment_of_the_outcome(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"\[close\] needs `at`"):
        look(tmp_path, 0, 7, outcome=Outcome(column="Won At"))
    lead = LeadColumns(id="Id", created="Created", moments=(0, 7))
    with pytest.raises(RecipeError, match="needs `activities`"):
        read_history(Sources(), lead, {"close": WON}, Columns(), folder=tmp_path)
    with pytest.raises(RecipeError, match="colleagues needs `account`"):
        look(tmp_path, colleagues=True)
    with pytest.raises(ValueError, match="ascending"):
        LeadColumns(moments=(7, 0))


@given(days=st.floats(0.01, 400), lead=st.sampled_from("abcd"), pages=st.integers(0, 99))
def test_an_event_after_the_look_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, days: float, lead: str, pages: int
) -> None:
    folder = tmp_path_factory.mktemp("looks", numbered=True)
    before = look(folder, 0, 7)
    at = before.created[before.lead_id == lead].iloc[0] + pd.Timedelta(days=7 + days)
    after = look(folder, 0, 7, visits=f"{VISITS}{lead},{at.isoformat()},{pages}\n")
    known = {key: row for key, row in column(before, "Pages, last 30 days").items() if key in column(after, "Firm")}
    for name in (f.name for f in before.activities.fields):
        was, now = column(before, name), column(after, name)
        assert {k: str(was[k]) for k in known} == {k: str(now[k]) for k in known}
