"""Idempotent requests: one reply per key, however often and however simultaneously it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from leadscore.serving.store.records import moment_text

__all__ = ["KEPT_HOURS", "KeyedReply", "KeyedRequest"]

KEPT_HOURS = 24


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that carries an ``Idempotency-Key``; both its parts are digests, because both may name a person.

    Parameters
    ----------
    request
        Digest of the caller's API key and of the idempotency key.
    body
        Digest of what was asked.
    arrived
        When.

    Examples
    --------
    >>> at = datetime(2026, 1, 1)
    >>> first, again = (KeyedRequest.of("lsk_a", "k-1", body, at) for body in (b"one", b"two"))
    >>> first.request == again.request, first.body == again.body
    (True, False)
    """

    request: str
    body: str
    arrived: datetime

    @classmethod
    def of(cls, scope: str, key: str, asked: bytes, arrived: datetime) -> Self:
        """Digest what a caller sent."""
        return cls(sha256(f"{scope}\0{key}".encode()).hexdigest(), sha256(asked).hexdigest(), arrived)

    @property
    def oldest(self) -> str:
        """A reply from before this moment is forgotten."""
        return moment_text(self.arrived - timedelta(hours=KEPT_HOURS))


@dataclass(frozen=True, slots=True)
class KeyedReply:
    """What stands under an idempotency key.

    Parameters
    ----------
    body
        Digest of the request that was answered.
    reply
        The answer, byte for byte.
    """

    body: str
    reply: bytes
