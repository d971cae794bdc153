"""Decisions of a model: likelihoods, value, route and reasons."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from leadscore.decisions import Choices, Earlier, Prospects
from leadscore.models.bundle import Bundle
from leadscore.models.reasons import Explainer, Reason
from leadscore.scoring.decision import Basis, Decision, Detail, EarlierDecision
from leadscore.scoring.inputs import Inputs, Notes, tie_break

__all__ = ["ModelJudge"]

Floats = npt.NDArray[np.float64]

_TEXTS: Final = ("reason_1", "reason_2", "reason_3")


@dataclass(slots=True)
class _Explained:
    """What the effects of the fields tell of one lead; nothing where no reasons were asked for."""

    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    fit: int | None = None
    engagement: int | None = None

    def texts(self, stage: str) -> dict[str, str]:
        """Sentences for the flat reply, by its keys."""
        return {name: reason.text for name, reason in zip(_TEXTS, self.reasons.get(stage, ()), strict=False)}


class ModelJudge:
    """Judges encoded leads with a model.

    Parameters
    ----------
    bundle
        Everything needed to score.
    version
        Name of the model in replies.
    """

    basis: Final[Basis] = "model"

    def __init__(self, bundle: Bundle, version: str) -> None:
        self.bundle = bundle
        self.model_version = version
        self._explain, self._notes = Explainer(bundle.encoder), Notes(bundle)
        self._roles = bundle.policy.roles
        self._currency = str(bundle.card["currency"])
        self._values: list[float] = np.sort(bundle.policy.decide(bundle.reference).value).tolist()
        stage: Any = bundle.card["horizon_days"]
        self._horizon: int | None = stage.get("close") or stage.get("qualify")

    @property
    def tier_table(self) -> Mapping[str, Any]:
        """The published tiers and the prices of the roles' time."""
        policy = self.bundle.policy
        return {
            "tiers": [row.to_dict() for row in policy.tiers.rows],
            "prices": dict(policy.prices.per_hour),
            "price_bands": {role: list(band) for role, band in policy.prices.band.items()},
            "table_loss": policy.tiers.losses,
            "cuts_in_words": [row.cut_in_words for row in policy.tiers.rows],
        }

    def decide(
        self,
        inputs: Inputs,
        reasons: int | None,
        detail: bool,
        earlier: Sequence[EarlierDecision | None] | None = None,
    ) -> list[Decision]:
        """Likelihoods, value, route and reasons: the same few lines for every caller."""
        p_qualify, p_close = self.bundle.likelihoods(inputs.X)
        prospects = Prospects(
            p_qualify,
            p_close,
            margin=self.bundle.margins(inputs.X, inputs.segment),
            segment=inputs.segment,
            customer=inputs.customer,
            contactable=inputs.contactable,
            tie=tie_break(inputs.ids),
        )
        before = None if earlier is None else _arrays(earlier, self.model_version)
        choices = self.bundle.policy.decide(prospects, before)
        found = self._explained(inputs.X, choices, reasons)
        details = self._details(inputs, prospects, choices, found) if detail else [None] * len(choices)
        return self._decisions(inputs.ids, prospects, choices, found, details)

    def _explained(self, X: Floats, choices: Choices, top: int | None) -> list[_Explained]:
        """Reasons and scales of the stage that decides the role; reasons of both stages when ``top`` is None."""
        found = [_Explained() for _ in range(len(X))]
        if top == 0:  # the effects cost more than the score
            return found
        deciding = [self._deciding_stage(role) for role in choices.role]
        for stage, likelihood in self.bundle.stages.items():
            rows = [row for row, by in enumerate(deciding) if top is None or by == stage]
            if not rows:
                continue
            effects = likelihood.model.reasons(X if len(rows) == len(X) else X[rows])
            for row, of_lead, scales in zip(rows, effects, self.bundle.scales(stage, effects), strict=True):
                found[row].reasons[stage] = self._explain(X[row], of_lead, top=top)
                if deciding[row] == stage:
                    found[row].fit, found[row].engagement = scales
        return found

    def _deciding_stage(self, role: str) -> str:
        stages = self.bundle.stages
        if len(stages) == 1:
            return next(iter(stages))
        return "close" if self._closes.get(role, False) else "qualify"

    @cached_property
    def _closes(self) -> dict[str, bool]:
        return {role.name: role.stage in ("close", "grow") for role in self.bundle.policy.structure.role}

    def _decisions(
        self,
        ids: Sequence[str],
        prospects: Prospects,
        choices: Choices,
        found: Sequence[_Explained],
        details: Sequence[Detail | None],
    ) -> list[Decision]:
        # Whole columns become plain values at once: a number taken out of an array costs more than a list of them.
        unknown = [None] * len(choices)
        p_qualify = unknown if prospects.p_qualify is None else prospects.p_qualify.tolist()
        p_close = unknown if prospects.p_close is None else prospects.p_close.tolist()
        columns = (choices.value, choices.tier, choices.tier_role, choices.role, choices.reply_within_minutes)
        told = zip(ids, p_qualify, p_close, *(column.tolist() for column in columns), found, details, strict=True)
        return [
            Decision(
                lead_id=lead_id,
                p_qualify=q,
                p_close=p,
                score=min(99, int(100 * bisect_left(self._values, value) / len(self._values))),
                value=value,
                currency=self._currency,
                tier=tier,
                tier_role=tier_role,
                role=role,
                reply_within_minutes=minutes,
                **explained.texts(self._deciding_stage(role)),
                fit=explained.fit,
                engagement=explained.engagement,
                basis=self.basis,
                model_version=self.model_version,
                horizon_days=self._horizon,
                detail=detail,
            )
            for lead_id, q, p, value, tier, tier_role, role, minutes, explained, detail in told
        ]

    def _details(
        self, inputs: Inputs, prospects: Prospects, choices: Choices, found: Sequence[_Explained]
    ) -> list[Detail]:
        policy, unknown = self.bundle.policy, [None] * len(choices)
        p_qualify = unknown if prospects.p_qualify is None else prospects.p_qualify.tolist()
        p_close = unknown if prospects.p_close is None else prospects.p_close.tolist()
        routes = [*zip(choices.path.tolist(), p_qualify, p_close, prospects.margin.tolist(), strict=True)]
        told = zip(choices.runner_up, choices.runner_up_net.tolist(), choices.role_net.tolist(), found, strict=True)
        details = []
        for i, (second, second_net, by_role, explained) in enumerate(told):
            nets = {role: net for role, net in zip(self._roles, by_role, strict=True) if net > -math.inf}
            details.append(
                Detail(
                    reasons=explained.reasons,
                    runner_up=None if second is None else (second, second_net),
                    prices=policy.prices.per_hour,
                    eligible=tuple(nets),
                    propensity=1.0,
                    net_values=nets,
                    notes=self._notes(inputs, i),
                    hours=policy.hours(*routes[i]),
                )
            )
        return details


def _arrays(earlier: Sequence[EarlierDecision | None], version: str) -> Earlier:
    """The earlier decisions as the policy reads them."""
    same = [decision if decision and decision.model_version == version else None for decision in earlier]
    return Earlier(
        role=np.array([decision and decision.role for decision in earlier], dtype=object),
        p_qualify=np.array([decision and decision.p_qualify for decision in same], dtype=float),
        p_close=np.array([decision and decision.p_close for decision in same], dtype=float),
    )
