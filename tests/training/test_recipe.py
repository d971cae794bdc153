"""Recipes: complete in code, and a typo stops the run with the word that was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.outcomes import Outcome
from leadscore.data.synthetic import RECIPE
from leadscore.decisions import PRESETS, preset
from leadscore.errors import RecipeError, StructureError
from leadscore.training.recipe import Recipe, StructureChoice, load_recipe

ROOT = Path(__file__).parents[2]
BASE = '[close]\ncolumn = "Won"\n'


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def write(content: str) -> Recipe:
        path = tmp_path / "acme.toml"
        path.write_text(content, encoding="utf-8")
        return load_recipe(path)

    return write


def test_a_recipe_names_only_what_differs(load: Any, tmp_path: Path) -> None:
    recipe = load(BASE)
    assert recipe == Recipe(close=Outcome(column="Won"), folder=tmp_path)
    assert (recipe.currency, recipe.data.leads, recipe.split.test_share) == ("EUR", "leads.csv", 0.25)
    assert recipe.folder == tmp_path
    assert "folder" not in recipe.model_dump()


@pytest.mark.parametrize("path", sorted((ROOT / "training").glob("*.toml")), ids=lambda path: path.stem)
def test_the_recipes_on_the_bench_load(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.outcomes
    assert recipe.selling_structure().role


def test_there_are_three_recipes_on_the_bench() -> None:
    assert {p.stem for p in (ROOT / "training").glob("*.toml")} >= {"xeducation", "olist", "crm_opportunities"}


def test_the_recipe_of_the_sample_loads(load: Any, sample_folder: Path) -> None:
    recipe = load(RECIPE)
    assert list(recipe.outcomes) == ["qualify", "close"]
    assert load_recipe(str(sample_folder / "sample.toml")) == recipe.model_copy(update={"folder": sample_folder})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '[close]\ncolumn = "Won"\npositve = ["yes"]',
            r"unknown key 'positve' in \[close\]; did you mean 'positive'\?",
        ),
        (BASE + "[qualfy]\nrate = 0.3", r"unknown key 'qualfy' in the top level; did you mean 'qualify'\?"),
        (BASE + "[lead]\ncreated_at = 'x'", r"unknown key 'created_at' in \[lead\]; did you mean 'created'\?"),
        (BASE + "[data]\ndelimeter = ';'", r"unknown key 'delimeter' in \[data\]; did you mean 'delimiter'\?"),
        (
            BASE + "[search]\ntrails = 3",
            r"unknown key 'trails' in \[search\]; did you mean 'trials'\? allowed: include, minutes, trials",
        ),
        (
            BASE + "[columns]\nxyz = []",
            r"unknown key 'xyz' in \[columns\]; allowed: allow_leaky, by_segment, categories, contact, ignore, numbers",
        ),
        (
            BASE + '[data]\njoin = [{ file = "a.csv", on = "id" }, { flie = "b.csv", on = "id" }]',
            r"unknown key 'flie' in \[data.join\]; did you mean 'file'\? allowed: columns, file, on",
        ),
        (
            BASE + '[data]\nactivities = { file = "a.csv", tyep = "Kind" }',
            r"unknown key 'tyep' in \[data.activities\]; did you mean 'type'\?",
        ),
    ],
)
def test_a_typo_is_named_with_its_table_and_the_nearest_word(load: Any, content: str, message: str) -> None:
    with pytest.raises(RecipeError, match=rf"^acme\.toml: .*{message}"):
        load(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BASE + "[split]\ntest_share = 2", "split.test_share: .*less than 0.9"),
        (BASE + "[split]\nfolds = 'many'", "split.folds: .*valid integer"),
        (BASE + "lead = 3", "unknown key 'lead'|lead: "),
        ("lead = 3\n" + BASE, "lead: Input should be a valid dictionary"),
        ("currency = 'euro'\n" + BASE, "currency: String should match"),
        (BASE + "horizon_days = 0", "close.horizon_days: .*greater than or equal to 1"),
        (BASE + "rate = 0.3", "close: give either `column`.*or `rate`"),
        ("[close]\npositive = ['x']", "close: give either `column`.*or `rate`"),
        (BASE + "positive = 'Won'", "close.positive"),
        (BASE + "[data]\ndate_order = 'american'", "data.date_order: .*'day_first' or 'month_first'"),
        (BASE + "[data]\ndelimiter = ';;'", "data.delimiter: .*at most 1"),
        (BASE + '[data]\njoin = [{ file = "a.csv" }]', "data.join.0.on: Field required"),
        (BASE + "[value]\nmargin_share = 0.3\nmargin_per_win = 5", "value: give either `margin_share`"),
        (BASE + "[structure]\npreset = 'solo'\nfile = 'x.toml'", "structure: give either `preset` or `file`"),
        ("", "no outcome to learn: give `column` under"),
        ("[close]\nrate = 0.3", "no outcome to learn: give `column` under"),
        ("folder = '/'\n" + BASE, "unknown key 'folder'; paths are relative to the recipe itself"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_its_key(load: Any, content: str, message: str) -> None:
    with pytest.raises(RecipeError, match=rf"^acme\.toml: .*({message})"):
        load(content)


def test_several_mistakes_are_told_at_once(load: Any) -> None:
    with pytest.raises(RecipeError) as raised:
        load(BASE + "[split]\nfolds = 99\n[search]\nminits = 3")
    assert "split.folds" in str(raised.value)
    assert "'minits'" in str(raised.value)


def test_a_missing_file_a_folder_and_what_is_no_toml(load: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path, str(tmp_path / "nowhere.toml")):
        with pytest.raises(RecipeError, match=r"there is no such recipe"):
            load_recipe(path)
    with pytest.raises(RecipeError, match=r"acme.toml is no TOML: .*line 1"):
        load("[close\n")
    with pytest.raises(RecipeError, match=r"acme.toml is no TOML"):
        load("a = 1\na = 2\n")
    (tmp_path / "leads.csv").write_text("Id,Won\n1,yes\n")
    with pytest.raises(RecipeError, match=r"leads.csv is no TOML: .*`leadscore init leads.csv` writes a recipe"):
        load_recipe(tmp_path / "leads.csv")
    (tmp_path / "acme.toml").write_bytes("name = 'Köln'".encode("latin-1"))
    with pytest.raises(RecipeError, match=r"acme.toml is no TOML"):
        load_recipe(tmp_path / "acme.toml")


@given(content=st.text())
def test_no_text_is_too_odd(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.toml"
    path.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(RecipeError, match=r"^odd\.toml"):
        load_recipe(path)


def test_an_assumed_stage_is_not_learned(load: Any) -> None:
    recipe = load(BASE + "[qualify]\nrate = 0.3")
    assert list(recipe.outcomes) == ["close"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_chosen(name: str) -> None:
    recipe = Recipe(close=Outcome(column="Won"), structure=StructureChoice(preset=name))
    assert recipe.selling_structure().name == name


def test_a_structure_of_ones_own_lies_beside_the_recipe(load: Any, tmp_path: Path) -> None:
    recipe = load(BASE + '[structure]\nfile = "ours.toml"')
    (tmp_path / "ours.toml").write_text(preset("four_tier").to_toml(), encoding="utf-8")
    assert recipe.selling_structure() == preset("four_tier")
    with pytest.raises(StructureError, match=r"ours.toml"):
        recipe.model_copy(update={"folder": tmp_path / "elsewhere"}).selling_structure()


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match=r"frozen"):
        Recipe(close=Outcome(column="Won")).name = "other"  # type: ignore[misc]
