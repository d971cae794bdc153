"""API keys: 256 random bits, kept as their SHA-256, found by a prefix, compared in constant time."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.errors import LeadScoreError, OutOfReach
from leadscore.serving.problems import ProblemReply, Rejected, problem_of

__all__ = ["ApiKey", "KeyGuard", "KeyRing", "caller_of", "mint"]

PREFIX_LENGTH = 12
REFRESH_SECONDS = 1.0
PUBLIC = frozenset({"/live", "/ready"})
CALLER = "leadscore.caller"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key; the key itself is shown once and stored nowhere.

    Parameters
    ----------
    prefix
        Its first characters, by which it is listed and revoked.
    digest
        SHA-256 of the whole key, hexadecimal.
    name
        Who uses it.
    created
        When it was made.
    revoked
        When it stopped to open; None while it is active.
    """

    prefix: str
    digest: str
    name: str
    created: datetime
    revoked: datetime | None = None


def mint(name: str, now: datetime) -> tuple[str, ApiKey]:
    """Make a key: the text to hand out and the record to keep.

    Examples
    --------
    >>> from datetime import UTC
    >>> text, key = mint("hubspot", datetime(2026, 1, 1, tzinfo=UTC))
    >>> text.startswith(key.prefix), text in repr(key)
    (True, False)
    """
    text = f"lsk_{secrets.token_urlsafe(32)}"
    return text, ApiKey(text[:PREFIX_LENGTH], sha256(text.encode()).hexdigest(), name, now)


class KeyRing:
    """The active keys, read again at most once a second, so that a revoked key closes within that time.

    Parameters
    ----------
    load
        Returns all keys; may raise a `LeadScoreError`.
    clock
        Seconds, monotonic.
    """

    def __init__(self, load: Callable[[], Sequence[ApiKey]], clock: Callable[[], float] = monotonic) -> None:
        self._load = load
        self._clock = clock
        self._until = float("-inf")
        self._digests: dict[bytes, str] = {}

    def opens(self, key: bytes) -> bool:
        """Whether this key is active."""
        if self._clock() >= self._until:
            self._read_again()
        known = self._digests.get(key[:PREFIX_LENGTH], "")
        return hmac.compare_digest(known, sha256(key).hexdigest())

    def _read_again(self) -> None:
        try:
            self._digests = {k.prefix.encode(): k.digest for k in self._load() if k.revoked is None}
        except OutOfReach:
            # Who could score a second ago can while the keys cannot be read: the log may have a spool.
            if not self._digests:
                raise
        self._until = self._clock() + REFRESH_SECONDS


class KeyGuard:
    """ASGI layer that lets no request through without a key, but ``/live`` and ``/ready``.

    Parameters
    ----------
    app
        The application inside.
    ring
        The keys that open.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing) -> None:
        self.app = app
        self.ring = ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] == "http" and scope["path"] not in PUBLIC:
            try:
                self._check(scope)
            except LeadScoreError as error:
                await ProblemReply(problem_of(error))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        key = _presented(dict(scope["headers"]))
        if not key:
            message = "an API key is needed: Authorization: Bearer lsk_..., or X-API-Key"
            raise Rejected(message, status=401, kind="key-missing")
        if not self.ring.opens(key):
            raise Rejected("the API key is unknown or revoked", status=401, kind="key-refused")
        scope[CALLER] = key[:PREFIX_LENGTH].decode()


def caller_of(scope: Scope) -> str:
    """Prefix of the API key that opened the service to a request; empty where it needs none."""
    return str(scope.get(CALLER, ""))


def _presented(headers: dict[bytes, bytes]) -> bytes:
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"").strip()
