"""The skills review as one HTML page, with a funnel plot of every stage."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from leadscore.decisions.skills import GroupEffect, SkillLevel
from leadscore.training.report.page import sheet
from leadscore.training.skills_review import SkillsReview, StageSkills

__all__ = ["funnel_plot", "skills_page"]

_HEADERS = ("Leads", "Expected", "Happened", "Effect", "90 % interval", "Points")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 300, 50, 34
_LIMITS = ((1.96, "95 %", "4 3"), (3.09, "99.8 %", ""))
_COLOURS = {None: "#0072B2", "above": "#009E73", "below": "#D55E00"}


def skills_page(found: SkillsReview) -> str:
    """Write the page; it names people, and is for whoever asked for it."""
    return sheet(f"Skills of {found.recipe}", _body(found))


def _body(found: SkillsReview) -> Iterator[str]:
    yield f"<h1>Skills of {escape(found.recipe)}</h1><ul>"
    yield from (f"<li>{escape(sentence)}" for sentence in found.conclusions)
    yield "</ul>"
    for stage, skills in found.stages.items():
        for who, level in skills.levels.items():
            yield f"<h2>{escape(stage)}: {who}</h2>"
            yield f"<p>Expected by {escape(skills.source)}. Lines: where 95 and 99.8 % lie by chance alone.</p>"
            yield funnel_plot(level, skills)
            yield from _rows(who, level)
    yield from _worth(found)
    yield "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(note)}" for note in found.notes) + "</ul>"


def _rows(who: str, level: SkillLevel) -> Iterator[str]:
    yield f"<table><tr><th>{who[:-1].capitalize()}" + "".join(f"<th class=n>{h}" for h in _HEADERS) + "<th>"
    for g in level.groups:
        cells = (
            f"{g.leads}",
            f"{g.expected:.1f}",
            f"{g.happened}",
            f"{g.effect:+.2f}",
            f"{g.low:+.2f} to {g.high:+.2f}",
            f"{100 * g.points:+.1f}",
        )
        yield f"<tr><td>{escape(g.name)}" + "".join(f"<td class=n>{c}" for c in cells) + f"<td>{g.flag or ''}"
    yield "</table>"


def _worth(found: SkillsReview) -> Iterator[str]:
    yield f"<h2>What skill is worth beside one more head, {escape(found.currency)} a month</h2><table>"
    for stage, skills in found.stages.items():
        yield f"<tr><td>One more point of conversion at {stage}<td class=n>{skills.worth_per_point:,.0f}<td>"
        for who, level in skills.levels.items():
            worth, low, high = skills.worth_of_median(level)
            yield f"<tr><td>The lower half of the {who} at the median, at {stage}<td class=n>{worth:,.0f}"
            yield f"<td>{low:,.0f} to {high:,.0f} (90 %)"
    for role, worth in found.worth_per_head.items():
        yield f"<tr><td>One more {escape(role)}<td class=n>{worth:,.0f}<td>"
    yield "</table>"


def funnel_plot(level: SkillLevel, skills: StageSkills) -> str:
    """Points above what was expected, by number of leads, with the lines that chance alone seldom crosses.

    Parameters
    ----------
    level
        Reps or teams.
    skills
        Their stage.
    """
    groups = [g for g in level.groups if g.leads]
    most = max(g.leads for g in groups)
    spread = (skills.conversion * (1 - skills.conversion)) ** 0.5
    tallest = max(abs(_points(g)) for g in groups)
    scale = _Scale(most * 1.05, 100 * max(tallest * 1.15, 3.3 * spread / most**0.5))
    return "".join(_drawn(groups, spread, scale))


class _Scale:
    """From leads and points to places in the picture."""

    def __init__(self, most: float, tallest: float) -> None:
        self.most, self.tallest = most, tallest

    def x(self, leads: float) -> float:
        return _LEFT + (_WIDTH - _LEFT) * leads / self.most

    def y(self, points: float) -> float:
        middle = (_HEIGHT - _BOTTOM) / 2
        return middle - (middle - 8) * float(np.clip(points / self.tallest, -1, 1))


def _drawn(groups: list[GroupEffect], spread: float, scale: _Scale) -> Iterator[str]:
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" font-size="11" fill="#666">'
    yield "<title>Points of conversion above what was expected, by number of leads</title>"
    yield from _axes(scale)
    grid = np.linspace(max(1.0, scale.most / 200), scale.most, 120)
    for z, words, dashes in _LIMITS:
        for sign in (-1, 1):
            places = " ".join(f"{scale.x(n):.1f},{scale.y(sign * 100 * z * spread / n**0.5):.1f}" for n in grid)
            yield f'<polyline points="{places}" fill="none" stroke="#999" stroke-dasharray="{dashes}"/>'
        yield f'<text x="{_WIDTH - 4}" y="{scale.y(100 * z * spread / scale.most**0.5) - 3:.1f}" text-anchor="end">'
        yield f"{words}</text>"
    for g in groups:
        x, y = scale.x(g.leads), scale.y(100 * _points(g))
        told = f"{g.name}: {g.leads} leads, {g.expected:.1f} expected, {g.happened} happened"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLOURS[g.flag]}"><title>{escape(told)}</title>'
        yield "</circle>"
        if g.flag is not None:
            yield f'<text x="{x - 7:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="#222">{escape(g.name)}</text>'
    yield "</svg>"


def _axes(scale: _Scale) -> Iterator[str]:
    floor = _HEIGHT - _BOTTOM
    yield f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{scale.y(0):.1f}" y2="{scale.y(0):.1f}" stroke="#ddd"/>'
    yield f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{floor}" y2="{floor}" stroke="#999"/>'
    for points in _ticks(scale.tallest):
        for value in {points, -points}:
            yield f'<text x="{_LEFT - 6}" y="{scale.y(value) + 4:.1f}" text-anchor="end">{value:+g}</text>'
    for leads in _ticks(scale.most)[1:]:
        yield f'<text x="{scale.x(leads):.1f}" y="{floor + 14}" text-anchor="middle">{leads:g}</text>'
    yield f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">leads; upwards: points above what was expected</text>'


def _ticks(most: float) -> list[float]:
    """Round steps from 0 up.

    Examples
    --------
    >>> _ticks(12), _ticks(560)
    ([0, 5, 10], [0, 200, 400])
    """
    rough = most / 4
    unit = 10 ** np.floor(np.log10(rough))
    step = next(s * unit for s in (1, 2, 5, 10) if s * unit >= rough)
    return [round(float(v), 6) if step < 1 else int(v) for v in np.arange(0, most, step)]


def _points(group: GroupEffect) -> float:
    return (group.happened - group.expected) / group.leads
