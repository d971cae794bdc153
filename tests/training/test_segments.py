"""A model of its own for a segment: only where it has enough outcomes and wins forward in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore.data.schema import Field
from leadscore.errors import RecipeError
from leadscore.models.calibration import expit
from leadscore.models.features import Encoder
from leadscore.models.segmented_classifier import SegmentedClassifier
from leadscore.training.candidates import Past, candidates
from leadscore.training.competition import Competition
from leadscore.training.folds import Folds
from leadscore.training.limits import Limits
from leadscore.training.remarks import competition_remarks
from leadscore.training.search import compete
from leadscore.training.segments import SegmentColumn, columns_by_segment, moved_to, segment_column

N = 6_000
NAMES = ("north", "south", "islands")
SEGMENTS = SegmentColumn(1, NAMES)
LEVELS = (0, 4)


def race(
    slopes: tuple[float, ...], *, include: Any = ("segments",), n: int = N, seconds: float = np.inf
) -> tuple[Competition, np.ndarray, Past]:
    """Leads of two large segments and a small one, in each of which the number tells the outcome by its own slope."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=n), rng.choice(3, n, p=[0.6, 0.38, 0.02])]).astype(float)
    y = (rng.random(n) < expit(np.array(slopes)[X[:, 1].astype(int)] * X[:, 0] - 1)).astype(float)
    past = Past(X, y, np.ones(n, dtype=bool), np.arange(float(n)), unit="leads")
    field = candidates(LEVELS, seed=0)[:1]
    return *compete(Folds(past, 4), field, limits=Limits(seconds, include=include), segments=SEGMENTS), past


def test_a_segment_that_is_otherwise_gets_a_model_of_its_own() -> None:
    found, forecasts, past = race((1.5, -1.5, 1.5))
    assert found.winner.own == ("north", "south")
    assert str(found.winner) == "logistic_regression (C=0.3; of their own: north, south)"
    assert [v.own for v in found.segments] == [True, True, False]
    assert found.segments[2].gain is None
    assert sum(v.leads for v in found.segments) == N
    south = (past.X[:, 1] == 1) & ~np.isnan(forecasts)
    assert np.corrcoef(forecasts[south], past.X[south, 0])[0, 1] < -0.9
    assert (
        found.log_loss[str(found.winner)] < min(v for k, v in found.log_loss.items() if k != str(found.winner)) - 0.02
    )


def test_segments_that_are_alike_stay_together() -> None:
    found, _, _ = race((1.0, 1.0, 1.0))
    assert found.winner.own == ()
    assert not any(verdict.own for verdict in found.segments)


def test_it_is_said_for_each_segment() -> None:
    found = race((1.5, -1.5, 1.5))[0]
    [said] = [r for r in competition_remarks({"close": Fitted(found)}) if "of its own" in r]
    assert said.startswith(
        "[close]: a model of its own is clearly better forward in time for 'north' (log loss lower by 0."
    )
    assert said.endswith("the pooled model serves 'islands': under 100 outcomes of a class")


def test_segments_that_the_time_leaves_out_are_said_and_counted() -> None:
    found = race((1.5, -1.5, 1.5), seconds=0.0)[0]
    assert found.winner.own == ()
    assert found.untried == 2
    assert [v.gain for v in found.segments] == [None, None, None]
    said = [r for r in competition_remarks({"close": Fitted(found)}) if "pooled" in r]
    assert said == [
        "[close]: the pooled model serves 'north', 'south': the time limit of the search left their own untried; "
        "the pooled model serves 'islands': under 100 outcomes of a class"
    ]


class Fitted:
    """What remarks look at."""

    def __init__(self, competition: Competition) -> None:
        self.competition = competition
        self.move = None


@pytest.mark.parametrize(("include", "segments"), [((), 0), (("segments",), 3)])
def test_segments_may_be_left_out(include: Any, segments: int) -> None:
    assert len(race((1.5, -1.5, 1.5), include=include, n=1_000)[0].segments) == segments


def encoder(names: list[str]) -> Encoder:
    frame = pd.DataFrame({"Size": ["1", "2"] * 30, "Region": names})
    return Encoder.fit(frame, (Field("Size", "number"), Field("Region", "category")))


def test_the_column_is_that_of_the_segment() -> None:
    one = encoder(["north"] * 40 + ["south"] * 20)
    assert segment_column(one, "Region") == SegmentColumn(1, ("north", "south"))
    assert segment_column(one, "Size") is segment_column(one, None) is None


def test_a_newer_encoder_gives_a_segment_another_code() -> None:
    winner = race((1.5, -1.5, 1.5))[0].winner
    moved = moved_to(encoder(["south"] * 40 + ["North"] * 20), winner)
    assert isinstance(moved.estimator, SegmentedClassifier)
    assert moved.estimator.segments == (1, 0)
    assert moved.estimator.levels == (0, 3)
    assert moved_to(encoder(["south"] * 60), winner).estimator.segments == (0,)


def test_columns_that_depend_on_the_segment_are_found_by_name() -> None:
    frame = pd.DataFrame({"Region": ["north", "south"] * 20, "Product": ["a", "b"] * 20, "Size": ["1", "2"] * 20})
    fields = (Field("Size", "number"), Field("Product", "category"), Field("Region", "category"))
    encoder = Encoder.fit(frame, fields)
    segments = segment_column(encoder, "Region")
    assert columns_by_segment(encoder, segments, ["Product"]) == (1,)
    assert columns_by_segment(encoder, None, []) == ()
    with pytest.raises(RecipeError, match=r"needs lead\.segment"):
        columns_by_segment(encoder, None, ["Product"])
    for name in ("Size", "Region", "Colour"):
        with pytest.raises(RecipeError, match=f"'{name}' is no category .* those are 'Product'"):
            columns_by_segment(encoder, segments, [name])
