"""Decisions by the rules of a points card, which know no value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Let ``value`` be absent and say what a decision rests on."""
    with op.batch_alter_table("decision", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.alter_column("value", existing_type=sa.Float(), nullable=True)
        table.add_column(sa.Column("basis", sa.Text, nullable=False, server_default="model"))
    with op.batch_alter_table("decision", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.alter_column("basis", existing_type=sa.Text(), server_default=None)
