"""Whose time a lead takes: the expected hours of each role on its path, which is what capacity is counted in."""

from __future__ import annotations

from collections.abc import Iterator

from leadscore.decisions.structure import Structure
from leadscore.decisions.touches import Touch, touches

__all__ = ["Consumption"]


class Consumption:
    """Tells the hours that one lead takes on its path, to the same bits as `Economics.hours`.

    Parameters
    ----------
    structure
        The selling organisation.

    Examples
    --------
    Of ten such leads the SDR works all, the ISR the few that qualify and are not lost on the way.

    >>> from leadscore.decisions import preset
    >>> structure = preset("three_tier")
    >>> path = structure.paths().index(("SDR", "ISR"))
    >>> hours = Consumption(structure)(path, p_qualify=0.3, p_close=0.1, margin=3000.0)
    >>> {role: round(10 * spent, 1) for role, spent in hours.items()}
    {'SDR': 6.7, 'ISR': 4.7}
    """

    def __init__(self, structure: Structure) -> None:
        self._roles = structure.roles
        self._turns = dict(chain for touch in touches(structure) for chain in _chains(touch, ()))

    def __call__(self, path: int, *, p_qualify: float | None, p_close: float, margin: float) -> dict[str, float]:
        """Hours by role, in expectation over what becomes of the lead on the way; none for nurture.

        Parameters
        ----------
        path
            Position in the structure's paths.
        p_qualify, p_close, margin
            Of the lead; `p_qualify` is None where every role closes and there is no such model.
        """
        turns = self._turns.get(path)
        if turns is None:
            return {}
        if p_qualify is None:
            reach, q, closing = 1.0, 1.0, _shifted(p_close, turns[0].arrives)
        else:
            closing = min(p_close / p_qualify if p_qualify > 0 else 0.0, 1.0)
            reach, q = 1.0, _shifted(p_qualify, turns[0].arrives)
        hours: dict[str, float] = {}
        for turn, touch in enumerate(turns):
            if turn:
                reach = reach * touch.arrives
            spent = touch.hours + (touch.visit_hours if margin >= touch.visit_from else 0.0)
            role = self._roles[touch.role]
            hours[role] = hours.get(role, 0.0) + reach * spent
            reach, q = _passed_on(touch, reach, q, closing)
        return hours


def _chains(touch: Touch, before: tuple[Touch, ...]) -> Iterator[tuple[int, tuple[Touch, ...]]]:
    """Each path that goes on from here, with its turns from the first."""
    turns = (*before, touch)
    if touch.ends is not None:
        yield touch.ends, turns
    for following in touch.nexts:
        yield from _chains(following, turns)


def _passed_on(touch: Touch, reach: float, q: float, closing: float) -> tuple[float, float]:
    """Chance that the lead gets beyond a turn, and that it qualifies then."""
    if touch.act == "screen":
        through = touch.sensitivity * q
        passed = through + touch.false_pass * (1 - q)
        return reach * passed, through / passed if passed > 0 else 0.0
    if touch.act == "qualify":
        return reach * _shifted(q, touch.effect), 1.0
    if touch.act == "close":
        return reach * q * _shifted(closing, touch.effect), q
    return reach, q


def _shifted(p: float, factor: float) -> float:
    return p if factor == 1 else p * factor / (1 - p + p * factor)
