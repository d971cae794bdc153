"""Personal data of an export: learned from as kinds, and kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.data.outcomes import Outcome
from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.scoring import Scorer
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, Search
from leadscore.training.report import examination_page
from leadscore.training.result import TrainingResult

NOW = datetime(2026, 11, 1, tzinfo=UTC)
N = 1_200
SOURCE = np.array(["Web", "Fair", "Call"])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A model of an export in which the kind of mail domain is what tells most."""
    rng = np.random.default_rng(0)
    free = rng.random(N) < 0.4
    frame = pd.DataFrame(
        {
            "Email": np.where(free, "secretperson@gmail.com", [f"secretperson{i}@secretfirm{i}.de" for i in range(N)]),
            "Phone": np.where(rng.random(N) < 0.3, "000000", [f"+49 30 98765{i:04d}" for i in range(N)]),
            "First Name": np.where(rng.random(N) < 0.2, "asdf", "Secretname"),
            "Source": SOURCE[rng.integers(0, 3, N)],
            "Won": np.where(rng.random(N) < np.where(free, 0.1, 0.5), "yes", "no"),
        }
    )
    path = tmp_path_factory.mktemp("contact") / "leads.csv"
    frame.to_csv(path, index=False)
    recipe = Recipe(close=Outcome(column="Won", positive=("yes",)), search=Search(trials=1), lead={"order": "row"})
    return fit_bundle(recipe, now=NOW, data=path)


def test_the_kinds_are_features_and_tell_the_outcome(result: TrainingResult) -> None:
    levels = {f.name: set(f.levels) for f in result.bundle.encoder.features}
    assert levels["Email"] == {"business", "free"}
    assert levels["Phone"] == levels["First Name"] == {"plausible", "implausible"}
    assert result.evaluation["close"].measures.values["roc_auc"] > 0.65


def test_no_cell_is_kept_or_said(result: TrainingResult, tmp_path: Path) -> None:
    folder = save_bundle(result.bundle, tmp_path / "bundle")
    said = [file.read_text(encoding="utf-8") for file in folder.iterdir()]
    said += [str(result.to_dict()), examination_page(result.examination, "acme"), str(result.examination)]
    scorer = Scorer(load_bundle(folder))
    fields = {"Email": "Secret.Other@gmail.com", "Phone": "call secret", "First Name": "Secretname", "Source": "Web"}
    decision = scorer.score_one(fields)
    said += [str(decision.reply()), str(scorer.fields)]
    assert "Email (domain) free, typical business: lowers it" in str(decision.reply())
    for text in said:
        assert "secret" not in text.casefold()


def test_a_request_and_a_frame_give_the_same_bits(result: TrainingResult) -> None:
    scorer = Scorer(result.bundle)
    leads = [
        {"Email": "A@b.de", "Phone": 4930234567, "First Name": "Test", "Source": "Web"},
        {"Email": "", "Phone": "+49 30 234567", "First Name": "Ann", "Source": "Fair"},
    ]
    scored = scorer.score(pd.DataFrame(leads, dtype=object))
    for lead, p in zip(leads, scored["p_close"], strict=True):
        assert scorer.score_one(lead).p_close == p
