"""What the service says about itself: its model, its tiers, its health."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from leadscore.serving.endpoints.service import Service
from leadscore.serving.problems import JsonReply

__all__ = ["add_about"]


def add_about(router: APIRouter, service: Service) -> None:
    """Add ``/v1/model``, ``/v1/tiers``, ``/live`` and ``/ready``."""

    @router.get("/v1/model", summary="Which model speaks")
    async def model() -> Response:
        return JsonReply(dict(service.scorer.card))

    @router.get("/v1/tiers", summary="The tier table")
    async def tiers() -> Response:
        return JsonReply(dict(service.scorer.tier_table))

    @router.get("/live", summary="Whether the process answers")
    async def live() -> Response:
        return JsonReply({"status": "live"})

    @router.get("/ready", summary="Whether leads can be scored and stored")
    def ready() -> Response:
        return JsonReply({"status": "ready", "stored": service.store.ping()})
