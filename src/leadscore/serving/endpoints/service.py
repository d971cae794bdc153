"""The parts that every endpoint works with, and how a reply becomes durable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeAlias

from starlette.responses import Response

from leadscore.data.schema import Field
from leadscore.scoring.decision import Decision, EarlierDecision, Lead
from leadscore.serving.endpoints.keyed import replay
from leadscore.serving.payloads import LeadReader
from leadscore.serving.problems import JsonReply
from leadscore.serving.settings import Settings
from leadscore.serving.store import DecisionRecord, DecisionStore, KeyedRequest, new_decision_id

__all__ = ["LeadScorer", "Period", "Service"]

Period: TypeAlias = Literal["day", "week", "month"]


class LeadScorer(Protocol):
    """What the service needs of a scorer."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Inputs of the model."""

    @property
    def known_columns(self) -> frozenset[str]:
        """Columns that the recipe knows and the model does not use."""

    @property
    def missing(self) -> frozenset[str]:
        """Spellings, in lower case, that mean missing."""

    @property
    def model_version(self) -> str:
        """Which model speaks."""

    @property
    def card(self) -> Mapping[str, Any]:
        """What ``GET /v1/model`` tells."""

    @property
    def tier_table(self) -> Mapping[str, Any]:
        """What ``GET /v1/tiers`` tells."""

    def hours_available(self, period: Period) -> Mapping[str, float]:
        """Hours that each role has for leads in a period."""

    def decide(
        self,
        leads: Sequence[Lead],
        *,
        reasons: int | None = 3,
        detail: bool = False,
        earlier: Sequence[EarlierDecision | None] | None = None,
    ) -> list[Decision]:
        """Decide about leads, in their order, given what was said about each before."""


@dataclass(frozen=True, slots=True)
class Service:
    """What an endpoint works with.

    Parameters
    ----------
    scorer
        From lead to decision.
    store
        Where decisions become durable.
    settings
        Limits and defaults.
    reader
        From payload to lead.
    clock
        The present moment, in UTC.
    """

    scorer: LeadScorer
    store: DecisionStore
    settings: Settings
    reader: LeadReader
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def decide(self, leads: Sequence[tuple[Lead, datetime]], *, reasons: int | None) -> list[DecisionRecord]:
        """Score leads with their moments of arrival; the detail is always asked for, because the log needs it."""
        said = self.store.last_said([lead.lead_id for lead, _ in leads])
        earlier = [said.get(lead.lead_id) for lead, _ in leads] if said else None
        decisions = self.scorer.decide([lead for lead, _ in leads], reasons=reasons, detail=True, earlier=earlier)
        return [
            DecisionRecord(new_decision_id(now), now, lead, decision)
            for (lead, now), decision in zip(leads, decisions, strict=True)
        ]

    async def answer(
        self, records: Sequence[DecisionRecord], render: Callable[[bool], Any], keyed: KeyedRequest | None
    ) -> Response:
        """Make decisions durable and answer with them, or with what the idempotency key was answered before.

        Parameters
        ----------
        records
            What was decided.
        render
            Content of the reply, told whether the decisions are stored.
        keyed
            The request, where it carries an idempotency key.
        """
        if keyed is None:
            written = await self.store.append(records) if records else None
            return JsonReply(render(written is None or written.stored))
        reply = JsonReply(render(True))
        written = await self.store.append(records, keyed, bytes(reply.body))
        return replay(keyed, written.kept) if written.kept else reply
