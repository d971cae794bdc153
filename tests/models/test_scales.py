"""Fit and engagement: percentiles that rise with the sum, the same alone and among others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.additive import AdditiveModel
from leadscore.models.features import Encoder, Feature
from leadscore.models.scales import Scale, Scales

sums = st.lists(st.floats(-9, 9), min_size=1, max_size=40)


def column(values) -> np.ndarray:
    return np.array(values, dtype=float).reshape(-1, 1)


@given(known=sums, asked=sums)
def test_a_scale_tells_the_percentage_of_leads_with_a_lower_sum(known, asked):
    scale = Scale.fit([0], {"close": column(known)})
    for value, found in zip(asked, scale("close", column(asked)), strict=True):
        below = 100 * np.mean(np.round(known, 6) < round(value, 6))
        assert abs(found - below) < 1 + 1e-9  # a percentile is off by up to one, the mean by its last bit
        assert 0 <= found <= 100


@given(known=sums, one=st.floats(-9, 9), more=st.floats(0, 9))
def test_more_is_never_less(known, one, more):
    low, high = Scale.fit([0], {"close": column(known)})("close", column([one, one + more]))
    assert low <= high


@given(rows=st.lists(st.lists(st.floats(-3, 3), min_size=5, max_size=5), min_size=1, max_size=20))
def test_a_lead_alone_gets_what_it_gets_among_others(rows):
    effects = np.array(rows)
    scale = Scale.fit([0, 2, 4], {"close": effects})
    assert scale("close", effects) == [scale("close", effects[[i]])[0] for i in range(len(effects))]
    assert scale("close", effects) == scale("close", np.asfortranarray(effects))


def test_the_most_frequent_lowest_sum_is_zero():
    scale = Scale.fit([0], {"close": column([-1.0] * 80 + [1.0] * 20)})
    assert scale("close", column([-1.0, 0.0, 1.0, 1.1])) == [0, 80, 80, 100]


@pytest.fixture
def parts() -> tuple[Encoder, dict[str, AdditiveModel], np.ndarray]:
    line = {"knots": [0, 10], "values": [0, 2], "missing": -0.5}
    encoder = Encoder((Feature("Employees", "number"), Feature("visit, last 7 days", "number")))
    models = {stage: AdditiveModel(0.0, [line, line], [1.0, 1.0]) for stage in ("qualify", "close")}
    return encoder, models, np.random.default_rng(0).uniform(0, 10, (5000, 2))


def test_attributes_and_activities_have_a_scale_each(parts):
    encoder, models, X = parts
    scales = Scales.of_model(models, encoder, ["visit, last 7 days"], X)
    effects = models["close"].reasons(np.array([[0.0, 10.0], [5.0, 2.5], [10.0, 0.0]]))
    (low, high), (middle, quarter), (top, none) = scales("close", effects)
    assert (low, high, top, none) == (0, 100, 100, 0)
    assert middle == pytest.approx(50, abs=4)
    assert quarter == pytest.approx(25, abs=4)
    assert Scales.from_dict(json.loads(json.dumps(scales.to_dict()))) == scales


def test_what_a_model_does_not_look_at_has_no_scale(parts):
    encoder, models, X = parts
    effects = np.zeros((2, 2))
    scales = Scales.of_model(models, encoder, [], X)
    assert scales.engagement is None
    assert [engagement for _, engagement in scales("close", effects)] == [None, None]
    assert Scales()("close", effects) == [(None, None)] * 2
    assert Scales.of_model(models, encoder, [], X[:0]) == Scales.from_dict({}) == Scales()
