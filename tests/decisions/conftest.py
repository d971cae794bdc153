from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from leadscore.decisions import Prospects

MARGINS = {"small": 2_000.0, "mid": 9_000.0, "enterprise": 40_000.0}

Simulate = Callable[..., Prospects]


@pytest.fixture(scope="session")
def simulate() -> Simulate:
    """Leads of which three in ten qualify and one in fourteen closes."""

    def leads(n: int = 2_000, seed: int = 0) -> Prospects:
        random = np.random.default_rng(seed)
        segment = random.choice(np.array(list(MARGINS), dtype=object), n, p=[0.62, 0.28, 0.10])
        p_qualify = random.beta(1.1, 2.6, n)
        p_close = p_qualify * np.clip(random.beta(2, 6, n) * (0.5 + p_qualify), 0, 0.95)
        return Prospects(
            p_qualify=p_qualify,
            p_close=p_close,
            margin=np.array([MARGINS[name] for name in segment]) * np.exp(random.normal(0, 0.35, n)),
            segment=segment,
            customer=random.random(n) < 0.08,
            contactable=random.random(n) < 0.95,
            tie=random.random(n),
        )

    return leads


@pytest.fixture(scope="session")
def lead() -> Simulate:
    """One lead that anybody may touch, with what a test says differently."""

    def one(
        p_qualify: float | None = 0.4,
        p_close: float | None = 0.1,
        margin: float = 5_000.0,
        segment: str | None = None,
        customer: bool = False,
        contactable: bool = True,
    ) -> Prospects:
        return Prospects(
            p_qualify=None if p_qualify is None else np.array([p_qualify]),
            p_close=None if p_close is None else np.array([p_close]),
            margin=np.array([margin]),
            segment=np.array([segment], dtype=object),
            customer=np.array([customer]),
            contactable=np.array([contactable]),
            tie=np.array([0.5]),
        )

    return one


@pytest.fixture(scope="session")
def simulate_leads(simulate: Simulate) -> Simulate:
    """The same under a name that a test which simulates months can use."""
    return simulate
