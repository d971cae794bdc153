"""A decision log becomes an export whose recipe loads and reads it."""

from __future__ import annotations

import json

import pytest

from leadscore.data.tables import read_table
from leadscore.errors import TooFewOutcomes
from leadscore.training.next_history import Log, write_history
from leadscore.training.pipeline import read
from leadscore.training.recipe import load_recipe

KINDS = ("worked", "accepted", "qualified", "closed")
UNKNOWN = dict.fromkeys((*KINDS, *(f"{kind}_at" for kind in KINDS), "reason", "amount"))
DECISION = {
    **{"decision_id": "d", "decided_at": "2026-01-01T00:00:00+00:00", "model_version": "m/1", "p_qualify": None},
    **{"p_close": 0.25, "score": 7, "value": 1.5, "tier": "A", "role": "SDR", "propensity": 0.98},
    **{"runner_up": json.dumps({"role": "nurture", "net_value": 0.0})},
}


def lead(n: int, **outcome):
    at = f"2026-01-{n % 28 + 1:02d}T00:00:00+00:00"
    return {
        **{"lead_id": f"L-{n}", "created": at, "fields": {"Source": "Web", "score": n, "Consent": n % 2 == 0}},
        **{"decision": DECISION, "outcome": UNKNOWN | outcome},
        "activities": [{"type": "visit", "at": at, "values": {"pages": 3.0}}] if n % 2 else [],
    }


def log_of(*leads) -> Log:
    return Log(lambda: leads, lambda: [DECISION | {"lead_id": entry["lead_id"]} for entry in leads])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_was_seen_decided_and_became_of_a_lead_is_one_row(tmp_path, form):
    won = lead(1, worked=True, worked_at="2026-01-03", qualified=True, closed="won", closed_at="2026-02-01", amount=9.5)
    written = write_history(tmp_path / "next", log_of(won, lead(2, closed="lost"), lead(3)), form=form)
    assert (written.leads, written.activities, written.decisions) == (3, 2, 3)
    rows = read_table(tmp_path / "next" / f"leads.{form}").to_dict("records")
    assert rows[0]["Source"] == "Web"
    assert [row["score"] for row in rows] == ["1", "2", "3"]
    assert [row["leadscore_score"] for row in rows] == ["7"] * 3
    assert [row["Consent"] for row in rows] == ["false", "true", "false"]
    assert [row["closed"] for row in rows] == ["won", "lost", ""]
    assert (rows[0]["worked_at"], rows[0]["amount"], rows[0]["worked_propensity"]) == ("2026-01-03", "9.5", "0.98")
    decisions = read_table(tmp_path / "next" / f"decisions.{form}")
    assert decisions["propensity"].tolist() == ["0.98"] * 3
    history = read(load_recipe(written.recipe))
    assert {field.name for field in history.fields} <= {"Source", "score", "Consent"} | set(history.frame.columns)
    assert not {"leadscore_score", "tier", "role", "propensity"} & {field.name for field in history.fields}
    assert history.rows_read == 3


def test_the_last_recipe_says_what_the_service_cannot_know(tmp_path):
    old = tmp_path / "old.toml"
    (tmp_path / "ours.toml").write_text('name = "ours"\n[[role]]\nname = "ISR"\nstage = "close"\n')
    old.write_text(
        'name = "acme"\ncurrency = "CHF"\n[data]\nleads = "x.csv"\n[lead]\nid = "Id"\ncreated = "On"\n'
        'consent = "Consent"\nsegment = "Gone"\nmissing = ["-"]\n[qualify]\nrate = 0.4\n[close]\ncolumn = "Won"\n'
        'positive = [true]\nhorizon_days = 90\n[columns]\nignore = ["Source", "Gone"]\n'
        'allow_leaky = { Consent = "asked" }\n'
        "[value]\nmargin_per_win = 400\n"
    )
    written = write_history(tmp_path / "next", log_of(lead(1, closed="won"), lead(2)), recipe=old)
    recipe = load_recipe(written.recipe)
    assert (recipe.name, recipe.currency, recipe.value.margin_per_win, recipe.qualify.rate) == ("acme", "CHF", 400, 0.4)
    assert (recipe.lead.id, recipe.lead.consent, recipe.lead.segment) == ("lead_id", "Consent", None)
    assert (recipe.close.column, recipe.close.positive, recipe.close.horizon_days) == ("closed", "filled", 90)
    assert {"Source", "propensity", "tier"} <= set(recipe.columns.ignore)
    assert recipe.columns.allow_leaky == {"Consent": "asked"}


def test_without_outcomes_nothing_is_written(tmp_path):
    with pytest.raises(TooFewOutcomes, match="/v1/outcomes"):
        write_history(tmp_path / "next", log_of(lead(1), lead(2, closed="lost")))
    assert not (tmp_path / "next").exists()
