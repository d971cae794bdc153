"""The hand-offs as a tree: each role's turn at a lead with its figures, and the turns that may follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from leadscore.decisions.structure import Path, Role, Structure

__all__ = ["Limits", "Touch", "limits", "touches"]

Act: TypeAlias = Literal["screen", "qualify", "close", "keep"]
"""What a role does on its turn; ``keep`` is renewing and growing an account after the win."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One role's turn at a lead.

    Parameters
    ----------
    role
        Position of the role in the structure.
    act
        What it does.
    arrives
        Share of the leads of the turn before that arrive; for a first touch, the factor on their odds to qualify that
        comes from the reply time promised.
    cost, hours
        Of the turn, without a visit.
    visit_cost, visit_hours, visit_from
        What a visit adds, for margins from here on.
    sensitivity, false_pass
        Share let through of the leads that would qualify, and of the others.
    effect
        Factor on the odds of success.
    fee_per_qualified
        Fee for every lead that qualifies.
    account_margin
        Later margin of a kept account, as a share of the deal's.
    ends
        Position of the path that ends here; None where none does.
    nexts
        The turns that may follow.
    """

    role: int
    act: Act
    arrives: float
    cost: float
    hours: float
    visit_cost: float
    visit_hours: float
    visit_from: float
    sensitivity: float
    false_pass: float
    effect: float
    fee_per_qualified: float
    account_margin: float
    ends: int | None
    nexts: tuple[Touch, ...]


def touches(structure: Structure) -> tuple[Touch, ...]:
    """Lay out the first touches of a structure, with all that may follow."""
    decay, places = structure.reply_decay, {path: p for p, path in enumerate(structure.paths())}
    firsts = dict.fromkeys(path[0] for path in places if path)
    return tuple(
        touch
        for role in map(structure.role_named, firsts)
        for touch in _turns(structure, places, (role.name,), decay.factor(role.reply_within_minutes) if decay else 1.0)
    )


def _turns(structure: Structure, places: Mapping[Path, int], path: Path, arrives: float) -> Iterator[Touch]:
    role = structure.role_named(path[-1])
    after_win = len(path) > 1 and structure.role_named(path[-2]).stage == "close"
    on = [arrow for arrow in role.hands_to if any(p[: len(path) + 1] == (*path, arrow.to) for p in places)]
    nexts = tuple(t for arrow in on for t in _turns(structure, places, (*path, arrow.to), 1 - arrow.loss))
    position = structure.roles.index(role.name)
    if after_win:
        yield _touch(role, position, "keep", arrives, places[path], ())
    elif role.stage == "grow":
        # It closes itself, or engages a closing role, for which it does what a qualifying role does.
        yield _touch(role, position, "close", arrives, places[path], ())
        if nexts:
            yield _touch(role, position, "qualify", arrives, None, nexts)
    else:
        yield _touch(role, position, role.stage, arrives, places.get(path), nexts)


def _touch(role: Role, position: int, act: Act, arrives: float, ends: int | None, nexts: tuple[Touch, ...]) -> Touch:
    keeps, screens = act == "keep", act == "screen"
    hours = role.account_minutes / 60 if keeps else role.hours_per_touch
    visit = 0.0 if keeps else role.visit_minutes / 60
    return Touch(
        role=position,
        act=act,
        arrives=arrives,
        cost=hours * role.cost_per_hour if keeps else role.cost_per_touch,
        hours=hours,
        visit_cost=visit * role.cost_per_hour,
        visit_hours=visit,
        visit_from=role.visit_from_margin,
        sensitivity=role.sensitivity if screens else 1.0,
        false_pass=1 - role.specificity if screens else 1.0,
        effect=1.0 if keeps or screens else role.effect,
        fee_per_qualified=role.fee_per_qualified if act == "qualify" else 0.0,
        account_margin=role.account_margin if keeps else 0.0,
        ends=ends,
        nexts=nexts,
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """Which leads may take a path: those that every role on it may touch.

    Parameters
    ----------
    segments
        Segments that all roles serve; None for any.
    customers, newcomers
        Whether existing customers, and others, may take it.
    margin_from, margin_below
        Margins that all roles serve.
    """

    segments: frozenset[str] | None
    customers: bool
    newcomers: bool
    margin_from: float
    margin_below: float


def limits(structure: Structure, path: Path) -> Limits:
    """Find which leads may take a path."""
    roles = [structure.role_named(name) for name in path]
    named = [frozenset(role.eligible.segments) for role in roles if role.eligible.segments]
    kept = len(roles) > 1 and roles[-2].stage == "close"
    # Whoever wins an account makes a customer of it; who is one already has somebody who keeps the account.
    asked = [role.eligible.customer for role in (roles[:-1] if kept else roles)] + ([False] if kept else [])
    return Limits(
        segments=_in_common(named),
        customers=False not in asked,
        newcomers=True not in asked,
        margin_from=max((role.eligible.margin_from or 0.0 for role in roles), default=0.0) or -float("inf"),
        margin_below=min((_or_inf(role.eligible.margin_below) for role in roles), default=float("inf")),
    )


def _in_common(named: list[frozenset[str]]) -> frozenset[str] | None:
    return frozenset.intersection(*named) if named else None


def _or_inf(value: float | None) -> float:
    return float("inf") if value is None else value
