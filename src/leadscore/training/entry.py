"""What a user calls: from a recipe to a registered model, and from its name to a scorer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from leadscore.data.history import write_left_out
from leadscore.decisions import Preview
from leadscore.errors import BadInput, Refused, UsageError
from leadscore.models.bundle import CardBundle, load_bundle
from leadscore.models.registry import CHAMPION, Registry, quiet
from leadscore.scoring import Scorer
from leadscore.training.cold_start import model_or_card
from leadscore.training.pipeline import Progress, silent
from leadscore.training.recalibrate import recalibrate_bundle
from leadscore.training.recipe import Recipe, load_recipe
from leadscore.training.result import CardResult, Registered, TrainingResult
from leadscore.training.what_if import repriced

__all__ = ["load", "recalibrate", "register_repriced", "train"]


def train(
    recipe: Recipe | Path | str,
    *,
    data: Path | str | None = None,
    seed: int = 0,
    now: datetime | None = None,
    home: Path | str | None = None,
    registry_name: str = "leadscore",
    progress: Progress = silent,
) -> TrainingResult | CardResult:
    """Learn from past leads, log the run and register the model, or the points card that the recipe has in its place.

    Parameters
    ----------
    recipe
        A recipe, or the path of its TOML.
    data
        In place of the recipe's folder (a folder) or of its leads (a file, or a database's URL).
    seed
        The same seed gives the same model.
    now
        The moment of training; the clock's when absent.
    home
        Working folder; ``LEADSCORE_HOME`` or the current one when absent.
    registry_name
        Name of the registered model.
    progress
        Called with what is being done and the share of the work that is done.

    Raises
    ------
    BadInput, Refused, OutOfReach
        The export cannot be used, there is nothing to learn, or MLflow cannot be reached; nothing was registered.
    """
    begun = time.monotonic()
    now = now or datetime.now(UTC)
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    registry = Registry(_home(home), name=registry_name)
    registry.check()
    with _search_journal(recipe, _home(home)) as journal:
        result = model_or_card(recipe, now=now, data=data, seed=seed, progress=progress, journal=journal)

        progress("logging the run and registering the model", 0.93)
        with quiet():
            # MLflow takes seconds to import, which a user with a typo in the recipe should not wait for.
            from leadscore.training.tracking import log_training
        registered = log_training(result, registry, seed=seed, now=now)
    progress("registered", 1.0)
    remarks = (*_left_out(result, _home(home)), *_other_champion(registry, registered))
    return result.with_registration(registered, time.monotonic() - begun, remarks)


def recalibrate(
    recipe: Recipe | Path | str,
    model: str = CHAMPION,
    *,
    data: Path | str | None = None,
    seed: int = 0,
    now: datetime | None = None,
    home: Path | str | None = None,
    registry_name: str = "leadscore",
    progress: Progress = silent,
) -> TrainingResult:
    """Refit only the calibration of a registered model on newly matured outcomes, and register a new version.

    Parameters
    ----------
    recipe
        That of the model, with an export that has newer outcomes.
    model
        As for :func:`load`.
    data, seed, now, home, registry_name, progress
        As for :func:`train`.

    Raises
    ------
    UsageError, BadInput, Refused, OutOfReach
        The model and the recipe do not fit together, the export cannot be used, fewer than 40 outcomes of a class are
        newer than the model, or MLflow cannot be reached; nothing was registered.
    """
    begun = time.monotonic()
    now = now or datetime.now(UTC)
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    registry = Registry(_home(home), name=registry_name)
    bundle = load_bundle(registry.find(model)[0])
    if isinstance(bundle, CardBundle):
        raise UsageError("a points card has no likelihoods to calibrate; train again: leadscore train RECIPE")
    result = recalibrate_bundle(recipe, bundle, now=now, data=data, seed=seed, progress=progress)

    progress("logging the run and registering the model", 0.93)
    with quiet():
        from leadscore.training.tracking import log_training
    registered = log_training(result, registry, seed=seed, now=now)
    progress("registered", 1.0)
    return result.with_registration(registered, time.monotonic() - begun, _other_champion(registry, registered))


def load(model: str | Path = CHAMPION, *, home: Path | str | None = None, registry_name: str = "leadscore") -> Scorer:
    """Load a model and score with it.

    Parameters
    ----------
    model
        ``champion``, ``challenger``, a version number, an MLflow model URI, or the path of a Bundle folder, for which
        no MLflow is needed.
    home
        Working folder; ``LEADSCORE_HOME`` or the current one when absent.
    registry_name
        Name of the registered model.

    Raises
    ------
    UnknownModel, BundleError, OutOfReach
        There is no such model, its files were altered, or they cannot be reached.
    """
    folder, name = Registry(_home(home), name=registry_name).find(str(model))
    return Scorer(load_bundle(folder), version=name)


def register_repriced(
    model: str,
    what_if: Preview,
    *,
    now: datetime | None = None,
    home: Path | str | None = None,
    registry_name: str = "leadscore",
) -> Registered:
    """Make a new version of a registered model from what :func:`preview` found for it.

    Parameters
    ----------
    model
        ``champion``, ``challenger``, a version number, or a URI of the registered model.
    what_if
        Prices and tiers before and after.
    now, home, registry_name
        As for :func:`train`.

    Returns
    -------
    Registered
        The new version, which is the challenger; the champion stays who it is.

    Raises
    ------
    UsageError, UnknownModel, OutOfReach
        A Bundle folder or a model of another name was given, a points card, or MLflow cannot be reached.
    """
    registry = Registry(_home(home), name=registry_name)
    source = registry.own(str(model))
    if source is None:
        raise UsageError(
            f"{str(model)!r} is no version of the registered model {registry_name!r}, of which a new version would be "
            "made: name champion, challenger or a version number."
        )
    scorer = load(str(source.number), home=home, registry_name=registry_name)
    bundle = repriced(scorer, what_if, now=now or datetime.now(UTC))
    with quiet():
        from leadscore.training.tracking import log_repriced
    return log_repriced(bundle, source, registry, now=now or datetime.now(UTC))


@contextmanager
def _search_journal(recipe: Recipe, home: Path) -> Iterator[Path]:
    """File that a search goes on from; it stays behind only where the training was broken off."""
    home.mkdir(parents=True, exist_ok=True)
    journal = home / f"{recipe.file_stem}.search.journal"
    try:
        yield journal
    except (BadInput, Refused):
        journal.unlink(missing_ok=True)
        raise
    journal.unlink(missing_ok=True)


def _left_out(result: TrainingResult | CardResult, home: Path) -> tuple[str, ...]:
    """Put the rows that were left out beside the user, not into MLflow: they hold leads."""
    path = home / f"{result.recipe.file_stem}.left-out.csv"
    rows = write_left_out(result.left_out, path)
    return (
        (f"{rows} rows of the export were left out; they lie in {path.name} with the reason of each",) if rows else ()
    )


def _other_champion(registry: Registry, registered: Registered) -> tuple[str, ...]:
    if CHAMPION in registered.aliases:
        return ()
    champion = next((v for v in registry.versions() if CHAMPION in v.aliases), None)
    if champion is None:
        return ("no version is champion yet: see the gates, then `leadscore promote`",)
    recipe = champion.tags.get("recipe", "unknown")
    return (
        f"the champion is still version {champion.number} (recipe {recipe!r}); look at `leadscore tiers challenger`, "
        "then `leadscore promote`",
    )


def _home(home: Path | str | None) -> Path:
    return Path(home or os.environ.get("LEADSCORE_HOME") or Path.cwd())
