"""What is known about single leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from leadscore.serving.endpoints.service import Service
from leadscore.serving.problems import JsonReply, Rejected

__all__ = ["add_leads"]

Limit = Annotated[int, Query(ge=1, le=1000)]


def add_leads(router: APIRouter, service: Service) -> None:
    """Add ``/v1/leads/{lead_id}``."""

    @router.get("/v1/leads/{lead_id:path}", summary="Past decisions about a lead, the newest first")
    def lead(lead_id: str, limit: Limit = 100) -> Response:
        decisions = service.store.decisions_of(lead_id, limit=limit)
        if not decisions:
            raise Rejected("no decision about this lead is stored", status=404, kind="unknown-lead")
        return JsonReply({"lead_id": lead_id, "decisions": decisions})
