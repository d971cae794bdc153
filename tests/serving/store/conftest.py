"""Every test of the store runs on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import pytest

from leadscore.serving import DecisionStore


@pytest.fixture
def store(place):
    with DecisionStore(place) as store:
        yield store
