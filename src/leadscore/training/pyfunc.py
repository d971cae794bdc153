"""The model as MLflow sees it: code that is logged with the Bundle beside it, without any pickle.

``mlflow.pyfunc.load_model``, ``mlflow models serve`` and ``spark_udf`` run this file. It scores a frame through the
same Scorer as the service does; every column may be absent.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from leadscore.models.bundle import load_bundle
from leadscore.scoring import Activity, Lead, Scorer

__all__ = ["LeadScoreModel"]


class LeadScoreModel(mlflow.pyfunc.PythonModel):
    """Scores a frame of leads: one row per lead in the same order, with the keys of the service's reply as columns.

    A model that learned from activities takes them in the column ``activities``, a list of ``{"type", "at"}`` as in
    the service's request or its JSON text, the moment of scoring in ``at`` and that of creation in ``created``.
    """

    def load_context(self, context: Any) -> None:
        """Load the Bundle that lies among the model's artifacts."""
        self.scorer = Scorer(load_bundle(Path(context.artifacts["bundle"])))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score leads given by the columns of the recipe's export; one without an id is named by its row."""
        frame, own = model_input, self.scorer.bundle.parts.id
        if own is not None and own in frame:
            frame = frame.assign(**{own: [_id(value, row) for row, value in enumerate(frame[own])]})
        if self.scorer.bundle.activities is not None and "activities" in frame:
            scored = _score_with_activities(self.scorer, frame)
        else:
            scored = self.scorer.score(frame)
        # JSON knows no NaN.
        return scored.astype(object).where(scored.notna(), None)


def _id(value: Any, row: int) -> str:
    if pd.isna(value):
        return str(row)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _score_with_activities(scorer: Scorer, frame: pd.DataFrame) -> pd.DataFrame:
    own = scorer.bundle.parts.id
    leads = [
        Lead(
            fields.get(own, str(row)),
            fields,
            activities=[
                Activity(a["type"], _moment(a["at"]), a.get("values") or {}) for a in _events(fields.pop("activities"))
            ],
            created=None if pd.isna(created := fields.pop("created", None)) else _moment(created),
            at=None if pd.isna(at := fields.pop("at", None)) else _moment(at),
        )
        for row, fields in enumerate(frame.to_dict("records"))
    ]
    return pd.DataFrame([d.reply() for d in scorer.decide(leads)], index=frame.index)


def _events(cell: Any) -> list[dict[str, Any]]:
    if isinstance(cell, str):
        return json.loads(cell) if cell.strip() else []
    return list(cell) if isinstance(cell, (list, tuple)) else []


def _moment(at: str | datetime) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


mlflow.models.set_model(LeadScoreModel())
