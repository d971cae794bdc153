from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions import ReplyDecay, fit_reply_decay
from leadscore.errors import StructureError


def worked(n: int, per_doubling: float, seed: int = 0):
    random = np.random.default_rng(seed)
    minutes = np.exp(random.normal(np.log(120), 1.5, n))
    p = random.beta(2, 4, n)
    odds = p / (1 - p) * per_doubling ** np.log2(np.maximum(minutes, 5) / 120)
    return minutes, random.random(n) < odds / (1 + odds), p


@given(a=st.floats(0.1, 1e5), b=st.floats(0.1, 1e5), per_doubling=st.floats(0.1, 1))
def test_who_waits_longer_never_qualifies_more(a: float, b: float, per_doubling: float):
    decay = ReplyDecay(usual_minutes=60, per_doubling=per_doubling)
    assert decay.factor(min(a, b)) >= decay.factor(max(a, b)) > 0
    assert decay.factor(60) == 1


@pytest.mark.parametrize("truth", [0.7, 0.95])
def test_thousands_of_leads_replace_the_prior(truth: float):
    found = fit_reply_decay(*worked(20_000, truth))
    assert found.per_doubling == pytest.approx(truth, abs=0.02)
    assert found.usual_minutes == pytest.approx(120, rel=0.05)


def test_a_handful_of_leads_hardly_moves_the_prior():
    assert fit_reply_decay(*worked(20, 0.5)).per_doubling == pytest.approx(ReplyDecay().per_doubling, abs=0.2)


def test_waiting_is_never_said_to_help():
    assert fit_reply_decay(*worked(20_000, 1.3)).per_doubling == 1


def test_nothing_is_learned_from_nothing():
    with pytest.raises(StructureError, match="keep the prior"):
        fit_reply_decay(np.array([]), np.array([], dtype=bool), np.array([]))
