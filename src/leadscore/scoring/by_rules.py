"""Decisions of a points card: points, tier and route, and no likelihood, because there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from leadscore.decisions import NURTURE, Structure
from leadscore.decisions.touches import Limits, limits
from leadscore.models.bundle import CardBundle
from leadscore.models.reasons import Reason
from leadscore.models.rules import CardTier
from leadscore.scoring.decision import Basis, Decision, Detail, EarlierDecision
from leadscore.scoring.inputs import Inputs, Notes

__all__ = ["RulesJudge"]


class RulesJudge:
    """Judges encoded leads by rules.

    Parameters
    ----------
    bundle
        Everything needed to score.
    version
        Name of the card in replies.
    """

    basis: Final[Basis] = "rules"

    def __init__(self, bundle: CardBundle, version: str) -> None:
        self.bundle = bundle
        self.model_version = version
        self._notes = Notes(bundle)
        self._currency = str(bundle.card["currency"])
        self._eligible = lru_cache(maxsize=4096)(_Eligibility(bundle.structure))

    @property
    def tier_table(self) -> Mapping[str, Any]:
        """The published tiers and rules; there are no prices without likelihoods."""
        return {
            "tiers": self.bundle.tier_rows,
            "prices": {},
            "price_bands": {},
            "table_loss": None,
            "cuts_in_words": [],
            "rules": [{"if": rule.words, "points": rule.points} for rule in self.bundle.rules.points],
        }

    def decide(
        self,
        inputs: Inputs,
        reasons: int | None,
        detail: bool,
        earlier: Sequence[EarlierDecision | None] | None = None,
    ) -> list[Decision]:
        """Add up the points of each lead; a role that may not touch it does not.

        Whole points do not flicker, so that earlier decisions play no part.
        """
        card = self.bundle.points_card
        points = card.points(inputs.X)
        judged = zip(card.tiers(points), card.score(points).tolist(), strict=True)
        return [self._decision(i, tier, score, inputs, reasons, detail) for i, (tier, score) in enumerate(judged)]

    def _decision(
        self, i: int, tier: CardTier, score: int, inputs: Inputs, reasons: int | None, detail: bool
    ) -> Decision:
        eligible = self._eligible(inputs.segment[i], bool(inputs.customer[i])) if inputs.contactable[i] else (NURTURE,)
        role = next((role for role in tier.roles if role in eligible), NURTURE)
        held = [] if reasons == 0 else self.bundle.points_card.reasons(inputs.X[i])[:reasons]
        texts = [reason.text for reason in held[:3]] + [None] * (3 - len(held))
        return Decision(
            lead_id=inputs.ids[i],
            p_qualify=None,
            p_close=None,
            score=score,
            value=None,
            currency=self._currency,
            tier=tier.tier,
            tier_role=tier.roles[0],
            role=role,
            reply_within_minutes=self.bundle.reply_within(role),
            reason_1=texts[0],
            reason_2=texts[1],
            reason_3=texts[2],
            basis=self.basis,
            model_version=self.model_version,
            detail=self._detail(i, inputs, held, eligible, role) if detail else None,
        )

    def _detail(self, i: int, inputs: Inputs, held: list[Reason], eligible: tuple[str, ...], role: str) -> Detail:
        # How many leads get further is not known without likelihoods: only the first role's time is.
        takes = {} if role == NURTURE else {role: self.bundle.structure.role_named(role).hours_per_touch}
        return Detail(
            reasons={"rules": held},
            runner_up=None,
            prices={},
            eligible=eligible,
            propensity=1.0,
            net_values={},
            notes=self._notes(inputs, i),
            hours=takes,
        )


class _Eligibility:
    """First roles, nurture last, from which a lead may reach somebody who closes."""

    def __init__(self, structure: Structure) -> None:
        self._limits = [(path[0], limits(structure, path)) for path in structure.paths() if path]

    def __call__(self, segment: str | None, customer: bool) -> tuple[str, ...]:
        def serves(asked: Limits) -> bool:
            # What a deal would bring is not known without a model, so that limits of margins hold nobody back.
            known = asked.segments is None or segment in asked.segments
            return known and (asked.customers if customer else asked.newcomers)

        return (*dict.fromkeys(first for first, asked in self._limits if serves(asked)), NURTURE)
