"""A newcomer's first day: sample, train, tiers, score, serve."""

from __future__ import annotations

import csv
import json
import sqlite3

REPLY = [
    *("lead_id", "decision_id", "p_qualify", "p_close", "score", "value", "currency", "tier", "tier_role", "role"),
    *("queue", "owner", "reply_within_minutes", "reason_1", "reason_2", "reason_3", "fit", "engagement", "trend"),
    *("basis", "model_version", "horizon_days", "stored"),
]

LEAD = {
    "lead_id": "L-1042",
    "fields": {"Lead Source": "Webinar", "Employees": 240, "Title": "Head of Operations", "Company Size": "mid"},
    "activities": [{"type": "email_open", "at": "2026-11-02T09:14:00Z"}],
    "at": "2026-11-02T12:00:00Z",
}


def test_training_tells_everything_that_the_interface_promises(newcomer):
    told = json.loads((newcomer.home / "train.json").read_text())
    assert told["recipe"] == "sample"
    assert told["model"] == "models:/leadscore/1"
    assert set(told["aliases"]) == {"champion", "challenger"}
    assert set(told["gates"]) == {"signal", "calibration", "parity", "golden"}
    assert told["rows"]["read"] == 8000
    for stage in ("qualify", "close"):
        figures = told["stages"][stage]
        assert figures["roc_auc_interval"][0] < figures["roc_auc"] < figures["roc_auc_interval"][1]
        assert {"family", "runner_up", "difference_interval", "baseline", "base_rate", "positives"} <= set(figures)
    assert {e["column"] for e in told["excluded"]} >= {"Lead Status", "Sales Rating", "Closed At", "Lead ID"}
    assert sum(row["share"] for row in told["tiers"]) > 0.999


def test_one_more_sdr_moves_prices_without_a_refit(newcomer):
    ended = newcomer.run("tiers", "--set", "SDR.heads=4", "--json")
    assert ended.code == 0, ended.err
    before, after = ended.json["moved"]["prices"]["SDR"]
    assert after < before
    assert ended.json["before"]["tiers"] != ended.json["after"]["tiers"]


def test_a_what_if_is_registered_promoted_and_decides(newcomer):
    def roles(model):
        ended = newcomer.run("score", "leads/leads.csv", "--model", model, "--out", "roles.csv", "--reasons", "0")
        assert ended.code == 0, ended.err
        with (newcomer.home / "roles.csv").open() as file:
            return [(row["p_close"], row["role"]) for row in csv.DictReader(file)]

    before = roles("champion")
    ended = newcomer.run("tiers", "--set", "SDR.heads=0.2", "--register", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["registered"]["aliases"] == ["challenger"]
    assert roles("champion") == before
    assert newcomer.run("promote", ended.json["registered"]["model"]).code == 0
    after = roles("champion")
    assert [p for p, _ in after] == [p for p, _ in before]
    assert sum(role == "SDR" for _, role in after) < sum(role == "SDR" for _, role in before)
    with newcomer.serving("--no-auth") as client:
        assert client.model()["repriced"] == {"SDR.heads": [2.0, 0.2]}
        assert client.score(LEAD)["model_version"] == f"leadscore/{ended.json['registered']['model'][-1]}"
    assert newcomer.run("rollback").code == 0


def test_a_batch_comes_back_in_order_with_the_keys_of_the_reply(newcomer):
    options = ("--activities", "leads/activities.csv", "--out", "scored.csv")
    ended = newcomer.run("score", "leads/leads.csv", *options)
    assert ended.code == 0, ended.err
    with (newcomer.home / "leads/leads.csv").open() as file:
        sent = [row["Lead ID"] for row in csv.DictReader(file)]
    with (newcomer.home / "scored.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["lead_id"] for row in rows] == sent
    assert set(rows[0]) == set(REPLY) - {"decision_id", "stored"}
    assert all(0 <= float(row["p_close"]) <= float(row["p_qualify"]) <= 1 for row in rows)


def test_the_service_answers_logs_and_agrees_with_the_batch(newcomer):
    with newcomer.serving("--no-auth") as client:
        assert client.ready()
        reply = client.score(LEAD)
        full = client.score(LEAD, detail=True)
        batch = client.score_batch([LEAD, {"fields": {}}])
        assert client.tiers()["tiers"]
        assert client.model()["recipe"] == "sample"
    assert list(reply) == REPLY
    assert reply["lead_id"] == "L-1042"
    assert reply["stored"] is True
    assert reply["reason_1"]
    assert reply["model_version"].endswith("1")
    assert {"reasons", "runner_up", "prices"} <= set(full)
    assert batch[0]["p_close"] == reply["p_close"] == full["p_close"]
    assert "problem" in batch[1]
    with sqlite3.connect(newcomer.home / "serving/decisions.db") as store:
        kept = {row[0] for row in store.execute("select decision_id from decision")}
    store.close()
    assert {reply["decision_id"], full["decision_id"], batch[0]["decision_id"]} <= kept


def test_a_pulled_bundle_serves_without_the_registry(newcomer, tmp_path):
    ended = newcomer.run("pull", "champion", "--to", tmp_path / "bundle")
    assert ended.code == 0, ended.err
    with newcomer.serving(tmp_path / "bundle", "--no-auth") as client:
        assert client.score(LEAD)["tier"]


def test_promotion_and_rollback_move_the_champion(newcomer):
    ended = newcomer.run("train", "leads/sample.toml", "--seed", "1", "--json", "--quiet")
    assert ended.code == 0, ended.err
    assert ended.json["aliases"] == ["challenger"]
    version = ended.json["model"].rsplit("/", 1)[1]
    assert newcomer.run("promote", version).code == 0
    assert newcomer.run("tiers", "champion", "--json").json["model"].endswith(version)
    assert newcomer.run("rollback").code == 0
    assert newcomer.run("tiers", "champion", "--json").json["model"].endswith("1")
