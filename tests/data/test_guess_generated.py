"""Ten generated exports of as many shapes, whose truth is known: what is guessed, read, and learned from.

Each names its columns as a product or a country does; the same leads lie in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from leadscore.data.guess import guess_export
from leadscore.data.history import History
from leadscore.data.leakage import apply_audit, audit
from leadscore.training.pipeline import read
from leadscore.training.recipe import load_recipe
from leadscore.training.recipe_text import recipe_text

N = 1200
END = pd.Timestamp("2024-11-20")
Cells = npt.NDArray[Any]


@dataclass(frozen=True)
class Leads:
    """The leads of all exports: what is known when they arrive, and what became of them by the end."""

    number: Cells
    created: pd.Series
    closed: pd.Series
    won: Cells
    lost: Cells
    source: Cells
    size: Cells
    visits: Cells
    company: Cells
    owner: Cells
    money: Cells
    rng: np.random.Generator

    @classmethod
    def simulate(cls, seed: int = 0) -> Leads:
        rng = np.random.default_rng(seed)
        age = np.sort(rng.uniform(0, 560, N))[::-1]
        source = rng.choice(["Web", "Fair", "Referral"], N)
        size = rng.choice(["1-10", "11-200", "201+"], N)
        visits = rng.poisson(4, N)
        pull = -2.6 + 0.35 * visits + 0.9 * (source == "Referral") + 0.6 * (size == "201+")
        wins = rng.random(N) < 1 / (1 + np.exp(-pull))
        after = np.where(wins, rng.gamma(2, 14, N), rng.gamma(2, 20, N))
        created = pd.Series(END - pd.to_timedelta(age, unit="D")).dt.round("s")
        decided = after < age
        return cls(
            number=np.arange(N),
            created=created,
            closed=(created + pd.to_timedelta(after, unit="D")).dt.round("s").where(decided),
            won=wins & decided,
            lost=~wins & decided,
            source=source,
            size=size,
            visits=visits,
            company=np.array([f"Firm {i}" for i in rng.integers(0, 800, N)]),
            owner=rng.choice(["Kim Lee", "Sam Roe", "Ana Paz", "Jo Wu"], N),
            money=np.round(rng.lognormal(9, 1, N), 2),
            rng=rng,
        )

    def stamp(self, form: str, of: Cells | None = None) -> Cells:
        """Creation as text, or the closing of the leads that ``of`` flags."""
        when = self.created if of is None else self.closed.where(of)
        return when.dt.strftime(form).fillna("").to_numpy()

    def after(self, yes: object, no: object = "") -> Cells:
        """A cell that tells whether the lead was won."""
        return np.where(self.won, yes, no)

    def stage(self, won: str, lost: str, *still: str) -> Cells:
        return np.where(self.won, won, np.where(self.lost, lost, self.rng.choice(still, N)))


@dataclass(frozen=True)
class Export:
    """Files of an export, first the one with the leads, and what is true of it."""

    files: tuple[str, ...]
    id: str
    created: str
    outcome: str
    positives: int
    leaks: frozenset[str]
    signals: frozenset[str]
    amount: str | None = None
    segment: str | None = None
    at: str | None = None
    stage: str = "close"
    logs: Mapping[str, str | None] = field(default_factory=dict)


def salesforce(x: Leads, folder: Path) -> Export:
    pd.DataFrame(
        {
            "Id": [f"00Q5g00000A{i:04d}EAC" for i in x.number],
            "CreatedDate": x.stamp("%Y-%m-%dT%H:%M:%S.000+0000"),
            "LeadSource": x.source,
            "Company": x.company,
            "CompanySize__c": x.size,
            "SiteVisits__c": x.visits,
            "Email": [f"p{i}@firm{i % 800}.example" for i in x.number],
            "Status": x.stage(
                "Closed - Converted", "Closed - Not Converted", "Open - Not Contacted", "Working - Contacted"
            ),
            "IsConverted": x.after("true", "false"),
            "ConvertedDate": x.stamp("%Y-%m-%d", x.won),
            "ConvertedOpportunityId": x.after([f"0065g{i:05d}" for i in x.number]),
            "LastModifiedDate": np.where(
                x.closed.isna(),
                x.stamp("%Y-%m-%dT08:00:00.000+0000"),
                x.stamp("%Y-%m-%dT09:00:00.000+0000", x.won | x.lost),
            ),
            "OwnerId": x.owner,
            "Rating": x.after("Hot", "Cold"),
        }
    ).to_csv(folder / "lead.csv", index=False, encoding="utf-8-sig")
    return Export(
        ("lead.csv",), "Id", "CreatedDate", "Status|IsConverted", int(x.won.sum()),
        frozenset({"ConvertedDate", "ConvertedOpportunityId", "LastModifiedDate", "Rating"}),
        frozenset({"LeadSource", "SiteVisits__c"}), segment="CompanySize__c", at="ConvertedDate",
    )  # fmt: skip


def hubspot_deals(x: Leads, folder: Path) -> Export:
    done = x.won | x.lost
    pd.DataFrame(
        {
            "Record ID": 9_000_000_001 + x.number * 17,
            "Deal Name": [f"{c} - new" for c in x.company],
            "Deal Stage": x.stage("Closed won", "Closed lost", "Appointment scheduled", "Contract sent"),
            "Create Date": x.stamp("%Y-%m-%d %H:%M"),
            "Close Date": x.stamp("%Y-%m-%d %H:%M", done),
            "Amount": x.money,
            "Deal owner": x.owner,
            "Original Traffic Source": x.source,
            "Company size": x.size,
            "Number of Pageviews": x.visits,
            'Date entered "Contract sent (Sales Pipeline)"': x.stamp("%Y-%m-%d %H:%M", x.won),
            'Date entered "Closed won (Sales Pipeline)"': x.stamp("%Y-%m-%d %H:%M", x.won),
            "Is Closed Won": x.after("true", "false"),
            "Closed Lost Reason": np.where(x.lost, "Price", ""),
            "Days to close": (x.closed - x.created).dt.days.astype("string").fillna(""),
        }
    ).to_csv(folder / "hubspot-crm-exports-all-deals.csv", index=False, encoding="utf-16", sep="\t")
    return Export(
        ("hubspot-crm-exports-all-deals.csv",), "Record ID", "Create Date", "Deal Stage|Is Closed Won",
        int(x.won.sum()),
        frozenset({'Date entered "Contract sent (Sales Pipeline)"', 'Date entered "Closed won (Sales Pipeline)"',
                   "Closed Lost Reason", "Days to close", "Close Date"}),
        frozenset({"Original Traffic Source", "Number of Pageviews"}), "Amount", "Company size",
        'Close Date|Date entered "Closed won (Sales Pipeline)"',
    )  # fmt: skip


def pipedrive_german(x: Leads, folder: Path) -> Export:
    euros = [f"{m:,.2f} €".replace(",", "_").replace(".", ",").replace("_", ".") for m in x.money]
    pd.DataFrame(
        {
            "Deal - ID": x.number + 1,
            "Deal - Titel": [f"Geschäft {i}" for i in x.number],
            "Deal - Wert": euros,
            "Deal - Besitzer": x.owner,
            "Deal - Organisation": x.company,
            "Deal - Status": x.stage("Gewonnen", "Verloren", "Offen"),
            "Deal - Deal erstellt": x.stamp("%d.%m.%Y %H:%M"),
            "Deal - Gewonnen am": x.stamp("%d.%m.%Y %H:%M", x.won),
            "Deal - Verloren am": x.stamp("%d.%m.%Y %H:%M", x.lost),
            "Deal - Grund für Verlust": np.where(x.lost, "Preis", ""),
            "Deal - Quelle": np.where(x.source == "Fair", "Messe Köln", x.source),
            "Deal - Unternehmensgröße": x.size,
            "Deal - Besuche": x.visits,
        }
    ).to_csv(folder / "deals.csv", index=False, encoding="cp1252", sep=";")
    return Export(
        ("deals.csv",), "Deal - ID", "Deal - Deal erstellt", "Deal - Status", int(x.won.sum()),
        frozenset({"Deal - Gewonnen am", "Deal - Verloren am", "Deal - Grund für Verlust"}),
        frozenset({"Deal - Quelle", "Deal - Besuche"}), "Deal - Wert", "Deal - Unternehmensgröße", "Deal - Gewonnen am",
    )  # fmt: skip


def dynamics_opportunities(x: Leads, folder: Path) -> Export:
    pd.DataFrame(
        {
            "(Do Not Modify) Opportunity": [f"{i:08x}-77aa-ee11-be37-000d3a1b2c3d" for i in x.number * 104_729],
            "(Do Not Modify) Row Checksum": x.rng.permutation([f"c/{i}==" for i in x.number]),
            "(Do Not Modify) Modified On": np.where(
                x.closed.isna(), "11/19/2024 8:00 AM", x.stamp("%m/%d/%Y %I:%M %p", x.won | x.lost)
            ),
            "Topic": [f"Interest {i}" for i in x.number],
            "Potential Customer": x.company,
            "Created On": x.stamp("%m/%d/%Y %I:%M %p"),
            "Status": x.stage("Won", "Lost", "Open"),
            "Status Reason": x.stage("Won", "Out-Sold", "In Progress"),
            "Actual Close Date": x.stamp("%m/%d/%Y", x.won | x.lost),
            "Actual Revenue": np.where(x.won, [f"${m:,.2f}" for m in x.money], ""),
            "Est. Revenue": [f"${m:,.2f}" for m in x.money],
            "Probability": x.after("100", "20"),
            "Owner": x.owner,
            "Source Campaign": x.source,
            "No. of Visits": x.visits,
        }
    ).to_csv(folder / "All Opportunities.csv", index=False)
    return Export(
        ("All Opportunities.csv",), "(Do Not Modify) Opportunity", "Created On", "Status", int(x.won.sum()),
        frozenset({"Status Reason", "Actual Close Date", "Probability", "(Do Not Modify) Modified On"}),
        frozenset({"Source Campaign", "No. of Visits"}), "Est. Revenue|Actual Revenue", None, "Actual Close Date",
    )  # fmt: skip


def odoo_french(x: Leads, folder: Path) -> Export:
    pd.DataFrame(
        {
            "ID externe": [f"__export__.crm_lead_{i}_a1" for i in x.number],
            "Créé le": x.stamp("%d/%m/%Y %H:%M:%S"),
            "Société": x.company,
            "Étape": x.stage("Gagné", "Perdu", "Nouveau", "Proposition"),
            "Gagné": x.after("Oui", "Non"),
            "Date de clôture": x.stamp("%d/%m/%Y", x.won | x.lost),
            "Revenu espéré": [f"{m:.2f}".replace(".", ",") for m in x.money],
            "Vendeur": x.owner,
            "Équipe commerciale": np.where(x.number % 2, "Europe", "Direct"),
            "Origine": np.where(x.source == "Fair", "Salon", x.source),
            "Taille de l'entreprise": x.size,
            "Visites du site": x.visits,
            "Raison de la perte": np.where(x.lost, "Trop cher", ""),
        }
    ).to_csv(folder / "crm.lead.csv", index=False, sep=";")
    return Export(
        ("crm.lead.csv",), "ID externe", "Créé le", "Étape|Gagné", int(x.won.sum()),
        frozenset({"Date de clôture", "Raison de la perte"}), frozenset({"Origine", "Visites du site"}),
        "Revenu espéré", "Taille de l'entreprise", "Date de clôture",
    )  # fmt: skip


def zoho_spanish(x: Leads, folder: Path) -> Export:
    pd.DataFrame(
        {
            "ID de registro": [f"zcrm_58200{i * 31:09d}" for i in x.number],
            "Nombre de la empresa": x.company,
            "Fecha de creación": x.stamp("%Y-%m-%d %H:%M:%S"),
            "Fecha de modificación": np.where(
                x.closed.isna(), "2024-11-19 10:00:00", x.stamp("%Y-%m-%d %H:%M:%S", x.won | x.lost)
            ),
            "Convertido": x.after("Sí", "No"),
            "Fecha de conversión": x.stamp("%Y-%m-%d %H:%M:%S", x.won),
            "Importe": [f"$ {m:,.2f}" for m in x.money],
            "Propietario": x.owner,
            "Fuente": np.where(x.source == "Referral", "Recomendación", x.source),
            "Tamaño de la empresa": x.size,
            "Visitas": x.visits,
            "Motivo de pérdida": np.where(x.lost, "Precio", ""),
        }
    ).to_csv(folder / "Posibles clientes.csv", index=False, encoding="cp1252")
    return Export(
        ("Posibles clientes.csv",), "ID de registro", "Fecha de creación", "Convertido", int(x.won.sum()),
        frozenset({"Fecha de modificación", "Fecha de conversión", "Motivo de pérdida"}),
        frozenset({"Fuente", "Visitas"}),
        "Importe", "Tamaño de la empresa", "Fecha de conversión",
    )  # fmt: skip


def json_lines(x: Leads, folder: Path) -> Export:
    pd.DataFrame(
        {
            "id": [f"lead_{i * 65_537 % 999_983:06d}xYz" for i in x.number],
            "date_created": x.stamp("%Y-%m-%dT%H:%M:%S+00:00"),
            "date_updated": np.where(
                x.closed.isna(), "2024-11-19T10:00:00+00:00", x.stamp("%Y-%m-%dT%H:%M:%S+00:00", x.won | x.lost)
            ),
            "date_won": pd.Series(x.stamp("%Y-%m-%d", x.won)).replace("", None),
            "status_type": x.stage("won", "lost", "active"),
            "value": x.money,
            "user_name": x.owner,
            "utm_source": x.source,
            "company_size": x.size,
            "page_views": x.visits.astype(int),
            "is_referral": x.source == "Referral",
        }
    ).to_json(folder / "leads.jsonl", orient="records", lines=True)
    return Export(
        ("leads.jsonl",), "id", "date_created", "status_type|date_won", int(x.won.sum()),
        frozenset({"date_updated", "date_won"}),
        frozenset({"utm_source", "page_views"}), "value", "company_size", "date_won",
    )  # fmt: skip


def warehouse(x: Leads, folder: Path) -> Export:
    good = x.won | (x.lost & (x.number % 4 == 0))
    pd.DataFrame(
        {
            "lead_key": x.number * 7 + 100_000,
            "inserted_at": x.created.dt.tz_localize("UTC"),
            "is_sql": good,
            "sql_at": (x.created + (x.closed - x.created) / 2).where(good),
            "is_won": x.won,
            "won_at": x.closed.where(x.won),
            "arr_usd": np.where(x.won, x.money, np.nan),
            "rep_name": x.owner,
            "first_touch_source": pd.Categorical(x.source),
            "employee_band": x.size,
            "visits": x.visits,
            "onboarding_call_at": (x.closed + pd.Timedelta(days=5)).where(x.won),
            "_fivetran_synced": END,
        }
    ).to_parquet(folder / "dim_lead.parquet")
    return Export(
        ("dim_lead.parquet",), "lead_key", "inserted_at", "is_won", int(x.won.sum()),
        frozenset({"sql_at", "onboarding_call_at", "_fivetran_synced", "won_at"}),
        frozenset({"first_touch_source", "visits"}), "arr_usd", "employee_band", "won_at",
    )  # fmt: skip


def three_files(x: Leads, folder: Path) -> Export:
    firms = pd.Series(x.company).drop_duplicates()
    pd.DataFrame(
        {
            "Kundennummer": [f"{i:06d}" for i in x.number],
            "Eingangsdatum": x.stamp("%d.%m.%Y"),
            "Firma": x.company,
            "Herkunft": x.source,
            "Verkauft": x.after("X"),
            "Verkauft am": x.stamp("%d.%m.%Y", x.won),
            "Auftragswert": np.where(x.won, [f"EUR {m:.2f}".replace(".", ",") for m in x.money], ""),
            "Betreuer": x.owner,
        }
    ).to_csv(folder / "interessenten.txt", index=False, sep="|", encoding="cp1252")
    pd.DataFrame(
        {
            "Firma": firms,
            "Branche": x.rng.choice(["Bau", "Handel"], len(firms)),
            "Größenklasse": x.rng.choice(["S", "M", "L"], len(firms)),
        }
    ).to_csv(folder / "firmen.csv", index=False, sep="\t")
    who = np.repeat(x.number, x.visits + 1)
    before = x.created.iloc[who].reset_index(drop=True) - pd.to_timedelta(x.rng.exponential(6, len(who)), unit="D")
    afterwards = np.repeat(x.number[x.won], 3)
    later = x.closed.iloc[afterwards].reset_index(drop=True) + pd.Timedelta(days=2)
    pd.DataFrame(
        {
            "Kundennummer": [f"{i:06d}" for i in (*who, *afterwards)],
            "Zeitpunkt": pd.concat([before, later]).dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy(),
            "Aktivität": ["Besuch"] * len(who) + ["Einweisung"] * len(afterwards),
        }
    ).to_json(folder / "kontakte.jsonl", orient="records", lines=True, force_ascii=False)
    return Export(
        ("interessenten.txt", "kontakte.jsonl", "firmen.csv"), "Kundennummer", "Eingangsdatum", "Verkauft",
        int(x.won.sum()), frozenset({"Verkauft am"}), frozenset({"Herkunft", "Besuch, last 30 days"}), "Auftragswert",
        "Größenklasse", "Verkauft am", logs={"kontakte.jsonl": "Aktivität"},
    )  # fmt: skip


def wide(x: Leads, folder: Path) -> Export:
    noise = {f"form_field_{i:02d}": x.rng.choice(["a", "b", "c", ""], N) for i in range(40)}
    numbers = {f"metric_{i:02d}": np.round(x.rng.normal(0, 1, N), 3) for i in range(30)}
    pd.DataFrame(
        {
            "vid": 5_000 + x.number * 3,
            "createdate": (x.created - pd.Timestamp(0)) // pd.Timedelta(milliseconds=1),
            **noise,
            "hs_analytics_source": x.source,
            "num_visits": x.visits,
            "company_size": x.size,
            **numbers,
            "purchased": x.after("yes", "no"),
            "purchase_value": np.where(x.won, x.money, 0),
            "thank_you_mail_opened": x.after("1", "0"),
            "recent_order_number": x.after([f"SO{i:05d}" for i in x.number]),
            "constant": "EMEA",
        }
    ).to_csv(folder / "wide.csv", index=False)
    return Export(
        ("wide.csv",), "vid", "createdate", "purchased", int(x.won.sum()),
        frozenset({"thank_you_mail_opened", "recent_order_number"}), frozenset({"hs_analytics_source", "num_visits"}),
        "purchase_value", "company_size",
    )  # fmt: skip


MAKERS: tuple[Callable[[Leads, Path], Export], ...] = (
    *(salesforce, hubspot_deals, pipedrive_german, dynamics_opportunities, odoo_french),
    *(zoho_spanish, json_lines, warehouse, three_files, wide),
)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_an_export_is_guessed_read_and_cleaned_without_an_edit(
    make: Callable[[Leads, Path], Export], tmp_path: Path
) -> None:
    truth = make(Leads.simulate(), tmp_path)
    found = guess_export(truth.files, folder=tmp_path)
    (tmp_path / "guessed.toml").write_text(recipe_text(found, name="guessed"), encoding="utf-8")
    recipe = load_recipe(tmp_path / "guessed.toml")
    outcome = recipe.outcomes[truth.stage]
    assert (recipe.lead.id, recipe.lead.created) == (truth.id, truth.created)
    assert outcome.column in truth.outcome.split("|")
    assert found.counts[truth.stage]["positive"] == truth.positives
    assert str(outcome.amount) in str(truth.amount).split("|")
    assert recipe.lead.segment == truth.segment
    assert str(outcome.at) in str(truth.at).split("|")
    assert {log.file: log.type for log in recipe.data.logs} == truth.logs
    history = read(recipe)
    used = {f.name for f in _audited(history).fields}
    assert not used & truth.leaks
    assert truth.signals <= used


def _audited(history: History) -> History:
    return apply_audit(history, audit(history.leads, allow={}), {})
