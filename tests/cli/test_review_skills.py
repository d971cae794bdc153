"""The review command: a table for people, one JSON document for programs, a page on request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadscore.cli import app
from leadscore.errors import UsageError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def opportunities(data_folder: Path) -> list[str]:
    """Arguments of the review of the real opportunities."""
    recipe = REPOSITORY / "training" / "crm_opportunities.toml"
    return ["review", "--skills", str(recipe), "--data", str(data_folder / "crm_opportunities")]


def test_reps_who_differ_by_chance_are_not_ranked(opportunities: list[str]) -> None:
    result = CliRunner().invoke(app, [*opportunities, "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["reps_flagged"] == 0
    assert told["basis"] == "base_rate"
    low, high = told["between_sd_interval"]
    assert low == 0
    assert 0 < high < 0.25
    reps = told["stages"]["close"]["reps"]
    assert (reps["degrees_of_freedom"], reps["ranked"]) == (29, False)
    assert reps["p_value"] > 0.1
    names = [g["name"] for g in reps["groups"]]
    assert names == sorted(names)
    assert any("training refuses" in note and "no signal" in note for note in told["notes"])
    assert "nobody is ranked" in told["conclusion"][0]
    assert told["stages"]["close"]["worth"]["one_point"] > 0


def test_people_get_a_funnel_tables_and_a_page(opportunities: list[str], tmp_path: Path) -> None:
    page = tmp_path / "skills.html"
    result = CliRunner().invoke(app, [*opportunities, "--html", str(page), "--quiet"], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert any("nobody is ranked" in line for line in lines)
    assert any("Darcel Schlecht" in line and "553" in line for line in lines)
    assert any("one point of conversion at close" in line for line in lines)
    assert any("one more head: ISR" in line for line in lines)
    assert page.read_text().startswith("<!doctype html>")
    assert "Darcel Schlecht" in page.read_text()


def test_the_sample_as_it_stands_is_reviewed(sample_folder: Path) -> None:
    result = CliRunner().invoke(app, ["review", str(sample_folder / "sample.toml"), "--skills", "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert set(told["worth_per_head"]) == {"SDR", "ISR", "SAR", "AM"}
    assert list(told["stages"]) == ["close"]
    # Its reps do equal work.
    assert told["reps_flagged"] == 0
    assert told["between_sd_interval"][0] == 0


def test_something_must_be_reviewed() -> None:
    result = CliRunner().invoke(app, ["review", "sample.toml"])
    assert isinstance(result.exception, UsageError)
    assert "--skills" in str(result.exception)
