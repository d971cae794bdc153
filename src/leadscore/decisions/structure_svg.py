"""A structure as an SVG picture: a column for each step, boxes for roles, curves for hand-offs."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from leadscore.decisions.structure import HandOff, Role, Structure
from leadscore.decisions.structure_drawing import facts, layers

__all__ = ["structure_svg"]

_WIDTH, _LINE, _GAP, _BETWEEN, _EDGE, _TOP = 290, 18, 130, 34, 24, 64

_COLOURS = {"screen": "#6b7280", "qualify": "#2563eb", "close": "#15803d", "grow": "#a16207"}


class _Box(NamedTuple):
    """Where a role is drawn."""

    x: float
    y: float
    height: float
    column: int

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def structure_svg(structure: Structure) -> str:
    """Draw a structure.

    Examples
    --------
    >>> from leadscore.decisions import preset
    >>> structure_svg(preset("outside_only")).startswith("<svg xmlns=")
    True
    """
    columns = layers(structure)
    heights = [sum(_height(role) for role in column) + _BETWEEN * (len(column) - 1) for column in columns]
    width = 2 * _EDGE + len(columns) * _WIDTH + (len(columns) - 1) * _GAP
    below = _TOP + max(heights) + _EDGE
    boxes = _boxes(columns, heights)
    firsts = ", ".join(role.name for role in structure.role if role.takes_new)
    backs = [
        (boxes[role.name], boxes[arrow.to], _lost(arrow))
        for role in structure.role
        for arrow in role.hands_to
        if boxes[arrow.to].column <= boxes[role.name].column
    ]
    drawn = [
        _text(_EDGE, 30, structure.name, "title"),
        _text(_EDGE, 50, f"hours a {structure.period}; new leads go to {firsts}, or stay in nurture", "small"),
        *(_hand_offs(role, boxes) for role in structure.role),
        *(_back(start, end, lost, below + 4, number) for number, (start, end, lost) in enumerate(backs)),
        *(_box(role, boxes[role.name]) for role in structure.role),
    ]
    height = below + _LINE * len(backs)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-label="{escape(structure.name)}">',
            _STYLE,
            *drawn,
            "</svg>\n",
        ]
    )


_STYLE = """<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" \
orient="auto"><path d="M0 0L10 5L0 10z" fill="#4b5563"/></marker></defs>
<style>
text{font:13px system-ui,"DejaVu Sans",sans-serif;fill:#1f2937}
.title{font-size:18px;font-weight:600}.small{font-size:12px;fill:#4b5563}.head{font-weight:600;fill:#fff}
.loss{font-size:12px;fill:#4b5563;paint-order:stroke;stroke:#fff;stroke-width:4px}
.arrow{fill:none;stroke:#4b5563;stroke-width:1.5;marker-end:url(#tip)}
</style>
<rect width="100%" height="100%" fill="#fff"/>"""


def _height(role: Role) -> float:
    return 34 + _LINE * len(facts(role)) + 8


def _boxes(columns: list[list[Role]], heights: list[float]) -> dict[str, _Box]:
    boxes = {}
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        y = _TOP + (max(heights) - height) / 2
        for role in column:
            boxes[role.name] = _Box(_EDGE + number * (_WIDTH + _GAP), y, _height(role), number)
            y += _height(role) + _BETWEEN
    return boxes


def _box(role: Role, box: _Box) -> str:
    colour = _COLOURS[role.stage]
    lines = [
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{_WIDTH}" height="{box.height:g}" rx="6" fill="#fff" '
        f'stroke="{colour}" stroke-width="1.5"/>',
        f'<path d="M{box.x:g} {box.y + 28:g}v-22q0 -6 6 -6h{_WIDTH - 12}q6 0 6 6v22z" fill="{colour}"/>',
        _text(box.x + 12, box.y + 19, f"{role.name}  ·  {role.stage}", "head"),
    ]
    lines += [_text(box.x + 12, box.y + 48 + _LINE * i, says) for i, says in enumerate(facts(role))]
    return "\n".join(lines)


def _hand_offs(role: Role, boxes: dict[str, _Box]) -> str:
    drawn: list[str] = []
    start = boxes[role.name]
    forward = [arrow for arrow in role.hands_to if boxes[arrow.to].column > start.column]
    for number, arrow in enumerate(forward):
        end, y = boxes[arrow.to], start.middle + 16 * (number - (len(forward) - 1) / 2)
        drawn += _forward(start.x + _WIDTH, y, end.x, end.middle, _lost(arrow))
    return "\n".join(drawn)


def _lost(arrow: HandOff) -> str:
    return f"{arrow.loss:.0%} lost" if arrow.loss else "none lost"


def _forward(x: float, y: float, to_x: float, to_y: float, lost: str) -> list[str]:
    """Draw a curve that leaves and arrives level; over further columns it bends next to the box that it goes to."""
    bend = to_x - _GAP
    path = f"M{x:g} {y:g}H{bend:g}C{to_x - _GAP / 2:g} {y:g} {to_x - _GAP / 2:g} {to_y:g} {to_x:g} {to_y:g}"
    return [
        f'<path class="arrow" d="{path}"/>',
        _text(to_x - _GAP / 2, (y + to_y) / 2 - 5, lost, "loss", anchor="middle"),
    ]


def _back(start: _Box, end: _Box, lost: str, below: float, number: int) -> str:
    """Draw a line under all boxes and up beside the box that it goes to, for a hand-off to the left."""
    x, y, lane = start.x + _WIDTH / 2 + _LINE * number, below + _LINE * number, end.x + _WIDTH + 30 - 12 * number
    path = f"M{x:g} {start.y + start.height:g}V{y:g}H{lane:g}V{end.y + end.height - 14:g}H{end.x + _WIDTH + 2:g}"
    return f'<path class="arrow" d="{path}"/>\n' + _text((x + lane) / 2, y - 4, lost, "loss", anchor="middle")


def _text(x: float, y: float, text: str, css: str = "", *, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
