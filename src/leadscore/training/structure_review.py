"""From a recipe to the review of structures: the leads, their volume, the structures cut to them, and the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from leadscore.decisions import DAYS, Structure, complete, preset, read_structure
from leadscore.decisions.adapting import adapt_to
from leadscore.decisions.outsourcing import buys
from leadscore.decisions.review_result import StructureReview
from leadscore.decisions.structure_review import review_structures
from leadscore.errors import UsageError
from leadscore.models.bundle import Bundle
from leadscore.models.registry import Registry, quiet
from leadscore.training.entry import load
from leadscore.training.pipeline import Progress, fit_bundle, silent
from leadscore.training.recipe import Recipe, load_recipe

__all__ = ["compare_structures", "review"]


def review(
    recipe: Recipe | Path | str,
    structures: Sequence[str],
    *,
    home: Path,
    data: Path | str | None = None,
    model: str | None = None,
    registry_name: str = "leadscore",
    seed: int = 0,
    now: datetime | None = None,
    progress: Progress = silent,
) -> StructureReview:
    """Compare structures on the leads of a recipe, and log what was found as a run.

    Parameters
    ----------
    recipe
        A recipe, or the path of its TOML; its structure is today's.
    structures
        Presets, or paths of TOML files.
    home
        Working folder.
    data
        In place of the recipe's folder (a folder) or of its leads (a file, or a database's URL).
    model
        As for :func:`leadscore.load`; when absent, one is learned from the recipe and not registered.
    registry_name
        Name of the registered model.
    seed
        The same seed gives the same figures.
    now
        The moment of the review; the clock's when absent.
    progress
        Called with what is being done and the share of the work that is done.

    Raises
    ------
    BadInput, Refused, OutOfReach
        The export, the recipe or a structure cannot be used, or MLflow cannot be reached.
    """
    now = now or datetime.now(UTC)
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    chosen = [read_structure(name) for name in dict.fromkeys(structures)]
    names = [structure.name for structure in chosen]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"two structures are named {twice.pop()!r}; change `name` in one of the files.")
    if model is None:
        bundle = fit_bundle(recipe, now=now, data=data, seed=seed, progress=lambda t, s: progress(t, 0.6 * s)).bundle
    else:
        loaded = load(model, home=home, registry_name=registry_name).bundle
        if not isinstance(loaded, Bundle):
            raise UsageError("a points card has no likelihoods to compare structures by; train a model first.")
        bundle = loaded
    progress("comparing the structures", 0.6)
    found = compare_structures(recipe, bundle, chosen, seed=seed)
    progress("logging the run", 0.95)
    with quiet():
        from leadscore.training.tracking import log_review
    log_review(found, recipe.name, Registry(home, name=registry_name), model=model or "none", seed=seed, now=now)
    progress("done", 1.0)
    return found


def compare_structures(
    recipe: Recipe, bundle: Bundle, structures: Sequence[Structure], *, seed: int = 0
) -> StructureReview:
    """Compare structures on the leads that a model's tiers were cut from, in months.

    Parameters
    ----------
    recipe
        Tells today's structure and the currency.
    bundle
        The model.
    structures
        To compare; roles that the leads cannot feed are left out and told.
    seed
        The same seed simulates the same months.
    """
    policy, reference = bundle.policy, bundle.reference
    adapted = [
        adapt_to(structure.per("month"), reference, policy.assumption, policy.structure)
        for structure in (recipe.selling_structure(), *structures, preset("outsourced"))
    ]
    today, *chosen, outsourced = (structure for structure, _ in adapted)
    if any(other.name == today.name and other != today for other in chosen):
        today = today.model_copy(update={"name": "today"})
    notes = [f"{structure.name}: {sentence}" for structure, sentences in adapted[:-1] for sentence in sentences]
    return review_structures(
        chosen,
        today,
        next((structure for structure in (*chosen, outsourced) if buys(structure)), None),
        complete(reference, policy.assumption),
        leads_per_period=policy.leads_per_period * DAYS["month"] / DAYS[policy.structure.period],
        currency=recipe.currency,
        seed=seed,
        notes=(*dict.fromkeys(notes), policy.volume_note),
    )
