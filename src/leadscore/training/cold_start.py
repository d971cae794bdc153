"""The cold start: a points card where there is too little history for a model, and the recipe asks for one.

Between refusing and pretending: a company with thirty leads has leads to route. Its own rules do that, called rules
wherever they speak, until the history is enough.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from leadscore.data.activities import read_activities
from leadscore.data.inference import frame_decimals
from leadscore.data.joins import read_joined
from leadscore.data.locations import Place
from leadscore.errors import HorizonTooLong, NoSignal, NoUsableColumn, RecipeError, Refused, TooFewOutcomes
from leadscore.models.bundle import CardBundle
from leadscore.models.points_card import card_activities, card_encoder
from leadscore.models.rules import Rules
from leadscore.training.card import fingerprint, parts_of
from leadscore.training.pipeline import Progress, fit_bundle, place_of, silent
from leadscore.training.recipe import Recipe
from leadscore.training.result import CardResult, TrainingResult

__all__ = ["model_or_card"]

_TOO_LITTLE = (TooFewOutcomes, NoSignal, NoUsableColumn, HorizonTooLong)
_MEANWHILE = 'Until then `cold_start = "rules"` routes leads by points of your own.'


def model_or_card(
    recipe: Recipe,
    *,
    now: datetime,
    data: Place | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    journal: Path | None = None,
) -> TrainingResult | CardResult:
    """Learn a model; where the history is not enough for one, take the recipe's points card.

    The arguments are those of :func:`leadscore.training.pipeline.fit_bundle`.

    Raises
    ------
    BadInput
        The export or the recipe cannot be used as it stands, or a rule looks at a column that the export lacks.
    Refused
        There is nothing to learn, and the recipe has no points card for that.
    """
    begun = time.monotonic()
    # A rule that cannot work is told at once, and not on the day that it is needed.
    frame = None if recipe.cold_start == "refuse" else _checked_export(recipe, data)
    try:
        return fit_bundle(recipe, now=now, data=data, seed=seed, progress=progress, journal=journal)
    except _TOO_LITTLE as refusal:
        if frame is None:
            raise type(refusal)(f"{refusal} {_MEANWHILE}") from None
        return CardResult(
            recipe=recipe,
            bundle=_card_bundle(recipe, frame, refusal, now=now),
            refusal=refusal,
            rows={"read": len(frame), "fit": 0, "calibrate": 0, "test": 0},
            warnings=tuple(_remarks(recipe, place_of(recipe, data)[0])),
            seconds=time.monotonic() - begun,
        )


def _checked_export(recipe: Recipe, data: Place | str | None) -> pd.DataFrame:
    folder, leads = place_of(recipe, data)
    frame, _ = read_joined(recipe.data, folder, leads, id=recipe.lead.id)
    names = [str(name) for name in frame.columns]
    told = {column: stage for stage, outcome in recipe.outcomes.items() for column in outcome.columns}
    for i, rule in enumerate(_rules(recipe).points):
        if rule.column in told:
            raise RecipeError(
                f"[rules] points.{i}: the column {rule.column!r} tells the outcome of [{told[rule.column]}], which is "
                "not known of a new lead; remove the rule."
            )
        if rule.column is not None and rule.column not in names:
            near = difflib.get_close_matches(rule.column, names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise RecipeError(
                f"[rules] points.{i} names the column {rule.column!r}, which the export does not have; {hint}it has "
                f"{', '.join(map(repr, names[:40]))}."
            )
    return frame


def _card_bundle(recipe: Recipe, frame: pd.DataFrame, refusal: Refused, *, now: datetime) -> CardBundle:
    rules = _rules(recipe)
    sign = recipe.data.decimal
    decimals = dict.fromkeys(rules.columns, sign) if sign else frame_decimals(frame[list(rules.columns)])
    return CardBundle(
        encoder=card_encoder(rules, missing=recipe.lead.missing, decimals=decimals),
        activities=card_activities(rules),
        rules=rules,
        structure=recipe.selling_structure(),
        parts=parts_of(recipe),
        ignored=frozenset(map(str, frame.columns)) - {*rules.columns},
        card={
            "basis": "rules",
            "recipe": recipe.name,
            "currency": recipe.currency,
            "horizon_days": {},
            "why_no_model": {"error": type(refusal).__name__, "text": str(refusal)},
            "trained_at": now.isoformat(timespec="seconds"),
            "leadscore": version("leadscore"),
            "leads_learned_from": 0,
            "metrics": {},
            "notes": ["points of rules, and no likelihood: nothing was learned"],
            "sources": recipe.data.model_dump(mode="json"),
            "data_fingerprint": fingerprint(frame),
        },
    )


def _remarks(recipe: Recipe, folder: Path) -> Iterator[str]:
    rules, structure = _rules(recipe), recipe.selling_structure()
    asked = {rule.activity for rule in rules.points if rule.activity is not None}
    seen = {*read_activities(recipe.data, folder)["type"]} if asked else set()
    for activity in sorted(asked - seen):
        yield f"[rules] counts the activity {activity!r}, which the log does not have; it has {', '.join(sorted(seen))}"
    for name in sorted({role for tier in rules.tiers for role in tier.roles} & {*structure.roles}):
        eligible = structure.role_named(name).eligible
        if eligible.customer and recipe.lead.customer is None:
            yield f"{name} takes customers only, and [lead] names no `customer`: no lead goes to {name}"
        if eligible.segments and recipe.lead.segment is None:
            yield f"{name} takes some segments only, and [lead] names no `segment`: no lead goes to {name}"


def _rules(recipe: Recipe) -> Rules:
    if recipe.rules is None:
        raise RecipeError('cold_start = "rules" needs [rules] with `points` and `tiers`.')
    return recipe.rules
