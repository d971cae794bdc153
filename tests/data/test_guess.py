"""Ten exports of different shape, each guessed without an edit, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadscore.data.guess import guess_export
from leadscore.data.guess_values import Given
from leadscore.errors import BadInput
from leadscore.training.recipe import load_recipe
from leadscore.training.recipe_text import recipe_text

N = 400


def leads(seed=0):
    """The parts of an export, under neutral names; ``won`` follows from ``pages``."""
    rng = np.random.default_rng(seed)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 500, N)), unit="D").round("s")
    pages = rng.poisson(4, N)
    won = rng.random(N) < 1 / (1 + np.exp(2 - 0.4 * pages))
    closed = created + pd.to_timedelta(rng.exponential(25, N), unit="D").round("s")
    return {
        "id": [f"00Q{i * 7919 % 99991:05d}" for i in range(N)],
        "created": created,
        "closed": closed,
        "won": won,
        "pages": pages,
        "source": rng.choice(["Web", "Trade Show", "Referral"], N),
        "company": [f"Firm {i % 250}" for i in range(N)],
        "email": [f"someone{i}@example.org" for i in range(N)],
        "employees": rng.integers(2, 4000, N),
        "money": rng.integers(1_000, 90_000, N),
        "owner": rng.choice(["Kim", "Lee", "Sam"], N),
    }


def guess(tmp_path, *files, **options):
    """Guess, write the recipe, and read it back as a stranger would."""
    found = guess_export(files, folder=tmp_path, given=Given(**options))
    path = tmp_path / "guessed.toml"
    path.write_text(recipe_text(found, name="guessed"), encoding="utf-8")
    recipe = load_recipe(path)
    assert (recipe.data, recipe.lead, recipe.columns) == (found.sources, found.lead, found.columns)
    assert recipe.outcomes == dict(found.outcomes)
    return found


def write(tmp_path, name, columns, **options):
    pd.DataFrame(columns).to_csv(tmp_path / name, index=False, **options)
    return name


def test_hubspot(tmp_path):
    x = leads()
    became = pd.Series(x["closed"].strftime("%Y-%m-%d %H:%M")).where(x["won"], "")
    columns = {
        "Record ID": 51_000_000_000 + np.arange(N) * 13,
        "Create Date": x["created"].strftime("%Y-%m-%d %H:%M"),
        "Email": x["email"],
        "First Name": [f"Name{i}" for i in range(N)],
        "Original Source": x["source"],
        "Number of Employees": x["employees"],
        "Lifecycle Stage": np.where(x["won"], "Customer", "Lead"),
        "Became a Customer Date": became,
        "HubSpot Score": x["pages"] * 3,
        "Last Activity Date": became,
    }
    found = guess(tmp_path, write(tmp_path, "contacts.csv", columns))
    close = found.outcomes["close"]
    assert (found.lead.id, found.lead.created) == ("Record ID", "Create Date")
    assert (close.column, close.at) in [
        ("Lifecycle Stage", "Became a Customer Date"),
        ("Became a Customer Date", "Became a Customer Date"),
    ]
    assert close.horizon_days % 30 == 0
    assert {"HubSpot Score", "Last Activity Date"} <= set(found.columns.ignore)
    assert found.columns.contact == ("Email", "First Name")
    assert {c["column"] for c in found.table if c["use"] == "kind only"} == {"Email", "First Name"}
    assert found.counts["close"]["positive"] == x["won"].sum()


def test_salesforce_opportunities(tmp_path):
    x = leads()
    stage = np.where(x["won"], "Closed Won", np.where(np.arange(N) % 3 == 0, "Closed Lost", "Negotiation"))
    columns = {
        "Opportunity ID": x["id"],
        "Created Date": x["created"].strftime("%d.%m.%Y"),
        "Close Date": x["closed"].strftime("%d.%m.%Y"),
        "Stage": stage,
        "Amount": x["money"],
        "Lead Source": x["source"],
        "Account Name": x["company"],
        "Opportunity Owner": x["owner"],
        "Probability (%)": np.where(x["won"], 100, 10),
        "IsWon": x["won"],
    }
    found = guess(tmp_path, write(tmp_path, "report.csv", columns))
    close = found.outcomes["close"]
    assert (close.column, close.positive) == ("Stage", ("Closed Won",))
    assert (close.amount, close.rep, close.at) == ("Amount", "Opportunity Owner", "Close Date")
    assert (found.lead.id, found.lead.account) == ("Opportunity ID", "Account Name")
    assert {"IsWon", "Probability (%)"} <= set(found.columns.ignore)


def test_marketo(tmp_path):
    x = leads()
    columns = {
        "id": np.arange(N) + 1_000_001,
        "createdAt": x["created"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updatedAt": x["closed"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "leadScore": x["pages"] * 5,
        "leadSource": x["source"],
        "company": x["company"],
        "isCustomer": np.where(x["won"], "true", "false"),
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns))
    close = found.outcomes["close"]
    assert (found.lead.id, found.lead.created, found.lead.account) == ("id", "createdAt", "company")
    assert (close.column, close.positive, close.horizon_days) == ("isCustomer", (True,), None)
    assert (found.lead.modified, found.columns.ignore) == ("updatedAt", ("leadScore",))


def test_dynamics_speaks_of_qualification(tmp_path):
    x = leads()
    columns = {
        "Lead": x["id"],
        "Created On": x["created"].strftime("%Y-%m-%d %H:%M"),
        "Status": np.where(x["won"], "Qualified", np.where(np.arange(N) % 2, "Disqualified", "Open")),
        "Status Reason": np.where(x["won"], "Qualified", "New"),
        "Topic": x["source"],
        "No. of Employees": x["employees"],
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns))
    assert set(found.outcomes) == {"qualify"}
    qualify = found.outcomes["qualify"]
    assert (qualify.column, qualify.positive, qualify.negative) == ("Status", ("Qualified",), ("Disqualified",))
    assert "Status Reason" in found.columns.ignore
    assert load_recipe(tmp_path / "guessed.toml").close.rate == 0.25


def test_odoo(tmp_path):
    x = leads()
    columns = {
        "External ID": [f"__export__.crm_lead_{i}" for i in range(N)],
        "Created on": x["created"].strftime("%Y-%m-%d %H:%M:%S"),
        "Source": x["source"],
        "Expected Revenue": x["money"],
        "Salesperson": x["owner"],
        "Stage": np.where(x["won"], "Won", np.where(np.arange(N) % 2, "New", "Proposition")),
        "Is Won": np.where(x["won"], "True", "False"),
    }
    found = guess(tmp_path, write(tmp_path, "crm.lead.csv", columns))
    close = found.outcomes["close"]
    assert (found.lead.id, close.column, close.rep) == ("External ID", "Is Won", "Salesperson")
    assert (close.amount, found.columns.ignore) == ("Expected Revenue", ("Stage",))


def test_pipedrive(tmp_path):
    x = leads()
    status = np.where(x["won"], "won", np.where(np.arange(N) % 3 == 0, "lost", "open"))
    dated = x["closed"].strftime("%Y-%m-%d %H:%M:%S")
    columns = {
        "Deal - ID": np.arange(N) + 1,
        "Deal - Deal created": x["created"].strftime("%Y-%m-%d %H:%M:%S"),
        "Deal - Status": status,
        "Deal - Won time": np.where(status == "won", dated, ""),
        "Deal - Lost time": np.where(status == "lost", dated, ""),
        "Deal - Lost reason": np.where(status == "lost", "price", ""),
        "Deal - Value": x["money"],
        "Deal - Owner": x["owner"],
        "Deal - Label": x["source"],
    }
    found = guess(tmp_path, write(tmp_path, "deals.csv", columns))
    close = found.outcomes["close"]
    assert (close.column, close.at, close.amount) == ("Deal - Status", "Deal - Won time", "Deal - Value")
    assert close.negative is None  # the open ones become no by age
    assert found.lead.created == "Deal - Deal created"
    assert {"Deal - Lost time", "Deal - Lost reason"} <= set(found.columns.ignore)


def test_german_semicolons(tmp_path):
    x = leads()
    columns = {
        "Datensatz-ID": x["id"],
        "Erstellt am": x["created"].strftime("%d.%m.%Y %H:%M"),
        "Firma": x["company"],
        "Herkunft": x["source"],
        "Umsatz": [f"{m / 7:.2f}".replace(".", ",") for m in x["money"]],
        "Gewonnen": np.where(x["won"], "Ja", "Nein"),
        "Branche": np.where(np.arange(N) % 5 == 0, "Keine Angabe", "Handel"),
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns, sep=";"))
    close = found.outcomes["close"]
    assert (close.column, close.positive, close.negative) == ("Gewonnen", ("Ja",), ("Nein",))
    assert (found.lead.id, found.lead.created, found.lead.account) == ("Datensatz-ID", "Erstellt am", "Firma")
    assert found.lead.missing == ("Keine Angabe",)


def test_no_dates_take_the_rising_number(tmp_path):
    x = leads()
    columns = {"ref": x["id"], "Lead Number": np.arange(N) * 3 + 500, "pages": x["pages"], "y": x["won"].astype(int)}
    found = guess(tmp_path, write(tmp_path, "bank.csv", columns))
    assert (found.lead.created, found.lead.order) == (None, "Lead Number")
    assert found.remark("lead.order").sure == "look"
    found = guess(tmp_path, write(tmp_path, "bare.csv", {"pages": x["pages"], "target": x["won"].astype(int)}))
    assert (found.lead.id, found.lead.order, found.outcomes["close"].column) == (None, "row", "target")


def test_two_outcomes(tmp_path):
    x = leads()
    qualified = x["won"] | (np.arange(N) % 3 == 0)
    columns = {
        "lead_id": x["id"],
        "created_at": x["created"].strftime("%Y-%m-%d"),
        "is_sql": qualified,
        "converted_within_90_days": x["won"],
        "current_stage": np.where(x["won"], "closed_won", np.where(qualified, "negotiation", "closed_lost")),
        "channel": x["source"],
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns))
    assert {s: o.column for s, o in found.outcomes.items()} == {
        "qualify": "is_sql",
        "close": "converted_within_90_days",
    }
    assert found.columns.ignore == ("current_stage",)


def test_files_are_told_apart_in_any_order(tmp_path):
    x = leads()
    firms = pd.Series(x["company"]).drop_duplicates()
    rng = np.random.default_rng(1)
    who = rng.integers(0, N, 1500)
    names = [
        write(tmp_path, "accounts.csv", {"company": firms, "sector": rng.choice(["Food", "Steel"], len(firms))}),
        write(
            tmp_path,
            "touches.csv",
            {
                "touch_id": [f"t{i}" for i in range(1500)],
                "lead_id": np.array(x["id"])[who],
                "touch_time": (x["created"][who] + pd.Timedelta(days=1)).strftime("%Y-%m-%d"),
                "touch_type": rng.choice(["call", "mail"], 1500),
            },
        ),
        write(
            tmp_path,
            "deals.csv",
            {
                "lead_id": np.array(x["id"])[x["won"]],
                "won_date": x["closed"][x["won"]].strftime("%Y-%m-%d"),
                "seller": "Kim",
            },
        ),
        write(
            tmp_path,
            "leads.csv",
            {
                "lead_id": x["id"],
                "created": x["created"].strftime("%Y-%m-%d"),
                "company": x["company"],
                "pages": x["pages"],
            },
        ),
        write(tmp_path, "plans.csv", {"lead_id": np.array(x["id"])[x["won"]], "plan": "growth"}),
        write(tmp_path, "holidays.csv", {"holiday": ["a", "b", "c"], "state": ["BY", "BW", "HE"]}),
    ]
    found = guess(tmp_path, *names)
    assert found.sources.leads == "leads.csv"
    assert found.sources.activities.model_dump(include={"file", "id", "time", "type"}) == {
        "file": "touches.csv",
        "id": "lead_id",
        "time": "touch_time",
        "type": "touch_type",
    }
    joins = {j.file: (j.on, j.columns) for j in found.sources.join}
    assert joins == {"accounts.csv": ("company", None), "deals.csv": ("lead_id", ("won_date",))}
    close = found.outcomes["close"]
    assert (close.column, close.positive, close.at) == ("won_date", "filled", "won_date")
    assert [file for file, _ in found.skipped] == ["holidays.csv", "plans.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "--close COLUMN=VALUE"),
        ({"close": ("Nowhere=1",)}, "it has 'Key', 'Fate'"),
        ({"close": ("Fate=good",)}, "it has 'up', 'down'"),
        ({"close": ("Fate=up",), "id": "Nowhere"}, "--id 'Nowhere'"),
        ({"close": ("Fate=up",), "created": "Fate"}, "no dates"),
    ],
)
def test_what_cannot_be_guessed_names_the_option(tmp_path, options, said):
    name = write(tmp_path, "odd.csv", {"Key": [f"k{i}" for i in range(60)], "Fate": ["up", "down", "up"] * 20})
    with pytest.raises(BadInput, match=said.replace("'", ".")):
        guess(tmp_path, name, **options)


def test_an_option_decides(tmp_path):
    name = write(tmp_path, "odd.csv", {"Key": [f"k{i}" for i in range(60)], "Fate": ["up", "down", "up"] * 20})
    found = guess(tmp_path, name, close=("Fate=up",))
    assert found.counts["close"] == {"positive": 40, "negative": 20, "undecided": 0}
    assert found.remark("close.column").sure == "given"


def test_day_and_month_that_nothing_tells_apart_are_refused_until_given(tmp_path):
    days = ["03/04/2024", "01/02/2024", "05/01/2024", "02/06/2024", "04/05/2024", "06/03/2024"] * 10
    columns = {"Lead ID": [f"k{i}" for i in range(60)], "Created": days, "Won": ["Yes", "No"] * 30}
    name = write(tmp_path, "leads.csv", columns)
    with pytest.raises(BadInput, match="--date-order day_first"):
        guess(tmp_path, name)
    found = guess(tmp_path, name, date_order="month_first")
    assert (found.sources.date_order, found.lead.created) == ("month_first", "Created")


def test_a_column_that_tells_all_is_left_out_and_a_strong_one_is_not(tmp_path):
    x = leads()
    rng = np.random.default_rng(2)
    columns = {
        "Lead ID": x["id"],
        "Created": x["created"].strftime("%Y-%m-%d"),
        "Minutes": np.where(x["won"], rng.integers(5, 90, N), 0),
        "Contract": np.where(x["won"], "signed", ""),
        "Honest": x["won"] * 1.5 + rng.normal(0, 1, N),
        "Won": x["won"],
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns))
    assert set(found.columns.ignore) == {"Minutes", "Contract"}


def test_free_text_is_listed_and_notes_are_left_out(tmp_path):
    x, rng = leads(), np.random.default_rng(1)
    words = ["please", "call", "about", "the", "new", "order", "of", "our", "offices", "with", "twenty", "seats"]
    columns = {
        "Lead ID": x["id"],
        "Created": x["created"],
        "Won": np.where(x["won"], "Yes", "No"),
        "Message": [" ".join(rng.choice(words, 14)) for _ in range(N)],
        "Notes": [" ".join(rng.choice(words, 14)) for _ in range(N)],
        "Source": x["source"],
    }
    found = guess(tmp_path, write(tmp_path, "leads.csv", columns))
    assert found.columns.text == ("Message",)
    assert found.left_out["Notes"] == "free text that may be written on the way"
    assert {row["column"]: row["use"] for row in found.table}["Message"] == "text"
    assert 'text = ["Message"]' in (tmp_path / "guessed.toml").read_text(encoding="utf-8")
