"""Which assumption would change the answer: each figure a fifth lower and higher, heads following."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from leadscore.decisions.prospects import Prospects
from leadscore.decisions.staffing import Payroll
from leadscore.decisions.structure import Role, Structure

__all__ = ["SWING", "Swing", "swings"]

SWING = 0.2
"""By which share each figure is lowered and raised."""

_HALVINGS = 5

_FIGURES = ("cost_per_hour", "minutes_per_touch", "effect", "fee_per_qualified", "sensitivity", "specificity")

Case: TypeAlias = tuple[Structure, Prospects, float]
"""A structure, the leads, and how many arrive in a period."""


@dataclass(frozen=True, slots=True)
class Swing:
    """What another value of one assumption does.

    Parameters
    ----------
    parameter
        A key of the roles, in all of them at once; or ``hand_off_loss``, ``margin``, ``p_qualify``, ``p_close``,
        ``leads``.
    change
        Relative change of the figure, such as -0.2.
    net
        Net value of a period of the structure that led before.
    leader
        The structure that leads then.
    flips_from
        Least relative change, to about a hundredth, from which on another structure leads; None where none does.
    """

    parameter: str
    change: float
    net: float
    leader: str
    flips_from: float | None


def swings(
    structures: Mapping[str, Structure], prospects: Prospects, leads_per_period: float, known: Mapping[str, float]
) -> tuple[Swing, ...]:
    """Move one assumption at a time, the widest swing of the leader's net value first.

    Hours are bought one by one (`Payroll.relaxed`), which lets heads follow each change at once; what queues and whole
    heads cost is carried over from the known net values.

    Parameters
    ----------
    structures
        By name.
    prospects, leads_per_period
        The leads of a period.
    known
        Net value by name as simulated, with present assumptions.
    """
    cases = {name: (structure, prospects, leads_per_period) for name, structure in structures.items()}
    ground = _Ground(cases, known)
    found = [swing for parameter in _parameters(cases) for swing in ground.both(parameter)]
    reach: dict[str, float] = {}
    for swing in found:
        reach[swing.parameter] = max(reach.get(swing.parameter, 0.0), abs(swing.net - ground.net))
    return tuple(sorted(found, key=lambda swing: -reach[swing.parameter]))


class _Ground:
    """Net values with present assumptions."""

    def __init__(self, cases: Mapping[str, Case], known: Mapping[str, float]) -> None:
        self._cases = cases
        self._friction = {name: known[name] - _relaxed(case) for name, case in cases.items()}
        self.leader = max(known, key=known.__getitem__)
        self.net = known[self.leader]

    def both(self, parameter: str) -> Iterator[Swing]:
        """Lower it, and raise it."""
        for change in (-SWING, SWING):
            nets = self._nets(parameter, change)
            leader = max(nets, key=nets.__getitem__)
            flips = None if leader == self.leader else self._flips_from(parameter, change)
            yield Swing(parameter, change, nets[self.leader], leader, flips)

    def _nets(self, parameter: str, change: float) -> dict[str, float]:
        move = _MOVES[parameter]
        return {n: _relaxed(move(case, 1 + change)) + self._friction[n] for n, case in self._cases.items()}

    def _flips_from(self, parameter: str, change: float) -> float:
        stays, flips = 0.0, change
        for _ in range(_HALVINGS):
            middle = (stays + flips) / 2
            nets = self._nets(parameter, middle)
            if max(nets, key=nets.__getitem__) == self.leader:
                stays = middle
            else:
                flips = middle
        return flips


def _relaxed(case: Case) -> float:
    structure, prospects, leads_per_period = case
    return Payroll(structure, prospects, leads_per_period=leads_per_period).relaxed().net


def _parameters(cases: Mapping[str, Case]) -> list[str]:
    """Those that matter to some structure."""
    return [
        name
        for name, move in _MOVES.items()
        if any(
            _differs(case, move(case, 1 + SWING)) or _differs(case, move(case, 1 - SWING)) for case in cases.values()
        )
    ]


def _differs(a: Case, b: Case) -> bool:
    return a[0] != b[0] or a[1] is not b[1] or a[2] != b[2]


def _of_roles(key: str) -> Callable[[Case, float], Case]:
    # A share stays one. A figure that has its default, such as an effect of 1, is no assumption.
    top = 1.0 if key in ("sensitivity", "specificity") else np.inf
    neutral = Role.model_fields[key].default

    def move(case: Case, factor: float) -> Case:
        structure, prospects, leads = case
        values = {role.name: getattr(role, key) for role in structure.role}
        moved = {f"{name}.{key}": min(value * factor, top) for name, value in values.items() if value != neutral}
        return structure.with_(moved), prospects, leads

    return move


def _hand_off_loss(case: Case, factor: float) -> Case:
    structure, prospects, leads = case
    roles = tuple(
        role.model_copy(
            update={
                "hands_to": tuple(
                    arrow.model_copy(update={"loss": min(arrow.loss * factor, 0.99)}) for arrow in role.hands_to
                )
            }
        )
        for role in structure.role
    )
    return structure.model_copy(update={"role": roles}), prospects, leads


def _margin(case: Case, factor: float) -> Case:
    structure, prospects, leads = case
    return structure, replace(prospects, margin=prospects.margin * factor), leads


def _p_close(case: Case, factor: float) -> Case:
    structure, prospects, leads = case
    top = 1.0 if prospects.p_qualify is None else prospects.p_qualify
    return structure, replace(prospects, p_close=np.minimum(prospects.along("p_close") * factor, top)), leads


def _p_qualify(case: Case, factor: float) -> Case:
    """More leads qualify, and of those as many close as before."""
    structure, prospects, leads = case
    if prospects.p_qualify is None:
        return case
    q, p = np.minimum(prospects.p_qualify * factor, 1.0), prospects.along("p_close")
    closing = np.divide(p, prospects.p_qualify, out=np.zeros(len(p)), where=prospects.p_qualify > 0)
    return structure, replace(prospects, p_qualify=q, p_close=q * closing), leads


def _leads(case: Case, factor: float) -> Case:
    return case[0], case[1], case[2] * factor


_MOVES: Mapping[str, Callable[[Case, float], Case]] = {
    **{key: _of_roles(key) for key in _FIGURES},
    "hand_off_loss": _hand_off_loss,
    "margin": _margin,
    "p_qualify": _p_qualify,
    "p_close": _p_close,
    "leads": _leads,
}
