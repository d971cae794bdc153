"""Outcomes, idempotent requests, capacity, and what a decision weighed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add tables and columns; a lead's present role is that of its last decision."""
    for name in ("net_values", "trend", "request"):
        op.add_column("decision", sa.Column(name, sa.Text))
    op.add_column("lead", sa.Column("role", sa.Text))
    op.execute(
        "UPDATE lead SET role = (SELECT role FROM decision WHERE decision.lead_key = lead.lead_key "
        "ORDER BY decided_at DESC, decision_id DESC LIMIT 1)"
    )
    op.create_table(
        "outcome",
        sa.Column("lead_key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("assumed", sa.Integer, nullable=False),
        sa.Column("amount", sa.Float),
        sa.Column("reason", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("reply", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Index("idempotency_by_age", "created"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "capacity",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("leads", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
