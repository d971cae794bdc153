"""Migrations: from whatever version the tables have to today's, at start-up and under a lock.

Each file of `versions` is one step of alembic and never changes once it was released. Files of SQLite from before
alembic tell their version by ``PRAGMA user_version``, whose numbers the revisions continue.
"""

from __future__ import annotations

from leadscore.serving.store.migrations.upgrade import scripts, upgrade

__all__ = ["scripts", "upgrade"]
