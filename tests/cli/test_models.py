"""What-if and preview by the command line, on real models."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadscore.cli import app, main
from leadscore.models.bundle import Bundle, load_bundle, save_bundle
from leadscore.models.golden import golden_rows
from leadscore.models.registry import Registry, quiet
from leadscore.training.promotion import recorded
from leadscore.training.result import TrainingResult


@pytest.fixture(scope="module")
def model(sample_result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_bundle(sample_result.bundle, tmp_path_factory.mktemp("models") / "bundle"))


def said(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_what_if_tells_cuts_prices_loads_and_how_many_move(model: str) -> None:
    found = json.loads(said("tiers", model, "--set", "SDR.heads=0.2", "--set", "SDR.cost=0", "--json"))
    assert list(found) == ["before", "after", "moved"]
    moved = found["moved"]
    assert moved["prices"].keys() == moved["load"].keys() == found["before"]["prices"].keys()
    assert moved["other_role"] > 0
    assert moved["share_other_role"] == pytest.approx(moved["other_role"] / moved["leads"])
    assert moved["listed"] is None
    printed = said("tiers", model, "--set", "SDR.heads=0.2")
    assert "hours of SDR that are used" in printed
    assert "Bands, before and after" in printed


def test_with_leads_those_that_move_are_listed(model: str, sample_folder: Path, tmp_path: Path) -> None:
    few, scored = tmp_path / "few.csv", tmp_path / "scored.csv"
    pd.read_csv(sample_folder / "leads.csv", dtype=str).head(300).to_csv(few, index=False)
    what_if = ["tiers", model, "--set", "SDR.heads=0.2", "--leads", str(few)]
    moved = json.loads(said(*what_if, "--json"))["moved"]
    assert moved["leads"] == 300
    said("score", str(few), "--model", model, "--out", str(scored), "--reasons", "0")
    today = pd.read_csv(scored, dtype=str).set_index("lead_id")
    assert len(moved["listed"]) >= max(moved["other_tier"], moved["other_role"]) > 0
    for lead in moved["listed"]:
        before = today.loc[lead["lead_id"]]
        assert (lead["tier"][0], lead["role"][0]) == (before["tier"], before["role"])
        assert lead["tier"][0] != lead["tier"][1] or lead["role"][0] != lead["role"][1]
    assert moved["listed"][0]["lead_id"] in said(*what_if)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("MDR.cost=0", "it has SDR, ISR, SAR, AM"),
        ("SDR.hed=3", "set one of heads, minutes_per_touch"),
        ("SDR.heads=-1", "greater than 0"),
        ("SDR.heads=many", "a valid number"),
    ],
)
def test_a_wrong_setting_is_bad_input_and_says_what_is_allowed(
    model: str, setting: str, named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["leadscore", "tiers", model, "--set", setting])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert named in " ".join(capsys.readouterr().err.split())


def test_the_table_tells_how_sure_its_cuts_are_and_what_it_loses(model: str, sample_result: TrainingResult) -> None:
    found = json.loads(said("tiers", model, "--json"))
    tiers = sample_result.bundle.policy.tiers
    assert found["table_loss"] == {"fitted": tiers.loss_share, "held_out": tiers.held_out_loss_share}
    assert 0 <= found["table_loss"]["held_out"] < 0.05
    assert found["cuts_in_words"] == [row.cut_in_words for row in tiers.rows]
    assert any(row["from_p_close_band"] for row in found["tiers"])
    printed = " ".join(said("tiers", model).split())
    assert "How sure the cuts are" in printed
    assert "on held-out leads" in printed


@pytest.fixture
def registered(sample_result: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A working folder whose first version is the sample's model."""
    with quiet():
        from leadscore.training.tracking import log_training
    monkeypatch.setenv("LEADSCORE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    registry = Registry(tmp_path)
    log_training(sample_result, registry, seed=0, now=datetime(2026, 11, 2, tzinfo=UTC))
    return registry


def test_a_what_if_becomes_a_version_that_tells_where_it_comes_from(registered: Registry) -> None:
    found = json.loads(said("tiers", "--set", "SDR.heads=0.2", "--register", "--json"))
    made = found["registered"]
    assert (made["model"], tuple(made["aliases"])) == ("models:/leadscore/2", ("challenger",))
    assert registered.resolve("champion") == 1
    old, new = (load_bundle(registered.bundle_of(version)) for version in ("1", "2"))
    assert isinstance(old, Bundle)
    assert isinstance(new, Bundle)
    assert (new.card["repriced_from"], new.card["repriced"]) == ("leadscore/1", {"SDR.heads": [2.0, 0.2]})
    assert new.card["metrics"] == old.card["metrics"]
    assert [asdict(row) for row in new.policy.tiers.rows] == [
        row | {"from_p_close_band": row["from_p_close_band"] and tuple(row["from_p_close_band"])}
        for row in found["after"]["tiers"]
    ]
    X = golden_rows(new.encoder)
    for before, after in zip(old.answers(X), new.answers(X), strict=True):
        np.testing.assert_array_equal(before, after)
    assert made["gates"] == recorded(registered.version("2")) == recorded(registered.version("1"))
    promoted = json.loads(said("promote", "--json"))
    assert promoted["promoted"] == 2
    assert (promoted["before"], promoted["after"]) == (found["before"], found["after"])
    assert registered.resolve("champion") == 2
    assert registered.rollback() == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--register"], "give --set or --structure"),
        (["models/bundle", "--set", "SDR.heads=4", "--register"], "no version of the registered model"),
    ],
)
def test_nothing_is_registered_without_other_figures_or_a_version(
    registered: Registry,
    words: list[str],
    named: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(registered.home)
    registered.pull("champion", Path("models/bundle"))
    monkeypatch.setattr(sys, "argv", ["leadscore", "tiers", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert named in " ".join(said.err.split())
    assert [version.number for version in registered.versions()] == [1]
