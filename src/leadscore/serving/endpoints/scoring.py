"""The endpoints that score: one lead, or a list of which each entry stands for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.responses import Response

from leadscore.errors import LeadScoreError
from leadscore.scoring.decision import Lead
from leadscore.serving import openapi
from leadscore.serving.endpoints.keyed import keyed_request, replay
from leadscore.serving.endpoints.replies import reply_of
from leadscore.serving.endpoints.service import Service
from leadscore.serving.faults import lead_id_of
from leadscore.serving.guard import body_of
from leadscore.serving.payloads import LeadReader
from leadscore.serving.problems import Fault, Rejected, problem_of
from leadscore.serving.store import DecisionRecord
from leadscore.serving.strict_json import decode
from leadscore.serving.together import Together

__all__ = ["add_scoring"]

BREATH = 64
"""Leads of a batch between two turns of the event loop, so that a batch does not make single leads wait."""


def add_scoring(router: APIRouter, service: Service) -> None:
    """Add ``/v1/score`` and ``/v1/score/batch``."""
    scorer, settings = service.scorer, service.settings
    closed = settings.unknown_fields == "refuse"
    schema = openapi.lead_schema(scorer.fields, scorer.known_columns, closed=closed)
    together = {reasons: _together(service, reasons) for reasons in (None, 0, 1, 2, 3)}

    @router.post("/v1/score", summary="Score one lead", **openapi.lead_docs(schema))
    async def score(request: Request) -> Response:
        full, reasons = _options(request.scope["query_string"], settings.reasons)
        now, body = service.clock(), body_of(request.scope)
        keyed = keyed_request(request.scope, body, now)
        if keyed and (kept := await run_in_threadpool(service.store.kept, keyed)):
            return replay(keyed, kept)
        record = await together[reasons]((service.reader.read(decode(body), now), now))
        return await service.answer([record], lambda stored: reply_of(record, full=full, stored=stored), keyed)

    @router.post("/v1/score/batch", summary="Score a list", **openapi.batch_docs(schema, settings.batch_max))
    async def score_batch(request: Request) -> Response:
        full, reasons = _options(request.scope["query_string"], settings.reasons)
        now, body = service.clock(), body_of(request.scope)
        keyed = keyed_request(request.scope, body, now)
        if keyed and (kept := await run_in_threadpool(service.store.kept, keyed)):
            return replay(keyed, kept)
        payloads = _list_of(decode(body), settings.batch_max)
        entries: list[DecisionRecord | dict[str, Any]] = []
        for start in range(0, len(payloads), BREATH):
            entries += _decide_each(service, payloads[start : start + BREATH], now, reasons)
            await asyncio.sleep(0)

        def render(stored: bool) -> list[Any]:
            return [e if isinstance(e, dict) else reply_of(e, full=full, stored=stored) for e in entries]

        return await service.answer([e for e in entries if isinstance(e, DecisionRecord)], render, keyed)


def _together(service: Service, reasons: int | None) -> Together[tuple[Lead, datetime], DecisionRecord]:
    return Together(lambda leads: service.decide(leads, reasons=reasons))


@lru_cache(maxsize=256)
def _options(query: bytes, reasons: int) -> tuple[bool, int | None]:
    """Read `detail` and `reasons` by hand, once: declared to FastAPI, the two cost as much as the reading of a lead."""
    given = dict(QueryParams(query))
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
