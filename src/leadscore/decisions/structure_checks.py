"""What a structure as a whole must not say: names twice, arrows to nowhere, circles, roles that no lead reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore.decisions.structure_parts import Eligibility, HandOff, Role, Segments
from leadscore.errors import StructureError

if TYPE_CHECKING:
    from leadscore.decisions.structure import Structure

__all__ = ["check_structure"]


def check_structure(structure: Structure) -> None:
    """Check how the roles fit together.

    Raises
    ------
    StructureError
        Names role and key of the first contradiction.
    """
    names = structure.roles
    for name in names:
        if names.count(name) > 1:
            raise StructureError(f"role {name!r}, name: two roles have this name")
    by_name = dict(zip(names, structure.role, strict=True))
    for role in structure.role:
        _check_segments(role, structure.segments)
        _check_arrows(role, by_name)
    for role in structure.role:
        _check_circle(role, (), by_name)
    for role in structure.role:
        _check_reach(role, structure)


def _check_segments(role: Role, known: Segments) -> None:
    for segment in role.eligible.segments:
        if known and segment not in known:
            raise StructureError(
                f"role {role.name!r}, eligible.segments: there is no segment {segment!r}; there are {', '.join(known)}"
            )


def _check_arrows(role: Role, by_name: dict[str, Role]) -> None:
    where = f"role {role.name!r}, hands_to"
    targets = [arrow.to for arrow in role.hands_to]
    for target in targets:
        if target not in by_name:
            raise StructureError(f"{where}: there is no role {target!r}; there are {', '.join(by_name)}")
        if targets.count(target) > 1:
            raise StructureError(f"{where}: names {target!r} twice")
        if role.stage == "close" and by_name[target].stage != "grow":
            raise StructureError(
                f"{where}: a role that closes hands over after the win, and {target!r} is of stage "
                f"{by_name[target].stage!r}; hand over to one of stage 'grow'"
            )
        if apart := _apart(role, by_name[target]):
            raise StructureError(f"{where}: no lead can go from {role.name!r} to {target!r}: {apart}")


def _apart(giver: Role, taker: Role) -> str | None:
    """Say why no lead may touch both roles; None where one may."""
    one, other = giver.eligible, taker.eligible
    if one.segments and other.segments and not set(one.segments) & set(other.segments):
        return "their eligible.segments have none in common"
    won = giver.stage == "close"  # whoever was new is a customer then
    if not won and None not in (one.customer, other.customer) and one.customer is not other.customer:
        return "one takes customers only (eligible.customer), the other none"
    return None if _overlap(one, other) else "their eligible margins have none in common"


def _overlap(one: Eligibility, other: Eligibility) -> bool:
    low = max(one.margin_from or 0.0, other.margin_from or 0.0)
    return all(high is None or low < high for high in (one.margin_below, other.margin_below))


def _check_circle(role: Role, before: tuple[Role, ...], by_name: dict[str, Role]) -> None:
    names = [passed.name for passed in before]
    if role.name in names:
        _judge_circle((*before[names.index(role.name) :], role))
        return
    for arrow in role.hands_to:
        _check_circle(by_name[arrow.to], (*before, role), by_name)


def _judge_circle(circle: tuple[Role, ...]) -> None:
    """A lead may come back as a customer, after a win; and then with a loss, or the account would never end."""
    drawn = " -> ".join(role.name for role in circle)
    where = f"role {circle[0].name!r}, hands_to: the hand-offs run in a circle, {drawn}"
    if not any(role.stage == "close" for role in circle):
        raise StructureError(f"{where}, and nobody on it closes; remove one of them")
    if not any(_arrow(giver, taker).loss for giver, taker in zip(circle, circle[1:], strict=False)):
        raise StructureError(f"{where}, without any loss; give one of its hand-offs a loss over 0")


def _arrow(giver: Role, taker: Role) -> HandOff:
    return next(arrow for arrow in giver.hands_to if arrow.to == taker.name)


def _check_reach(role: Role, structure: Structure) -> None:
    if not any(structure.chains(role)):
        raise StructureError(f"role {role.name!r}, hands_to: reaches no role that closes; let it hand over to one")
    reached = role.takes_new or any(arrow.to == role.name for other in structure.role for arrow in other.hands_to)
    if not reached:
        raise StructureError(
            f"role {role.name!r}, takes_new = false: no lead reaches it; let a role hand over to it, or let it take "
            "new leads"
        )
