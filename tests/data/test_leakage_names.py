"""Names that say when a column is filled in."""

from __future__ import annotations

import pytest

from leadscore.data.leakage_names import is_plan, looks_like_key, suspicion


@pytest.mark.parametrize(
    "name",
    [
        "Tags", "Lead Quality", "Last Notable Activity", "LastModifiedDate", "Sales Rating", "Lead Status", "IsWon",
        "closed_lost_reason", "Number of Meetings", "total_touches_all", "current_stage", "Converted?",
        "conversion_rate", "Days Since Last Contact", "Lead Score", "Disqualified At", "updated_at",
    ],
)  # fmt: skip
def test_a_suspicious_name_is_a_reason_to_ask(name):
    assert suspicion(name)


@pytest.mark.parametrize(
    "name",
    [
        "Lead Source", "Total Time Spent on Website", "TotalVisits", "Demo Requested", "Country", "Last Name",
        "Employees", "Purchase Timeframe", "touches_last_7_days", "Page Views Per Visit", "Wonder Product",
        "Existing Customer",
    ],
)  # fmt: skip
def test_an_honest_name_is_none(name):
    assert suspicion(name) is None


def test_keys_and_plans_are_told_by_name():
    assert looks_like_key("Contract No.")
    assert not looks_like_key("No. of Employees")
    assert is_plan("Renewal Date")
    assert not is_plan("Closed Date")
