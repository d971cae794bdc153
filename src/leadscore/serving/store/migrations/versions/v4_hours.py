"""Capacity in hours beside leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the column; what the leads of earlier days took is not known any more and counts as nothing."""
    op.add_column("capacity", sa.Column("hours", sa.Float, nullable=False, server_default="0"))
