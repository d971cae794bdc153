"""Leads over HTTP: what became of them, what is known, and how they are forgotten."""

from __future__ import annotations

import pytest

from leadscore.serving import DecisionStore, Settings, create_app


def test_an_outcome_is_told_piece_by_piece_in_any_order(client, payload):
    closed = {"lead_id": "L-1042", "closed": "won", "closed_at": "2026-12-24T10:00:00Z", "amount": "12,500"}
    worked = {"lead_id": "L-1042", "worked_at": "2026-11-03T10:00:00+01:00", "qualified": True, "at": "2026-11-20"}
    rejected = {"lead_id": "L-1042", "accepted": False, "reason": "wrong territory"}
    client.score(payload)
    for told in (closed, worked, rejected, worked, closed):
        assert client.score(told, "/v1/outcomes").status_code == 200
    known = client("GET", "/v1/leads/L-1042").json()
    assert len(known["decisions"]) == 1
    assert known["outcome"].pop("accepted_at") is not None
    assert known["outcome"] == {
        **{"worked": True, "worked_at": "2026-11-03T09:00:00.000000+00:00"},
        **{"accepted": False, "reason": "wrong territory"},
        **{"qualified": True, "qualified_at": "2026-11-20T00:00:00.000000+00:00"},
        **{"closed": "won", "closed_at": "2026-12-24T10:00:00.000000+00:00", "amount": 12500.0},
    }


def test_a_list_of_outcomes_has_a_problem_in_the_place_of_a_bad_one(client):
    told = [{"lead_id": 1, "worked": True}, {"lead_id": 2}, 7, {"lead_id": 3, "closed": "lost"}]
    replies = client.score(told, "/v1/outcomes").json()
    assert [reply["lead_id"] for reply in replies] == ["1", "2", None, "3"]
    assert ["problem" in reply for reply in replies] == [False, True, True, False]
    assert client.score([{}] * 1001, "/v1/outcomes").status_code == 413


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, ("lead_id", "missing")),
        ({"lead_id": 1}, ("", "no_outcome")),
        ({"lead_id": 1, "closed": True}, ("closed", "not_won_or_lost")),
        ({"lead_id": 1, "qualified": "yes"}, ("qualified", "not_true_or_false")),
        ({"lead_id": 1, "closed": "won", "amount": "much"}, ("amount", "not_a_number")),
        ({"lead_id": 1, "worked": True, "amount": 5}, ("amount", "belongs_to_closed")),
        ({"lead_id": 1, "worked": True, "reason": "x"}, ("reason", "belongs_to_accepted")),
        ({"lead_id": 1, "accepted": False, "reason": "x" * 10_001}, ("reason", "too_long")),
        ({"lead_id": 1, "worked": True, "worked_at": "soon"}, ("worked_at", "not_a_moment")),
        ({"lead_id": 1, "worked": True, "won": True}, ("won", "unknown_outcome_key")),
    ],
)
def test_a_wrong_outcome_is_a_problem_that_names_the_place(client, told, fault):
    reply = client.score(told, "/v1/outcomes")
    assert (reply.status_code, reply.json()["type"]) == (422, "urn:leadscore:problem:invalid-outcome")
    found = [(".".join(error["loc"]), error["type"]) for error in reply.json()["errors"]]
    assert fault in found


def test_an_erased_lead_is_unknown(client, payload):
    client.score(payload)
    client.score({"lead_id": "L-1042", "worked": True}, "/v1/outcomes")
    assert client("DELETE", "/v1/leads/L-1042").json() == {"lead_id": "L-1042", "erased": True, "decisions": 1}
    assert client("DELETE", "/v1/leads/L-1042").status_code == client("GET", "/v1/leads/L-1042").status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("lead_id", ["%00", "%ED%A0%80", "x" * 201, ""])
def test_what_cannot_be_an_identifier_is_unknown_on_any_database(place, client_for, scorer, method, lead_id):
    with DecisionStore(place) as store:
        client = client_for()
        client.app = create_app(scorer, store, Settings(auth=False))
        assert client(method, f"/v1/leads/{lead_id}").status_code == 404


def test_capacity_counts_leads_by_role_and_period(client, payload):
    role = client.score(payload).json()["role"]
    client.score(payload)
    told = client("GET", "/v1/capacity?period=month").json()
    assert (told["period"], told["roles"]) == ("month", [{"role": role, "leads": 1}])
    assert client("GET", "/v1/capacity?at=2001-01-01").json()["roles"] == []
    assert client("GET", "/v1/capacity?period=year").status_code == 422
