"""Telemetry: how each request ended, without a word of what was in it; and the last net under our own bugs."""

from __future__ import annotations

import json
import logging
import traceback
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadscore.serving.problems import ProblemReply, internal_problem

__all__ = ["LOGGER", "RequestLog"]

LOGGER = logging.getLogger("leadscore.serving")
"""One JSON object a line: ``route`` (never the path, which may hold an identifier), ``status``, ``ms``."""


class RequestLog:
    """ASGI layer around everything else: logs outcomes, answers 500 where nobody else answered.

    Parameters
    ----------
    app
        The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch how it ends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, start = 0, perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            LOGGER.error(_describe(error))
            if not status:
                await ProblemReply(internal_problem())(scope, receive, watch)
        if LOGGER.isEnabledFor(logging.INFO):
            route = getattr(scope.get("route"), "path", None)
            LOGGER.info(json.dumps({"route": route, "status": status, "ms": round(1e3 * (perf_counter() - start), 3)}))


def _describe(error: Exception) -> str:
    # The message of a foreign exception may quote a lead, so only its class and its way through the code are kept.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return json.dumps({"error": type(error).__name__, "at": frames[-5:]})
