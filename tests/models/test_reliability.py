"""Whether likelihoods mean what they say, and how often chance alone says otherwise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.calibration import expit
from leadscore.models.reliability import MIN_LEADS, reliability


def leads(seed: int, n: int = 6_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-2, 1, n))
    return p, (rng.random(n) < p).astype(float)


def test_right_likelihoods_are_rarely_called_wrong_and_wrong_ones_always() -> None:
    verdicts = [reliability(*leads(seed), seed=seed, draws=100).verdict for seed in range(40)]
    assert verdicts.count("off") <= 7
    assert all(reliability(1.3 * p, y).verdict == "off" for p, y in map(leads, range(5)))


def test_the_error_of_right_likelihoods_is_that_of_chance_and_shrinks_with_the_leads() -> None:
    found = [reliability(*leads(seed, n)) for n in (1_000, 16_000) for seed in range(10)]
    few, many = found[:10], found[10:]
    for some in (few, many):
        assert np.mean([f.ece for f in some]) == pytest.approx(np.mean([f.ece_null for f in some]), rel=0.25)
    assert np.mean([f.ece_null for f in many]) < np.mean([f.ece_null for f in few]) / 3


def test_nine_of_ten_deciles_are_within_their_band() -> None:
    assert np.mean([reliability(*leads(seed)).coverage for seed in range(30)]) == pytest.approx(0.9, abs=0.05)


def test_z_is_standard_normal_when_the_likelihoods_are_right() -> None:
    z = [reliability(*leads(seed), draws=2).spiegelhalter_z for seed in range(200)]
    assert np.mean(z) == pytest.approx(0, abs=0.25)
    assert np.std(z) == pytest.approx(1, abs=0.2)


def test_few_leads_cannot_tell() -> None:
    p, y = leads(0, MIN_LEADS - 1)
    assert reliability(1 - p, y).verdict == "cannot tell"


def test_a_weight_counts_like_a_repeated_lead() -> None:
    p, y = leads(0, 500)
    weight = np.random.default_rng(0).integers(1, 4, 500)
    once = reliability(p, y, weight=weight.astype(float), bins=1)
    repeated = reliability(np.repeat(p, weight), np.repeat(y, weight), bins=1)
    assert once.deciles[0].observed == pytest.approx(repeated.deciles[0].observed)
    assert once.ece == pytest.approx(repeated.ece)


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_any_leads_are_told_as_json(seed: int, n: int) -> None:
    p, y = leads(seed, n)
    told = reliability(p, y, draws=5).to_dict()
    assert sum(decile["leads"] for decile in told["deciles"]) == n
    assert all(np.isfinite(told[name]) for name in ("ece", "ece_null", "spiegelhalter_z", "decile_coverage"))
    json.dumps(told)
