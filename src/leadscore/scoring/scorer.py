"""The one path from lead to decision, for HTTP, batches, evaluation and the pyfunc model alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from leadscore.data.schema import Field
from leadscore.models.bundle import AnyBundle, CardBundle
from leadscore.models.features import Feature
from leadscore.scoring.by_model import ModelJudge
from leadscore.scoring.by_rules import RulesJudge
from leadscore.scoring.decision import REPLY_KEYS, Basis, Decision, EarlierDecision, Lead
from leadscore.scoring.inputs import Inputs, from_leads

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Scorer"]


class Scorer:
    """Scores leads and routes them with one Bundle.

    Parameters
    ----------
    bundle
        Everything needed to score, by a model or by the rules of a points card.
    version
        Name of the model in replies; the Bundle's own name when empty.
    """

    def __init__(self, bundle: AnyBundle, *, version: str = "") -> None:
        self.bundle = bundle
        self.model_version = version or str(bundle.card.get("version", "unregistered"))
        self._judge: ModelJudge | RulesJudge
        if isinstance(bundle, CardBundle):
            self._judge = RulesJudge(bundle, self.model_version)
        else:
            self._judge = ModelJudge(bundle, self.model_version)

    @property
    def basis(self) -> Basis:
        """Whether a model decides or, for want of one, the rules of a points card."""
        return self._judge.basis

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the model reads, without the features made from activities."""
        activities = self.bundle.activities
        made = {*self.bundle.made_names} - {*(activities.given if activities else ())}
        return tuple(_as_field(f) for f in self.bundle.encoder.features if f.name not in made and f.speaks_for_cell)

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
        return {"model": self.model_version, "basis": self.basis, **self.bundle.card}

    @property
    def tier_table(self) -> Mapping[str, Any]:
        """What ``GET /v1/tiers`` tells."""
        return {"model": self.model_version, "basis": self.basis, **self._judge.tier_table}

    def hours_available(self, period: Literal["day", "week", "month"]) -> dict[str, float]:
        """Hours that the people of each role have for leads in a period; of a day, a seventh of a week's.

        Roles in the order of the structure.
        """
        bundle = self.bundle
        structure = bundle.structure if isinstance(bundle, CardBundle) else bundle.policy.structure
        told = structure.per("month" if period == "month" else "week")
        return {role.name: role.capacity / (7 if period == "day" else 1) for role in told.role}

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

    def decide(
        self,
        leads: Sequence[Lead],
        *,
        reasons: int | None = 3,
        detail: bool = False,
        earlier: Sequence[EarlierDecision | None] | None = None,
    ) -> list[Decision]:
        """Score leads and decide who touches each first, in the order given.

        Parameters
        ----------
        leads
            The leads; any value is accepted, an unknown one counts as unknown.
        reasons
            How many sentences of reasons, 0 to 3, which cost more than the score; None: all reasons of both stages.
        detail
            Whether to add reasons with their effects, the runner-up, the prices and what was unusual in the input.
        earlier
            The last decision about each lead, None where it is new: it tells the trend, and a lead keeps its role while
            another gains little.
        """
        return self._decided(from_leads(self.bundle, leads), reasons, detail, earlier)

    def _decided(
        self, inputs: Inputs, reasons: int | None, detail: bool, earlier: Sequence[EarlierDecision | None] | None
    ) -> list[Decision]:
        decisions = self._judge.decide(inputs, reasons, detail, earlier)
        return decisions if earlier is None else [d.since(e) for d, e in zip(decisions, earlier, strict=True)]

    def score(
        self,
        frame: pd.DataFrame,
        *,
        activities: pd.DataFrame | None = None,
        at: pd.Series | None = None,
        created: pd.Series | None = None,
        reasons: int = 3,
        first_row: int = 0,
        earlier: Mapping[str, EarlierDecision] | None = None,
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
        created
            Creation of each lead; its scoring moment when absent.
        reasons
            How many sentences of reasons, 0 to 3.
        first_row
            Number of the first row, which names leads of a model without an id column.
        earlier
            The last decision about each lead that was scored before, by its id.
        """
        import pandas as pd  # not at the top: the service scores leads of requests, and starts without it

        from leadscore.scoring.frames import from_frame

        inputs = from_frame(self.bundle, frame, activities=activities, at=at, created=created, first_row=first_row)
        last = None if earlier is None else [earlier.get(lead_id) for lead_id in inputs.ids]
        decisions = self._decided(inputs, reasons, False, last)
        scored = pd.DataFrame([d.reply() for d in decisions], columns=list(REPLY_KEYS), index=frame.index)
        return scored.astype(dict.fromkeys(("reply_within_minutes", "fit", "engagement"), "Int64"))


def _as_field(feature: Feature) -> Field:
    meaning = f"Field {feature.column!r} of the recipe's export."
    kind = feature.kind if feature.text is None else "category"
    return Field(feature.column, kind, meaning, feature.examples, contact=feature.contact)
