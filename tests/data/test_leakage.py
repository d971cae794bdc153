"""The audit on real exports, on the sample, and on planted leaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.columns import LeadColumns
from leadscore.data.history import History
from leadscore.data.inference import Excluded
from leadscore.data.leakage import ColumnVerdict, apply_audit, audit
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import Join, Sources
from leadscore.errors import NoUsableColumn, UsageError
from leadscore.training.pipeline import read
from leadscore.training.recipe import Recipe, load_recipe

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases"

Export = Callable[[dict[str, object]], History]


def verdicts(history: History, **more: object) -> dict[str, ColumnVerdict]:
    return {v.column: v for v in audit(history, **{"allow": {}, **more})}


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Writes columns beside an id, a creation date and a result of 2,000 leads, and reads them."""

    def make(columns: dict[str, object]) -> History:
        frame = pd.DataFrame({"Id": IDS, "Created": CREATED.strftime("%Y-%m-%d %H:%M"), "Result": RESULT, **columns})
        frame.to_csv(tmp_path / "leads.csv", index=False)
        close = Outcome(column="Result", positive=("Won",), negative=("Lost",))
        lead = LeadColumns(id="Id", created="Created")
        return read(Recipe(data=Sources(leads="leads.csv"), lead=lead, close=close, folder=tmp_path))

    return make


N = 2_000
RNG = np.random.default_rng(5)
DAYS = np.sort(RNG.uniform(0, 400, N))
CREATED = pd.Timestamp("2024-01-01") + pd.to_timedelta(DAYS, unit="D")
PULL = RNG.normal(size=N)
WON = RNG.random(N) < 1 / (1 + np.exp(1.8 - 1.5 * PULL))
OPEN = DAYS > 370
RESULT = np.where(OPEN, "Open", np.where(WON, "Won", "Lost"))
IDS = [f"A{i:05d}" for i in range(N)]


def test_x_education_is_blocked_where_it_leaks_and_nowhere_else(data_folder: Path) -> None:
    recipe = load_recipe(ROOT / "training" / "xeducation.toml")
    found = verdicts(read(recipe, data_folder / "xeducation_leads.csv"))
    assert found["Tags"].verdict == found["Lead Quality"].verdict == "BLOCK"
    assert found["Total Time Spent on Website"].verdict == "ok"
    assert found["Last Activity"].verdict == found["Last Notable Activity"].verdict == "ASK"
    assert {c for c, v in found.items() if v.left_out} <= set(recipe.columns.ignore)


def test_every_closed_deal_column_of_olist_is_blocked(data_folder: Path) -> None:
    recipe = load_recipe(ROOT / "training" / "olist.toml")
    careless = (Join(file="olist_closed_deals_dataset.csv", on="mql_id"),)
    history = read(
        recipe.model_copy(update={"data": recipe.data.model_copy(update={"join": careless})}), data_folder / "olist"
    )
    found = verdicts(history)
    deal = pd.read_csv(data_folder / "olist" / "olist_closed_deals_dataset.csv", nrows=1).columns
    assert {c for c, v in found.items() if v.verdict == "BLOCK"} == set(deal) - {"mql_id", "won_date"}
    assert found["origin"].verdict == found["landing_page_id"].verdict == "ok"


def test_a_number_known_only_afterwards_is_blocked() -> None:
    case = CASES / "26-leak-a-number-known-only-afterwards"
    if not case.is_dir():
        pytest.skip(f"the cases are not in {CASES}")
    lead, close = LeadColumns(id="Lead ID", created="Created Date"), Outcome(column="Converted", positive=(1,))
    found = verdicts(read(Recipe(data=Sources(leads="leads.csv"), lead=lead, close=close, folder=case)))
    assert {c for c, v in found.items() if v.verdict != "ok"} == {"Handover Minutes", "Closed Date"}
    assert found["Handover Minutes"].verdict == found["Closed Date"].verdict == "BLOCK"


def test_the_sample_loses_its_four_leaks_and_no_honest_column(sample_recipe: Recipe) -> None:
    found = verdicts(read(sample_recipe))
    assert {c for c, v in found.items() if v.verdict == "BLOCK"} == set(sample_recipe.columns.ignore)
    assert not [c for c, v in found.items() if v.verdict == "ASK"]


PLANTED: dict[str, tuple[Callable[[], object], str]] = {
    "Customer": (lambda: np.where(WON & ~OPEN, "active", ""), "filled in"),
    "Kunde": (lambda: np.where(WON, "ja", "nein"), "hardly any other lead"),
    "Contract No": (lambda: np.where(WON & ~OPEN, 70_000 + np.arange(N), 0), "filled in"),
    "Ref": (lambda: [f"{'W' if w else 'L'}-{x}" for w, x in zip(WON, RNG.permutation(N), strict=True)], "identifier"),
    "Number": (lambda: 10_000 + 3 * np.arange(N), "order of the leads"),
    "Touched": (lambda: (CREATED + pd.to_timedelta(RNG.gamma(2, 9, N), unit="D")).strftime("%d.%m.%Y"), "moments"),
    "Calls": (lambda: np.where(OPEN & (DAYS > 385), 0, RNG.poisson(np.where(WON, 4, 1.5))), "newest"),
    "Why Not": (lambda: np.where(~WON & ~OPEN & (RNG.random(N) < 0.6), "Price", ""), "next to none"),
    "Lead Score": (lambda: np.round(PULL + 1.6 * WON + RNG.normal(size=N), 1), "its name"),
}


