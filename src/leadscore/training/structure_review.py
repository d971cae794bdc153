"""From a recipe or a model to the review of structures: the leads, their volume, and the structures cut to them."""

from __future__ import annotations

from collections.abc import Sequence

from leadscore.decisions import DAYS, complete, preset, read_structure
from leadscore.decisions.adapting import adapt_to
from leadscore.decisions.outsourcing import buys
from leadscore.decisions.structure_review import StructureReview, review_structures
from leadscore.errors import UsageError
from leadscore.models.bundle import AnyBundle, CardBundle
from leadscore.training.recipe import Recipe

__all__ = ["structure_review"]


def structure_review(recipe: Recipe, bundle: AnyBundle, names: Sequence[str], *, seed: int = 0) -> StructureReview:
    """Compare structures on the leads that a model's tiers were cut from.

    Parameters
    ----------
    recipe
        Tells today's structure and the currency.
    bundle
        The model.
    names
        Presets, or paths of TOML files.
    seed
        The same seed simulates the same months.

    Raises
    ------
    UsageError, StructureError
        The bundle is a points card, which has no likelihoods; a structure cannot be read or used with these leads.
    """
    if isinstance(bundle, CardBundle):
        raise UsageError("a points card has no likelihoods to compare structures by; train a model first.")
    policy, reference = bundle.policy, bundle.reference
    today, *others = (
        adapt_to(structure.per("month"), reference, policy.assumption)
        for structure in (recipe.selling_structure(), *map(read_structure, names))
    )
    chosen = [structure for structure, _ in others]
    if any(s.name == today[0].name and s != today[0] for s in chosen):
        today = (today[0].model_copy(update={"name": "today"}), today[1])
    notes = tuple(
        f"{structure.name}: {sentence[0].lower()}{sentence[1:]}"
        for structure, sentences in (today, *others)
        for sentence in sentences
    )
    bought, _ = adapt_to(preset("outsourced").per("month"), reference, policy.assumption)
    return review_structures(
        chosen,
        today[0],
        next((structure for structure in chosen if buys(structure)), bought),
        complete(reference, policy.assumption),
        leads_per_period=policy.leads_per_period * DAYS["month"] / DAYS[policy.structure.period],
        currency=recipe.currency,
        seed=seed,
        notes=(*dict.fromkeys(notes), policy.volume_note),
    )
