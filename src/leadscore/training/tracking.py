"""The run: everything that was asked, measured and made in one training, kept in MLflow.

What a reader of the run sees holds figures, settings and leads that never lived; no lead of the export.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param
from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import save_model
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from leadscore.decisions.review_result import StructureReview
from leadscore.models.bundle import AnyBundle, Bundle, save_bundle
from leadscore.models.placement import local_path
from leadscore.models.registry import CHAMPION, Registry, Version
from leadscore.scoring.decision import REPLY_KEYS
from leadscore.training.example import input_example
from leadscore.training.promotion import gates, gates_again, is_card, passed, tags_of
from leadscore.training.report.files import run_tables, write_files, write_repriced
from leadscore.training.report.review_page import review_page
from leadscore.training.report.summary import metrics_of, params_of, review_metrics
from leadscore.training.result import AnyResult, Registered

__all__ = ["log_repriced", "log_review", "log_training", "model_signature"]

_MODEL = "model"
_CODE = Path(__file__).with_name("pyfunc.py")


def log_training(result: AnyResult, registry: Registry, *, seed: int, now: datetime) -> Registered:
    """Log one training as a run and register what it made.

    The first of an empty registry becomes champion, and so does what replaces a points card of the same recipe.

    Parameters
    ----------
    result
        What was trained.
    registry
        Where to.
    seed
        Seed of the training.
    now
        Moment of the training.

    Raises
    ------
    OutOfReach
        The store cannot be reached or written.
    """
    verdicts = gates(result)
    registry.create()
    with registry.reaching(), tempfile.TemporaryDirectory(prefix="leadscore-") as scratch:
        versions = registry.versions()
        with _run(result.recipe.name, registry, seed=seed, now=now) as run:
            run.log_figures(result, seed=seed)
            run.log_files(write_files(result, Path(scratch) / "run"))
            run.log_tables(run_tables(result))
            model_id, location = run.log_model(result.bundle, Path(scratch))
            tags = {"recipe": result.recipe.name, "basis": result.basis, **tags_of(verdicts)}
            number = registry.register(location, run_id=run.run_id, model_id=model_id, tags=tags)
            if passed(verdicts) and (not versions or _card_reigns(versions, result.recipe.name)):
                registry.promote(str(number))
    return Registered(run.run_id, f"models:/{registry.name}/{number}", registry.alias_of(number), verdicts)


def log_repriced(bundle: Bundle, source: Version, registry: Registry, *, now: datetime) -> Registered:
    """Log a model under other prices and tiers as a run of its own, and register it as a new version.

    The champion stays who it is.

    Parameters
    ----------
    bundle
        The re-priced model.
    source
        The version that it comes from.
    registry
        Where both lie.
    now
        Moment of the re-pricing.

    Raises
    ------
    OutOfReach
        The store cannot be reached or written.
    """
    verdicts, policy, card = gates_again(source, bundle), bundle.policy, bundle.card
    prices = {f"price_per_hour.{role}": price for role, price in policy.prices.per_hour.items()}
    changed = {key: json.dumps(pair, ensure_ascii=False) for key, pair in card["repriced"].items()}
    with (
        registry.reaching(),
        tempfile.TemporaryDirectory(prefix="leadscore-") as scratch,
        _run(card["recipe"], registry, seed=card["seed"], now=now, command="tiers") as run,
    ):
        run.log(prices, {"repriced_from": card["repriced_from"], "structure": policy.structure.name, **changed})
        run.log_files(write_repriced(bundle, Path(scratch) / "run"))
        model_id, location = run.log_model(bundle, Path(scratch))
        tags = {**source.tags, **tags_of(verdicts), "repriced_from": str(source.number)}
        number = registry.register(location, run_id=run.run_id, model_id=model_id, tags=tags)
    return Registered(run.run_id, f"models:/{registry.name}/{number}", registry.alias_of(number), verdicts)


def log_review(review: StructureReview, name: str, registry: Registry, *, model: str, seed: int, now: datetime) -> str:
    """Log a review of structures as a run without a model, beside the trainings of the recipe.

    Parameters
    ----------
    review
        What was found.
    name
        Name of the recipe.
    registry
        Where to.
    model
        Version that the likelihoods come from, or what stands for it.
    seed, now
        Of the review.

    Returns
    -------
    str
        Id of the run.

    Raises
    ------
    OutOfReach
        The store cannot be reached or written.
    """
    registry.create()
    with (
        registry.reaching(),
        tempfile.TemporaryDirectory(prefix="leadscore-") as scratch,
        _run(name, registry, seed=seed, now=now, command="review") as run,
    ):
        run.log(review_metrics(review), {"today": review.today.name, "model": model, "seed": seed})
        folder = Path(scratch)
        (folder / "review.json").write_text(json.dumps(review.to_dict(), indent=2, ensure_ascii=False), "utf-8")
        (folder / "review.html").write_text(review_page(review, name), encoding="utf-8")
        run.log_files(folder)
    return run.run_id


def _card_reigns(versions: tuple[Version, ...], recipe: str) -> bool:
    champion = next((v for v in versions if CHAMPION in v.aliases), None)
    return champion is not None and is_card(champion) and champion.tags.get("recipe") == recipe


@dataclass(slots=True)
class _Run:
    """An open run."""

    client: Any
    experiment_id: str
    run_id: str
    at: int
    places: list[str]
    model_id: str | None = None

    def log_figures(self, result: AnyResult, *, seed: int) -> None:
        """Parameters, metrics and the data that was learned from."""
        self.log(metrics_of(result), params_of(result, seed))
        self.client.log_inputs(self.run_id, datasets=[_dataset(result)])

    def log(self, metrics: Mapping[str, float], params: Mapping[str, Any]) -> None:
        """Figures and settings by name."""
        self.client.log_batch(
            self.run_id,
            metrics=[Metric(name, float(value), self.at, 0) for name, value in metrics.items()],
            params=[Param(name, str(value)) for name, value in params.items()],
        )

    def log_files(self, folder: Path) -> None:
        """Everything that lies in a folder."""
        self.client.log_artifacts(self.run_id, str(folder))

    def log_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Tables that MLflow's pages show as such, and compare between runs."""
        for name, table in tables.items():
            self.client.log_table(self.run_id, table, f"tables/{name}.json")

    def log_model(self, bundle: AnyBundle, scratch: Path) -> tuple[str, str]:
        """The pyfunc model with the Bundle inside; returns its id and location."""
        made = self.client.create_logged_model(self.experiment_id, name=_MODEL, source_run_id=self.run_id)
        self.model_id = made.model_id
        self.places.append(made.artifact_location)
        named = replace(bundle, card={**bundle.card, "version": f"runs:/{self.run_id}"})
        save_model(
            str(scratch / _MODEL),
            python_model=str(_CODE),
            artifacts={"bundle": str(save_bundle(named, scratch / "bundle"))},
            signature=model_signature(bundle),
            input_example=input_example(bundle),
            pip_requirements=[f"leadscore=={version('leadscore')}", f"mlflow=={version('mlflow')}"],
            mlflow_model=Model(artifact_path=made.artifact_location, run_id=self.run_id, model_id=made.model_id),
        )
        for cache in (scratch / _MODEL).rglob("__pycache__"):
            shutil.rmtree(cache)
        self.client.log_model_artifacts(made.model_id, str(scratch / _MODEL))
        self.client.finalize_logged_model(made.model_id, "READY")
        self.client.log_outputs(self.run_id, [LoggedModelOutput(made.model_id, step=0)])
        return made.model_id, made.artifact_location

    def undo(self, registry: Registry, status: str) -> None:
        """Leave a run that says how it ended, and no model."""
        registry.forget(self.run_id)
        if self.model_id is not None:
            self.client.delete_logged_model(self.model_id)
        for place in self.places:
            if (folder := local_path(place)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
        self.client.set_terminated(self.run_id, status)


@contextmanager
def _run(name: str, registry: Registry, *, seed: int, now: datetime, command: str = "train") -> Iterator[_Run]:
    client = registry.client
    found = client.get_experiment_by_name(name)
    here = str(registry.artifacts) if registry.embedded else None
    experiment = found.experiment_id if found else client.create_experiment(name, artifact_location=here)
    tags = {
        "mlflow.source.name": f"leadscore {command}",
        "mlflow.source.type": "LOCAL",
        "leadscore.version": version("leadscore"),
        "recipe": name,
    }
    started = int(1000 * now.timestamp())
    made = client.create_run(experiment, started, tags, run_name=f"{name} seed {seed}")
    run = _Run(client, experiment, made.info.run_id, started, [made.info.artifact_uri])
    try:
        yield run
    except BaseException as error:
        run.undo(registry, "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    client.set_terminated(run.run_id, "FINISHED")


def model_signature(bundle: AnyBundle) -> ModelSignature:
    """Columns in and out.

    Every input is optional and of any type, since an export writes numbers as text, answers as words, and leaves
    cells empty, and the encoder reads all of that.
    """
    inputs = [ColSpec(AnyType(), name, required=False) for name in input_example(bundle).columns]
    kinds = dict.fromkeys(("p_qualify", "p_close", "value", "reply_within_minutes", "horizon_days"), DataType.double)
    kinds |= dict.fromkeys(("score", "fit", "engagement"), DataType.long)
    outputs = [ColSpec(kinds.get(key, DataType.string), key, required=False) for key in REPLY_KEYS]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _dataset(result: AnyResult) -> DatasetInput:
    schema = {feature.name: feature.kind for feature in result.bundle.encoder.features}
    dataset = Dataset(
        name=result.recipe.name,
        digest=result.bundle.card["data_fingerprint"],
        source_type="leadscore recipe",
        source=result.recipe.data.model_dump_json(),
        schema=json.dumps(schema, ensure_ascii=False),
        profile=json.dumps(dict(result.rows)),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
