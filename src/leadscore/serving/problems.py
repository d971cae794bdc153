"""Problem documents (RFC 9457): what went wrong and where, never the values that came in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from leadscore.errors import BadInput, LeadScoreError

__all__ = ["PROBLEM_SCHEMA", "Fault", "JsonReply", "ProblemReply", "Rejected", "install", "problem_of"]

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:leadscore:problem:invalid-lead"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"loc": {"type": "array", "items": {}}, "type": {"type": "string"}},
            },
        },
    },
}
"""JSON schema of a problem document, for the OpenAPI page."""


class Fault(NamedTuple):
    """One place of a request and what is wrong with it; the value is left out on purpose."""

    loc: tuple[str | int, ...]
    type: str


class Rejected(BadInput):
    """The request cannot be used as it stands.

    Parameters
    ----------
    message
        For the caller to read: names of places, never values.
    status
        HTTP status.
    kind
        Last part of the problem's ``type``.
    faults
        Every place that is wrong.
    """

    def __init__(self, message: str, *, status: int = 422, kind: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.http_status = status
        self.kind = kind
        self.faults = faults


class JsonReply(Response):
    """A JSON body, written once."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the content as compact UTF-8; a number that is none is a bug of ours, and raises."""
        body = to_json(content)
        # A quarter of the time of the standard library, which alone refuses what JSON has no number for.
        return _ENCODE(content).encode() if b"NaN" in body or b"Infinity" in body else body


class ProblemReply(JsonReply):
    """A problem document with its status; 401 and 503 carry the header that tells the caller what to do."""

    media_type = "application/problem+json"

    def __init__(self, problem: dict[str, Any]) -> None:
        headers = {401: {"WWW-Authenticate": 'Bearer realm="leadscore"'}, 503: {"Retry-After": "1"}}
        super().__init__(problem, status_code=problem["status"], headers=headers.get(problem["status"]))


def problem_of(error: LeadScoreError) -> dict[str, Any]:
    """Problem document of an error of ours.

    The message of a `Rejected` was written for the caller; any other message may name files or cells, so its class
    speaks instead.

    Examples
    --------
    >>> problem_of(Rejected("lead_id: is missing", kind="invalid-lead"))["detail"]
    'lead_id: is missing'
    """
    if isinstance(error, Rejected):
        return _problem(error.http_status, error.kind, str(error), error.faults)
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    detail = (type(error).__doc__ or "").strip().partition("\n")[0]
    return _problem(error.http_status, kind, detail)


def _problem(status: int, kind: str | None, detail: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"urn:leadscore:problem:{kind}" if kind else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if faults:
        problem["errors"] = [{"loc": list(fault.loc), "type": fault.type} for fault in faults]
    return problem


def internal_problem() -> dict[str, Any]:
    """Problem document of a bug of ours: that it happened, nothing else."""
    return _problem(500, "internal", "The service met an error of its own; nothing was decided for this request.")


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeadScoreError)
    return ProblemReply(problem_of(error))


async def _on_bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # pydantic's message says what is allowed and not what was given.
    said = "; ".join(f"parameter {fault['loc'][-1]}: {fault['msg'].lower()}" for fault in error.errors())
    faults = [Fault(tuple(fault["loc"]), "invalid_parameter") for fault in error.errors()]
    return ProblemReply(_problem(422, "invalid-parameter", said, faults))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    reply = ProblemReply(_problem(error.status_code, None, HTTPStatus(error.status_code).description))
    reply.headers.update(error.headers or {})
    return reply


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""
    app.add_exception_handler(LeadScoreError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_bad_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)
