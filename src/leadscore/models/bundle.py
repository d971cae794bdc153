"""The Bundle: everything needed to score, fitted together, immutable, as a folder without any pickle.

``manifest.json`` holds the sha256 of every other file; nothing is parsed before its hash was checked, and the golden
rows are scored again after loading, so that neither a truncated nor an edited model ever speaks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.data.outcomes import Stage
from leadscore.data.snapshots import ActivityFeatures
from leadscore.decisions import Policy, Prospects
from leadscore.errors import BundleError, UnknownModel
from leadscore.models.calibration import Calibrator
from leadscore.models.card_bundle import RULES_FILE, CardBundle
from leadscore.models.features import Encoder
from leadscore.models.golden import golden_answers, golden_difference
from leadscore.models.likelihood import LikelihoodModel, model_file, model_from_file
from leadscore.models.parts import Parts
from leadscore.models.scales import Scales
from leadscore.models.value import MarginModel
from leadscore.models.value_model import BoostedMargins, margins_from_dict

__all__ = ["AnyBundle", "Bundle", "CardBundle", "Likelihood", "Parts", "load_bundle", "save_bundle", "verify_bundle"]

SCHEMA_VERSION = 1

_MARGIN_TREES = "value.txt"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A fitted model with its calibration.

    Parameters
    ----------
    model
        Gives raw log-odds.
    calibrator
        Turns them into a likelihood.
    """

    model: LikelihoodModel
    calibrator: Calibrator

    def __call__(self, X: Floats) -> Floats:
        """Calibrated likelihood of each encoded lead."""
        return self.calibrator(self.model.log_odds(X))


@dataclass(frozen=True, eq=False)
class Bundle:
    """Everything needed to score.

    Parameters
    ----------
    encoder
        From fields to floats.
    activities
        Definition of the activity features, or None.
    stages
        ``qualify`` and ``close``; with both, ``close`` is the likelihood given that the lead qualified.
    margins
        Margin if won.
    policy
        Structure, prices and tiers.
    reference
        The leads that prices and tiers were cut from, as numbers only.
    parts
        Columns of the export that play a part in routing.
    ignored
        Columns that the recipe knows and the model does not use.
    card
        JSON about the model: recipe, horizons, trained_until, metrics and the like.
    scales
        What fit and engagement are told on.
    """

    encoder: Encoder
    activities: ActivityFeatures | None
    stages: Mapping[Stage, Likelihood]
    margins: MarginModel
    policy: Policy
    reference: Prospects
    parts: Parts
    ignored: frozenset[str]
    card: Mapping[str, Any]
    scales: Scales = field(default_factory=Scales)

    @cached_property
    def made_names(self) -> tuple[str, ...]:
        """Names of the features that are made from activities."""
        return () if self.activities is None else tuple(field.name for field in self.activities.fields)

    def likelihoods(self, X: Floats) -> tuple[Floats | None, Floats | None]:
        """P(qualify) and P(close) of encoded leads; None for a stage that was not trained."""
        qualify, close = self.stages.get("qualify"), self.stages.get("close")
        p_qualify = None if qualify is None else qualify(X)
        p_close = None if close is None else close(X)
        if p_qualify is not None and p_close is not None:
            p_close = p_qualify * p_close
        return p_qualify, p_close

    def answers(self, X: Floats) -> tuple[Floats | None, Floats | None, Floats]:
        """P(qualify), P(close) and the margin if won of encoded leads without a segment."""
        return *self.likelihoods(X), self.margins(X, np.full(len(X), None, dtype=object))

    def with_policy(self, policy: Policy) -> Bundle:
        """The same model under other prices and tiers."""
        return replace(self, policy=policy)

    def scaled_on(self, X: Floats) -> Bundle:
        """The same model with fit and engagement told as percentiles among these encoded leads, in time order."""
        models = {stage: likelihood.model for stage, likelihood in self.stages.items()}
        scales = Scales.of_model(models, self.encoder, self.made_names, X)
        return replace(self, scales=scales, card={**self.card, "scales": scales.in_words()})


AnyBundle: TypeAlias = Bundle | CardBundle
"""A model, or the points card that stands in for one."""


