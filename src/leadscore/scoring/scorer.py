"""The one path from lead to decision, for HTTP, batches, evaluation and the pyfunc model alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.schema import Field
from leadscore.decisions import Choices, Prospects
from leadscore.models.bundle import Bundle
from leadscore.models.features import Feature
from leadscore.models.reasons import Reason, explain
from leadscore.scoring.decision import REPLY_KEYS, Decision, Detail, Lead
from leadscore.scoring.inputs import Inputs, from_frame, from_leads, tie_break

__all__ = ["Scorer"]

Floats = npt.NDArray[np.float64]


class Scorer:
    """Scores leads and routes them with one Bundle.

    Parameters
    ----------
    bundle
        Everything needed to score.
    version
        Name of the model in replies; the Bundle's own name when empty.
    """

    def __init__(self, bundle: Bundle, *, version: str = "") -> None:
        self.bundle = bundle
        self.model_version = version or str(bundle.card.get("version", "unregistered"))
        self._currency = str(bundle.card["currency"])
        self._values = np.sort(bundle.policy.decide(bundle.reference).value)
        stage: Any = bundle.card["horizon_days"]
        self._horizon: int | None = stage.get("close") or stage.get("qualify")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the model reads, without the features made from activities."""
        return tuple(_as_field(f) for f in self.bundle.encoder.features if f.name not in self.bundle.made_names)

    @cached_property
    def known_columns(self) -> frozenset[str]:
        """Columns that the recipe knows and the model does not use."""
        return self.bundle.ignored

    @property
    def missing(self) -> frozenset[str]:
        """Spellings, in lower case, that mean missing in this export."""
        return frozenset(self.bundle.encoder.missing)

    @property
    def card(self) -> Mapping[str, Any]:
        """What ``GET /v1/model`` tells."""
        return {"model": self.model_version, **self.bundle.card}

    @property
    def tier_table(self) -> Mapping[str, Any]:
        """What ``GET /v1/tiers`` tells."""
        policy = self.bundle.policy
        return {
            "model": self.model_version,
            "tiers": [asdict(row) for row in policy.tiers.rows],
            "prices": dict(policy.prices.per_hour),
        }

    def score_one(self, fields: Mapping[str, Any], *, lead_id: str = "", reasons: int = 3) -> Decision:
        """Score one lead given by its fields.

        Parameters
        ----------
        fields
            Values by the column names of the export; a missing field is unknown.
        lead_id
            Your identifier.
        reasons
            How many sentences of reasons, 0 to 3.
        """
        return self.decide([Lead(lead_id, fields)], reasons=reasons)[0]

    def decide(self, leads: Sequence[Lead], *, reasons: int | None = 3, detail: bool = False) -> list[Decision]:
        """Score leads and decide who touches each first, in the order given.

        Parameters
        ----------
        leads
            The leads; any value is accepted, an unknown one counts as unknown.
        reasons
            How many sentences of reasons, 0 to 3, which cost more than the score; None: all reasons of both stages.
        detail
            Whether to add reasons with their effects, the runner-up, the prices and what was unusual in the input.
        """
        return self._judge(from_leads(self.bundle, leads), reasons, detail)

    def score(
        self,
        frame: pd.DataFrame,
        *,
        activities: pd.DataFrame | None = None,
        at: pd.Series | None = None,
        reasons: int = 3,
        first_row: int = 0,
    ) -> pd.DataFrame:
        """Score a frame of leads: one row per lead in the same order, with the keys of the reply as columns.

        Parameters
        ----------
        frame
            Columns as in the export, text or numbers.
        activities
            Events with columns ``lead``, ``type`` and ``at``.
        at
            Scoring moment of each lead, when there are activities.
        reasons
            How many sentences of reasons, 0 to 3.
        first_row
            Number of the first row, which names leads of a model without an id column.
        """
        inputs = from_frame(self.bundle, frame, activities=activities, at=at, first_row=first_row)
        decisions = self._judge(inputs, reasons, False)
        scored = pd.DataFrame([d.reply() for d in decisions], columns=list(REPLY_KEYS), index=frame.index)
        return scored.astype({"reply_within_minutes": "Int64"})

    def _judge(self, inputs: Inputs, reasons: int | None, detail: bool) -> list[Decision]:
        """Likelihoods, value, route and reasons: the same few lines for every caller."""
        p_qualify, p_close = self.bundle.likelihoods(inputs.X)
        prospects = Prospects(
            p_qualify,
            p_close,
            margin=self.bundle.margins(inputs.segment),
            segment=inputs.segment,
            customer=inputs.customer,
            contactable=inputs.contactable,
            tie=tie_break(inputs.ids),
        )
        choices = self.bundle.policy.decide(prospects)
        found = None if reasons == 0 else self._reasons(inputs.X, choices, reasons)
        return [
            self._decision(i, lead_id, prospects, choices, found, self._detail(i, inputs, choices, found, detail))
            for i, lead_id in enumerate(inputs.ids)
        ]

    def _reasons(self, X: Floats, choices: Choices, top: int | None) -> list[dict[str, list[Reason]]]:
        """Reasons by stage: those of the stage that decides the role, or all of both when ``top`` is None."""
        deciding = np.array([self._deciding_stage(role) for role in choices.role], dtype=object)
        found: list[dict[str, list[Reason]]] = [{} for _ in range(len(X))]
        for stage, likelihood in self.bundle.stages.items():
            rows = np.arange(len(X)) if top is None else np.flatnonzero(deciding == stage)
            if not len(rows):
                continue
            for row, effects in zip(rows, likelihood.model.reasons(X[rows]), strict=True):
                found[row][stage] = explain(self.bundle.encoder, X[row], effects, top=top)
        return found

    def _deciding_stage(self, role: str) -> str:
        stages = self.bundle.stages
        if len(stages) == 1:
            return next(iter(stages))
        return "close" if self._closes.get(role, False) else "qualify"

    @cached_property
    def _closes(self) -> dict[str, bool]:
        return {role.name: role.stage in ("close", "grow") for role in self.bundle.policy.structure.role}

    def _decision(
        self,
        i: int,
        lead_id: str,
        prospects: Prospects,
        choices: Choices,
        reasons: list[dict[str, list[Reason]]] | None,
        detail: Detail | None,
    ) -> Decision:
        role = str(choices.role[i])
        found = reasons[i] if reasons is not None else {}
        flat = found.get(self._deciding_stage(role), [])[:3]
        texts = [r.text for r in flat] + [None] * (3 - len(flat))
        value = float(choices.value[i])
        return Decision(
            lead_id=lead_id,
            p_qualify=None if prospects.p_qualify is None else float(prospects.p_qualify[i]),
            p_close=None if prospects.p_close is None else float(prospects.p_close[i]),
            score=min(99, int(100 * np.searchsorted(self._values, value, side="left") / len(self._values))),
            value=value,
            currency=self._currency,
            tier=str(choices.tier[i]),
            tier_role=str(choices.tier_role[i]),
            role=role,
            reply_within_minutes=choices.reply_within_minutes[i],
            reason_1=texts[0],
            reason_2=texts[1],
            reason_3=texts[2],
            model_version=self.model_version,
            horizon_days=self._horizon,
            detail=detail,
        )

    def _detail(
        self, i: int, inputs: Inputs, choices: Choices, found: list[dict[str, list[Reason]]] | None, wanted: bool
    ) -> Detail | None:
        if not wanted:
            return None
        runner_up = choices.runner_up[i]
        by_role = zip(self.bundle.policy.roles, choices.role_net[i].tolist(), strict=True)
        nets = {role: net for role, net in by_role if np.isfinite(net)}
        return Detail(
            reasons={} if found is None else found[i],
            runner_up=None if runner_up is None else (str(runner_up), float(choices.runner_up_net[i])),
            prices=dict(self.bundle.policy.prices.per_hour),
            eligible=tuple(nets),
            propensity=1.0,
            net_values=nets,
            notes=self._notes(inputs.X[i], {} if inputs.fields is None else inputs.fields[i]),
        )

    def _notes(self, row: Floats, fields: Mapping[str, Any]) -> dict[str, list[str]]:
        notes: dict[str, list[str]] = {"missing": [], "unseen": [], "ignored": []}
        for feature, code in zip(self.bundle.encoder.features, row.tolist(), strict=True):
            if math.isnan(code) and feature.source == feature.name:
                notes["missing"].append(feature.name)
            elif feature.kind == "category" and code == len(feature.levels):
                notes["unseen"].append(feature.name)
        notes["ignored"] = [name for name in fields if name in self.bundle.ignored]
        return notes


def _as_field(feature: Feature) -> Field:
    examples: tuple[Any, ...] = feature.labels[:3] if feature.kind == "category" else (True, False)
    if feature.kind == "number":
        examples = () if feature.typical is None else (feature.typical,)
    return Field(feature.name, feature.kind, f"Field {feature.name!r} of the recipe's export.", examples)
