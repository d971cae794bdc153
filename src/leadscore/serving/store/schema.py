"""The tables as they are today, written once for SQLite and PostgreSQL alike; `migrations` makes them."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

__all__ = [
    "HEAD",
    "METADATA",
    "api_key",
    "capacity",
    "decision",
    "idempotency",
    "lead",
    "lead_snapshot",
    "outcome",
]

HEAD = "4"
"""The revision that these tables are; a SQLite file has it as its ``PRAGMA user_version`` too."""

METADATA = MetaData()

lead = Table(
    "lead",
    METADATA,
    Column("lead_id", Text, primary_key=True),
    Column("lead_key", Text, nullable=False, unique=True),
    Column("role", Text),
    sqlite_with_rowid=False,
)
"""The caller's identifier, the pseudonym that we drew for it, and the role that has the lead now."""

decision = Table(
    "decision",
    METADATA,
    Column("decision_id", Text, primary_key=True),
    Column("lead_key", Text, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("p_qualify", Float),
    Column("p_close", Float),
    Column("score", Integer, nullable=False),
    Column("value", Float),
    Column("currency", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("tier_role", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reply_within_minutes", Integer),
    Column("horizon_days", Integer),
    Column("basis", Text, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("eligible", Text, nullable=False),
    Column("prices", Text, nullable=False),
    Column("runner_up", Text),
    Column("net_values", Text),
    Column("trend", Text),
    Column("request", Text),
    Index("decision_of_lead", "lead_key", "decided_at"),
    sqlite_with_rowid=False,
)
"""What was decided, with what an off-policy evaluation needs; moments are ISO 8601 in UTC, lists are JSON."""

lead_snapshot = Table(
    "lead_snapshot",
    METADATA,
    Column("decision_id", Text, ForeignKey("decision.decision_id"), primary_key=True),
    Column("created", Text),
    Column("at", Text),
    Column("fields", Text, nullable=False),
    Column("activities", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The lead as it was when it was decided; personal data, so erased without touching the decision."""

outcome = Table(
    "outcome",
    METADATA,
    Column("lead_key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("assumed", Integer, nullable=False),
    Column("amount", Float),
    Column("reason", Text),
    sqlite_with_rowid=False,
)
"""What became of a lead: one row for each of ``worked``, ``accepted``, ``qualified``, ``closed`` that is known.

``assumed`` is 1 where the moment is that at which we heard of it.
"""

idempotency = Table(
    "idempotency",
    METADATA,
    Column("request", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("reply", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
    Index("idempotency_by_age", "created"),
    sqlite_with_rowid=False,
)
"""Replies by the digest of API key and ``Idempotency-Key``, kept for a day; ``body`` is the digest of the request."""

capacity = Table(
    "capacity",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("leads", Integer, nullable=False),
    Column("hours", Float, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
"""Leads that a role received on a day of UTC, routed to it first or from another role, and the hours of the role that
the leads routed on that day take in expectation, whoever of them is first to touch them."""

api_key = Table(
    "api_key",
    METADATA,
    Column("prefix", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("revoked", Text),
    sqlite_with_rowid=False,
)
"""Digests of the API keys."""
