"""A young company's first months: a points card while there are thirty leads, and a model when there are more."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta

import pytest

RECIPE = """
name = "young"
cold_start = "rules"

[data]
leads = "leads.csv"

[lead]
id = "Id"
created = "Created"
consent = "Consent"

[close]
column = "Won"
positive = ["yes"]
negative = ["no"]

[search]
trials = 1

[structure]
preset = "three_tier"

[qualify]
rate = 0.5

[rules]
points = [
  { column = "Lead Source", one_of = ["Referral", "Webinar"], points = 20 },
  { column = "Employees", at_least = 100, points = 30 },
  { column = "Email", missing = true, points = -10 },
]
tiers = [
  { tier = "A", at_least = 40, roles = ["ISR"] },
  { tier = "B", at_least = 15, roles = ["SDR"] },
  { tier = "C", roles = ["nurture"] },
]
"""

LEAD = {
    "lead_id": "L-1",
    "fields": {"Lead Source": "referral", "Employees": 240, "Email": "ann@example.org", "Consent": True},
}


def write_leads(path, n):
    rng = random.Random(7)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Id", "Created", "Lead Source", "Employees", "Email", "Consent", "Won"])
        for i in range(n):
            source, employees = rng.choice(["Referral", "Webinar", "Web", "Fair"]), rng.choice([5, 40, 150, 900])
            likely = 0.1 + 0.4 * (source == "Referral") + 0.3 * (employees > 100)
            created = date(2025, 1, 1) + timedelta(days=i * 400 // n)
            email = "" if rng.random() < 0.2 else f"lead{i}@example.org"
            won = "yes" if rng.random() < likely else "no"
            rows.writerow([f"L-{i}", created.isoformat(), source, employees, email, "yes", won])


@pytest.fixture
def young(user):
    write_leads(user.home / "leads.csv", 30)
    (user.home / "young.toml").write_text(RECIPE)
    return user


def test_rules_route_leads_until_a_model_can(young):
    ended = young.run("train", "young.toml")
    assert ended.code == 0, ended.err
    assert "no model: [close]: 30 decided leads" in ended.err
    assert "Points are no likelihood" in ended.out
    assert "models:/leadscore/1 is challenger and champion" in ended.out

    assert young.run("score", "leads.csv", "--out", "scored.csv", "--quiet").code == 0
    with (young.home / "scored.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert {row["basis"] for row in rows} == {"rules"}
    assert {row["p_close"] for row in rows} == {row["value"] for row in rows} == {""}

    with young.serving("--no-auth") as client:
        reply, full = client.score(LEAD), client.score(LEAD, detail=True)
        silent = client.score({**LEAD, "fields": {**LEAD["fields"], "Consent": False}})
        assert client.model()["basis"] == client.tiers()["basis"] == "rules"
        assert client.model()["why_no_model"]["error"] == "TooFewOutcomes"
    assert (reply["basis"], reply["p_qualify"], reply["p_close"], reply["value"]) == ("rules", None, None, None)
    assert (reply["score"], reply["tier"], reply["role"], reply["reply_within_minutes"]) == (99, "A", "ISR", 240)
    assert reply["reason_1"] == "rule: Employees 240 is at least 100: +30 points"
    assert full["reasons"]["rules"][1]["text"] == "rule: Lead Source is Referral: +20 points"
    assert (silent["tier"], silent["tier_role"], silent["role"]) == ("A", "ISR", "nurture")

    write_leads(young.home / "leads.csv", 2000)
    ended = young.run("train", "young.toml", "--json", "--quiet")
    assert ended.code == 0, ended.err
    assert (ended.json["basis"], ended.json["reason"]) == ("model", None)
    assert set(ended.json["aliases"]) == {"champion", "challenger"}
    with young.serving("--no-auth") as client:
        reply = client.score(LEAD)
    assert reply["basis"] == "model"
    assert reply["p_close"] > 0.3

    write_leads(young.home / "leads.csv", 30)
    ended = young.run("train", "young.toml", "--json", "--quiet")
    assert ended.json["aliases"] == ["challenger"]
    ended = young.run("promote")
    assert ended.code == 4
    assert "rules stand in for a model and do not replace one" in ended.err


def test_without_the_word_training_refuses_and_registers_nothing(young):
    (young.home / "young.toml").write_text(RECIPE.replace('"rules"\n', '"refuse"\n', 1))
    ended = young.run("train", "young.toml", "--quiet")
    assert ended.code == 4
    assert "40 of each are needed" in ended.last_line
    assert not (young.home / "models").exists()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('"Lead Source", one_of', '"Lead Sorce", one_of', "points.0 names the column 'Lead Sorce'"),
        ("one_of", "oneof", "unknown key 'oneof' in [rules.points]; did you mean 'one_of'?"),
        (
            'roles = ["SDR"]',
            'roles = ["SRD"]',
            "tier 'B', roles: the structure 'three_tier' gives no new lead to",
        ),
        ("at_least = 40", "at_least = 60", "at_least = 60: leads have from -10 to 50 points"),
    ],
)
def test_a_typo_in_the_rules_is_named(young, wrong, right, said):
    (young.home / "young.toml").write_text(RECIPE.replace(wrong, right))
    ended = young.run("train", "young.toml", "--json", "--quiet")
    assert ended.code == 3
    assert said in ended.err, ended.err
