"""What is guessed about the real exports."""

from __future__ import annotations

from leadscore.data.guess import guess_export


def test_xeducation(data_folder):
    found = guess_export(["xeducation_leads.csv"], folder=data_folder)
    assert (found.lead.id, found.lead.order, found.lead.missing) == ("Prospect ID", "Lead Number", ("Select",))
    assert found.outcomes["close"].column == "Converted"
    assert found.counts["close"] == {"positive": 3561, "negative": 5679, "undecided": 0}
    assert {"Tags", "Lead Quality", "Lead Profile", "Last Notable Activity"} <= set(found.columns.ignore)
    assert not {"Total Time Spent on Website", "Lead Source", "TotalVisits"} & set(found.left_out)


def test_olist_joins_the_closed_deals_for_their_date_only(data_folder):
    deals, leads = "olist_closed_deals_dataset.csv", "olist_marketing_qualified_leads_dataset.csv"
    for files in ([deals, leads], [leads, deals]):
        found = guess_export(files, folder=data_folder / "olist")
        assert found.sources.leads == leads
        assert [(j.file, j.on, j.columns) for j in found.sources.join] == [(deals, "mql_id", ("won_date",))]
        close = found.outcomes["close"]
        assert (close.column, close.positive, close.at) == ("won_date", "filled", "won_date")
        assert found.counts["close"]["positive"] == 842
        assert found.lead.created == "first_contact_date"


def test_crm_opportunities_join_on_account_product_and_agent(data_folder):
    files = ["accounts.csv", "products.csv", "sales_pipeline.csv", "sales_teams.csv"]
    found = guess_export(files, folder=data_folder / "crm_opportunities")
    assert found.sources.leads == "sales_pipeline.csv"
    assert {j.file: j.on for j in found.sources.join} == {
        "accounts.csv": "account",
        "products.csv": "product",
        "sales_teams.csv": "sales_agent",
    }
    close = found.outcomes["close"]
    assert (close.column, close.positive, close.at) == ("deal_stage", ("Won",), "close_date")
    assert (close.negative, close.horizon_days) == (("Lost",), 120)  # the others are undecided
    assert (close.amount, close.rep, close.team) == ("close_value", "sales_agent", "manager")
    assert (found.lead.id, found.lead.created) == ("opportunity_id", "engage_date")
    assert (found.lead.account, found.lead.territory) == ("account", "regional_office")
