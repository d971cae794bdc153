"""The endpoints: read, score, write, answer; nothing is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from leadscore.data.schema import Field
from leadscore.errors import LeadScoreError
from leadscore.scoring.decision import Decision, Detail, Lead, Reason
from leadscore.serving import openapi
from leadscore.serving.payloads import LeadReader, lead_id_of
from leadscore.serving.problems import Fault, JsonReply, Rejected, problem_of
from leadscore.serving.settings import Settings
from leadscore.serving.store import DecisionRecord, DecisionStore, new_decision_id
from leadscore.serving.strict_json import decode
from leadscore.serving.together import Together

__all__ = ["LeadScorer", "Service", "routes"]

Limit = Annotated[int, Query(ge=1, le=1000)]

BREATH = 64
"""Leads of a batch between two turns of the event loop, so that a batch does not make single leads wait."""


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

    def decide(self, leads: Sequence[Lead], *, reasons: int | None = 3, detail: bool = False) -> list[Decision]:
        """Decide about leads, in their order."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts an endpoint works with.

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
        decisions = self.scorer.decide([lead for lead, _ in leads], reasons=reasons, detail=True)
        return [
            DecisionRecord(new_decision_id(now), now, lead, decision)
            for (lead, now), decision in zip(leads, decisions, strict=True)
        ]


def routes(service: Service) -> APIRouter:
    """All endpoints of the service."""
    router = APIRouter()
    _add_scoring(router, service)
    _add_reading(router, service)
    _add_health(router, service)
    return router


def _add_scoring(router: APIRouter, service: Service) -> None:
    scorer, settings = service.scorer, service.settings
    closed = settings.unknown_fields == "refuse"
    schema = openapi.lead_schema(scorer.fields, scorer.known_columns, closed=closed)
    together = {reasons: _together(service, reasons) for reasons in (None, 0, 1, 2, 3)}

    @router.post("/v1/score", summary="Score one lead", **openapi.lead_docs(schema))
    async def score(request: Request) -> Response:
        full, reasons = _options(request, settings.reasons)
        now = service.clock()
        lead = service.reader.read(decode(await request.body()), now)
        record = await together[reasons]((lead, now))
        await service.store.append([record])
        return JsonReply(_reply(record, full=full))

    @router.post("/v1/score/batch", summary="Score a list", **openapi.batch_docs(schema, settings.batch_max))
    async def score_batch(request: Request) -> Response:
        full, reasons = _options(request, settings.reasons)
        now = service.clock()
        payloads = _list_of(decode(await request.body()), settings.batch_max)
        entries: list[DecisionRecord | dict[str, Any]] = []
        for start in range(0, len(payloads), BREATH):
            entries += _decide_each(service, payloads[start : start + BREATH], now, reasons)
            await asyncio.sleep(0)
        records = [entry for entry in entries if isinstance(entry, DecisionRecord)]
        if records:
            await service.store.append(records)
        return JsonReply([_reply(e, full=full) if isinstance(e, DecisionRecord) else e for e in entries])


def _together(service: Service, reasons: int | None) -> Together[tuple[Lead, datetime], DecisionRecord]:
    return Together(lambda leads: service.decide(leads, reasons=reasons))


def _options(request: Request, reasons: int) -> tuple[bool, int | None]:
    """Read `detail` and `reasons` by hand: declared to FastAPI, the two cost as much as the reading of a lead."""
    if not request.scope["query_string"]:
        return False, reasons
    given = dict(request.query_params)
    detail, count = given.pop("detail", None), given.pop("reasons", str(reasons))
    if detail not in (None, "full"):
        raise _bad_parameter("detail", "is not `full`")
    if count not in ("0", "1", "2", "3"):
        raise _bad_parameter("reasons", "is not 0, 1, 2 or 3")
    return (True, None) if detail else (False, int(count))


def _bad_parameter(name: str, said: str) -> Rejected:
    return Rejected(f"{name}: {said}", kind="invalid-parameter", faults=[Fault(("query", name), "invalid_parameter")])


def _list_of(payload: Any, batch_max: int) -> list[Any]:
    if not isinstance(payload, list):
        raise Rejected("a batch is a list of leads", kind="invalid-batch")
    if len(payload) > batch_max:
        raise Rejected(f"a batch has at most {batch_max} leads, got {len(payload)}", status=413, kind="too-large")
    return payload


def _decide_each(
    service: Service, payloads: Sequence[Any], now: datetime, reasons: int | None
) -> list[DecisionRecord | dict[str, Any]]:
    """Make a record of each good lead and a problem of each bad one, in order."""
    read = [_read_or_problem(service.reader, payload, now) for payload in payloads]
    leads = [(entry, now) for entry in read if isinstance(entry, Lead)]
    records = iter(service.decide(leads, reasons=reasons) if leads else ())
    return [next(records) if isinstance(entry, Lead) else entry for entry in read]


def _read_or_problem(reader: LeadReader, payload: Any, now: datetime) -> Lead | dict[str, Any]:
    try:
        return reader.read(payload, now)
    except LeadScoreError as error:
        return {"lead_id": lead_id_of(payload), "problem": problem_of(error)}


def _add_reading(router: APIRouter, service: Service) -> None:
    @router.get("/v1/model", summary="Which model speaks")
    async def model() -> Response:
        return JsonReply(dict(service.scorer.card))

    @router.get("/v1/tiers", summary="The tier table")
    async def tiers() -> Response:
        return JsonReply(dict(service.scorer.tier_table))

    @router.get("/v1/leads/{lead_id:path}", summary="Past decisions about a lead, the newest first")
    def lead(lead_id: str, limit: Limit = 100) -> Response:
        decisions = service.store.decisions_of(lead_id, limit=limit)
        if not decisions:
            raise Rejected("no decision about this lead is stored", status=404, kind="unknown-lead")
        return JsonReply({"lead_id": lead_id, "decisions": decisions})


def _add_health(router: APIRouter, service: Service) -> None:
    @router.get("/live", summary="Whether the process answers")
    async def live() -> Response:
        return JsonReply({"status": "live"})

    @router.get("/ready", summary="Whether leads can be scored and stored")
    def ready() -> Response:
        service.store.ping()
        return JsonReply({"status": "ready"})


def _reply(record: DecisionRecord, *, full: bool) -> dict[str, Any]:
    decision = record.decision
    reply = {"lead_id": decision.lead_id, "decision_id": record.decision_id} | decision.reply() | {"stored": True}
    if full and decision.detail is not None:
        reply |= _full(decision.detail)
    return reply


def _full(detail: Detail) -> dict[str, Any]:
    return {
        "reasons": {stage: [_reason(reason) for reason in reasons] for stage, reasons in detail.reasons.items()},
        "runner_up": detail.runner_up and {"role": detail.runner_up[0], "net_value": detail.runner_up[1]},
        "prices": dict(detail.prices),
        "eligible": list(detail.eligible),
        "notes": {name: list(fields) for name, fields in detail.notes.items()},
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "field": reason.field,
        "value": reason.value,
        "effect": reason.effect,
        "direction": reason.direction,
        "text": reason.text,
    }
