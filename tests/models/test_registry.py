"""Versions, aliases and Bundles of an embedded store that is copied from place to place."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from leadscore.errors import BadInput, BundleError, OutOfReach, UnknownModel
from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.models.placement import put_folder
from leadscore.models.registry import BUNDLE, Registry

VERSIONS = 3


@pytest.fixture(scope="module")
def template(tmp_path_factory, sample_result):
    """A store with three versions, the first of which is champion."""
    registry = Registry(tmp_path_factory.mktemp("template"), uri="")
    registry.create()
    with registry.reaching():
        experiment = registry.client.create_experiment("sample", artifact_location=str(registry.artifacts))
        for number in range(1, VERSIONS + 1):
            run = registry.client.create_run(experiment)
            model = registry.client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
            place = registry.artifacts / "models" / model.model_id / "artifacts"
            bundle = sample_result.bundle
            save_bundle(replace(bundle, card={**bundle.card, "seed": number}), place / BUNDLE)
            registry.register(str(place), run_id=run.info.run_id, model_id=model.model_id, tags={"recipe": "sample"})
    registry.promote("1")
    return registry.home


@pytest.fixture
def registry(template, tmp_path):
    home = tmp_path / "my leads 100% #1"
    shutil.copytree(template, home)
    return Registry(home, uri="")


def seed_of(folder):
    return load_bundle(folder).card["seed"]


def test_versions_and_aliases(registry):
    assert [(v.number, v.aliases) for v in registry.versions()] == [(1, ("champion",)), (2, ()), (3, ("challenger",))]
    assert registry.version("challenger").tags == {"recipe": "sample"}
    for model, number in (("champion", 1), ("2", 2), ("models:/leadscore/2", 2), ("models:/leadscore@challenger", 3)):
        assert registry.resolve(model) == number
    registry.set_alias("trial", 2)
    assert registry.alias_of(2) == ("trial",)


@pytest.mark.parametrize("wanted", ["models:/m-0123", "runs:/0123/model", "models:/other/1"])
def test_a_uri_that_leads_nowhere_is_an_unknown_model(registry, wanted):
    with pytest.raises(UnknownModel):
        registry.bundle_of(wanted)


@pytest.mark.parametrize("wanted", ["9", "trial", "models:/leadscore/9", "no/such/folder"])
def test_what_is_not_there_is_said_with_what_is(registry, wanted):
    with pytest.raises(UnknownModel, match=r"versions 1 = champion, 2, 3 = challenger.*leadscore train RECIPE"):
        registry.bundle_of(wanted)


def test_an_empty_folder_has_no_model_and_stays_empty(tmp_path):
    registry = Registry(tmp_path, uri="")
    assert registry.versions() == ()
    for ask in (registry.bundle_of, lambda: registry.promote("challenger"), registry.rollback):
        with pytest.raises(UnknownModel, match="leadscore train RECIPE"):
            ask()
    assert not any(tmp_path.iterdir())


def test_every_way_to_name_a_bundle(registry):
    logged = registry.version("3").location.split("/")[-2]
    names = ("3", "challenger", "models:/leadscore/3", f"models:/{logged}")
    for name in (*names, registry.bundle_of("3")):
        folder = registry.bundle_of(name)
        assert seed_of(folder) == 3
        assert folder.is_relative_to(registry.artifacts)
    assert registry.find("challenger")[1] == "leadscore/3"


def test_a_rolled_back_champion_is_the_one_before(registry):
    assert registry.promote("2") == 2
    assert registry.promote("challenger") == 3
    assert registry.promote("3") == 3
    assert registry.rollback() == 2
    assert seed_of(registry.bundle_of()) == 2
    assert registry.rollback() == 1
    with pytest.raises(UnknownModel, match="no champion before version 1"):
        registry.rollback()


def test_rollback_passes_over_a_version_that_is_gone(registry):
    registry.promote("2")
    registry.promote("3")
    registry.forget(registry.version("2").run_id)
    assert registry.rollback() == 1


def test_a_champion_set_in_mlflow_itself_is_not_lost(registry):
    registry.promote("2")
    registry.set_alias("champion", 3)
    assert registry.rollback() == 2


def test_pull_replaces_an_older_bundle_and_nothing_else(registry, tmp_path):
    target = tmp_path / "serving" / "champion"
    assert registry.pull("1", target) == target
    assert (seed_of(target), load_bundle(target).card["version"]) == (1, "leadscore/1")
    registry.pull("3", target)
    assert (seed_of(target), load_bundle(target).card["version"]) == (3, "leadscore/3")
    assert [p.name for p in target.parent.iterdir()] == ["champion"]
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("do not lose me")
    with pytest.raises(BadInput, match="something else than a Bundle"):
        registry.pull("1", tmp_path / "papers")


def test_an_altered_bundle_is_never_pulled(registry, tmp_path):
    scoring = registry.bundle_of("1") / "scoring.json"
    scoring.write_text(scoring.read_text() + " ")
    with pytest.raises(BundleError, match="altered"):
        registry.pull("1", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_store_moved_without_its_artifacts_says_how_to_mend_it(registry):
    assert registry.bundle_of("1").is_relative_to(registry.artifacts)
    shutil.rmtree(registry.artifacts)
    with pytest.raises(OutOfReach, match="together, or train again"):
        registry.bundle_of("1")


def test_a_server_that_is_down_is_out_of_reach(tmp_path):
    registry = Registry(tmp_path, uri="http://user:secret@127.0.0.1:9")
    with pytest.raises(OutOfReach, match="cannot be reached") as caught:
        registry.check()
    assert "secret" not in str(caught.value)


def test_without_the_exchange_of_the_kernel_two_renames_do(tmp_path, monkeypatch):
    monkeypatch.setattr("leadscore.models.placement._exchange", lambda one, other: False)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "says").write_text(name)
    put_folder(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "says").read_text() == "new"
