"""A scorer of each family, and the sample's leads as text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from leadscore.data.tables import read_table
from leadscore.scoring import Scorer


@pytest.fixture(scope="session", params=["additive_result", "sample_result"])
def scorer(request: pytest.FixtureRequest) -> Scorer:
    """One scorer of each family."""
    return Scorer(request.getfixturevalue(request.param).bundle)


@pytest.fixture(scope="session")
def leads(sample_folder: Path) -> pd.DataFrame:
    """The newest leads of the export."""
    return read_table(sample_folder / "leads.csv").tail(400).reset_index(drop=True)
