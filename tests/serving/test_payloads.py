from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadscore.data.schema import Field
from leadscore.serving.faults import ACTIVITIES, lead_id_of
from leadscore.serving.payloads import LeadReader
from leadscore.serving.problems import Rejected

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
FIELDS = (Field("Employees", "number"), Field("Consent", "boolean"), Field("Source", "category"))
READER = LeadReader.of(FIELDS, known={"Phone"}, missing={"select", "not yet"})


def lead(reader: LeadReader = READER, **given):
    return reader.read({"lead_id": "L-1", "fields": {}} | given, NOW)


def faults(payload) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as refused:
        READER.read(payload, NOW)
    assert refused.value.http_status == 422
    return [(".".join(map(str, fault.loc)), fault.type) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("given", "text"), [("L-1", "L-1"), (9007199254740993, "9007199254740993"), (-3, "-3"), (" a/b ", " a/b ")]
)
def test_an_identifier_is_kept_to_the_last_digit(given, text):
    assert lead(lead_id=given).lead_id == text


@pytest.mark.parametrize("given", [None, True, 1.0, "", "x" * 201, "a\0", "\ud800", [], {}, 10**300])
def test_anything_else_is_no_identifier(given):
    assert faults({"lead_id": given, "fields": {}}) == [("lead_id", "not_an_identifier")]
    assert lead_id_of({"lead_id": given}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"Employees": "1,200", "Consent": "No", "Source": "Webinar"},
        {"Employees": 12, "Consent": False, "Source": 3},
        {"Employees": "n/a", "Consent": "", "Source": None},
        {"Employees": True, "Consent": 1, "Source": "NA"},
        {"Employees": "Select", "Consent": " not  YET ", "Source": "Select"},
        {"Phone": "anything", "Employees": None},
        {},
    ],
)
def test_values_pass_as_the_reader_of_files_would_take_them(fields):
    assert lead(fields=fields).fields == fields


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("Employees", "soon", "not_a_number"),
        ("Employees", 10**400, "not_a_number"),
        ("Employees", "inf", "not_a_number"),
        ("Consent", "maybe", "not_a_boolean"),
        ("Consent", 2, "not_a_boolean"),
        ("Source", [], "nested"),
        ("Source", {"a": 1}, "nested"),
        ("Phone", ["+41"], "nested"),
        ("Source", "x" * 10_001, "too_long"),
        ("Source", "\udfff", "bad_text"),
        ("Phone", "a\0b", "bad_text"),
        ("Budget", 1, "unknown_field"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(name, value, fault):
    assert faults({"lead_id": 1, "fields": {name: value}}) == [(f"fields.{name}", fault)]


def test_every_unknown_name_is_listed_and_long_ones_are_cut():
    payload = {"lead_id": 1, "fields": {"Budget": 1, "x" * 5000: 1, "\ud800": 1}, "score": 1}
    assert faults(payload) == [
        ("score", "unknown_key"),
        ("fields.Budget", "unknown_field"),
        ("fields." + "x" * 60, "unknown_field"),
        ("fields.?", "unknown_field"),
    ]


def test_unknown_fields_are_left_out_where_settings_say_so():
    reader = LeadReader.of(FIELDS, refuse_unknown=False)
    assert lead(reader, fields={"Budget": [1], "Source": "Web"}).fields == {"Source": "Web"}


@pytest.mark.parametrize("payload", [None, [], "lead", 3, True])
def test_a_lead_is_an_object(payload):
    assert faults(payload) == [("", "not_an_object")]


def test_fields_are_required_and_an_object():
    assert faults({"lead_id": 1}) == [("fields", "missing")]
    assert faults({"lead_id": 1, "fields": None}) == [("fields", "not_an_object")]


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-11-02T09:14:00Z", 9), ("2026-11-02T09:14:00+02:00", 7), ("2026-11-02 09:14", 9)]
)
def test_moments_are_in_utc_and_naive_ones_are_taken_as_utc(text, hour):
    found = lead(created=text, at=text, activities=[{"type": "visit", "at": text}])
    assert found.created == found.at == found.activities[0].at
    assert (found.at.hour, found.at.utcoffset()) == (hour, timedelta(0))


def test_the_scoring_moment_is_the_arrival_unless_given():
    assert lead().at == NOW
    assert lead(created="2020-01-01").created == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["yesterday", 1700000000, "0001-01-01T00:00+05:00", "\ud800", True, {}])
def test_anything_else_is_no_moment(value):
    assert faults({"lead_id": 1, "fields": {}, "at": value}) == [("at", "not_a_moment")]


def test_activities_are_a_list_of_type_and_moment():
    visit = {"type": "visit", "at": "2026-11-02"}
    assert faults({"lead_id": 1, "fields": {}, "activities": {}}) == [("activities", "not_a_list")]
    assert faults({"lead_id": 1, "fields": {}, "activities": [visit] * (ACTIVITIES + 1)}) == [
        ("activities", "too_many")
    ]
    wrong = [visit, 3, {"type": "visit"}, visit | {"type": 4}, visit | {"page": "/"}]
    assert faults({"lead_id": 1, "fields": {}, "activities": wrong}) == [
        ("activities.1", "not_an_object"),
        ("activities.2.at", "missing"),
        ("activities.3.type", "not_text"),
        ("activities.4.page", "unknown_key"),
    ]


def test_a_flood_of_faults_is_told_in_short():
    with pytest.raises(Rejected, match="and 950 more") as refused:
        READER.read({"lead_id": 1, "fields": {f"f{i}": 1 for i in range(1000)}}, NOW)
    assert len(refused.value.faults) == 50
