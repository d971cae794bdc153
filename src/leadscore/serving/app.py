"""The app factory, and the one place where the service is wired and started."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.errors import OutOfReach
from leadscore.serving import problems
from leadscore.serving.direct import Direct
from leadscore.serving.endpoints import LeadScorer, Service, add_about, add_leads, add_outcomes, add_scoring
from leadscore.serving.guard import BodyLimit, KeyGuard, KeyRing
from leadscore.serving.payloads import LeadReader
from leadscore.serving.settings import Settings
from leadscore.serving.store import DecisionStore, Tidying
from leadscore.serving.telemetry import LOGGER, RequestLog

__all__ = ["create_app", "run", "serve"]

COLLECTED_EVERY = 5000
"""New objects between two looks of the garbage collector; sixteen requests make some thousand at a time."""


def create_app(scorer: LeadScorer, store: DecisionStore, settings: Settings) -> FastAPI:
    """Put the parts together.

    Parameters
    ----------
    scorer
        The model that answers; the OpenAPI page lists its fields.
    store
        Open decision store; whoever opened it closes it.
    settings
        Limits and defaults.

    Returns
    -------
    FastAPI
        An ASGI application.
    """
    reader = LeadReader.of(
        scorer.fields,
        known=scorer.known_columns,
        missing=scorer.missing,
        refuse_unknown=settings.unknown_fields == "refuse",
    )
    guard = [Middleware(KeyGuard, ring=KeyRing(store.keys))] if settings.auth else []
    limits = dict.fromkeys(("/v1/score/batch", "/v1/outcomes"), settings.batch_bytes)
    app = _GuardedApp(
        title="leadscore",
        version="1",
        description=f"Scores leads and says who touches them first. Model: {scorer.model_version}.",
        redirect_slashes=False,
    )
    problems.install(app)
    service, router = Service(scorer, store, settings, reader), APIRouter()
    add_scoring(router, service)
    busy = [route for route in router.routes if isinstance(route, APIRoute)]
    for add in (add_outcomes, add_leads, add_about):
        add(router, service)
    app.include_router(router)
    app.guard_by(
        Middleware(RequestLog),
        *guard,
        Middleware(BodyLimit, limit=settings.lead_bytes, by_path=limits),
        Middleware(Direct, routes=busy),
    )
    return app


class _GuardedApp(FastAPI):
    """A FastAPI whose outermost layers are ours: what they answer costs nothing of FastAPI's."""

    _entrance: ASGIApp

    def guard_by(self, *layers: Middleware) -> None:
        """Put layers around the whole, the first outermost."""
        self._entrance = super().__call__
        for layer in reversed(layers):
            self._entrance = layer.cls(self._entrance, *layer.args, **layer.kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entrance(scope, receive, send)


def serve(scorer: LeadScorer, settings: Settings, *, announce: Callable[[str], None] = lambda url: None) -> None:
    """Open the store, build the app and serve it until the process is told to end.

    Parameters
    ----------
    scorer
        The model that answers.
    settings
        Everything else.
    announce
        Called with the URL once the address is ours.

    Raises
    ------
    OutOfReach
        The store cannot be opened, or the port is taken.
    KeyboardInterrupt
        After an orderly end, when that was a Ctrl-C.
    """
    with DecisionStore(settings.store, synchronous=settings.synchronous, spool=settings.spool) as store:
        if settings.log_requests:
            LOGGER.addHandler(logging.StreamHandler(sys.stderr))
            LOGGER.setLevel(logging.INFO)
        keys = store.keys()
        if settings.auth and all(key.revoked for key in keys):
            LOGGER.warning("no API key opens this service yet: make one with `leadscore keys add NAME`")
        with Tidying(lambda now: store.tidy(now, settings.retention_days)):
            run(create_app(scorer, store, settings), settings.host, settings.port, announce=announce)


def run(app: FastAPI, host: str, port: int, *, announce: Callable[[str], None] = lambda url: None) -> None:
    """Serve an app with uvicorn (uvloop and httptools where they are installed) on one worker.

    Raises
    ------
    OutOfReach
        The address cannot be listened on.
    KeyboardInterrupt
        After an orderly end, when that was a Ctrl-C.
    """
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, proxy_headers=False, lifespan="off"
    )
    with _listen(host, port) as listener, _seldom_collected():
        bound = listener.getsockname()[1]
        announce(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Keep the garbage collector from what is there at the start and stays: a look at all of it takes 60 ms.

    What a group of requests makes is freed without it; the threshold lets such a group pass.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_EVERY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OutOfReach(
            f"cannot listen on {host} port {port}: {error.strerror}. Choose another with --host or --port."
        ) from None
