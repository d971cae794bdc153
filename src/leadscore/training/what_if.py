"""What-if: what would move under another structure, other figures, or another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from leadscore.decisions import Preview, Structure, preset
from leadscore.decisions import preview as preview_policy
from leadscore.errors import UsageError
from leadscore.models.bundle import Bundle, CardBundle, load_bundle
from leadscore.models.registry import CHAMPION, Registry
from leadscore.scoring import Scorer

__all__ = ["champion_and", "preview", "repriced"]

_NO_PRICES = "a points card has no likelihoods to cut tiers from: change its [rules], and train again."


def preview(scorer: Scorer, *, structure: Path | str | None = None, settings: Sequence[str] = ()) -> Preview:
    """What moves in the tiers under another structure or other figures, without refitting.

    Parameters
    ----------
    scorer
        The model.
    structure
        TOML of another structure, or the name of a preset; the model's own when absent.
    settings
        Figures to change, as ``ROLE.key=VALUE``.

    Raises
    ------
    UsageError, StructureError
        A setting is not of that form, the structure has no such role or key, or the scorer's is a points card.

    Examples
    --------
    >>> _setting("SDR.heads = 4")
    ('SDR.heads', '4')
    """
    bundle = scorer.bundle
    if isinstance(bundle, CardBundle):
        raise UsageError(_NO_PRICES)
    chosen = bundle.policy.structure if structure is None else _structure(str(structure))
    # How many leads arrive was counted in the model's own period.
    chosen = chosen.per(bundle.policy.structure.period)
    return preview_policy(bundle.policy, bundle.reference, chosen.with_(dict(map(_setting, settings))))


def repriced(scorer: Scorer, what_if: Preview, *, now: datetime) -> Bundle:
    """The model of a what-if, whose card tells where it comes from and what was changed.

    Parameters
    ----------
    scorer
        The model before.
    what_if
        What :func:`preview` found for it.
    now
        The moment, for the card.

    Raises
    ------
    UsageError
        The scorer's is a points card.
    """
    bundle = scorer.bundle
    if isinstance(bundle, CardBundle):
        raise UsageError(_NO_PRICES)
    origin = {
        "repriced_from": scorer.model_version,
        "repriced_at": now.isoformat(timespec="seconds"),
        "repriced": what_if.before.structure.changes_to(what_if.after.structure),
    }
    notes = [*bundle.card.get("notes", ()), f"prices and tiers of {scorer.model_version} were cut anew", *what_if.notes]
    return replace(bundle, policy=what_if.after, card={**bundle.card, **origin, "notes": notes})


def champion_and(registry: Registry, model: str) -> tuple[tuple[Scorer, Scorer], Preview | None]:
    """Load the champion and the version that would follow it, and say what would move.

    Returns
    -------
    scorers, preview
        The champion, or the version itself where there is none yet, and the version. No preview where the version is
        champion already, or one of them is a points card, which has no prices.
    """
    number = registry.version(model).number
    champion = next((v for v in registry.versions() if CHAMPION in v.aliases), registry.version(model))
    before, after = (_scorer(registry, version) for version in (champion.number, number))
    if champion.number == number or isinstance(before.bundle, CardBundle) or isinstance(after.bundle, CardBundle):
        return (before, after), None
    return (before, after), Preview(before.bundle.policy, after.bundle.policy)


def _scorer(registry: Registry, number: int) -> Scorer:
    folder, name = registry.find(str(number))
    return Scorer(load_bundle(folder), version=name)


def _structure(name: str) -> Structure:
    return Structure.from_toml(name) if name.endswith(".toml") else preset(name)


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not ("." in key and equals and value):
        raise UsageError(f"--set {text!r} is no setting; write ROLE.key=VALUE, such as SDR.heads=4")
    return key, value
