"""What is left of a structure when the data cannot feed all of its roles."""

from __future__ import annotations

from leadscore.decisions.prospects import Assumption, Prospects
from leadscore.decisions.structure import Structure
from leadscore.errors import StructureError

__all__ = ["adapt", "adapt_to"]


def adapt_to(
    structure: Structure, prospects: Prospects, assumption: Assumption | None, today: Structure
) -> tuple[Structure, tuple[str, ...]]:
    """Cut a structure to what these leads can feed; see `adapt`.

    Whom a role of today's structure serves is known to come, if not among these leads.
    """
    known = assumption is not None
    served = [role.eligible for role in today.role]
    return adapt(
        structure,
        has_qualify=known or prospects.p_qualify is not None,
        has_close=known or prospects.p_close is not None,
        segments={segment for segment in prospects.segment if segment is not None}.union(
            *(eligible.segments or () for eligible in served)
        ),
        has_customers=bool(prospects.customer.any()) or any(eligible.customer for eligible in served),
    )


def adapt(
    structure: Structure, *, has_qualify: bool, has_close: bool, segments: set[str] | None, has_customers: bool
) -> tuple[Structure, tuple[str, ...]]:
    """Cut a structure to what the data can feed.

    Parameters
    ----------
    structure
        The structure as the company wrote it.
    has_qualify, has_close
        Whether there is a likelihood or an assumed rate for the stage.
    segments
        Segments that occur in the data; None without a segment column.
    has_customers
        Whether the data say who is a customer.

    Returns
    -------
    tuple
        The structure that is left, and a plain sentence for each thing that was dropped.

    Raises
    ------
    StructureError
        When nothing is left that can be used.
    """
    if not has_close:
        raise StructureError("values need a likelihood to close; give a rate under [close] in the recipe")
    dropped: dict[str, str] = {}
    for role in structure.role:
        if not has_qualify and not role.closes:
            dropped[role.name] = "there is neither a likelihood to qualify nor a rate under [qualify]"
        elif role.eligible.segments and not set(role.eligible.segments) & (segments or set()):
            dropped[role.name] = f"no lead is known to be of segment {' or '.join(role.eligible.segments)}"
        elif role.eligible.customer and not has_customers:
            dropped[role.name] = "the data do not say who is a customer"
    while stranded := _stranded(structure, dropped):
        dropped[stranded] = "nobody is left to whom it could hand a lead"
    left = set(structure.roles) - set(dropped)
    if not left:
        reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
        raise StructureError(f"structure {structure.name!r} has no role that can be used with these data ({reasons})")
    sentences = tuple(f"Role {name} is left out: {why}." for name, why in dropped.items())
    return (structure.keep(left) if dropped else structure), sentences


def _stranded(structure: Structure, dropped: dict[str, str]) -> str | None:
    for role in structure.role:
        if role.name not in dropped and not role.closes and all(arrow.to in dropped for arrow in role.hands_to):
            return role.name
    return None