@pytest.mark.parametrize("column", PLANTED)
def test_a_planted_leak_is_blocked_with_its_reason(column: str, export: Export) -> None:
    make, reason = PLANTED[column]
    found = verdicts(export({column: make(), "Source": RNG.choice(["Web", "Fair"], N)}))
    assert found[column].verdict == "BLOCK", found[column]
    assert reason in found[column].reason
    assert found["Source"].verdict == "ok"


def test_honest_columns_pass_however_strong_or_suspicious(export: Export) -> None:
    partner = np.where(WON & (np.arange(N) % 4 == 0) | (np.arange(N) % 250 == 0), "P-11", "")
    columns = {
        "Time on Site": np.round(np.exp(PULL + RNG.normal(0, 0.3, N)), 2),
        "Wants to Buy": np.where(PULL + RNG.normal(0, 0.5, N) > 0.9, "At once", "Later"),
        "Partner Code": partner,
        "Head Count": np.where(RNG.random(N) < 0.5, RNG.integers(5, 900, N).astype(str), ""),
        "Subscription Status": RNG.choice(["on", "off"], N),
        "Account": RNG.permutation(N) + 5_000,
        "First Seen": (CREATED - pd.to_timedelta(RNG.gamma(2, 9, N), unit="D")).strftime("%Y-%m-%d %H:%M"),
    }
    found = verdicts(export(columns))
    assert {c: v.reason for c, v in found.items() if v.verdict == "BLOCK"} == {}
    assert [c for c, v in found.items() if v.verdict == "ASK"] == []


def test_a_running_total_is_told_from_the_count_that_it_contains(export: Export) -> None:
    touches = RNG.poisson(4, N)
    on_top = RNG.poisson(np.where(WON, 6.0, 3.0))
    found = verdicts(export({"touch_count": touches, "total_touches_all": touches + on_top}))
    assert found["touch_count"].verdict == "ok"
    assert found["total_touches_all"].verdict == "BLOCK"


def test_noise_is_never_blocked(make_history: Callable[..., History]) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        history = make_history({"close": (rng.random(120) < 0.2).astype(float)})
        noise = {f"c{i}": rng.choice(list("abcdefgh"), 120) for i in range(8)}
        history = replace(history, frame=pd.DataFrame(noise))
        assert {v.verdict for v in audit(history, allow={})} == {"ok"}


def test_without_both_outcomes_there_is_no_auc(make_history: Callable[..., History]) -> None:
    one_class = audit(make_history({"close": np.ones(200)}), allow={})
    assert {v.verdict for v in one_class} == {"ok"}
    assert {v.auc for v in one_class} == {None}


def test_twenty_thousand_leads_take_under_three_seconds(data_folder: Path) -> None:
    history = read(load_recipe(ROOT / "training" / "xeducation.toml"), data_folder / "xeducation_leads.csv")
    many = history.take(np.sort(np.arange(40_000) % len(history)))
    begun = time.process_time()
    assert len(audit(many, allow={})) > 20
    assert time.process_time() - begun < 3


class TestApplied:
    """What training makes of the verdicts."""

    @pytest.fixture
    def history(self, export: Export) -> History:
        columns = {"Kunde": np.where(WON, "ja", "nein"), "Rating": PLANTED["Lead Score"][0](), "Number": range(N)}
        return export({**columns, "Site": np.round(PULL, 2)})

    def test_leaky_fields_become_excluded_with_the_reason(self, history: History) -> None:
        applied = apply_audit(history, audit(history, allow={}), {})
        assert [f.name for f in applied.fields] == ["Site"]
        said = {e.column: e for e in applied.excluded}
        assert said["Kunde"].verdict == said["Rating"].verdict == said["Number"].verdict == "BLOCK"
        assert "won leads" in said["Kunde"].reason
        assert said["Id"].verdict == "id"
        assert len(applied.excluded) == len(said)

    def test_an_allowed_column_stays_and_that_is_said(self, history: History) -> None:
        allow = {"Rating": "bought from an agency before the lead is created"}
        found = audit(history, allow=allow)
        assert not next(v for v in found if v.column == "Rating").left_out
        applied = apply_audit(history, found, allow)
        assert [f.name for f in applied.fields] == ["Rating", "Site"]
        assert [r for r in applied.remarks if "'Rating' is used although" in r and "agency" in r]

    def test_nothing_left_is_refused_by_name(self, history: History) -> None:
        only = replace(history, fields=tuple(f for f in history.fields if f.name == "Kunde"))
        with pytest.raises(NoUsableColumn, match=r"'Kunde'.*allow_leaky"):
            apply_audit(only, audit(history, allow={}), {})

    def test_what_the_recipe_says_is_not_overruled(self, history: History) -> None:
        fields = tuple(f for f in history.fields if f.name != "Kunde")
        ignored = replace(history, fields=fields, excluded=(*history.excluded, Excluded("Kunde", "ignored", "as said")))
        applied = apply_audit(ignored, audit(ignored, allow={}), {})
        assert [e.reason for e in applied.excluded if e.column == "Kunde"] == ["as said"]


def test_two_exports_without_a_common_lead_are_refused(export: Export) -> None:
    history = export({"Site": PULL})
    with pytest.raises(UsageError, match="none of the leads"):
        audit(history, allow={}, later=replace(history, lead_id=np.array([f"B{i}" for i in range(N)], dtype=object)))
