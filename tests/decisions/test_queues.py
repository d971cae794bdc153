from __future__ import annotations

import numpy as np
import pytest

from leadscore.decisions.queues import Crew, erlang_c_wait


@pytest.mark.parametrize(("heads", "load"), [(1, 0.6), (3, 0.8), (8, 0.85)])
def test_simulated_waits_agree_with_erlang_c(heads: int, load: float) -> None:
    rng = np.random.default_rng(7)
    arrivals = np.cumsum(rng.exponential(1 / (heads * load), 400_000)).tolist()
    service = rng.exponential(1.0, len(arrivals)).tolist()
    crew = Crew(heads)
    waits = [crew.begin(moment, hours) - moment for moment, hours in zip(arrivals, service, strict=True)]
    assert np.mean(waits) == pytest.approx(erlang_c_wait(heads * load, 1.0, heads), rel=0.05)


def test_without_spare_time_the_queue_never_ends() -> None:
    assert erlang_c_wait(2.0, 1.0, 2) == float("inf")
