"""The one path from lead to decision, for HTTP, batches, evaluation and the pyfunc model alike."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.schema import Field, category_key, parse_boolean
from leadscore.decisions import Choices, Prospects
from leadscore.models.bundle import Bundle
from leadscore.models.features import Feature
from leadscore.models.reasons import Reason, explain
from leadscore.scoring.decision import REPLY_KEYS, Decision, Detail, Lead

__all__ = ["Scorer", "tie_break"]

Floats = npt.NDArray[np.float64]


def tie_break(lead_ids: Iterable[str]) -> Floats:
    """Numbers in [0, 1) from a hash of each id, which part leads that are otherwise alike.

    Examples
    --------
    >>> tie_break(["L-1", "L-2"]).round(3)
    array([0.62 , 0.162])
    """
    digests = (hashlib.blake2b(i.encode("utf-8", "surrogatepass"), digest_size=6).digest() for i in lead_ids)
    return np.array([int.from_bytes(d, "big") / 2**48 for d in digests], dtype=float)


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
        self._values = np.sort(self._choose(bundle.reference).value)
        stage: Any = bundle.card["horizon_days"]
        self._horizon: int | None = stage.get("close") or stage.get("qualify")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the model reads, without the features made from activities."""
        return tuple(_as_field(f) for f in self.bundle.encoder.features if f.name not in self._made)

    @cached_property
    def _made(self) -> tuple[str, ...]:
        """Names of the features made from activities."""
        return () if self.bundle.activities is None else tuple(f.name for f in self.bundle.activities.fields)

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
        fields = [self._with_activities(lead) for lead in leads]
        X = self.bundle.encoder.encode(fields)
        parts = self.bundle.parts
        segment = np.array([_segment(f.get(parts.segment)) if parts.segment else None for f in fields], dtype=object)
        customer = np.array([_answer(f, parts.customer, False) for f in fields], dtype=bool)
        contactable = np.array([_answer(f, parts.consent, True) for f in fields], dtype=bool)
        ids = [lead.lead_id for lead in leads]
        prospects = self._prospects(X, segment, customer, contactable, tie_break(ids))
        choices = self._choose(prospects)
        found = None if reasons == 0 else self._reasons(X, choices, reasons)
        details = [self._detail(i, X[i], choices, found, fields[i]) if detail else None for i in range(len(leads))]
        return [self._decision(i, ids[i], prospects, choices, found, details[i]) for i in range(len(leads))]

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
        parts, n = self.bundle.parts, len(frame)
        if parts.id in frame.columns:
            ids = frame[parts.id].astype(str).tolist()
        else:
            ids = [str(first_row + i) for i in range(n)]
        X = self.bundle.encoder.encode_frame(self._with_activity_columns(frame, ids, activities, at))
        prospects = self._prospects(
            X,
            _column(frame, parts.segment, _segment, None, object),
            _column(frame, parts.customer, lambda v: parse_boolean(v) == 1, False, bool),
            _column(frame, parts.consent, lambda v: parse_boolean(v) != 0, True, bool),
            tie_break(ids),
        )
        choices = self._choose(prospects)
        found = None if reasons == 0 else self._reasons(X, choices, reasons)
        decisions = [self._decision(i, ids[i], prospects, choices, found, None) for i in range(n)]
        scored = pd.DataFrame([d.reply() for d in decisions], columns=list(REPLY_KEYS), index=frame.index)
        return scored.astype({"reply_within_minutes": "Int64"})

    def _prospects(self, X: Floats, segment: Any, customer: Any, contactable: Any, tie: Floats) -> Prospects:
        p_qualify, p_close = self.bundle.likelihoods(X)
        return Prospects(p_qualify, p_close, self.bundle.margins(segment), segment, customer, contactable, tie)

    def _choose(self, prospects: Prospects) -> Choices:
        return self.bundle.policy.decide(prospects)

    def _with_activities(self, lead: Lead) -> Mapping[str, Any]:
        definition = self.bundle.activities
        if definition is None:
            return lead.fields
        moment = _moment(lead)
        index = definition.type_index([a.type for a in lead.activities])
        age = np.array([(moment - a.at) / timedelta(days=1) for a in lead.activities], dtype=float)
        values = definition.matrix(np.zeros(len(index), dtype=np.intp), index, age, 1)[0]
        return {**lead.fields, **dict(zip(self._made, values.tolist(), strict=True))}

    def _with_activity_columns(
        self, frame: pd.DataFrame, ids: Sequence[str], activities: pd.DataFrame | None, at: pd.Series | None
    ) -> pd.DataFrame:
        definition = self.bundle.activities
        if definition is None:
            return frame
        n = len(frame)
        rows, index, age = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
        if activities is not None and at is not None:
            spread = _events_by_row(ids, activities)
            rows = spread["row"].to_numpy(dtype=np.intp)
            index = definition.type_index(spread["type"].tolist())
            age = (at.to_numpy()[rows] - spread["at"].to_numpy()) / np.timedelta64(1, "D")
        made = pd.DataFrame(definition.matrix(rows, index, age, n), columns=list(self._made), index=frame.index)
        return pd.concat([frame.drop(columns=list(made.columns), errors="ignore"), made], axis=1)

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
        self,
        i: int,
        row: Floats,
        choices: Choices,
        found: list[dict[str, list[Reason]]] | None,
        fields: Mapping[str, Any],
    ) -> Detail:
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
            notes=self._notes(row, fields),
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


def _moment(lead: Lead) -> datetime:
    if lead.at is not None:
        return lead.at
    known = [a.at for a in lead.activities]
    if lead.created is not None:
        known.append(lead.created)
    return max(known, default=datetime(1970, 1, 1, tzinfo=UTC))


def _events_by_row(ids: Sequence[str], activities: pd.DataFrame) -> pd.DataFrame:
    # An id may stand on several rows of a batch: each of them gets the events.
    rows = pd.DataFrame({"lead": ids, "row": np.arange(len(ids))})
    return activities.merge(rows, on="lead", how="inner")


def _as_field(feature: Feature) -> Field:
    examples: tuple[Any, ...] = feature.labels[:3] if feature.kind == "category" else (True, False)
    if feature.kind == "number":
        examples = () if feature.typical is None else (feature.typical,)
    return Field(feature.name, feature.kind, f"Field {feature.name!r} of the recipe's export.", examples)


def _segment(value: Any) -> str | None:
    return category_key(value)


def _answer(fields: Mapping[str, Any], column: str | None, default: bool) -> bool:
    answer = parse_boolean(fields.get(column)) if column else None
    return default if answer is None else answer == 1


def _column(frame: pd.DataFrame, name: str | None, read: Any, default: Any, kind: type) -> npt.NDArray[Any]:
    if name is None or name not in frame.columns:
        return np.full(len(frame), default, dtype=kind)
    codes, values = pd.factorize(frame[name])
    table: npt.NDArray[Any] = np.array([*map(read, values.tolist()), default], dtype=kind)
    return table[codes]
