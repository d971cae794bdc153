"""API keys as rows: the digest of each, never the key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from leadscore.serving.guard.keys import ApiKey, mint
from leadscore.serving.store.records import moment_text
from leadscore.serving.store.schema import api_key

__all__ = ["add", "every", "revoke"]


def add(connection: Connection, name: str, now: datetime) -> str:
    """Make a key and return its text, which is kept nowhere."""
    text, key = mint(name, now)
    row = {"prefix": key.prefix, "digest": key.digest, "name": name, "created": moment_text(now)}
    connection.execute(insert(api_key).values(row))
    return text


def every(connection: Connection) -> list[ApiKey]:
    """All keys, revoked ones too, in the order they were made."""
    rows = connection.execute(select(api_key).order_by(api_key.c.created)).mappings()
    return [_key(**row) for row in rows]


def revoke(connection: Connection, prefix: str, now: datetime) -> bool:
    """Close a key; False when there is no such active key."""
    active = (api_key.c.prefix == prefix) & api_key.c.revoked.is_(None)
    return connection.execute(update(api_key).where(active).values(revoked=moment_text(now))).rowcount == 1


def _key(prefix: str, digest: str, name: str, created: str, revoked: str | None) -> ApiKey:
    until = datetime.fromisoformat(revoked) if revoked else None
    return ApiKey(prefix, digest, name, datetime.fromisoformat(created), until)
