from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import preset
from leadscore.decisions.outsourcing import break_even_fee, buys
from leadscore.decisions.staffing import Payroll

OUTSOURCED = preset("outsourced").per("month")


def net_at(fee: float, prospects, leads: float) -> float:
    structure = OUTSOURCED.with_({"OUT.fee_per_qualified": fee})
    return Payroll(structure, prospects, leads_per_period=leads).relaxed().net


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 50), leads=st.floats(50, 3000), fee=st.floats(5, 400))
def test_at_the_fee_both_ways_bring_the_same(simulate_leads, seed: int, leads: float, fee: float) -> None:
    prospects = simulate_leads(300, seed)
    against = net_at(fee, prospects, leads)
    nobody = net_at(1e9, prospects, leads)
    found = break_even_fee(OUTSOURCED, prospects, leads_per_period=leads, against=against)
    assert found is not None
    assert net_at(found, prospects, leads) == pytest.approx(max(against, nobody), rel=1e-6)
    if against > nobody * (1 + 1e-6):
        assert found == pytest.approx(fee, rel=1e-4)


def test_it_never_pays_where_even_a_gift_loses(simulate_leads) -> None:
    prospects = simulate_leads(300)
    most = net_at(0, prospects, 800)
    assert break_even_fee(OUTSOURCED, prospects, leads_per_period=800, against=most * 1.01) is None
    assert break_even_fee(OUTSOURCED, prospects, leads_per_period=800, against=most * 0.95) is not None


def test_developed_opportunities_are_worth_a_higher_fee(simulate_leads) -> None:
    prospects = simulate_leads(300)
    against = net_at(60, prospects, 800)
    alone, developed = (
        break_even_fee(OUTSOURCED, prospects, leads_per_period=800, against=against, developed=further)
        for further in (False, True)
    )
    assert alone is not None
    assert developed is not None
    assert developed > alone + 1


def test_who_is_paid_by_the_qualified_lead() -> None:
    assert buys(OUTSOURCED) == ("OUT",)
    assert buys(preset("three_tier")) == ()
