from __future__ import annotations

import pytest

from leadscore.serving.store import StoreUnavailable

# fmt: off
KEYS = [
    "lead_id", "decision_id", "p_qualify", "p_close", "score", "value", "currency", "tier", "tier_role", "role",
    "queue", "owner", "reply_within_minutes", "reason_1", "reason_2", "reason_3", "fit", "engagement", "trend",
    "basis", "model_version", "horizon_days", "stored",
]
# fmt: on
FULL = ["reasons", "runner_up", "prices", "eligible", "notes"]


def test_a_reply_has_every_key_in_its_order(client, payload):
    reply = client.score(payload)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert list(reply.json()) == KEYS
    assert reply.json()["stored"] is True
    assert reply.json()["p_qualify"] is None


def test_detail_adds_reasons_by_stage_and_what_was_weighed(client, payload):
    reply = client.score(payload, "/v1/score?detail=full").json()
    assert list(reply) == KEYS + FULL
    assert all(list(r) == ["field", "value", "effect", "direction", "text"] for r in reply["reasons"]["close"])
    assert set(reply["runner_up"]) == {"role", "net_value"}


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_as_many_reasons_as_asked_for(client, payload, count):
    reply = client.score(payload, f"/v1/score?reasons={count}").json()
    assert [reply[f"reason_{i}"] is not None for i in (1, 2, 3)] == [i <= count for i in (1, 2, 3)]


@pytest.mark.parametrize("query", ["reasons=4", "reasons=x", "reasons=", "detail=all", "detail="])
def test_a_wrong_parameter_is_a_problem(client, payload, query):
    reply = client.score(payload, f"/v1/score?{query}")
    assert reply.status_code == 422
    assert reply.json()["errors"] == [{"loc": ["query", query.partition("=")[0]], "type": "invalid_parameter"}]


def test_one_bad_lead_does_not_cost_the_batch(client, store, payload):
    batch = [payload, {"lead_id": 7, "fields": {"Budget": 1}}, payload | {"lead_id": 8}, None]
    reply = client.score(batch, "/v1/score/batch?detail=full").json()
    assert [entry["lead_id"] for entry in reply] == ["L-1042", "7", "8", None]
    assert list(reply[2]) == KEYS + FULL
    assert list(reply[1]) == ["lead_id", "problem"]
    assert reply[1]["problem"]["errors"] == [{"loc": ["fields", "Budget"], "type": "unknown_field"}]
    assert (store.writer.commits, store.writer.rows) == (1, 2)


def test_a_flawed_value_costs_one_lead_of_the_batch(client):
    body = b'[{"lead_id": 1, "fields": {"Employees": NaN}}, {"lead_id": 2, "fields": {}}, {"a": 1, "a": 2}]'
    assert ["problem" in entry for entry in client.score(body, "/v1/score/batch").json()] == [True, False, True]


def test_a_batch_is_a_list_of_limited_length(client_for, payload):
    client = client_for(batch_max=100)
    assert client.score([], "/v1/score/batch").json() == []
    assert client.score(payload, "/v1/score/batch").status_code == 422
    many = client.score([payload] * 100, "/v1/score/batch").json()
    assert len({entry["decision_id"] for entry in many}) == 100
    assert client.score([payload] * 101, "/v1/score/batch").status_code == 413


def test_alone_or_in_a_batch_the_answer_is_the_same(client, payload):
    alone = client.score(payload).json()
    [together] = client.score([payload], "/v1/score/batch").json()
    assert alone | {"decision_id": ""} == together | {"decision_id": "", "trend": alone["trend"]}


def test_past_decisions_are_told_newest_first(client, payload):
    ids = [client.score(payload).json()["decision_id"] for _ in range(3)]
    told = client("GET", "/v1/leads/L-1042").json()
    assert [decision["decision_id"] for decision in told["decisions"]] == ids[::-1]
    assert len(client("GET", "/v1/leads/L-1042?limit=2").json()["decisions"]) == 2
    assert client("GET", "/v1/leads/nobody").status_code == 404


def test_an_identifier_with_a_slash_has_its_page(client, payload):
    client.score(payload | {"lead_id": "EU/7 ü"})
    assert client("GET", "/v1/leads/EU%2F7%20%C3%BC").json()["lead_id"] == "EU/7 ü"


def test_model_tiers_and_health_are_told(client, scorer):
    assert client("GET", "/v1/model").json() == scorer.card
    assert client("GET", "/v1/tiers").json() == scorer.tier_table
    assert client("GET", "/live").json() == {"status": "live"}
    assert client("GET", "/ready").json() == {"status": "ready", "stored": True}


def test_without_a_store_there_is_no_answer_and_no_silence(client, store, payload):
    store.writer.close()
    for reply in (client.score(payload), client.score([payload], "/v1/score/batch"), client("GET", "/ready")):
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "1"
        assert reply.json()["type"] == "urn:leadscore:problem:store-unavailable"
        assert reply.json()["detail"] == (StoreUnavailable.__doc__ or "").strip()
    assert client("GET", "/live").status_code == 200


def test_the_openapi_page_lists_the_models_fields(client, scorer):
    operation = client("GET", "/openapi.json").json()["paths"]["/v1/score"]["post"]
    lead = operation["requestBody"]["content"]["application/json"]["schema"]
    fields = lead["properties"]["fields"]
    assert fields["properties"]["Employees"] == {
        "type": ["number", "string", "null"],
        "description": scorer.fields[0].meaning,
        "examples": list(scorer.fields[0].examples),
    }
    assert fields["additionalProperties"] is False
    assert "Phone" in fields["properties"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["detail", "reasons", "Idempotency-Key"]
    reply = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert reply["required"] == KEYS
