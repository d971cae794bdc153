"""What a Bundle's card tells of its model, and which columns the scorer has to know by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.models.bundle import Parts
from leadscore.training.evaluation import StageEvaluation
from leadscore.training.recipe import Recipe

__all__ = ["fingerprint", "model_card", "parts_of"]


def model_card(
    recipe: Recipe,
    history: History,
    rows: npt.NDArray[np.intp],
    evaluation: Mapping[Stage, StageEvaluation],
    notes: tuple[str, ...],
    *,
    now: datetime,
    seed: int,
) -> dict[str, Any]:
    """What ``GET /v1/model`` and the manifest tell of a model; nothing in it comes from one lead."""
    created = history.created
    newest = None if created is None else created.iloc[rows[-1]].isoformat()
    horizon: Mapping[Literal["qualify", "close"], int | None] = {
        stage: o.horizon_days if created is not None else None for stage, o in recipe.outcomes.items()
    }
    return {
        "recipe": recipe.name,
        "currency": recipe.currency,
        "horizon_days": horizon,
        "trained_until": newest,
        "trained_at": now.isoformat(timespec="seconds"),
        "leadscore": version("leadscore"),
        "seed": seed,
        "leads_learned_from": len(rows),
        "metrics": {stage: dict(e.measures.values) for stage, e in evaluation.items()},
        "notes": list(notes),
        "sources": recipe.data.model_dump(mode="json"),
        "data_fingerprint": fingerprint(history.frame),
    }


def parts_of(recipe: Recipe) -> Parts:
    """Columns that the scorer needs to know by name."""
    lead = recipe.lead
    return Parts(lead.id, lead.created, lead.account, lead.segment, lead.customer, lead.consent, recipe.data.date_order)


def fingerprint(frame: pd.DataFrame) -> str:
    """Hash of an export's cells, which tells two states of it apart."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()[:16]
