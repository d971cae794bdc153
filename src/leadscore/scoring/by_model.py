"""Decisions of a model: likelihoods, value, route and reasons."""

from __future__ import annotations

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


@dataclass(slots=True)
class _Explained:
    """What the effects of the fields tell of one lead; nothing where no reasons were asked for."""

    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    fit: int | None = None
    engagement: int | None = None


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
        self._currency = str(bundle.card["currency"])
        self._values = np.sort(bundle.policy.decide(bundle.reference).value)
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
        return [
            self._decision(i, lead_id, prospects, choices, found[i], self._detail(i, inputs, choices, found[i], detail))
            for i, lead_id in enumerate(inputs.ids)
        ]

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

    def _decision(
        self,
        i: int,
        lead_id: str,
        prospects: Prospects,
        choices: Choices,
        found: _Explained,
        detail: Detail | None,
    ) -> Decision:
        role = str(choices.role[i])
        flat = found.reasons.get(self._deciding_stage(role), [])[:3]
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
            fit=found.fit,
            engagement=found.engagement,
            basis=self.basis,
            model_version=self.model_version,
            horizon_days=self._horizon,
            detail=detail,
        )

    def _detail(self, i: int, inputs: Inputs, choices: Choices, found: _Explained, wanted: bool) -> Detail | None:
        if not wanted:
            return None
        runner_up = choices.runner_up[i]
        by_role = zip(self.bundle.policy.roles, choices.role_net[i].tolist(), strict=True)
        nets = {role: net for role, net in by_role if np.isfinite(net)}
        return Detail(
            reasons=found.reasons,
            runner_up=None if runner_up is None else (str(runner_up), float(choices.runner_up_net[i])),
            prices=dict(self.bundle.policy.prices.per_hour),
            eligible=tuple(nets),
            propensity=1.0,
            net_values=nets,
            notes=self._notes(inputs, i),
        )


def _arrays(earlier: Sequence[EarlierDecision | None], version: str) -> Earlier:
    """The earlier decisions as the policy reads them."""
    same = [decision if decision and decision.model_version == version else None for decision in earlier]
    return Earlier(
        role=np.array([decision and decision.role for decision in earlier], dtype=object),
        p_qualify=np.array([decision and decision.p_qualify for decision in same], dtype=float),
        p_close=np.array([decision and decision.p_close for decision in same], dtype=float),
    )
