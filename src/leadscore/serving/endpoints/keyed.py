"""Requests with an ``Idempotency-Key``: the first is answered, every later one gets the same bytes."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response
from starlette.types import Scope

from leadscore.serving.guard import caller_of
from leadscore.serving.problems import Fault, Rejected
from leadscore.serving.store import KeyedReply, KeyedRequest

__all__ = ["HEADER", "keyed_request", "replay"]

HEADER = "Idempotency-Key"
_HEADER = HEADER.lower().encode()
KEY_LENGTH = 255


def keyed_request(scope: Scope, body: bytes, now: datetime) -> KeyedRequest | None:
    """Digest of a request with a key; None for a request without one, which is a new decision each time.

    Raises
    ------
    Rejected
        The key is empty or too long.
    """
    given = next((value for name, value in scope["headers"] if name == _HEADER), None)
    if given is None:
        return None
    key = given.decode("latin-1")
    if not 0 < len(key) <= KEY_LENGTH:
        message = f"{HEADER}: is not text of 1 to {KEY_LENGTH} characters"
        raise Rejected(message, kind="invalid-parameter", faults=[Fault(("header", HEADER), "invalid_parameter")])
    asked = b"%s %s?%s\n%s" % (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
    return KeyedRequest.of(caller_of(scope), key, asked, now)


def replay(keyed: KeyedRequest, kept: KeyedReply) -> Response:
    """Answer as before.

    Raises
    ------
    Rejected
        The key was used for another request.
    """
    if kept.body != keyed.body:
        message = f"{HEADER}: was used for another request within the last 24 hours"
        raise Rejected(message, kind="idempotency-key-reused")
    return Response(kept.reply, media_type="application/json", headers={"Idempotent-Replayed": "true"})
