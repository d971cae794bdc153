"""Whatever an export calls its columns, the recipe that is written is TOML and says the same."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.guess import guess_table
from leadscore.data.guess_files import Layout
from leadscore.data.guess_values import Given
from leadscore.training.recipe import load_recipe
from leadscore.training.recipe_text import recipe_text, toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.one_of(TEXT, st.booleans(), st.integers(-(2**60), 2**60), st.lists(TEXT, max_size=4)))
def test_a_value_is_read_back_as_it_was(value):
    assert tomllib.loads(f"key = {toml_value(value)}")["key"] == value


@given(name=TEXT.filter(lambda t: t.strip() not in ("Won", "Id")), note=TEXT)
def test_a_recipe_is_toml_whatever_the_header_holds(tmp_path_factory, name, note):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"Id": [f"k{i}" for i in range(60)], name: "x", "Won": rng.choice(["Yes", "No"], 60)})
    frame.loc[0, name] = note
    frame = frame.astype("str")
    found = guess_table(frame, Layout(f"{note}.csv"), Given(close=("Won=Yes",)))
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(recipe_text(found, name="any"), encoding="utf-8", newline="")
    recipe = load_recipe(path)
    assert recipe.data.leads == f"{note}.csv"
    assert recipe.close == found.outcomes["close"]
    assert recipe.columns == found.columns


def test_each_guess_has_its_reason_beside_it():
    columns = {"Id": [f"k{i}" for i in range(60)], "Won": ["Yes", "No"] * 30, "Phone": [f"0{i}" for i in range(60)]}
    text = recipe_text(guess_table(pd.DataFrame(columns), Layout("leads.csv"), Given()), name="acme")
    lines = {line.partition("=")[0].strip(): line for line in text.splitlines() if " = " in line}
    assert all("# " in lines[key] for key in ("id", "order", "column", "positive", "margin_per_win"))
    assert "LOOK" in lines["order"]
    assert any('"Phone"' in line and "person" in line for line in text.splitlines())
