from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions import Assumption, assume_close_rate, assume_qualify_rate, complete
from leadscore.errors import StructureError


@given(p_close=st.lists(st.floats(1e-6, 0.98), min_size=1, max_size=50), share=st.floats(0.01, 0.99))
def test_the_assumed_rate_is_met_and_nobody_closes_without_qualifying(p_close: list[float], share: float):
    likelihoods = np.array(p_close)
    rate = likelihoods.mean() + share * (1 - likelihoods.mean()) * 0.99
    assumption = assume_qualify_rate(likelihoods, rate)
    odds = np.exp(assumption.shift) * likelihoods / (1 - likelihoods)
    p_qualify = odds / (1 + odds)
    assert p_qualify.mean() == pytest.approx(rate, abs=1e-6)
    assert (p_qualify >= likelihoods * (1 - 1e-12)).all()


@pytest.mark.parametrize(("rate", "words"), [(0.05, "at least the mean likelihood to close, 0.1"), (1.0, "under 1")])
def test_a_rate_that_cannot_be_is_refused(rate: float, words: str):
    with pytest.raises(StructureError, match=words):
        assume_qualify_rate(np.array([0.1, 0.1]), rate)


def test_leads_that_never_close_limit_the_rate():
    with pytest.raises(StructureError, match=r"under 0\.5"):
        assume_qualify_rate(np.array([0.2, 0.0]), 0.6)


def test_a_rate_equal_to_the_mean_shifts_nothing():
    assert assume_qualify_rate(np.array([0.1, 0.3]), 0.2) == Assumption("qualify", 0.2, 0.0)


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1])
def test_a_close_rate_is_a_share(rate: float):
    with pytest.raises(StructureError, match=r"\[close\] rate"):
        assume_close_rate(rate)


def test_completing_fills_in_the_missing_likelihood_only(lead):
    assumption = assume_qualify_rate(np.array([0.1]), 0.5)
    assert complete(lead(None, 0.1), assumption).p_qualify == pytest.approx([0.5])
    assert complete(lead(0.4, None), assume_close_rate(0.25)).p_close == pytest.approx([0.1])
    assert complete(lead(0.4, 0.1), assumption).p_qualify == pytest.approx([0.4])
    assert complete(lead(None, 0.1), None).p_qualify is None


def test_take_keeps_the_chosen_leads_in_order(simulate):
    leads = simulate(50)
    some = leads.take(np.array([3, 1]))
    assert len(some) == 2
    assert some.margin.tolist() == leads.margin[[3, 1]].tolist()
    assert some.segment.tolist() == leads.segment[[3, 1]].tolist()


def test_a_missing_likelihood_is_named(lead):
    with pytest.raises(StructureError, match="no p_qualify"):
        lead(None).along("p_qualify")
