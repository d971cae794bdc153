"""The audit command: a table for people, one JSON document for programs, exit 0 whatever it finds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadscore.cli import app
from leadscore.errors import UsageError


@pytest.fixture(scope="module")
def recipe(sample_folder: Path) -> str:
    return str(sample_folder / "sample.toml")


def test_one_document_has_a_verdict_for_each_column(recipe: str) -> None:
    result = CliRunner().invoke(app, ["audit", recipe, "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert list(document) == ["recipe", "rows", "snapshots", "columns", "fields", "drift"]
    columns = {c["column"]: c for c in document["columns"]}
    assert columns["Lead Status"]["verdict"] == "BLOCK"
    assert columns["Employees"]["verdict"] == "ok"
    assert all(c["reason"] for c in columns.values())
    pages = {p["column"]: p for p in document["fields"]}
    assert set(columns) < set(pages)
    assert pages["Qualified At"]["known"] == "with the outcome"
    assert {c["column"] for c in document["drift"]["columns"]} >= {"Employees", "Lead Source"}


def test_the_table_fits_a_hundred_columns(recipe: str) -> None:
    result = CliRunner().invoke(app, ["audit", recipe], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.split()[:3] == ["BLOCK", "Lead", "Status"] for line in lines)


def test_a_later_export_is_compared(recipe: str, sample_folder: Path) -> None:
    result = CliRunner().invoke(app, ["audit", recipe, "--later", str(sample_folder / "leads.csv"), "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["snapshots"] == 2
    assert {c["changed"] for c in document["columns"]} == {0.0}


def test_one_field_is_shown_with_its_rates_and_all_of_them_on_a_page(recipe: str, tmp_path: Path) -> None:
    page = tmp_path / "fields.html"
    result = CliRunner().invoke(app, ["audit", recipe, "--field", "Lead Source", "--html", str(page)])
    assert result.exit_code == 0
    assert "Paid Search" in result.stdout
    assert "BLOCK" not in result.stdout
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "Lead Source" in text
    wrong = CliRunner().invoke(app, ["audit", recipe, "--field", "Lead Sauce"])
    assert isinstance(wrong.exception, UsageError)


def test_a_text_that_names_the_outcome_is_blocked_by_its_wording(tmp_path: Path) -> None:
    draw = random.Random(0)
    lines = ["Message,Source,Won"]
    for _ in range(1_200):
        won = draw.random() < 0.4
        said = "signed our offer" if won else "went to another vendor"
        source = "Partner" if draw.random() < 0.3 + 0.3 * won else "Web"
        lines.append(f"{said} {''.join(draw.choices('abcdefgh', k=8))},{source},{'yes' if won else 'no'}")
    (tmp_path / "leads.csv").write_text("\n".join(lines))
    (tmp_path / "leads.toml").write_text(
        '[data]\nleads = "leads.csv"\n[lead]\norder = "row"\n[close]\ncolumn = "Won"\npositive = ["yes"]\n'
    )
    words = ["audit", str(tmp_path / "leads.toml")]
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    (message,) = [c for c in document["columns"] if c["column"] == "Message"]
    assert message["verdict"] == "BLOCK"
    assert message["reason"].startswith("its wording: ")
    lines = CliRunner().invoke(app, words, env={"COLUMNS": "100"}).stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.split()[:2] == ["BLOCK", "Message"] for line in lines)
    with (tmp_path / "leads.toml").open("a") as recipe:
        recipe.write('[columns]\nallow_leaky = { "Message" = "written by the lead" }\n')
    (message,) = [c for c in json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["columns"] if c["allowed"]]
    assert (message["verdict"], message["allowed"]) == ("BLOCK", "written by the lead")
