"""A protected column plays no part in a score, a reason or a route."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.guess import guess_export
from leadscore.errors import RecipeError
from leadscore.scoring import Lead, Scorer
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import load_recipe
from leadscore.training.recipe_text import recipe_text

NOW = datetime(2026, 11, 1, tzinfo=UTC)
N = 1_000
RECIPE = """
[data]
leads = "leads.csv"
[lead]
order = "row"
[close]
column = "Won"
positive = ["yes"]
[search]
trials = 1
include = []
[columns]
protected = ["Gender", "Birthday"]
"""
RULES = """
cold_start = "rules"
[rules]
points = [{ column = "Gender", one_of = ["f"], points = 5 }]
tiers = [{ tier = "A", roles = ["SAR"] }]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export in which gender tells more of the outcome than anything else."""
    folder, rng = tmp_path_factory.mktemp("protected"), np.random.default_rng(0)
    gender, source = rng.choice(["f", "m"], N), rng.choice(["Web", "Fair", "Partner"], N)
    chance = 0.1 + 0.4 * (gender == "f") + 0.4 * (source == "Partner")
    frame = pd.DataFrame(
        {
            "Gender": gender,
            "Birthday": [f"{y}-05-17" for y in rng.integers(1950, 2004, N)],
            "Source": source,
            "Won": np.where(rng.random(N) < chance, "yes", "no"),
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)
    (folder / "leads.toml").write_text(RECIPE)
    return folder


def test_neither_the_score_nor_a_reason_knows_of_it(folder: Path) -> None:
    found = fit_bundle(load_recipe(folder / "leads.toml"), now=NOW)
    assert {e.column: e.verdict for e in found.excluded} | {"Won": "outcome"} == {
        "Gender": "protected",
        "Birthday": "protected",
        "Won": "outcome",
    }
    assert [f.column for f in found.bundle.encoder.features] == ["Source"]
    assert found.examination is not None
    assert {"Gender", "Birthday"}.isdisjoint(v.column for v in found.examination.verdicts)
    scorer = Scorer(found.bundle)
    leads = [Lead("1", {"Source": "Partner", "Gender": g, "Birthday": b}) for g, b in (("f", "1960-05-17"), ("m", ""))]
    one, other = scorer.decide(leads, reasons=None, detail=True)
    assert one.reply() == other.reply()
    for decision in (one, other):
        assert decision.detail is not None
        told = {reason.field for reasons in decision.detail.reasons.values() for reason in reasons}
        assert told <= {"Source"}
    assert {field.name for field in scorer.fields} == {"Source"}


def test_a_column_that_looks_protected_and_is_not_listed_is_told(folder: Path) -> None:
    recipe = load_recipe(folder / "leads.toml")
    bare = recipe.model_copy(update={"columns": recipe.columns.model_copy(update={"protected": ()})})
    assert any("'Gender' may tell of gender, and is learned from" in w for w in fit_bundle(bare, now=NOW).warnings)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('order = "row"', 'order = "row"\nsegment = "Gender"', r"\[lead\] segment"),
        ('order = "row"', 'order = "row"\nterritory = "Gender"', r"\[lead\] territory"),
        ('column = "Won"', 'column = "Won"\nrep = "Gender"', r"a column of \[close\]"),
        ("[columns]", '[columns]\ncontact = ["Gender"]', r"a column of \[columns\] contact"),
        ("[columns]", '[columns]\ntext = ["Gender"]', r"a column of \[columns\] text"),
        ("[columns]", '[columns]\nallow_leaky = { Gender = "why not" }', r"a column of \[columns\] allow_leaky"),
        ("\n[data]", RULES + "[data]", r"the column of \[rules\] points\.0"),
    ],
)
def test_a_recipe_that_gives_it_a_part_is_refused(folder: Path, tmp_path: Path, old: str, new: str, where: str) -> None:
    path = tmp_path / "leads.toml"
    path.write_text(RECIPE.replace(old, new, 1))
    told = where + r" is 'Gender', which `protected` of \[columns\] lists.*name another"
    with pytest.raises(RecipeError, match=told) as refused:
        load_recipe(path)
    assert refused.value.exit_code == 3


def test_init_lists_what_looks_protected_and_gives_it_no_part(folder: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(folder / "leads.csv", dtype=str)
    frame.insert(0, "Created", pd.date_range("2025-01-01", periods=N, freq="D").strftime("%Y-%m-%d"))
    frame.to_csv(tmp_path / "leads.csv", index=False)
    guess = guess_export(["leads.csv"], folder=tmp_path)
    assert guess.columns.protected == ("Gender", "Birthday")
    assert {row["column"]: row["use"] for row in guess.table}["Gender"] == "protected"
    text = recipe_text(guess, name="leads")
    assert '  "Gender",                           # its name tells of gender\n' in text
    (tmp_path / "leads.toml").write_text(text)
    assert load_recipe(tmp_path / "leads.toml").columns.protected == ("Gender", "Birthday")