def save_bundle(bundle: AnyBundle, folder: Path) -> Path:
    """Write a Bundle; the folder appears whole or not at all.

    Raises
    ------
    BundleError
        The folder exists already: a Bundle is never changed.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already, and a Bundle is never changed. Choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = bundle.files() if isinstance(bundle, CardBundle) else _files(bundle)
        for name, content in files.items():
            (scratch / name).write_text(content, encoding="utf-8", newline="\n")
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "files": {name: _sha256(content.encode()) for name, content in files.items()},
            "card": bundle.card,
        }
        manifest["seal"] = _seal(manifest)
        _write_durably(scratch / "manifest.json", json.dumps(manifest, indent=1))
        scratch.chmod(0o755)
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return folder


def verify_bundle(folder: Path) -> dict[str, Any]:
    """Check that every file is there and unaltered, without parsing any; returns the manifest.

    Raises
    ------
    UnknownModel
        There is no Bundle in the folder.
    BundleError
        A file is missing or altered, or the schema version is not one that this code reads.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise UnknownModel(f"{folder} holds no Bundle: there is no manifest.json in it.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["schema_version"], dict(manifest["files"])
    except (ValueError, KeyError, TypeError):
        raise BundleError(f"{path} cannot be read; pull the model again: leadscore pull --to DIR") from None
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{folder} has schema version {version}; this leadscore reads {SCHEMA_VERSION}. Train again, or install "
            "the leadscore that wrote it."
        )
    if manifest.get("seal") != _seal(manifest):
        raise BundleError(f"{path} is altered; pull the model again: leadscore pull --to DIR")
    for name, digest in files.items():
        file = folder / name
        if not file.is_file() or _sha256(file.read_bytes()) != digest:
            raise BundleError(f"{folder}: {name} is missing or altered; pull the model again: leadscore pull --to DIR")
    return manifest


def load_bundle(folder: Path) -> AnyBundle:
    """Load a Bundle, of a model or of a points card, after checking its hashes, and score its golden rows again.

    Nothing is left to be parsed or compiled at the first lead.

    Raises
    ------
    UnknownModel, BundleError
        As :func:`verify_bundle`; also when the golden rows come out differently.
    """
    manifest = verify_bundle(folder)
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in manifest["files"]}
    return _card_from(folder, texts, manifest) if RULES_FILE in texts else _model_from(folder, texts, manifest)


def _card_from(folder: Path, texts: Mapping[str, str], manifest: Mapping[str, Any]) -> CardBundle:
    try:
        return CardBundle.from_files(texts, manifest["card"])
    except BundleError as error:
        raise BundleError(f"{folder}: {error}") from None


def _model_from(folder: Path, texts: Mapping[str, str], manifest: Mapping[str, Any]) -> Bundle:
    content = json.loads(texts["scoring.json"])
    stages: dict[Stage, Likelihood] = {
        stage: Likelihood(model_from_file(s["file"], texts[s["file"]]), Calibrator.from_dict(s["calibrator"]))
        for stage, s in content["stages"].items()
    }
    bundle = Bundle(
        encoder=Encoder.from_dict(content["encoder"]),
        activities=(made := content["activities"]) and ActivityFeatures.from_dict(made),
        stages=stages,
        margins=margins_from_dict(content["margins"], texts.get(_MARGIN_TREES)),
        policy=Policy.from_dict(json.loads(texts["policy.json"])),
        reference=_prospects(json.loads(texts["reference.json"])),
        parts=Parts(**content["parts"]),
        ignored=frozenset(content["ignored"]),
        card=manifest["card"],
        scales=Scales.from_dict(content.get("scales", {})),
    )
    if wrong := golden_difference(bundle.answers, json.loads(texts["golden.json"])):
        raise BundleError(f"{folder}: the golden rows give other {wrong} than when the model was made; pull it again")
    for likelihood in stages.values():
        likelihood.model.prepare()
    return bundle


def _files(bundle: Bundle) -> dict[str, str]:
    files: dict[str, str] = {}
    stages = {}
    for stage, likelihood in bundle.stages.items():
        name = model_file(stage, likelihood.model.family)
        files[name] = likelihood.model.to_text()
        stages[stage] = {"file": name, "calibrator": likelihood.calibrator.to_dict()}
    if isinstance(bundle.margins, BoostedMargins):
        files[_MARGIN_TREES] = bundle.margins.to_text()
    content = {
        "encoder": bundle.encoder.to_dict(),
        "activities": bundle.activities and bundle.activities.to_dict(),
        "stages": stages,
        "margins": bundle.margins.to_dict(),
        "parts": {name: getattr(bundle.parts, name) for name in Parts.__slots__},
        "ignored": sorted(bundle.ignored),
        "scales": bundle.scales.to_dict(),
    }
    files["scoring.json"] = json.dumps(content, ensure_ascii=False)
    files["policy.json"] = json.dumps(bundle.policy.to_dict(), ensure_ascii=False)
    files["reference.json"] = json.dumps(_reference(bundle.reference), ensure_ascii=False)
    files["golden.json"] = json.dumps(golden_answers(bundle.encoder, bundle.answers))
    return files


def _reference(prospects: Prospects) -> dict[str, Any]:
    columns = {name: getattr(prospects, name) for name in Prospects.__slots__}
    return {name: None if values is None else values.tolist() for name, values in columns.items()}


def _prospects(content: Mapping[str, Any]) -> Prospects:
    kinds = {"segment": object, "customer": bool, "contactable": bool}
    columns: dict[str, Any] = {
        name: None if v is None else np.array(v, dtype=kinds.get(name, float)) for name, v in content.items()
    }
    return Prospects(**columns)


def _seal(manifest: Mapping[str, Any]) -> str:
    """Hash of everything in the manifest but the seal itself."""
    content = {name: value for name, value in manifest.items() if name != "seal"}
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_durably(path: Path, content: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
