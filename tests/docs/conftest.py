"""Markdown as data: the rows of a page's tables, by heading."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadscore.data.synthetic import write_sample
from leadscore.scoring import Scorer
from leadscore.serving import DecisionStore, Settings, create_app
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Search, load_recipe
from leadscore.training.result import TrainingResult

REPOSITORY = Path(__file__).parents[2]

Tables = dict[str, list[list[str]]]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def tables_of() -> Callable[[str], Tables]:
    """Cells of every table row but the header, by the last heading above it ("" before the first)."""

    def read(page: str) -> Tables:
        tables: Tables = {}
        heading, body = "", False
        for line in (REPOSITORY / page).read_text(encoding="utf-8").splitlines():
            if found := re.match(r"#+ (.*)", line):
                heading = found[1].replace("`", "")
            if not line.startswith("|"):
                body = False
            elif set(line) <= set("|-: "):
                body = True
            elif body:
                cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                tables.setdefault(heading, []).append(cells)
        return tables

    return read


@pytest.fixture(scope="session")
def keys_of() -> Callable[[list[list[str]]], list[str]]:
    """What stands in backticks in the first cell of each row."""
    return lambda rows: [key for row in rows for key in re.findall(r"`([^`]+)`", row[0])]


@pytest.fixture(scope="session")
def small_training(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, n_leads=2500, seed=0)
    recipe = load_recipe(folder / "sample.toml").model_copy(update={"search": Search(trials=2)})
    return fit_bundle(recipe, now=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def endpoints(small_training: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Method and path of everything that the service answers, but the pages of its OpenAPI document."""
    with DecisionStore(tmp_path_factory.mktemp("store") / "decisions.db") as store:
        paths = create_app(Scorer(small_training.bundle), store, Settings()).openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}
