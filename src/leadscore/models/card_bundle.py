"""A points card with all that is needed to score by it: what a Bundle is for a model, in a folder of the same kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from leadscore.data.snapshots import ActivityFeatures
from leadscore.decisions import NURTURE, Structure
from leadscore.errors import BundleError
from leadscore.models.features import Encoder
from leadscore.models.golden import golden_rows
from leadscore.models.parts import Parts
from leadscore.models.points_card import PointsCard
from leadscore.models.rules import Rules

__all__ = ["RULES_FILE", "CardBundle"]

RULES_FILE = "rules.json"
"""The file that tells a folder with a card from one with a model."""


@dataclass(frozen=True, eq=False)
class CardBundle:
    """Everything needed to score by rules.

    Parameters
    ----------
    encoder
        From fields to floats.
    activities
        Definition of the activity counts, or None.
    rules
        Rules and tiers.
    structure
        The selling organisation.
    parts
        Columns of the export that play a part in routing.
    ignored
        Columns that the export has and no rule looks at.
    card
        JSON about the card: recipe, why there is no model, and the like.
    """

    encoder: Encoder
    activities: ActivityFeatures | None
    rules: Rules
    structure: Structure
    parts: Parts
    ignored: frozenset[str]
    card: Mapping[str, Any]

    @cached_property
    def made_names(self) -> tuple[str, ...]:
        """Names of the counts that are made from activities."""
        return () if self.activities is None else tuple(field.name for field in self.activities.fields)

    @cached_property
    def points_card(self) -> PointsCard:
        """What adds up the points."""
        return PointsCard(self.rules, self.encoder)

    @property
    def tier_rows(self) -> list[dict[str, Any]]:
        """The published tiers, best first: their points, their scores, and who touches their leads first."""
        cuts = [tier.at_least for tier in self.rules.tiers]
        return [
            {
                "tier": tier.tier,
                "role": tier.roles[0],
                "roles": list(tier.roles),
                "from_points": tier.at_least,
                "from_score": None if tier.at_least is None else int(self.points_card.score(np.array(tier.at_least))),
                "below_points": below,
                "reply_within_minutes": self.reply_within(tier.roles[0]),
            }
            for tier, below in zip(self.rules.tiers, [None, *cuts], strict=False)
        ]

    def reply_within(self, role: str) -> int | None:
        """Promise of a role in minutes; None for nurture."""
        return None if role == NURTURE else self.structure.role_named(role).reply_within_minutes

    def files(self) -> dict[str, str]:
        """The files of the folder but its manifest."""
        content = {
            "encoder": self.encoder.to_dict(),
            "activities": None if self.activities is None else self.activities.to_dict(),
            "parts": {name: getattr(self.parts, name) for name in Parts.__slots__},
            "ignored": sorted(self.ignored),
        }
        rows = golden_rows(self.encoder)
        golden = {
            "rows": [[None if np.isnan(v) else v for v in row] for row in rows.tolist()],
            "points": self.points_card.points(rows).tolist(),
        }
        return {
            "scoring.json": json.dumps(content, ensure_ascii=False),
            RULES_FILE: self.rules.model_dump_json(indent=1),
            "structure.json": self.structure.model_dump_json(indent=1),
            "golden.json": json.dumps(golden),
        }

    @classmethod
    def from_files(cls, texts: Mapping[str, str], card: Mapping[str, Any]) -> Self:
        """Read what :meth:`files` wrote, and add up the points of its golden rows again.

        Raises
        ------
        BundleError
            The golden rows come out differently.
        """
        content = json.loads(texts["scoring.json"])
        activities = content["activities"]
        bundle = cls(
            encoder=Encoder.from_dict(content["encoder"]),
            activities=None if activities is None else ActivityFeatures.from_dict(activities),
            rules=Rules.model_validate_json(texts[RULES_FILE]),
            structure=Structure.model_validate_json(texts["structure.json"]),
            parts=Parts(**content["parts"]),
            ignored=frozenset(content["ignored"]),
            card=card,
        )
        golden = json.loads(texts["golden.json"])
        rows = np.array(golden["rows"], dtype=float)
        if bundle.points_card.points(rows).tolist() != golden["points"]:
            raise BundleError("the golden rows give other points than when the card was made; pull it again")
        return bundle
