"""Tables of what became of leads are logs of it, where they date it."""

from __future__ import annotations

import pandas as pd

from leadscore.data.guess_columns import Profile, profiles
from leadscore.data.guess_deals import dated_logs
from leadscore.data.sources import ActivityLog, Join

N = 60
DAYS = pd.date_range("2024-01-01", periods=N, freq="D").strftime("%Y-%m-%d").to_series(index=range(N))
CLOSED = pd.Series(range(N)) % 3
DEALS = Join(file="deals.csv", on="Lead")


def deals(**columns: pd.Series) -> list[Profile]:
    """Two thirds of the leads have a deal, one third has a deal that was closed."""
    frame = {
        "Id": pd.Series([f"L{i}" for i in range(N)]),
        "deals.Created": DAYS.where(CLOSED > 0, ""),
        "Closed": DAYS.where(CLOSED > 1, ""),
        "Result": pd.Series(["won", "lost"] * (N // 2)).where(CLOSED > 1, ""),
        "Forecast": DAYS.where(CLOSED > 0, ""),
        "Stage": pd.Series(["new", "talk", "end"] * (N // 3)).where(CLOSED > 0, ""),
    }
    return list(profiles(pd.DataFrame(frame | columns)).values())


def logs(columns: list[Profile], outcomes: set[str] | None = None) -> list[tuple[str, str | None]]:
    origin = {c.name: "deals.csv" for c in columns if c.name != "Id"}
    found = dated_logs(columns, [DEALS], origin, outcomes or set())
    assert all(isinstance(log, ActivityLog) and (log.file, log.id) == ("deals.csv", "Lead") for log in found)
    return [(log.time, log.type) for log in found]


def test_the_opening_and_the_end_of_a_deal_are_events() -> None:
    columns = [c for c in deals() if c.name not in ("Forecast", "Stage")]
    assert logs(columns) == [("Created", None), ("Closed", "Result")]


def test_a_date_that_stands_before_the_result_is_no_event() -> None:
    columns = [c for c in deals() if c.name not in ("Closed", "Stage")]
    assert logs(columns) == [("Created", None)]


def test_a_table_that_tells_the_outcome_is_no_log() -> None:
    assert logs(deals(), {"Result"}) == []
