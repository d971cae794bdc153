"""The Bundle: whole, unaltered, without pickle and without any real lead, or not at all."""

from __future__ import annotations

import json
import pickletools
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import BundleError, UnknownModel
from leadscore.models import bundle as module
from leadscore.models.bundle import Bundle, load_bundle, save_bundle, verify_bundle
from leadscore.models.golden import golden_rows
from leadscore.training.result import TrainingResult


@pytest.fixture(scope="module", params=["sample_result", "additive_result"])
def result(request: pytest.FixtureRequest) -> TrainingResult:
    """A model of each family."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def saved(result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bundle(result.bundle, tmp_path_factory.mktemp("bundles") / "one")


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def resealed(folder: Path) -> None:
    """Make the hashes fit whatever the files say now, as a hand that knows the format could."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"] = {name: module._sha256((folder / name).read_bytes()) for name in manifest["files"]}
    manifest["seal"] = module._seal(manifest)
    path.write_text(json.dumps(manifest))


def edit(folder: Path, name: str, change: Callable[[Any], None]) -> None:
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))


def test_a_loaded_bundle_speaks_like_the_saved_one_to_the_last_bit(result: TrainingResult, saved: Path) -> None:
    loaded, encoder = load_bundle(saved), result.bundle.encoder
    frame = result.test.frame
    X = loaded.encoder.encode_frame(frame)
    np.testing.assert_array_equal(X, encoder.encode_frame(frame))
    for mine, theirs in zip(loaded.likelihoods(X), result.bundle.likelihoods(X), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for stage, likelihood in loaded.stages.items():
        np.testing.assert_array_equal(likelihood.model.reasons(X), result.bundle.stages[stage].model.reasons(X))
    assert loaded.policy.to_dict() == result.bundle.policy.to_dict()
    assert (loaded.parts, loaded.ignored, loaded.activities) == (
        result.bundle.parts,
        result.bundle.ignored,
        result.bundle.activities,
    )
    assert vars(loaded.margins) == vars(result.bundle.margins)
    np.testing.assert_array_equal(loaded.reference.p_close, result.bundle.reference.p_close)
    assert loaded.reference.segment.tolist() == result.bundle.reference.segment.tolist()


def test_nothing_is_left_to_the_first_lead(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_bundle(saved)
    for late in ("fast_reasons", "kernel", "read_forest"):
        monkeypatch.setattr(f"leadscore.models.tree_reasons.{late}", None)
    X = golden_rows(loaded.encoder)
    for likelihood in loaded.stages.values():
        made = vars(likelihood.model).keys()
        assert likelihood.model.reasons(X[:1]).shape == likelihood.model.reasons(X)[:1].shape
        assert vars(likelihood.model).keys() == made


def test_a_loaded_bundle_is_saved_as_the_same_files(saved: Path, tmp_path: Path) -> None:
    again = save_bundle(load_bundle(saved), tmp_path / "again")
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in saved.iterdir()}


def test_a_byte_flipped_anywhere_is_refused(copy: Path) -> None:
    rng = np.random.default_rng(0)
    for path in sorted(copy.iterdir()):
        whole = path.read_bytes()
        for position in {0, len(whole) - 1, *rng.integers(0, len(whole), 12).tolist()}:
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
            with pytest.raises(BundleError, match=f"{path.name}|schema version"):
                load_bundle(copy)
        path.write_bytes(whole)
    load_bundle(copy)


@pytest.mark.parametrize("what", ["empty", "half", "gone"])
def test_a_file_that_is_cut_or_gone_is_refused_by_name(copy: Path, what: str) -> None:
    for path in sorted(copy.iterdir()):
        whole = path.read_bytes()
        path.unlink() if what == "gone" else path.write_bytes(whole[: len(whole) // 2 if what == "half" else 0])
        with pytest.raises(
            UnknownModel if (what, path.name) == ("gone", "manifest.json") else BundleError, match=path.name
        ):
            load_bundle(copy)
        path.write_bytes(whole)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnknownModel, match=r"holds no Bundle: there is no manifest.json"):
            load_bundle(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{}", '{"schema_version": 1}', '{"schema_version": 1, "files": 3}', "\udcff"]
)
def test_a_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BundleError, match=r"manifest.json cannot be read; pull the model again"):
        load_bundle(copy)


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_another_schema_version_is_refused_with_what_to_do(copy: Path, version: Any) -> None:
    edit(copy, "manifest.json", lambda manifest: manifest.update(schema_version=version))
    with pytest.raises(
        BundleError, match=f"has schema version {version}; this leadscore reads 1. Train again, or install"
    ):
        load_bundle(copy)


def test_the_card_cannot_be_talked_up(copy: Path) -> None:
    edit(copy, "manifest.json", lambda manifest: manifest["card"]["metrics"]["close"].update(roc_auc=0.99))
    with pytest.raises(BundleError, match=r"is altered"):
        verify_bundle(copy)


def test_an_edited_model_is_refused_by_the_golden_rows_even_when_its_hash_was_mended(copy: Path) -> None:
    def shift(content: Any) -> None:
        content["stages"]["close"]["calibrator"]["intercept"] += 0.01

    edit(copy, "scoring.json", shift)
    resealed(copy)
    with pytest.raises(BundleError, match=r"golden rows give other p_close"):
        load_bundle(copy)


def test_an_edited_family_is_refused_by_the_golden_rows(copy: Path) -> None:
    [file] = copy.glob("qualify.*")
    written = file.read_text()
    figures = re.search(r"(?:intercept\W+|leaf_value=)([-\d. e]+)", written)
    assert figures
    # Of the same length: LightGBM ends the process when a tree is longer than announced.
    others = re.sub(r"\.(\d)", lambda digit: f".{(int(digit[1]) + 1) % 10}", figures[1])
    file.write_text(written[: figures.start(1)] + others + written[figures.end(1) :])
    resealed(copy)
    with pytest.raises(BundleError, match=r"golden rows give other p_qualify"):
        load_bundle(copy)


def test_swapped_levels_are_no_affair_of_the_golden_rows_but_of_the_hash(copy: Path) -> None:
    edit(copy, "scoring.json", lambda content: content["encoder"]["features"][0]["levels"].reverse())
    with pytest.raises(BundleError, match=r"scoring.json is missing or altered"):
        load_bundle(copy)


def test_a_bundle_is_never_changed(result: TrainingResult, copy: Path) -> None:
    before = (copy / "manifest.json").read_bytes()
    with pytest.raises(BundleError, match=r"exists already, and a Bundle is never changed"):
        save_bundle(result.bundle, copy)
    assert (copy / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_nothing(
    result: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(module, "_write_durably", fail)
    with pytest.raises(type(error)):
        save_bundle(result.bundle, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_card_leaves_nothing(result: TrainingResult, tmp_path: Path) -> None:
    broken = replace(result.bundle, card={"what": object()})
    with pytest.raises(TypeError):
        save_bundle(broken, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_the_folder_is_a_pickle(saved: Path) -> None:
    for path in saved.iterdir():
        assert path.suffix in (".json", ".txt")
        content = path.read_bytes()
        content.decode("utf-8")
        with pytest.raises(ValueError, match=r".*"):
            list(pickletools.genops(content))


def test_no_text_of_a_real_lead_lies_in_a_bundle(saved: Path, sample_folder: Path) -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in saved.iterdir()).casefold()
    leads = pd.read_csv(sample_folder / "leads.csv", dtype="str", keep_default_na=False)
    outcomes = pd.read_csv(sample_folder / "outcomes.csv", dtype="str", keep_default_na=False)
    for column in ("Lead ID", "Created", "Last Activity Date"):
        assert not [v for v in leads[column].unique() if len(v) > 3 and v.casefold() in everything], column
    for column in ("Closed At", "Worked At", "Owner"):
        assert not [v for v in outcomes[column].unique() if len(v) > 3 and v.casefold() in everything], column
    companies = {company.casefold() for company in leads["Company"]} - {""}
    assert len(companies) > 100
    assert not [company for company in companies if company in everything]


def test_golden_rows_reach_every_level_of_a_small_category_and_the_missing(result: TrainingResult) -> None:
    rows = golden_rows(result.bundle.encoder, n=400)
    assert np.isnan(rows).mean() == pytest.approx(0.1, abs=0.02)
    for column, levels in zip(rows.T, result.bundle.encoder.levels, strict=True):
        if levels:
            known = column[~np.isnan(column)]
            assert known.max() <= levels - 1
            assert levels > 20 or set(known) == set(range(levels))
    np.testing.assert_array_equal(rows, golden_rows(result.bundle.encoder, n=400))


def test_close_is_the_product_of_both_stages(result: TrainingResult) -> None:
    bundle: Bundle = result.bundle
    X = golden_rows(bundle.encoder)
    qualify, close = bundle.likelihoods(X)
    np.testing.assert_array_equal(close, bundle.stages["qualify"](X) * bundle.stages["close"](X))
    assert (close <= qualify).all()
    alone = replace(bundle, stages={"close": bundle.stages["close"]})
    none, single = alone.likelihoods(X)
    assert none is None
    np.testing.assert_array_equal(single, bundle.stages["close"](X))


def test_another_policy_leaves_the_model_as_it_is(result: TrainingResult) -> None:
    other = replace(result.bundle.policy, volume_note="a what-if")
    bundle = result.bundle.with_policy(other)
    assert bundle.policy is other
    assert bundle.stages is result.bundle.stages
