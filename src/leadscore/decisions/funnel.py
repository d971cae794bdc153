"""The funnel plot of a review: how far each group is off what was expected of it, beside what chance alone allows.

The fewer leads, the wider the funnel: a rep with eighty deals may be seven points off by chance, one with five hundred
three. Inside the lines there is nothing to explain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from leadscore.decisions.skills import GroupEffect, SkillLevel

__all__ = ["Funnel"]

LIMITS = ((1.645, "90 %"), (3.090, "99.8 %"))
"""Standard deviations of the lines, and the share of the groups that chance leaves between them."""

_COLUMNS, _ROWS = 68, 15
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 360, 56, 60, 44, 44


@dataclass(frozen=True, slots=True)
class Funnel:
    """Groups by number of leads and points off the expectation.

    Parameters
    ----------
    title
        What is drawn.
    groups
        Those with a lead.
    most
        Right end of the axis, in leads.
    off
        Upper end of the axis, as a share; the lower one is as far away.
    deviation
        Standard deviation of the outcome of one lead.
    """

    title: str
    groups: Sequence[GroupEffect]
    most: float
    off: float
    deviation: float

    @classmethod
    def of(cls, level: SkillLevel, title: str) -> Funnel:
        """Choose axes that hold all groups, and the inner lines from the least group on."""
        groups = [g for g in level.groups if g.leads]
        leads = sum(g.leads for g in groups)
        deviation = float(np.sqrt(sum(g.deviation**2 for g in groups) / max(leads, 1)))
        least, most = (min(g.leads for g in groups), max(g.leads for g in groups)) if groups else (1, 1)
        widest = max([abs(_off(g)) for g in groups] + [LIMITS[0][0] * deviation / np.sqrt(least)])
        return cls(title, groups, 1.08 * most, 1.1 * max(widest, 0.01), deviation)

    def limit(self, z: float, leads: float) -> float:
        """Distance from the expectation that chance allows."""
        return z * self.deviation / float(np.sqrt(leads))

    def text(self) -> str:
        """Draw it with letters: a dot a rep, a filled one where more than chance, and the 90 % lines."""
        grid = [[" "] * _COLUMNS for _ in range(_ROWS)]
        grid[_ROWS // 2] = ["─"] * _COLUMNS
        for column in range(_COLUMNS):
            for side in (-1, 1):
                off = side * self.limit(LIMITS[0][0], self.most * (column + 0.5) / _COLUMNS)
                if abs(off) <= self.off:
                    grid[self._row(off)][column] = "·"
        for g in self.groups:
            column = min(int(g.leads / self.most * _COLUMNS), _COLUMNS - 1)
            grid[self._row(_off(g))][column] = "●" if g.flag else "○"
        labels = {0: f"{self.off:+.1%}", _ROWS // 2: "expected", _ROWS - 1: f"{-self.off:+.1%}"}
        rows = (f"{labels.get(i, ''):>8} │{''.join(row).rstrip()}" for i, row in enumerate(grid))
        axis = f"{'':8} └{'─' * _COLUMNS}"
        return "\n".join([self.title, *rows, axis, f"{'0':>10}{f'{self.most:,.0f} leads':>{_COLUMNS}}"])

    def svg(self) -> str:
        """Draw it as a picture, with the name of each group under the pointer."""
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
                f'height="{_HEIGHT}" role="img" aria-label="{escape(self.title)}">',
                _STYLE,
                f'<text x="{_LEFT}" y="24" class="title">{escape(self.title)}</text>',
                *self._axes(),
                *(self._line(z, name) for z, name in LIMITS),
                *map(self._dot, self.groups),
                "</svg>\n",
            ]
        )

    def _row(self, off: float) -> int:
        return round((1 - off / self.off) / 2 * (_ROWS - 1))

    def _x(self, leads: float) -> float:
        return _LEFT + leads / self.most * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, off: float) -> float:
        return _TOP + (1 - off / self.off) / 2 * (_HEIGHT - _TOP - _BOTTOM)

    def _axes(self) -> Iterator[str]:
        left, right, middle = self._x(0), self._x(self.most), self._y(0)
        yield f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" class="axis"/>'
        for off in (self.off, self.off / 2, 0.0, -self.off / 2, -self.off):
            yield f'<text x="{left - 6:.1f}" y="{self._y(off) + 4:.1f}" class="end">{off:+.1%}</text>'
        for share in (0.25, 0.5, 0.75, 1.0):
            leads = share * self.most
            yield f'<text x="{self._x(leads):.1f}" y="{_HEIGHT - 22}" class="middle">{leads:,.0f}</text>'
        yield f'<text x="{right:.1f}" y="{_HEIGHT - 6}" class="end">decided leads</text>'

    def _line(self, z: float, name: str) -> str:
        first = (z * self.deviation / self.off) ** 2
        leads = np.linspace(max(first, self.most / 200), self.most, 100)
        lines = []
        for side in (-1, 1):
            points = " ".join(f"{self._x(n):.1f},{self._y(side * self.limit(z, n)):.1f}" for n in leads)
            lines.append(f'<polyline points="{points}" class="limit"/>')
        end = self._y(self.limit(z, self.most)) + 4
        return "".join(lines) + f'<text x="{self._x(self.most) + 6:.1f}" y="{end:.1f}">{name}</text>'

    def _dot(self, g: GroupEffect) -> str:
        told = f"{g.name}: {g.happened} of {g.leads}, {g.expected:.1f} expected"
        return (
            f'<circle cx="{self._x(g.leads):.1f}" cy="{self._y(_off(g)):.1f}" r="5" class="{g.flag or "alike"}">'
            f"<title>{escape(told)}</title></circle>"
        )


_STYLE = """<style>
text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:#4b5563}
.title{font-size:15px;font-weight:600;fill:#1f2937}.end{text-anchor:end}.middle{text-anchor:middle}
.axis{stroke:#9ca3af}.limit{fill:none;stroke:#9ca3af;stroke-dasharray:4 3}
.alike{fill:#9ca3af;fill-opacity:.75}.above{fill:#0072B2}.below{fill:#D55E00}
</style>
<rect width="100%" height="100%" fill="#fff"/>"""


def _off(group: GroupEffect) -> float:
    """Realised minus expected share."""
    return (group.happened - group.expected) / group.leads
