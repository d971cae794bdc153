"""Up to which fee it pays to buy qualified leads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadscore.decisions.economics import Economics
from leadscore.decisions.prospects import Floats, Prospects
from leadscore.decisions.staffing import Payroll
from leadscore.decisions.structure import Structure

__all__ = ["SPARED", "break_even_fee", "buys"]

SPARED = 0.25
"""Share of the later roles' time that early development of the opportunity by the outsourcer spares them: assumed."""

_CLOSE = 1e-9
"""Relative difference of net values that is none."""

_STEPS = 200


def buys(structure: Structure) -> tuple[str, ...]:
    """Roles that are paid by the qualified lead."""
    return tuple(role.name for role in structure.role if role.fee_per_qualified)


def break_even_fee(
    structure: Structure, prospects: Prospects, *, leads_per_period: float, against: float, developed: bool = False
) -> float | None:
    """Fee per qualified lead at which a structure brings as much as another way; None when it never does.

    Hours are bought one by one on both sides (`Payroll.relaxed`). The net value is then the greatest of many straight
    lines in the fee, so that Newton's method goes from a fee of 0 straight to the answer.

    Parameters
    ----------
    structure
        A structure with roles that are paid by the qualified lead.
    prospects, leads_per_period
        The leads of a period.
    against
        Net value of the other way.
    developed
        Whether the outsourcer also develops the opportunity, which spares later roles `SPARED` of their time.
    """
    free, asking = (_lines(structure, fee, prospects, leads_per_period, developed) for fee in (0.0, 1.0))
    lead, fee = np.arange(len(free)), 0.0
    due = np.subtract(free, asking, out=np.zeros(free.shape), where=np.isfinite(free))
    # Where leads pass by the outsourcer anyway, the fee matters up to where nobody is sent there.
    target = max(against, float(np.where(due > 0, -np.inf, free).max(axis=1).sum()))
    for _ in range(_STEPS):
        net = free - fee * due
        choice = net.argmax(axis=1)
        gain, sold = float(net[lead, choice].sum()) - target, float(due[lead, choice].sum())
        if gain <= _CLOSE * abs(target) or not sold:
            break
        fee += gain / sold
    return fee or None


def _lines(structure: Structure, fee: float, prospects: Prospects, leads_per_period: float, developed: bool) -> Floats:
    """Value after wages of every path of every lead at a fee, such that the sum over leads is that of a period."""
    bought = buys(structure)
    asked = structure.with_({f"{role}.fee_per_qualified": fee for role in bought})
    payroll = Payroll(asked, prospects, leads_per_period=leads_per_period)
    economics = _spared(payroll.economics, bought) if developed else payroll.economics
    return payroll.after_wages(economics) * (leads_per_period / len(prospects))


def _spared(economics: Economics, bought: tuple[str, ...]) -> Economics:
    time = economics.time.copy()
    for p, path in enumerate(economics.paths):
        for place, role in enumerate(path):
            if role in bought:
                time[place + 1 :, :, p] *= 1 - SPARED
    return replace(economics, time=time)
