"""Calibration by segment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.additive import AdditiveModel
from leadscore.models.by_segment import ModelBySegment, SegmentLines, fit_slope
from leadscore.models.calibration import expit
from leadscore.models.likelihood import model_file, model_from_file

RNG = np.random.default_rng(0)
X = np.column_stack([RNG.integers(0, 2, 400), RNG.integers(0, 3, 400)]).astype(float)
X[:20, 1] = np.nan
POOLED = AdditiveModel(-1.0, [{"table": [-0.5, 0.7, 0.0]}, {"table": [0.1, 0.2, 0.3, 0.0]}], [0.1, 0.15])
LINES = SegmentLines(1, {0: (0.7, -0.4), 2: (1.2, 0.1)})
MODEL = ModelBySegment(POOLED, LINES)


def test_only_the_segments_with_a_line_move() -> None:
    raw, moved = POOLED.log_odds(X), MODEL.log_odds(X)
    np.testing.assert_array_equal(moved[X[:, 1] == 0], 0.7 * raw[X[:, 1] == 0] - 0.4)
    still = (X[:, 1] == 1) | np.isnan(X[:, 1])
    np.testing.assert_array_equal(moved[still], raw[still])


def test_reasons_add_up_to_what_was_said() -> None:
    rest = MODEL.log_odds(X) - MODEL.reasons(X).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-12)
    unmoved = POOLED.log_odds(X) - POOLED.reasons(X).sum(axis=1)
    np.testing.assert_allclose(rest, unmoved, atol=1e-12)


def test_a_lead_alone_gets_what_it_gets_in_company() -> None:
    for row in (0, 50, 399):
        np.testing.assert_array_equal(MODEL.log_odds(X[row : row + 1]), MODEL.log_odds(X)[row : row + 1])
        np.testing.assert_array_equal(MODEL.reasons(X[row : row + 1]), MODEL.reasons(X)[row : row + 1])


def test_its_text_holds_all_of_it() -> None:
    name = model_file("close", MODEL.family)
    assert name == "close.by_segment.json"
    again = model_from_file(name, MODEL.to_text())
    np.testing.assert_array_equal(again.log_odds(X), MODEL.log_odds(X))
    assert again.to_text() == MODEL.to_text()


@given(slope=st.floats(0.3, 1.6), shift=st.floats(-1.0, 1.0))
def test_with_many_outcomes_the_slope_is_found_and_with_few_it_hardly_moves(slope: float, shift: float) -> None:
    rng = np.random.default_rng(1)
    said = rng.normal(-1.0, 1.0, 40_000)
    happened = (rng.random(len(said)) < expit(slope * said + shift)).astype(float)
    assert fit_slope(said, happened) == pytest.approx(slope, abs=0.12)
    assert fit_slope(said[:4], np.array([0.0, 1.0, 0.0, 0.0])) == pytest.approx(1.0, abs=0.5)


@given(st.integers(0, 2**20), st.integers(2, 60))
def test_the_order_of_a_segments_leads_never_turns_round(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    slope = fit_slope(rng.normal(0, 3, n), (rng.random(n) < 0.5).astype(float))
    assert 0 < slope < 10
