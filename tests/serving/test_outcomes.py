"""Leads over HTTP: what became of them, what is known, and how they are forgotten."""

from __future__ import annotations

import pytest

from leadscore.scoring import Lead
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
    assert (told["period"], {r["role"]: r["leads"] for r in told["roles"]}[role]) == ("month", 1)
    assert sum(r["leads"] for r in told["roles"]) == 1
    assert sum(r["leads"] for r in client("GET", "/v1/capacity?at=2001-01-01").json()["roles"]) == 0
    refused = client("GET", "/v1/capacity?period=year").json()
    assert refused["detail"] == "parameter period: input should be 'day', 'week' or 'month'"
    assert refused["errors"] == [{"loc": ["query", "period"], "type": "invalid_parameter"}]


def test_capacity_is_told_in_hours_of_those_that_each_role_has(place, client_for, scorer):
    policy = scorer.bundle.policy
    leads = [{"lead_id": n, "fields": {"Employees": 10 * n, "Lead Source": "Referral"}} for n in range(1, 60)]
    taken = dict.fromkeys(policy.structure.roles, 0.0)
    for decision in scorer.decide([Lead(str(n["lead_id"]), n["fields"]) for n in leads], detail=True):
        for role, hours in decision.detail.hours.items():
            taken[role] += hours
    with DecisionStore(place) as store:
        client = client_for()
        client.app = create_app(scorer, store, Settings(auth=False))
        for _ in range(2):  # the second time nothing is consumed
            replies = client.score(leads, "/v1/score/batch").json()
        week, day = (client("GET", f"/v1/capacity?period={p}").json()["roles"] for p in ("week", "day"))
    assert sum(taken.values()) > 0
    assert sum(role["leads"] for role in week) == len(replies) == 59
    for told, role in zip(week, policy.structure.role, strict=False):
        assert (told["role"], told["hours_available"]) == (role.name, pytest.approx(role.capacity, abs=0.01))
        assert told["hours"] == pytest.approx(taken[role.name], abs=0.01)
        assert told["used"] == pytest.approx(taken[role.name] / role.capacity, abs=1e-4)
    assert [role["hours_available"] for role in day] == [
        known and pytest.approx(known / 7, abs=0.01) for known in (role["hours_available"] for role in week)
    ]
