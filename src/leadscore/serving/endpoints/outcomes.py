"""The endpoint that hears what became of leads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from leadscore.errors import LeadScoreError
from leadscore.serving import openapi
from leadscore.serving.endpoints.service import Service
from leadscore.serving.faults import lead_id_of
from leadscore.serving.guard import body_of
from leadscore.serving.outcome_reader import read_outcome
from leadscore.serving.problems import JsonReply, Rejected, problem_of
from leadscore.serving.store import DecisionStore, Event
from leadscore.serving.strict_json import decode

__all__ = ["add_outcomes"]


def add_outcomes(router: APIRouter, service: Service) -> None:
    """Add ``/v1/outcomes``, which takes one outcome or a list of them."""
    batch_max = service.settings.batch_max

    @router.post("/v1/outcomes", summary="Tell what became of a lead", **openapi.outcome_docs(batch_max))
    async def outcomes(request: Request) -> Response:
        now, payload = service.clock(), decode(body_of(request.scope))
        if not isinstance(payload, list):
            told = [read_outcome(payload, now)]
            [reply] = await run_in_threadpool(_tell, service.store, told)
            return JsonReply(reply)
        if len(payload) > batch_max:
            raise Rejected(f"a list has at most {batch_max} outcomes", status=413, kind="too-large")
        read = [_read_or_problem(entry, now) for entry in payload]
        replies = iter(await run_in_threadpool(_tell, service.store, [r for r in read if isinstance(r, tuple)]))
        return JsonReply([entry if isinstance(entry, dict) else next(replies) for entry in read])


def _read_or_problem(payload: Any, now: datetime) -> tuple[str, list[Event]] | dict[str, Any]:
    try:
        return read_outcome(payload, now)
    except LeadScoreError as error:
        return {"lead_id": lead_id_of(payload), "problem": problem_of(error)}


def _tell(store: DecisionStore, told: list[tuple[str, list[Event]]]) -> list[dict[str, Any]]:
    known = store.tell(told)
    return [{"lead_id": lead_id, **outcome} for (lead_id, _), outcome in zip(told, known, strict=True)]
