"""Limits: a body is read to its end or refused before anybody parses it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadscore.serving.problems import ProblemReply, Rejected, problem_of

__all__ = ["BodyLimit", "body_of"]

BODY = "leadscore.body"


class BodyLimit:
    """ASGI layer that answers 413 to a body that is too large, announced or chunked.

    Parameters
    ----------
    app
        The application inside; it receives the body in one message.
    limit
        Bytes allowed.
    by_path
        Bytes allowed on single paths.
    """

    def __init__(self, app: ASGIApp, limit: int, by_path: Mapping[str, int]) -> None:
        self.app = app
        self.limit = limit
        self.by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within its limit and pass the request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        limit = self.by_path.get(scope["path"], self.limit)
        try:
            body = await _read(scope, receive, limit)
        except Rejected as error:
            await ProblemReply(problem_of(error))(scope, receive, send)
            return
        if body is not None:
            scope[BODY] = body
            await self.app(scope, _replay(body, receive), send)


def body_of(scope: Scope) -> bytes:
    """The whole body of a request, which was read before its endpoint was called."""
    body: bytes = scope[BODY]
    return body


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """Read the whole body; None when the caller hung up."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if announced.isdigit() and float(announced) > limit:
        raise _too_large(limit)
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _too_large(limit: int) -> Rejected:
    return Rejected(f"the body is larger than {limit} bytes", status=413, kind="too-large")
