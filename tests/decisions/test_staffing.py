from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import Prospects, preset
from leadscore.decisions.staffing import Payroll, best_heads


def _leads(n: int, seed: int) -> Prospects:
    rng = np.random.default_rng(seed)
    q = rng.beta(1, 2, n)
    return Prospects(
        p_qualify=q,
        p_close=q * rng.beta(2, 6, n),
        margin=rng.gamma(2, 1500, n),
        segment=np.full(n, None, dtype=object),
        customer=np.zeros(n, bool),
        contactable=np.ones(n, bool),
        tie=rng.random(n),
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_best_heads_are_those_of_brute_force(seed: int) -> None:
    structure = preset("paired")
    payroll = Payroll(structure, _leads(200, seed), leads_per_period=40)
    found = best_heads(payroll, {"ISR": 2, "FLD": 2})
    tried = [payroll.net({"ISR": float(a), "FLD": float(b)}) for a, b in product(range(7), repeat=2)]
    assert payroll.net(found) == pytest.approx(max(tried), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 20), known=st.tuples(*[st.integers(1, 6)] * 2), asked=st.tuples(*[st.integers(0, 6)] * 2))
def test_prices_of_some_heads_bound_the_net_value_of_all_others(
    seed: int, known: tuple[int, int], asked: tuple[int, int]
) -> None:
    payroll = Payroll(preset("paired"), _leads(100, seed), leads_per_period=40)
    staffed = dict(zip(("ISR", "FLD"), known, strict=True))
    payroll.net(staffed)
    heads = dict(zip(("ISR", "FLD"), asked, strict=True))
    ceiling = payroll.ceiling(heads)
    # Each program holds a tie-break of its own, which is at most its jitter for every lead.
    tie_break = 40 * max(payroll.prices(h).jitter for h in (heads, staffed))
    assert payroll.net(heads) <= ceiling + tie_break
    assert payroll.net(heads) <= payroll.relaxed().net * 1.001  # the program's values hold a tie-break
