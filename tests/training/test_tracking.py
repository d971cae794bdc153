"""One training, one run: what is kept in it, and that nothing is kept of one that was broken off."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape

import numpy as np
import pytest

from leadscore.errors import UnknownModel
from leadscore.models.bundle import load_bundle
from leadscore.models.registry import Registry
from leadscore.training import cold_start, load, tracking, train
from leadscore.training.example import input_example
from leadscore.training.report import files
from leadscore.training.tracking import log_training

NOW = datetime(2026, 11, 3, tzinfo=UTC)


def run_of(registry):
    with registry.reaching():
        return registry.client.get_run(registry.version("1").run_id)


def files_of(registry):
    return {str(p.relative_to(registry.artifacts)) for p in registry.artifacts.rglob("*") if p.is_file()}


def test_a_run_keeps_what_was_asked_and_measured(registry, sample_result):
    run = run_of(registry)
    assert run.info.status == "FINISHED"
    assert run.data.params["seed"] == "0"
    assert run.data.params["close.family"] == sample_result.fitted["close"].competition.winner.family
    figures = sample_result.evaluation["close"].measures
    assert run.data.metrics["close.roc_auc"] == figures.values["roc_auc"]
    assert run.data.metrics["close.roc_auc.low"] == figures.intervals["roc_auc"][0]
    assert run.data.metrics["rows.test"] == sample_result.rows["test"]
    [dataset] = run.inputs.dataset_inputs
    assert dataset.dataset.digest == sample_result.bundle.card["data_fingerprint"]


def test_a_run_keeps_the_recipe_the_tiers_and_figures(registry, sample_result):
    run_id = registry.version("1").run_id
    folder = registry.artifacts / run_id / "artifacts"
    assert json.loads((folder / "recipe.json").read_text())["name"] == "sample"
    assert set(json.loads((folder / "train.json").read_text())["stages"]) == {"qualify", "close"}
    with (folder / "tiers.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(sample_result.bundle.policy.tiers.rows)
    for told in ("tiers.txt", "tiers.html"):
        text = unescape((folder / told).read_text())
        assert all(row.cut_in_words in text for row in sample_result.bundle.policy.tiers.rows)
        assert sample_result.bundle.policy.tiers.loss_in_words in text
    names = {p.name for p in (folder / "figures").iterdir()}
    by_stage = {f"{kind}_{stage}" for kind in ("calibration", "gain") for stage in ("qualify", "close")}
    assert names == {f"{name}.png" for name in (*by_stage, "tiers", "audit")}
    tables = {p.stem: json.loads(p.read_text()) for p in (folder / "tables").iterdir()}
    assert set(tables) == by_stage | {"tiers", "audit", "fields", "values", "drift"}
    assert len(tables["tiers"]["data"]) == len(sample_result.bundle.policy.tiers.rows)
    assert len(tables["audit"]["data"]) == len(sample_result.examination.verdicts)
    assert "<script" not in (folder / "fields.html").read_text()


def test_the_measured_model_lies_beside_the_registered_one(registry, sample_result):
    folder = registry.artifacts / registry.version("1").run_id / "artifacts" / "measured"
    measured, registered = load_bundle(folder), sample_result.bundle
    assert measured.card["trained_until"] < registered.card["trained_until"]
    assert measured.card["leads_learned_from"] == sample_result.rows["fit"] + sample_result.rows["calibrate"]
    assert measured.card["metrics"] == registered.card["metrics"]
    p = measured.likelihoods(measured.encoder.encode_frame(sample_result.test.frame))
    for told, stage in zip(p, ("qualify", "close"), strict=True):
        np.testing.assert_array_equal(told, sample_result.evaluation[stage].p)


def test_the_first_model_is_champion_and_the_next_only_challenger(registry, sample_result):
    first = registry.version("1")
    assert first.aliases == ("challenger", "champion")
    assert first.tags["recipe"] == "sample"
    second = log_training(sample_result, registry, seed=1, now=NOW)
    assert (second.model, second.aliases) == ("models:/leadscore/2", ("challenger",))
    assert registry.resolve("champion") == 1


def test_no_lead_of_the_export_lies_in_an_artifact(registry, sample_folder, sample_result):
    with (sample_folder / "leads.csv").open() as file:
        leads = list(csv.DictReader(file))
    private = {lead[column] for lead in leads for column in ("Lead ID", "Company") if len(lead[column]) > 4}
    assert len(private) > 1000
    for path in registry.artifacts.rglob("*"):
        if path.suffix in {".json", ".csv", ".txt", ".yaml"} or path.name == "MLmodel":
            words = set(path.read_text(encoding="utf-8").replace('"', "\n").replace(",", "\n").split("\n"))
            assert not words & private, path
    assert set(input_example(sample_result.bundle)["Lead ID"]) == {"001", "002", "003"}


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (RuntimeError, "FAILED")])
@pytest.mark.parametrize("place", ["tier_figure", "save_model", "register"])
def test_a_training_that_is_broken_off_leaves_no_model(registry, sample_result, monkeypatch, error, status, place):
    before, register = files_of(registry), Registry.register

    def broken(*args, **options):
        if place == "register":
            register(*args, **options)
        raise error

    monkeypatch.setattr({"register": Registry, "save_model": tracking, "tier_figure": files}[place], place, broken)
    with pytest.raises(error):
        log_training(sample_result, registry, seed=1, now=NOW)
    assert [(v.number, v.aliases) for v in registry.versions()] == [(1, ("challenger", "champion"))]
    assert files_of(registry) == before
    with registry.reaching():
        experiment = registry.client.get_experiment_by_name("sample").experiment_id
        runs = registry.client.search_runs([experiment], order_by=["start_time DESC"])
    assert [run.info.status for run in runs] == [status, "FINISHED"]


def test_a_run_names_the_bundle_of_its_model(registry):
    version = registry.version("1")
    folder = registry.bundle_of(f"runs:/{version.run_id}/model")
    assert folder == registry.bundle_of("champion")
    assert load_bundle(folder).card["version"] == f"runs:/{version.run_id}"
    with pytest.raises(UnknownModel):
        registry.bundle_of(f"runs:/{version.run_id}/nothing")


def test_train_and_load_are_all_that_a_user_calls(tmp_path, sample_result, capfd, monkeypatch):
    monkeypatch.setenv("LEADSCORE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(cold_start, "fit_bundle", lambda *_, **__: sample_result)
    result = train(sample_result.recipe, now=NOW)
    assert result.model == "models:/leadscore/1"
    assert result.to_dict()["aliases"] == ["challenger", "champion"]
    scorer = load()
    assert scorer.model_version == "leadscore/1"
    lead = {"Lead Source": "Webinar", "Employees": 240}
    by_path = load(Registry(tmp_path).bundle_of())
    assert scorer.score_one(lead).p_close == by_path.score_one(lead).p_close
    assert capfd.readouterr() == ("", "")


def test_training_loads_neither_mlflow_nor_matplotlib_before_it_trains():
    code = "import sys, leadscore.training; print({'mlflow', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
