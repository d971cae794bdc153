"""The whole method: on the sample, on noise, and on three real data sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.data.splits import Split
from leadscore.errors import BadInput, NoSignal, NoUsableColumn, OneClass, RecipeError, Refused, TooFewOutcomes
from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.scoring import Lead, Scorer
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Recipe, Search, load_recipe
from leadscore.training.result import Registered, TrainingResult

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def train(name: str, data: Path, trials: int = 14) -> TrainingResult:
    recipe = load_recipe(ROOT / "training" / f"{name}.toml")
    return fit_bundle(recipe.model_copy(update={"search": Search(trials=trials)}), now=NOW, data=data)


@pytest.fixture(scope="module")
def xeducation(data_folder: Path) -> TrainingResult:
    return train("xeducation", data_folder / "xeducation_leads.csv")


@pytest.fixture(scope="module")
def olist(data_folder: Path) -> TrainingResult:
    return train("olist", data_folder / "olist")


@pytest.fixture(scope="module", params=["sample_result", "xeducation", "olist"])
def result(request: pytest.FixtureRequest) -> TrainingResult:
    return request.getfixturevalue(request.param)


def test_every_row_of_the_test_stretch_is_scored_as_scikit_learn_would(result: TrainingResult) -> None:
    bundle, frame = result.bundle, result.test.frame
    X = bundle.encoder.encode(frame.to_dict("records"))
    np.testing.assert_array_equal(X, bundle.encoder.encode_frame(frame))
    by_stage = dict(zip(("qualify", "close"), bundle.likelihoods(X), strict=True))
    expected = {stage: fitted.sklearn_path(X) for stage, fitted in result.fitted.items()}
    if len(expected) == 2:
        expected["close"] = expected["qualify"] * expected["close"]
    assert len(X) > 300
    for stage, p in expected.items():
        np.testing.assert_allclose(by_stage[stage], p, rtol=0, atol=1e-9)


def test_the_scorer_says_what_the_bundle_says(result: TrainingResult) -> None:
    scorer, frame = Scorer(result.bundle), result.test.frame
    _, p_close = result.bundle.likelihoods(result.bundle.encoder.encode_frame(frame))
    rows = range(0, len(frame), max(1, len(frame) // 60))
    decisions = [scorer.decide([Lead("", frame.iloc[i].to_dict())])[0] for i in rows]
    if result.bundle.activities is None:
        assert [d.p_close for d in decisions] == p_close[list(rows)].tolist()
    assert all(d.tier and d.role for d in decisions)


def test_it_is_no_worse_than_plain_logistic_regression(result: TrainingResult) -> None:
    for stage, found in result.evaluation.items():
        assert found.log_loss_difference <= max(0.5 * found.log_loss_difference_se, 0.003), stage


def test_x_education_is_learned(xeducation: TrainingResult) -> None:
    measures = xeducation.evaluation["close"].measures
    assert measures.values["roc_auc"] >= 0.865
    assert measures.rows == xeducation.rows["test"] == 2310
    excluded = {column.column: column.verdict for column in xeducation.excluded}
    assert excluded["Tags"] == excluded["Lead Quality"] == "ignored"
    assert not {f.name for f in xeducation.bundle.encoder.features} & set(excluded)


def test_no_real_lead_lies_in_the_bundle(xeducation: TrainingResult, tmp_path: Path) -> None:
    folder = save_bundle(xeducation.bundle, tmp_path / "one")
    everything = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert not [lead_id for lead_id in xeducation.test.lead_id if lead_id in everything]


def test_olist_is_learned(olist: TrainingResult) -> None:
    assert olist.evaluation["close"].measures.values["roc_auc"] >= 0.67
    assert olist.bundle.card["horizon_days"] == {"close": 180}


def test_opportunities_without_signal_are_refused(data_folder: Path) -> None:
    with pytest.raises(NoSignal, match=r"the columns do not tell the outcome. Nothing was registered"):
        train("crm_opportunities", data_folder / "crm_opportunities", trials=2)


def test_a_folder_that_lacks_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"xeducation_leads.csv: the file does not exist"):
        train("xeducation", tmp_path)
    with pytest.raises(BadInput, match=r"nowhere.csv: the file does not exist"):
        train("xeducation", tmp_path / "nowhere.csv")


def test_the_same_seed_gives_the_same_files(
    sample_recipe: Recipe, sample_result: TrainingResult, tmp_path: Path
) -> None:
    one = save_bundle(sample_result.bundle, tmp_path / "one")
    other = save_bundle(fit_bundle(sample_recipe, now=LATER).bundle, tmp_path / "other")
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in set(names) - {"manifest.json"}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    cards = [load_bundle(folder).card for folder in (one, other)]
    assert [card["trained_at"] for card in cards] == ["2026-11-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"]
    assert cards[0] | {"trained_at": None} == cards[1] | {"trained_at": None}


def test_the_result_tells_everything_as_json(sample_result: TrainingResult) -> None:
    told = json.loads(json.dumps(sample_result.to_dict()))
    assert told["model"] is None
    assert told["rows"] == dict(sample_result.rows)
    assert told["stages"]["close"]["roc_auc"] == sample_result.metrics["close"]["roc_auc"]
    assert told["stages"]["close"]["horizon_days"] == 180
    assert len(told["tiers"]) == len(sample_result.tiers)
    registered = sample_result.with_registration(
        Registered("r", "models:/leadscore/3", ("champion",), {"auc": "ok"}), 9.0
    )
    assert registered.model == "models:/leadscore/3"
    assert registered.to_dict()["aliases"] == ["champion"]


def test_the_card_says_until_when_it_was_learned(sample_result: TrainingResult) -> None:
    card = sample_result.bundle.card
    assert card["horizon_days"] == {"qualify": 60, "close": 180}
    tested = sample_result.test.created
    assert tested is not None
    assert pd.Timestamp(card["trained_until"]) == tested.iloc[-1]


def test_without_refit_the_measured_model_is_registered(noise: Any, tmp_path: Path) -> None:
    path = noise(tmp_path, n=600, told=2.0)
    kept, moved = (
        fit_bundle(RECIPE.model_copy(update={"split": Split(folds=2, refit=refit)}), now=NOW, data=path)
        for refit in (False, True)
    )
    for result, learned in ((kept, 450), (moved, 600)):
        assert result.bundle.card["leads_learned_from"] == learned
    X = kept.bundle.encoder.encode_frame(kept.test.frame)
    np.testing.assert_array_equal(kept.bundle.likelihoods(X)[1], kept.evaluation["close"].p)
    np.testing.assert_array_equal(moved.evaluation["close"].p, kept.evaluation["close"].p)
    assert (moved.bundle.likelihoods(X)[1] != kept.bundle.likelihoods(X)[1]).any()


def test_progress_rises_to_the_end(sample_recipe: Recipe, tmp_path: Path, noise: Any) -> None:
    told: list[float] = []
    path = noise(tmp_path, n=600, told=2.0)
    fit_bundle(RECIPE, now=NOW, data=path, progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1


RECIPE = Recipe(
    lead=LeadColumns(id="Id", order="row"),
    close=Outcome(column="Won", positive=("yes",), negative=("no",)),
    search=Search(trials=1),
    split=Split(folds=2),
)


@pytest.fixture(scope="module")
def noise() -> Callable[..., Path]:
    """Write leads whose columns tell nothing, but for the one whose weight is ``told``."""

    def write(folder: Path, *, n: int = 500, seed: int = 0, told: float = 0.0, share: float = 0.35) -> Path:
        rng = np.random.default_rng(seed)
        won = rng.random(n) < share
        frame = pd.DataFrame(
            {
                "Id": [f"L-{i}" for i in range(n)],
                "Source": rng.choice(["Web", "Fair", "Partner", "List"], n),
                "Size": np.round(rng.lognormal(3, 1, n)),
                "Budget": np.round(rng.normal(size=n) + told * won, 3),
                "Demo": rng.choice(["Yes", "No"], n),
                "Won": np.where(won, "yes", "no"),
            }
        )
        path = folder / f"noise-{seed}.csv"
        frame.to_csv(path, index=False)
        return path

    return write


def test_noise_is_refused_in_nineteen_of_twenty(noise: Callable[..., Path], tmp_path: Path) -> None:
    refused = 0
    for seed in range(20):
        try:
            fit_bundle(RECIPE, now=NOW, data=noise(tmp_path, seed=seed), seed=seed)
        except NoSignal:
            refused += 1
    assert refused >= 19


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"share": 0.0}, OneClass),
        ({"share": 1.0}, OneClass),
        ({"share": 0.05}, TooFewOutcomes),
        ({"n": 30}, TooFewOutcomes),
    ],
)
def test_too_little_to_learn_from_is_refused(noise: Any, tmp_path: Path, options: Any, error: type[Refused]) -> None:
    with pytest.raises(error, match=r"\[close\]"):
        fit_bundle(RECIPE, now=NOW, data=noise(tmp_path, **options))


def test_nothing_left_to_learn_from_is_refused(noise: Callable[..., Path], tmp_path: Path) -> None:
    columns = Columns(ignore=("Source", "Size", "Budget", "Demo"))
    with pytest.raises(NoUsableColumn):
        fit_bundle(RECIPE.model_copy(update={"columns": columns}), now=NOW, data=noise(tmp_path))


def test_one_column_of_any_kind_is_enough(noise: Callable[..., Path], tmp_path: Path) -> None:
    path = noise(tmp_path, told=2.0)
    columns = Columns(ignore=("Source", "Size", "Demo"))
    found = fit_bundle(RECIPE.model_copy(update={"columns": columns}), now=NOW, data=path)
    assert [f.name for f in found.bundle.encoder.features] == ["Budget"]
    assert found.evaluation["close"].measures.values["roc_auc"] > 0.85


def test_a_recipe_is_taken_by_its_path_and_its_folder(noise: Callable[..., Path], tmp_path: Path) -> None:
    noise(tmp_path, told=2.0).rename(tmp_path / "leads.csv")
    toml = '[lead]\nid = "Id"\norder = "row"\n[close]\ncolumn = "Won"\npositive = ["yes"]\nnegative = ["no"]\n'
    (tmp_path / "acme.toml").write_text(f'name = "acme"\n{toml}[search]\ntrials = 1\n')
    found = fit_bundle(str(tmp_path / "acme.toml"), now=NOW)
    assert found.bundle.card["recipe"] == "acme"
    assert len(read(found.recipe)) == 500
    with pytest.raises(RecipeError):
        fit_bundle(tmp_path / "acme.tml", now=NOW)


def test_what_the_time_left_untried_is_said(noise: Callable[..., Path], tmp_path: Path) -> None:
    hurried = RECIPE.model_copy(update={"search": Search(minutes=1e-9)})
    found = fit_bundle(hurried, now=NOW, data=noise(tmp_path, told=2.0))
    assert any("left 8 candidates untried; set search.trials" in warning for warning in found.warnings)
