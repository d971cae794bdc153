"""Every test of the store runs on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import secrets

import pytest
import sqlalchemy

from leadscore.serving import DecisionStore


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path) -> str:
    """A place for a store that nobody has used: a path, or the URL of a schema of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "decisions.db")
    url = request.getfixturevalue("postgres_url")
    name = f"store_{secrets.token_hex(4)}"
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return f"{url}&options=-csearch_path%3D{name}"


@pytest.fixture
def store(place):
    with DecisionStore(place) as store:
        yield store
