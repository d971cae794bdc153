"""One letter for bands of the same role, as far as the order along every axis allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_uppercase

from leadscore.decisions.structure import NURTURE

__all__ = ["letter_bands"]


def letter_bands(sequences: Sequence[Sequence[str]]) -> list[str]:
    """Letter the bands of several groups.

    The sequences of roles are merged one by one into the shortest ladder that has each of them in its order; a role
    stands on it twice only where one order contradicts another. Nurture has the last letter.

    Parameters
    ----------
    sequences
        Roles of each group's bands from the top down; the first groups weigh most in the order of the letters.

    Returns
    -------
    list of str
        Letters of each group's bands.

    Examples
    --------
    >>> letter_bands([["SAR", "SDR", "nurture"], ["ISR", "SDR", "nurture"], ["SDR", "ISR"]])
    ['ACE', 'BCE', 'CD']
    """
    ladder: tuple[str, ...] = ()
    for sequence in sequences:
        ladder = _merge(ladder, tuple(role for role in sequence if role != NURTURE))
    return ["".join(_letters((*ladder, NURTURE), sequence)) for sequence in sequences]


@lru_cache(maxsize=10_000)
def _merge(ladder: tuple[str, ...], sequence: tuple[str, ...]) -> tuple[str, ...]:
    """Return the shortest ladder that has both as subsequences."""
    if not ladder or not sequence:
        return ladder or sequence
    if ladder[0] == sequence[0]:
        return (ladder[0], *_merge(ladder[1:], sequence[1:]))
    kept = (ladder[0], *_merge(ladder[1:], sequence))
    inserted = (sequence[0], *_merge(ladder, sequence[1:]))
    return kept if len(kept) <= len(inserted) else inserted


def _letters(ladder: tuple[str, ...], sequence: Sequence[str]) -> Iterator[str]:
    place = -1
    for role in sequence:
        place = ladder.index(role, place + 1)
        yield ascii_uppercase[place]
