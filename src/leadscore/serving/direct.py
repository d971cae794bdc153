"""The way past the router for the routes that leads come by: FastAPI's own layers take longer than a score."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.errors import LeadScoreError
from leadscore.serving.problems import ProblemReply, problem_of

__all__ = ["Direct"]


class Direct:
    """ASGI layer that calls the endpoints of some routes itself and leaves every other request to the app.

    Parameters
    ----------
    app
        The application inside.
    routes
        Routes of one fixed path each, whose endpoints take the request and nothing else.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute]) -> None:
        self.app = app
        self._routes = {(method, route.path): route for route in routes for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        try:
            response = await route.endpoint(Request(scope, receive))
        except LeadScoreError as error:
            response = ProblemReply(problem_of(error))
        await response(scope, receive, send)
