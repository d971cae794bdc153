from __future__ import annotations

import pytest

from leadscore.decisions import preset
from leadscore.decisions.sensitivity import SWING, swings
from leadscore.decisions.staffing import Payroll


@pytest.mark.parametrize("lead", [1.0, 3_000.0, 1e7])
def test_a_flip_lies_between_today_and_a_fifth(simulate_leads, lead: float) -> None:
    prospects = simulate_leads(300)
    structures = {name: preset(name).per("month") for name in ("three_tier", "outside_only")}
    relaxed = {n: Payroll(s, prospects, leads_per_period=600).relaxed().net for n, s in structures.items()}
    known = dict.fromkeys(relaxed, 500_000.0) | {"three_tier": 500_000.0 + lead}
    found = swings(structures, prospects, 600, known)
    flips = [swing for swing in found if swing.flips_from is not None]
    for swing in flips:
        assert swing.leader == "outside_only"
        assert 0 < swing.flips_from / swing.change <= 1
    # A lead that is next to nothing is lost by half of all swings, an immense one by none.
    assert len(flips) >= 3 if lead == 1.0 else not flips if lead == 1e7 else len(flips) >= 1
    reach = [max(abs(found[i].net - known["three_tier"]) for i in (n, n + 1)) for n in range(0, len(found), 2)]
    assert reach == sorted(reach, reverse=True)
    assert {swing.change for swing in found} == {-SWING, SWING}


def test_what_is_not_assumed_is_not_moved(simulate_leads) -> None:
    structures = {"outside_only": preset("outside_only")}
    moved = {s.parameter for s in swings(structures, simulate_leads(100), 100, {"outside_only": 1.0})}
    assert not moved & {"sensitivity", "specificity", "fee_per_qualified", "hand_off_loss"}
    assert {"margin", "p_close", "effect", "cost_per_hour"} <= moved
