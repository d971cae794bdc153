"""Free text is learned from where it pays forward in time, and kept nowhere as it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.outcomes import Outcome
from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.scoring import Lead, Scorer
from leadscore.training.examining import examine_export
from leadscore.training.example import input_example
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Recipe, Search
from leadscore.training.result import TrainingResult
from leadscore.training.wording import fit_wording

NOW = datetime(2026, 11, 1, tzinfo=UTC)
N = 1_600
ONE = Search(trials=1)
TITLES = np.array(["Head of Operations", "Leiter Betrieb", "Sales Intern", "Praktikant Vertrieb", "Manager, Finance"])
CHANCE = np.array([0.7, 0.7, 0.1, 0.1, 0.3])


def train(folder: Path, *, matter: bool, search: Search = ONE) -> TrainingResult:
    """A model of leads whose titles matter or do not; each ends in a secret that no two leads share."""
    rng = np.random.default_rng(0)
    title = rng.integers(0, len(TITLES), N)
    chance = CHANCE[title] if matter else np.where(np.arange(N) % 3 == 0, 0.6, 0.2)
    secrets = ["".join(map(chr, 97 + rng.integers(0, 26, 8))) for _ in range(N)]
    frame = pd.DataFrame(
        {
            "Title": [f"{t} zzsecret{s}" for t, s in zip(TITLES[title], secrets, strict=True)],
            "Source": np.where(np.arange(N) % 3 == 0, "Partner", "Web"),
            "Won": np.where(rng.random(N) < chance, "yes", "no"),
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)
    recipe = Recipe(close=Outcome(column="Won", positive=("yes",)), search=search, lead={"order": "row"})
    return fit_bundle(recipe, now=NOW, data=folder / "leads.csv")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A training in which the titles matter."""
    return train(tmp_path_factory.mktemp("matter"), matter=True)


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A training in which they do not."""
    return train(tmp_path_factory.mktemp("noise"), matter=False)


def test_titles_that_matter_are_read(kept: TrainingResult) -> None:
    names = [f.name for f in kept.bundle.encoder.features]
    assert {"Title (seniority)", "Title (function)", "Title (wording)"} <= set(names)
    assert kept.evaluation["close"].measures.values["roc_auc"] > 0.7
    assert "Title" not in {e.column for e in kept.excluded}
    assert any("'Title' is read as text: log loss forward in time" in warning for warning in kept.warnings)


def test_titles_that_do_not_matter_are_left_out_with_the_figures(dropped: TrainingResult) -> None:
    assert [f.name for f in dropped.bundle.encoder.features] == ["Source"]
    (excluded,) = [e for e in dropped.excluded if e.column == "Title"]
    assert excluded.verdict == "id"
    assert "not better by more than one standard error" in excluded.reason
    assert any("the text in 'Title' is not learned from" in warning for warning in dropped.warnings)


def test_titles_that_the_time_leaves_out_are_said_to_be_untried(tmp_path: Path) -> None:
    found = train(tmp_path, matter=False, search=Search(minutes=1e-9, include=()))
    assert "the text in 'Title' is not learned from: the time limit of the search left it untried" in found.warnings
    assert "Title" in {e.column for e in found.excluded}
    competed = found.fitted["close"].competition
    assert (len(competed.log_loss), competed.untried) == (2, 4)


def test_the_field_page_says_that_it_is_read(kept: TrainingResult, dropped: TrainingResult) -> None:
    for result, used, kind in ((kept, True, "text"), (dropped, False, None)):
        assert result.examination is not None
        (page,) = [p for p in result.examination.fields if p.column == "Title"]
        assert (page.used, page.kind) == (used, kind)


def test_a_reason_names_what_was_read(kept: TrainingResult) -> None:
    decision = Scorer(kept.bundle).score_one({"Title": "HEAD OF OPERATIONS", "Source": "Web"})
    assert decision.reason_1 == "Title (seniority head, function operations): raises it"


def test_the_callers_see_one_field(kept: TrainingResult) -> None:
    scorer = Scorer(kept.bundle)
    assert sorted(f.name for f in scorer.fields) == ["Source", "Title"]
    assert {"Title", "Source"} <= set(input_example(kept.bundle).columns)
    (decision,) = scorer.decide([Lead("1", {"Source": "Web"})], detail=True)
    detail = decision.detail
    assert detail is not None
    assert detail.notes["missing"] == ["Title"]


def test_no_text_is_kept(kept: TrainingResult, dropped: TrainingResult, tmp_path: Path) -> None:
    for result in (kept, dropped):
        folder = save_bundle(result.bundle, tmp_path / str(id(result)))
        said = [file.read_text(encoding="utf-8") for file in folder.iterdir()]
        for text in [*said, str(result.to_dict()), str(result.examination)]:
            assert "zzsecret" not in text
            assert "Leiter Betrieb" not in text


def test_a_request_and_a_file_give_the_same_bits_after_loading(kept: TrainingResult, tmp_path: Path) -> None:
    scorer = Scorer(load_bundle(save_bundle(kept.bundle, tmp_path / "bundle")))
    titles = ["CEO", "", "Leiter  BETRIEB", "n/a", "Praktikant", "Ünïcode 漢字", 7]
    leads = [{"Title": title, "Source": "Web"} for title in titles]
    scored = scorer.score(pd.DataFrame(leads, dtype=object))
    for lead, p in zip(leads, scored["p_close"], strict=True):
        assert scorer.score_one(lead).p_close == p
        assert Scorer(kept.bundle).score_one(lead).p_close == p


def test_pieces_of_few_leads_get_no_weight() -> None:
    texts = pd.Series(["common words here"] * 50 + ["common rarity"] * 19)
    found = fit_wording(texts, np.r_[np.zeros(50), np.ones(19)])
    assert found is not None
    assert not any("rar" in piece for piece in found[0].weights)
    assert fit_wording(pd.Series(["", "once"]), np.array([0.0, 1.0])) is None


def test_a_lead_does_not_see_its_own_outcome() -> None:
    rng = np.random.default_rng(1)
    texts = pd.Series(["".join(map(chr, 97 + rng.integers(0, 4, 12))) for _ in range(600)])
    y = rng.integers(0, 2, 600).astype(float)
    found = fit_wording(texts, y)
    assert found is not None
    own = texts.map(found[0].figure_of)
    assert np.corrcoef(own, y)[0, 1] > 0.3
    assert abs(np.corrcoef(found[1], y)[0, 1]) < 0.15


def test_a_note_that_is_written_afterwards_is_left_out_like_a_leaky_column(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    won = rng.random(N) < 0.4
    said = np.where(won, "signed the offer of our partner", "went with another vendor")
    words = [f"{s} {''.join(map(chr, 97 + rng.integers(0, 26, 8)))}" for s in said]
    source = np.where(rng.random(N) < 0.3 + 0.3 * won, "Partner", "Web")
    frame = pd.DataFrame({"Remarks": words, "Source": source, "Won": np.where(won, "yes", "no")})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    recipe = Recipe(close=Outcome(column="Won", positive=("yes",)), search=Search(trials=1), lead={"order": "row"})
    found = fit_bundle(recipe, now=NOW, data=tmp_path / "leads.csv")
    (excluded,) = [e for e in found.excluded if e.column == "Remarks"]
    assert excluded.verdict == "BLOCK"
    assert excluded.reason.startswith("its wording: ")
    assert [f.name for f in found.bundle.encoder.features] == ["Source"]
    told, remarks = examine_export(recipe, read(recipe, tmp_path / "leads.csv"))
    assert remarks == ()
    for examination in (found.examination, told):
        assert examination is not None
        (verdict,) = [v for v in examination.verdicts if v.column == "Remarks"]
        assert (verdict.verdict, verdict.reason) == (excluded.verdict, excluded.reason)
        (page,) = [p for p in examination.fields if p.column == "Remarks"]
        assert (page.used, page.known, page.why) == (False, "later", excluded.reason)


def test_an_audit_of_too_few_leads_says_that_no_wording_was_judged(tmp_path: Path) -> None:
    words = [f"said {n} that {n % 7} was {chr(97 + n % 26) * 9}" for n in range(60)]
    frame = pd.DataFrame({"Message": words, "Source": ["Web", "Fair"] * 30, "Won": ["yes", "no", "no"] * 20})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    recipe = Recipe(
        close=Outcome(column="Won", positive=("yes",)), lead={"order": "row"}, columns={"text": ["Message"]}
    )
    told, (remark,) = examine_export(recipe, read(recipe, tmp_path / "leads.csv"))
    assert "'Message'" in remark
    assert "60 decided leads" in remark
    assert {v.column for v in told.verdicts} == {"Message", "Source"}


@pytest.mark.parametrize(("name", "read"), [("Notes", False), ("Message", True)])
def test_what_is_written_on_the_way_is_asked_about(tmp_path: Path, name: str, read: bool) -> None:
    rng = np.random.default_rng(3)
    eager = rng.random(N) < 0.5
    said = np.where(eager, "please call me back about a quote", "only browsing the catalogue for now")
    words = [f"{s} {''.join(map(chr, 97 + rng.integers(0, 26, 8)))}" for s in said]
    source = rng.choice(["Web", "Partner"], N)
    won = rng.random(N) < 0.2 + 0.35 * eager + 0.2 * (source == "Partner")
    frame = pd.DataFrame({name: words, "Source": source, "Won": np.where(won, "yes", "no")})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    recipe = Recipe(close=Outcome(column="Won", positive=("yes",)), search=Search(trials=1), lead={"order": "row"})
    found = fit_bundle(recipe, now=NOW, data=tmp_path / "leads.csv")
    assert (f"{name} (wording)" in [f.name for f in found.bundle.encoder.features]) is read
    asked = [e for e in found.excluded if e.column == name]
    assert [e.verdict for e in asked] == ([] if read else ["ASK"])
    if not read:
        assert "its name speaks of what is written on the way" in asked[0].reason
