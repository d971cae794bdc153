"""A structure as boxes and arrows, in plain text for a terminal."""

from __future__ import annotations

from leadscore.decisions.structure import Role, Structure

__all__ = ["draw", "facts", "layers"]

_WIDTH = 34


def draw(structure: Structure) -> str:
    """Draw the roles as boxes with their figures, and the hand-offs as arrows with their losses.

    Examples
    --------
    >>> from leadscore.decisions import preset
    >>> print(draw(preset("outside_only")))
    outside_only, hours a week
    <BLANKLINE>
    new leads ─▶ FLD, or nurture
    <BLANKLINE>
    ┌─ FLD ── close ───────────────────┐
    │ 5 heads x 25 h                   │
    │ 120 min a touch, 85 an hour      │
    │ effect on the odds x 1.3         │
    │ visit 240 min, margin from 5,000 │
    │ takes any lead                   │
    │ replies within 480 min           │
    └──────────────────────────────────┘
    """
    firsts = ", ".join(role.name for role in structure.role if role.takes_new)
    lines = [f"{structure.name}, hours a {structure.period}", "", f"new leads ─▶ {firsts}, or nurture", ""]
    for layer in layers(structure):
        for role in layer:
            lines += [*_box(role), *_arrows(role, structure), ""]
    return "\n".join(lines).rstrip()


def layers(structure: Structure) -> list[list[Role]]:
    """Group the roles by how many hand-offs before the win lie before them, those who keep accounts last."""
    depth = dict.fromkeys(structure.roles, 0)
    for path in structure.paths():
        for place, name in enumerate(path):
            depth[name] = max(depth[name], place)
    last = max(depth.values())
    for role in structure.role:
        if role.stage == "grow":
            depth[role.name] = last + 1
    return [[role for role in structure.role if depth[role.name] == d] for d in sorted(set(depth.values()))]


def facts(role: Role) -> list[str]:
    """What a box says of a role, line by line."""
    eligible = role.eligible
    whom = {None: "any lead", True: "customers only", False: "no customers"}[eligible.customer]
    segments = f" of {' or '.join(eligible.segments)}" if eligible.segments else ""
    says = [
        f"{role.heads:g} head{'s' if role.heads != 1 else ''} x {role.hours_per_period:g} h",
        f"{role.minutes_per_touch:g} min a touch, {role.cost_per_hour:g} an hour",
    ]
    if role.fee_per_lead:
        says.append(f"fee {role.fee_per_lead:g} a lead")
    if role.fee_per_qualified:
        says.append(f"fee {role.fee_per_qualified:g} a qualified lead")
    if role.stage == "screen":
        says += [f"lets through {role.sensitivity:.0%} of the good", f"stops {role.specificity:.0%} of the others"]
    if role.effect != 1:
        says.append(f"effect on the odds x {role.effect:g}")
    if role.visit_minutes:
        says.append(f"visit {role.visit_minutes:g} min, margin from {role.visit_from_margin:,.15g}")
    if role.keeps_accounts:
        says += [
            f"keeps won accounts, {role.account_minutes:g} min each",
            f"which bring {role.account_margin:+.0%} margin",
        ]
    says.append(f"takes {whom}{segments}{_margins(role)}" + ("" if role.takes_new else ", by hand-off only"))
    return [*says, f"replies within {role.reply_within_minutes} min"]


def _margins(role: Role) -> str:
    low, high = role.eligible.margin_from, role.eligible.margin_below
    return "".join(
        f", margin {word} {limit:,.15g}" for word, limit in (("from", low), ("under", high)) if limit is not None
    )


def _box(role: Role) -> list[str]:
    says = facts(role)
    width = max([_WIDTH - 2, *map(len, says)])
    title = f"─ {role.name} ── {role.stage} "
    return [
        f"┌{title}{'─' * (width + 2 - len(title))}┐",
        *(f"│ {line.ljust(width)} │" for line in says),
        f"└{'─' * (width + 2)}┘",
    ]


def _arrows(role: Role, structure: Structure) -> list[str]:
    lines = []
    for number, arrow in enumerate(role.hands_to):
        corner = "└" if number == len(role.hands_to) - 1 else "├"
        what = "won accounts" if role.stage == "close" else "leads"
        lost = f", {arrow.loss:.0%} lost" if arrow.loss else ""
        lines.append(f"    {corner}─▶ {arrow.to}   {what}{lost}")
    return lines
