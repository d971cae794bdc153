"""From an export to a history: in time order, honestly labelled, with every loss counted and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore.data.activities import read_activities
from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.history import History, decided_rows
from leadscore.data.labels import channel_column
from leadscore.data.outcomes import Outcome
from leadscore.data.reading import blank_missing, read_history
from leadscore.data.sources import ActivityLog, Sources
from leadscore.errors import BadInput, HorizonTooLong, RecipeError, TooFewOutcomes

LEADS = """Id,Created,Source,Size,Customer,Consent,Worked,Won At,Amount
c,2024-03-01,Web,big,no,yes,2024-03-02,,100
a,2024-01-01,Fair,small,yes,no,2024-01-02,2024-02-01,200
b,2024-02-01,Web,,no,,NULL,,
d,,Web,big,no,yes,x,,
e,2024-12-31,Fair,big,no,yes,x,,300
"""
EVENTS = """Lead ID,Type,At
a,visit,2023-12-30
a,visit,2024-01-02
a, call ,2024-01-01
z,visit,2024-01-01
b,,2024-01-01
b,visit,
"""
LEAD = LeadColumns(
    id="Id", created="Created", segment="Size", customer="Customer", consent="Consent", worked_at="Worked"
)
CLOSE = Outcome(column="Won At", at="Won At", horizon_days=90, amount="Amount")

Read = Callable[..., History]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def history(
        leads: str = LEADS,
        *,
        lead: LeadColumns = LEAD,
        close: Outcome = CLOSE,
        events: str | None = None,
        **columns: Any,
    ) -> History:
        (tmp_path / "leads.csv").write_text(leads, encoding="utf-8")
        if events is not None:
            (tmp_path / "events.csv").write_text(events, encoding="utf-8")
        sources = Sources(activities=None if events is None else "events.csv")
        return read_history(sources, lead, {"close": close}, Columns(**columns), folder=tmp_path)

    return history


def test_leads_stand_in_time_order_and_the_undated_are_counted(read: Read) -> None:
    history = read()
    assert history.lead_id.tolist() == ["a", "b", "c", "e"]
    assert history.rows_read == 5
    assert history.days is not None
    assert history.days.tolist() == [0, 31, 60, 365]
    assert (
        "1 leads without 'Created' are left out: they have no place in time (such as 'd' in row 5)" in history.remarks
    )


def test_labels_leave_out_the_untouched_and_the_young(read: Read) -> None:
    history = read()
    np.testing.assert_array_equal(history.labels["close"], [1, np.nan, 0, np.nan])
    assert decided_rows(history).tolist() == [0, 2]
    assert "1 leads that nobody worked are left out: untouched is not lost" in history.remarks
    assert history.until == pd.Timestamp("2024-12-31", tz="UTC")


def test_only_won_deals_have_an_amount(read: Read) -> None:
    np.testing.assert_array_equal(read().amount, [200, np.nan, np.nan, np.nan])


def test_segments_customers_and_consent(read: Read) -> None:
    history = read()
    assert history.segment.tolist() == ["small", None, "big", "big"]
    assert history.customer.tolist() == [True, False, False, False]
    assert history.contactable.tolist() == [False, True, True, True]


def test_an_answer_that_is_none_is_refused(read: Read) -> None:
    with pytest.raises(BadInput, match=r"column 'Consent': 'perhaps' is neither yes nor no"):
        read(LEADS.replace("small,yes,no", "small,yes,perhaps"))


def test_of_a_repeated_id_the_last_row_is_kept_and_the_other_remembered(read: Read) -> None:
    history = read(LEADS.replace("\nb,", "\na,"))
    assert history.lead_id.tolist() == ["a", "c", "e"]
    assert any(
        "1 of 4 ids in 'Id' occur more than once, 1 of them" in r and "rows 3 and 4" in r for r in history.remarks
    )
    assert history.left_out[["row", "Id"]].to_numpy().tolist() == [[3, "a"], [5, "d"]]


def test_an_outcome_before_creation_is_remarked(read: Read) -> None:
    remarks = read(LEADS.replace("2024-02-01,200", "2023-02-01,200")).remarks
    said = "1 leads have 'Won At' before their creation (such as 'a' in row 3): kept, as if it had happened at creation"
    assert said in remarks


def test_activities_are_seen_as_of_the_scoring_moment(read: Read) -> None:
    history = read(events=EVENTS)
    assert history.activities is not None
    assert history.activities.types == ("call", "visit")
    names = ["call, last 7 days", "visit, last 7 days", "days since previous activity"]
    np.testing.assert_array_equal(history.frame[names].iloc[0], [1, 1, 2])
    np.testing.assert_array_equal(history.frame[names].iloc[1], [0, 0, np.nan])
    assert set(names) <= {field.name for field in history.fields}
    assert history.sources["visit, last 7 days"] == "visit"
    assert "3 activities read, 1 of them after the scoring moment and not looked at" in history.remarks
    assert "1 activities belong to no lead of the export and are left out" in history.remarks
    assert "events.csv: 2 activities have no 'At' or no 'Type' (such as row 6): left out" in history.remarks


def test_an_activity_that_is_recorded_again_counts_once(read: Read) -> None:
    once, twice = read(events=EVENTS), read(events=EVENTS + "a,visit,2023-12-30\n")
    pd.testing.assert_frame_equal(once.frame, twice.frame)
    assert "events.csv: 1 activities repeat another one (such as row 8): left out" in twice.remarks


@pytest.mark.parametrize("event", ["a,visit,2024-01-01T00:00:01", "b,call,2024-12-31", "e,fax,2025-06-01"])
def test_an_event_after_the_scoring_moment_changes_no_feature(read: Read, event: str) -> None:
    with_event = read(events=f"{EVENTS}{event}\n").frame
    before = read(events=EVENTS).frame
    pd.testing.assert_frame_equal(with_event[list(before)], before)


def test_activities_need_an_id_and_a_date(read: Read) -> None:
    with pytest.raises(RecipeError, match=r"activities needs `id` and `created`"):
        read(events=EVENTS, lead=LeadColumns(id="Id", order="row"))


def test_the_log_is_read_with_the_names_of_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("who,what,when\na,visit,31/12/2023\n")
    log = ActivityLog(file="log.csv", id="who", type="what", time="when")
    found = read_activities(Sources(activities=log), tmp_path)
    at = pd.Timestamp("2023-12-31", tz="UTC")
    assert found.to_dict("list") == {"lead": ["a"], "log": ["log"], "type": ["visit"], "at": [at]}
    with pytest.raises(
        RecipeError, match=r"log.csv has no column 'Lead ID'; it has 'who', 'what', 'when'. Name it as `id`"
    ):
        read_activities(Sources(activities="log.csv"), tmp_path)


def test_an_export_without_dates_is_ordered_by_a_number(read: Read) -> None:
    lead, close = LeadColumns(order="N"), Outcome(column="Won At")
    history = read("N,Won At\n10,x\n9,\n11,x\n", lead=lead, close=close)
    assert history.labels["close"].tolist() == [0, 1, 1]
    assert history.created is None
    assert history.days is None
    assert history.lead_id.tolist() == ["0", "1", "2"]
    with pytest.raises(BadInput, match=r"row 3, column 'N': 'soon' is no number"):
        read("N,Won At\n10,x\nsoon,\n", lead=lead, close=close)


def test_the_order_of_the_rows_is_taken_with_a_remark(read: Read) -> None:
    remark = "no column tells the time: the order of the rows is taken for the order of the leads"
    for lead in (LeadColumns(order="row"), LeadColumns()):
        assert remark in read("Source,Won\nWeb,x\nFair,\n", lead=lead, close=Outcome(column="Won")).remarks


@pytest.mark.parametrize(
    ("where", "options"),
    [
        (r"\[lead\] segment", {"lead": LEAD.model_copy(update={"segment": "Syze"})}),
        (r"\[lead\] worked_at", {"lead": LEAD.model_copy(update={"worked_at": "Syze"})}),
        (r"\[close\] column", {"close": Outcome(column="Syze")}),
        (r"\[close\] amount", {"close": CLOSE.model_copy(update={"amount": "Syze"})}),
        (r"\[columns\] ignore, 'Syze'", {"ignore": ["Syze"]}),
        (r"\[columns\] allow_leaky, 'Syze'", {"allow_leaky": {"Syze": "why not"}}),
    ],
)
def test_a_column_that_the_export_lacks_is_named_with_its_place(read: Read, where: str, options: Any) -> None:
    with pytest.raises(
        RecipeError, match=f"{where} names the column 'Syze', which the export does not have; it has 'Id'"
    ):
        read(**options)


def test_a_header_without_leads_and_leads_without_dates_are_refused(read: Read) -> None:
    header = LEADS.splitlines()[0] + "\n"
    with pytest.raises(BadInput, match=r"there is a header but no lead"):
        read(header)
    undated = read(header + "a,,Web,big,no,yes,x,,\n")
    assert len(undated) == 0
    with pytest.raises(TooFewOutcomes, match=r"none of the 0 leads has a known outcome"):
        decided_rows(undated)


def test_nothing_decided_is_a_refusal_that_names_the_horizon(read: Read) -> None:
    with pytest.raises(HorizonTooLong, match=r"less than the horizon of 4000 days.*Shorten `horizon_days`"):
        read(close=CLOSE.model_copy(update={"horizon_days": 4_000}))


def test_no_column_of_an_outcome_or_of_the_lead_is_learned_from(read: Read) -> None:
    history = read()
    taken = {"Id", "Created", "Consent", "Worked", "Won At", "Amount"}
    assert not taken & {field.name for field in history.fields}
    assert taken <= {column.column for column in history.excluded}


def test_taking_rows_takes_them_everywhere(read: Read) -> None:
    history = read(events=EVENTS)
    taken = history.take(np.array([2, 0]))
    assert taken.lead_id.tolist() == ["c", "a"]
    assert taken.frame["Id"].tolist() == ["c", "a"]
    assert taken.created is not None
    assert history.created is not None
    assert taken.created.tolist() == [history.created[2], history.created[0]]
    for mine, whole in ((taken.amount, history.amount), (taken.labels["close"], history.labels["close"])):
        np.testing.assert_array_equal(mine, whole[[2, 0]])


def test_missing_is_blanked_whole_cell_only() -> None:
    frame = pd.DataFrame({"a": ["Select", " select ", "Select one", ""], "n": [1.0, 2.0, 3.0, 4.0]})
    blanked = blank_missing(frame, ["SELECT"])
    assert blanked["a"].tolist() == ["", "", "Select one", ""]
    assert blanked["n"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert blank_missing(frame, ()) is frame


PROPENSITY = """Id,Created,Chance,Worked,Won At
a,2024-01-01,0.5,2024-01-02,2024-02-01
b,2024-02-01,1,2024-02-02,
c,2024-03-01,0.1,,
d,2024-12-31,,,
"""


def test_worked_leads_count_by_the_inverse_of_their_logged_chance(read: Read) -> None:
    lead = LeadColumns(id="Id", created="Created", worked_at="Worked", propensity="Chance")
    close = CLOSE.model_copy(update={"amount": None})
    history = read(PROPENSITY, lead=lead, close=close)
    np.testing.assert_array_equal(history.labels["close"], [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(history.weight["close"], [2, 1, 1, 1])
    assert history.take(np.array([1, 0])).weight["close"].tolist() == [1, 2]
    assert "Chance" not in {field.name for field in history.fields}
    with pytest.raises(BadInput, match=r"column 'Chance': '1.5' of a lead that was worked is no chance"):
        read(PROPENSITY.replace(",1,", ",1.5,"), lead=lead, close=close)


@pytest.mark.parametrize(
    ("named", "header", "found"),
    [
        (None, "Id,Created,Lead Source,Channel", "Channel"),
        (None, "Id,Created,Lead Source,Created From", "Lead Source"),
        (None, "Id,Created,Form,Page", None),
        ("Form", "Id,Created,Form,Channel", "Form"),
    ],
)
def test_the_channel_is_the_named_column_or_the_one_that_is_called_so(named: Any, header: str, found: Any) -> None:
    rows = [("a", "x", "s1", "c1"), ("b", "x", "s2", "c2"), ("c", "x", "s3", "c2")]
    frame = pd.DataFrame(rows, columns=header.split(","))
    column = channel_column(frame, LeadColumns(id="Id", created="Created", channel=named), {"close": CLOSE}, Columns())
    assert column == found
