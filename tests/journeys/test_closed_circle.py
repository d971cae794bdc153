"""The circle closes: the service's own log, with what became of the leads, trains the next model."""

from __future__ import annotations

import csv
from itertools import islice

KNOWN_LATER = {"Lead ID", "Created", "Lead Status", "Last Activity Date", "Number of Meetings", "Sales Rating"}
CHUNK = 500


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def leads_of(folder):
    activities: dict[str, list] = {}
    for row in rows(folder / "activities.csv"):
        activities.setdefault(row["Lead ID"], []).append({"type": row["Type"], "at": row["At"]})
    for row in rows(folder / "leads.csv"):
        fields = {name: value for name, value in row.items() if value and name not in KNOWN_LATER}
        earlier = [event for event in activities.get(row["Lead ID"], []) if event["at"] <= row["Created"]]
        moments = {"created": row["Created"], "at": row["Created"]}
        yield {"lead_id": row["Lead ID"], "fields": fields, "activities": earlier, **moments}


def outcomes_of(folder):
    for row in rows(folder / "outcomes.csv"):
        told = {"lead_id": row["Lead ID"]}
        if row["Worked At"]:
            told |= {"worked_at": row["Worked At"]}
        if row["Qualified At"] or row["Disqualified At"]:
            told |= {
                "qualified": bool(row["Qualified At"]),
                "qualified_at": row["Qualified At"] or row["Disqualified At"],
            }
        if row["Closed At"]:
            told |= {"closed": "won", "closed_at": row["Closed At"], "amount": row["Amount"]}
        if len(told) > 1:
            yield told


def in_chunks(entries):
    entries = iter(entries)
    while some := list(islice(entries, CHUNK)):
        yield some


def test_a_log_with_outcomes_trains_the_next_model(newcomer):
    settings = newcomer.home / "circle.toml"
    settings.write_text('auth = false\nstore = "circle.db"\nunknown_fields = "ignore"\n')
    sent = 0
    with newcomer.serving("--settings", "circle.toml") as client:
        for some in in_chunks(leads_of(newcomer.home / "leads")):
            replies = client.score_batch(some)
            assert all(reply.get("stored") for reply in replies), [r for r in replies if "problem" in r][:1]
            sent += len(replies)
        for some in in_chunks(outcomes_of(newcomer.home / "leads")):
            assert not any("problem" in reply for reply in client.tell_batch(some))
        assert client.lead("L-000001")["decisions"][0]["considered"]
        assert client.erase("L-000001")["erased"] is True
    ended = newcomer.run("export", "next", "--recipe", "leads/sample.toml", "--settings", "circle.toml", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["leads"] == ended.json["decisions"] == sent - 1
    assert ended.json["told"]["worked"] > 1000
    ended = newcomer.run("train", "next/recipe.toml", "--registry-name", "circle", "--json", "--quiet")
    assert ended.code == 0, ended.err
    assert ended.json["model"] == "models:/circle/1"
    for stage in ("qualify", "close"):
        assert ended.json["stages"][stage]["roc_auc_interval"][0] > 0.5
    left_out = {entry["column"] for entry in ended.json["excluded"]}
    assert {"propensity", "worked_propensity", "p_close", "tier", "worked_at", "closed"} <= left_out
