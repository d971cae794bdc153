"""The review of skills on histories whose reps are known, and on the real one in which they differ by chance only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.outcomes import Outcome
from leadscore.decisions.skills import SkillLevel
from leadscore.errors import RecipeError, TooFewOutcomes
from leadscore.models.value import Value
from leadscore.training.recipe import Recipe
from leadscore.training.report.skills_page import skills_page
from leadscore.training.skills_review import SkillsReview, review_skills

REPS = ("Ann", "Bob", "Cid", "Dee", "Eve", "Fay", "Gil", "Hal")
WON = Outcome(column="Won", positive=("yes",), rep="Rep", team="Team", amount="Amount")


def export(effects: np.ndarray, folder: Path, *, n: int = 4_000, seed: int = 0) -> Path:
    """Leads whose odds depend on their source and on who works them, and not at all on a column of noise."""
    rng = np.random.default_rng(seed)
    rep = rng.integers(0, len(REPS), n)
    # Reps work different leads: without the model Ann would look better than she is.
    source = np.where(rng.random(n) < 0.15 + 0.7 * (rep == 0), 0, rng.integers(1, 4, n))
    log_odds = -1.0 + np.array([1.2, 0.0, -0.5, -1.2])[source] + effects[rep]
    won = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    frame = pd.DataFrame(
        {
            "Created": pd.date_range("2024-01-01", periods=n, freq="2h").strftime("%Y-%m-%d %H:%M"),
            "Source": np.array(["referral", "web", "fair", "list"])[source],
            "Noise": rng.integers(0, 1_000, n),
            "Rep": np.array(REPS)[rep],
            "Team": np.array(["North", "South"])[rep % 2],
            "Office": np.array(["A", "B", "C", "D"])[rep // 2],
            "Won": np.where(won, "yes", "no"),
            "Amount": np.where(won, 1_000, 0),
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)
    return folder


def recipe_of(folder: Path, **other: object) -> Recipe:
    return Recipe.model_validate(
        {
            "data": {"leads": "leads.csv"},
            "lead": {"created": "Created"},
            "close": WON,
            "value": Value(margin_share=0.5),
            "folder": folder,
        }
        | other
    )


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> SkillsReview:
    """Bob is much worse and Hal much better than the others."""
    effects = np.array([0.0, -0.9, 0.0, 0.0, 0.1, 0.0, -0.1, 0.9])
    return review_skills(recipe_of(export(effects, tmp_path_factory.mktemp("different"))))


def flags(level: SkillLevel) -> dict[str, str | None]:
    return {g.name: g.flag for g in level.groups}


def test_who_differs_is_named_and_who_has_better_leads_is_not(different: SkillsReview) -> None:
    assert different.basis == "model"
    reps = different.stages["close"].reps
    found = flags(reps)
    assert (found["Hal"], found["Bob"]) == ("above", "below")
    assert found["Ann"] is None
    assert reps.groups[0].name == "Hal"
    assert reps.groups[-1].name == "Bob"
    assert "Hal" in different.conclusion[0]


def test_effects_come_near_the_truth_and_are_drawn_to_the_mean(different: SkillsReview) -> None:
    by_name = {g.name: g for g in different.stages["close"].reps.groups}
    assert by_name["Bob"].low < -0.9 < by_name["Bob"].high
    assert by_name["Hal"].low < 0.9 < by_name["Hal"].high
    assert all(abs(g.effect) <= abs(g.raw) + 1e-9 for g in by_name.values())


def test_what_follows_from_the_rep_is_no_part_of_the_expectation(different: SkillsReview) -> None:
    assert any("'Office'" in note and "no part of the expectation" in note for note in different.notes)


def test_raising_the_lower_half_is_worth_money(different: SkillsReview) -> None:
    worth = different.stages["close"].worth
    assert worth is not None
    low, high = worth.lower_half_interval
    assert 0 < low < worth.lower_half < high
    # Bob's 500 of 4,000 leads lose about 15 points, so all of them lose two or more.
    assert worth.lower_half > worth.one_point > 0


def test_the_document_is_json_and_counts_the_flags(different: SkillsReview) -> None:
    told = json.loads(json.dumps(different.to_dict(), allow_nan=False))
    assert told["reps_flagged"] == sum(f is not None for f in flags(different.stages["close"].reps).values())
    assert told["between_sd_interval"] == told["stages"]["close"]["reps"]["between_sd_interval"]
    assert 0 < told["between_sd_interval"][0] < told["between_sd_interval"][1]
    assert {g["name"] for g in told["stages"]["close"]["teams"]["groups"]} == {"North", "South"}
    assert set(told["worth_per_head"])


def test_the_page_stands_by_itself_and_draws_each_funnel(different: SkillsReview) -> None:
    page = skills_page(different)
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert "Hal" in page


def test_names_are_written_as_text(tmp_path: Path) -> None:
    export(np.zeros(8), tmp_path, n=1_500)
    text = (tmp_path / "leads.csv").read_text().replace("Ann", "<b>Ann & Co</b>")
    (tmp_path / "leads.csv").write_text(text)
    page = skills_page(review_skills(recipe_of(tmp_path)))
    assert "<b>Ann" not in page
    assert "&lt;b&gt;Ann &amp; Co" in page


def test_alike_reps_are_listed_by_name_and_nobody_is_flagged(tmp_path: Path) -> None:
    found = review_skills(recipe_of(export(np.zeros(8), tmp_path, n=2_000, seed=1)))
    reps = found.stages["close"].reps
    assert found.reps_flagged == 0
    assert [g.name for g in reps.groups] == sorted(REPS)
    assert reps.sd_interval[0] == 0
    assert "nobody is ranked" in found.conclusion[0]


def test_a_recipe_without_reps_is_told_which_key_is_missing(tmp_path: Path) -> None:
    won = WON.model_copy(update={"rep": None})
    with pytest.raises(RecipeError, match=r"`rep` under \[qualify\] or \[close\]"):
        review_skills(recipe_of(export(np.zeros(8), tmp_path, n=200), close=won))


def test_a_column_that_names_nobody_is_told(tmp_path: Path) -> None:
    export(np.zeros(8), tmp_path, n=400)
    frame = pd.read_csv(tmp_path / "leads.csv")
    frame.assign(Rep="").to_csv(tmp_path / "leads.csv", index=False)
    with pytest.raises(TooFewOutcomes, match="no decided lead names a rep"):
        review_skills(recipe_of(tmp_path))


def test_the_same_review_twice(tmp_path: Path) -> None:
    recipe = recipe_of(export(np.zeros(8), tmp_path, n=800))
    assert review_skills(recipe).to_dict() == review_skills(recipe).to_dict()


@pytest.mark.parametrize("order", [lambda n: np.arange(n)[::-1], lambda n: np.random.default_rng(3).permutation(n)])
def test_the_order_of_the_rows_changes_nothing(tmp_path: Path, order: Callable[[int], np.ndarray]) -> None:
    recipe = recipe_of(export(np.zeros(8), tmp_path, n=800))
    before = review_skills(recipe).to_dict()
    frame = pd.read_csv(tmp_path / "leads.csv", dtype=str, keep_default_na=False)
    frame.iloc[order(len(frame))].to_csv(tmp_path / "leads.csv", index=False)
    assert review_skills(recipe).to_dict() == before
