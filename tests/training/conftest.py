"""A model that was logged and registered once, and copies of its store that a test may change."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest

from leadscore.models.registry import Registry, quiet

LOGGED_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def logged_home(tmp_path_factory, sample_result):
    """A working folder with one registered model."""
    with quiet():
        from leadscore.training.tracking import log_training
    registry = Registry(tmp_path_factory.mktemp("logged"), uri="")
    log_training(sample_result, registry, seed=0, now=LOGGED_AT)
    return registry.home


@pytest.fixture
def registry(logged_home, tmp_path):
    """A copy of that folder's registry."""
    shutil.copytree(logged_home, tmp_path / "home")
    return Registry(tmp_path / "home", uri="")
