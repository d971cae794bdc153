from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadscore.decisions import Prospects, ReplyDecay, Role, Structure, preset
from leadscore.decisions.queues import erlang_c_wait
from leadscore.decisions.simulation import draw_months, office_hours, simulate
from leadscore.decisions.staffing import Payroll, best_heads

MONTH = office_hours("month")


def test_a_structure_differs_from_itself_by_nothing(simulate_leads) -> None:
    prospects = simulate_leads(300)
    draws = draw_months(len(prospects), 200, hours=MONTH, months=3)
    heads = {"MDR": 1, "SDR": 1.5, "ISR": 2, "SAR": 1, "AM": 1}
    one, other = (
        simulate(Payroll(preset("four_tier").per("month"), prospects, leads_per_period=200), prospects, heads, draws)
        for _ in range(2)
    )
    assert [a.net - b.net for a, b in zip(one, other, strict=True)] == [0.0, 0.0, 0.0]
    assert one == other


def test_waits_agree_with_erlang_c(simulate_leads) -> None:
    prospects = replace(simulate_leads(400), contactable=np.ones(400, bool), customer=np.zeros(400, bool))
    role = Role(
        name="ISR",
        stage="close",
        heads=4,
        hours_per_period=MONTH,
        minutes_per_touch=30,
        cost_per_hour=0,
        reply_within_minutes=60,
    )
    payroll = Payroll(Structure(name="one", period="month", role=(role,)), prospects, leads_per_period=1100)
    # A long month, so that the morning on which nobody waits does not count.
    (month,) = simulate(payroll, prospects, {"ISR": 4}, draw_months(400, 60_000, hours=MONTH * 60_000 / 1100, months=1))
    assert month.wait[0] == pytest.approx(60 * erlang_c_wait(1100 / MONTH, 0.5, 4), rel=0.1)


@pytest.mark.parametrize("name", ["paired", "four_tier", "am_growth"])
def test_where_waiting_does_no_harm_months_come_to_what_the_program_expects(simulate_leads, name: str) -> None:
    prospects = simulate_leads(1500)
    structure = preset(name).per("month").model_copy(update={"reply_decay": ReplyDecay(per_doubling=1)})
    payroll = Payroll(structure, prospects, leads_per_period=800)
    heads = {role: 3 * n + 1 for role, n in best_heads(payroll).items()}
    months = simulate(payroll, prospects, heads, draw_months(1500, 800, hours=MONTH, months=30))
    nets = np.array([month.net for month in months])
    assert abs(nets.mean() - payroll.net(heads)) < 4 * nets.std() / np.sqrt(len(nets))


def test_broken_promises_cost_leads(simulate_leads) -> None:
    prospects: Prospects = simulate_leads(500)
    draws = draw_months(500, 400, hours=MONTH, months=5)
    structure = preset("paired").per("month")
    heads = {"ISR": 1, "FLD": 2}
    patient, hasty = (
        np.mean([month.net for month in simulate(Payroll(s, prospects, leads_per_period=400), prospects, heads, draws)])
        for s in (structure.model_copy(update={"reply_decay": ReplyDecay(per_doubling=1)}), structure)
    )
    assert hasty < patient
