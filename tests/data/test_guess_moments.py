"""When leads are looked at: from the day on that something tells the outcome, and not after most have one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadscore.data.guess_moments import Looks, looks

N = 2_000


def choose(*, tells_from: float, outcome_after: float, before: bool = False, told: bool = False) -> Looks | None:
    """Leads with one visit a week, more of them from some day on where the lead is won."""
    rng = np.random.default_rng(0)
    created = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 300, N), unit="D"))
    won = rng.random(N) < 0.3
    row = np.repeat(np.arange(N), np.where(won, 14, 8))
    week = np.concatenate([np.r_[0:8, [99.0] * (n - 8)] for n in np.where(won, 14, 8)])
    day = np.where(week == 99, tells_from - rng.random(len(row)), week * 7 + rng.random(len(row)))
    events = pd.DataFrame({"lead": row.astype(str), "kind": "visit"})
    events["at"] = created.iloc[row].reset_index(drop=True) + pd.to_timedelta(-day if before else day, unit="D")
    ended = (created + pd.Timedelta(days=outcome_after)).where(won)
    ids = pd.Series(np.arange(N).astype(str))
    return looks(events, ids, created, ended, won.astype(float), told_at_creation=told)


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({"tells_from": 25, "outcome_after": 60}, (30.0,)),
        ({"tells_from": 6, "outcome_after": 60}, (7.0, 30.0)),
        ({"tells_from": 6, "outcome_after": 20}, (7.0,)),
        ({"tells_from": 25, "outcome_after": 60, "told": True}, (0.0, 7.0, 30.0)),
        ({"tells_from": 90, "outcome_after": 100}, (0.0, 7.0, 30.0)),
    ],
)
def test_leads_are_looked_at_from_the_day_on_that_something_tells_and_as_long_as_most_are_open(
    options: dict[str, float], days: tuple[float, ...]
) -> None:
    found = choose(**options)  # type: ignore[arg-type]
    assert found is not None
    assert found.days == days
    assert "of the activities before an outcome come after the creation" in found.why


def test_where_activities_come_before_the_creation_nothing_is_said() -> None:
    assert choose(tells_from=25, outcome_after=60, before=True) is None
