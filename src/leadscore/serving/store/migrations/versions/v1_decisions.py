"""Decisions of models, the leads they are about, and API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "lead",
        sa.Column("lead_id", sa.Text, primary_key=True),
        sa.Column("lead_key", sa.Text, nullable=False, unique=True),
        sqlite_with_rowid=False,
    )
    required = {"model_version": sa.Text, "score": sa.Integer, "value": sa.Float, "currency": sa.Text}
    required |= dict.fromkeys(("tier", "tier_role", "role"), sa.Text)
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Text, primary_key=True),
        sa.Column("lead_key", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=False),
        sa.Column("p_qualify", sa.Float),
        sa.Column("p_close", sa.Float),
        *(sa.Column(name, kind, nullable=False) for name, kind in required.items()),
        sa.Column("reply_within_minutes", sa.Integer),
        sa.Column("horizon_days", sa.Integer),
        sa.Column("propensity", sa.Float, nullable=False),
        sa.Column("eligible", sa.Text, nullable=False),
        sa.Column("prices", sa.Text, nullable=False),
        sa.Column("runner_up", sa.Text),
        sa.Index("decision_of_lead", "lead_key", "decided_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lead_snapshot",
        sa.Column("decision_id", sa.Text, sa.ForeignKey("decision.decision_id"), primary_key=True),
        sa.Column("created", sa.Text),
        sa.Column("at", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("fields", "activities", "reasons")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "name", "created")),
        sa.Column("revoked", sa.Text),
        sqlite_with_rowid=False,
    )
