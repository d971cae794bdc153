"""The bands of one group of leads, and which band of which group a lead lies in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from leadscore.decisions.prospects import Floats, Objects, Positions

__all__ = ["TierIndex", "Tiers"]


@dataclass(frozen=True, slots=True)
class Tiers:
    """The bands of one segment and margin band, from the best down.

    Parameters
    ----------
    letters
        One letter a band.
    cuts
        Lowest likelihood of every band but the last, falling.
    roles
        Usual role of each band.
    segment
        Segment, or None for the pooled others.
    margin_from, margin_below
        Margins that the group covers; None where open.
    bands
        Where nine in ten of each cut lie that other leads of the same kind give; empty where that was not asked for.

    Examples
    --------
    >>> Tiers("ABC", cuts=(0.31, 0.08))
    A >= 31 % > B >= 8 % > C
    """

    letters: str
    cuts: tuple[float, ...] = ()
    roles: tuple[str, ...] = ()
    segment: str | None = None
    margin_from: float | None = None
    margin_below: float | None = None
    bands: tuple[tuple[float, float], ...] = ()

    @property
    def margin_band(self) -> str | None:
        """The margins in words; None when the margin does not part the segment.

        Examples
        --------
        >>> Tiers("A", margin_from=1500.0, margin_below=2400.0).margin_band
        '1,500 to 2,400'
        """
        low, high = (None if end is None else f"{end:,.15g}" for end in (self.margin_from, self.margin_below))
        if low and high:
            return f"{low} to {high}"
        return f"{low} and over" if low else f"under {high}" if high else None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read the fields back from JSON, which knows no tuples."""
        bands = tuple((low, high) for low, high in values.get("bands", ()))
        return cls(**{**values, "cuts": tuple(values["cuts"]), "roles": tuple(values["roles"]), "bands": bands})

    def __repr__(self) -> str:
        upper = [f"{letter} >= {cut * 100:.4g} %" for letter, cut in zip(self.letters, self.cuts, strict=False)]
        return " > ".join([*upper, self.letters[-1]])


class TierIndex:
    """Groups and bands as arrays, filled up with cuts that nothing passes."""

    def __init__(self, groups: Sequence[Tiers]) -> None:
        segments = list(dict.fromkeys(group.segment for group in groups))
        members = [[g for g, group in enumerate(groups) if group.segment == segment] for segment in segments]
        self._code = {segment: code for code, segment in enumerate(segments)}
        self._pooled = len(segments) - 1
        self._first = np.array([indices[0] for indices in members])
        ends = [[groups[g].margin_from for g in indices[1:]] for indices in members]
        self._margins: Floats = _filled(ends, np.inf)
        self._plain = {segment: (int(self._first[c]), ends[c]) for segment, c in self._code.items()}
        self._others = (int(self._first[-1]), ends[-1])
        self._cuts: Floats = _filled([group.cuts for group in groups], -np.inf)
        self.letters: Objects = _filled([group.letters for group in groups], None)
        self.roles: Objects = _filled([group.roles for group in groups], None)

    def group_of(self, segment: str | None, margin: float) -> int:
        """Return the group of one lead."""
        first, ends = self._plain.get(segment, self._others)
        return first + sum(margin >= end for end in ends if end is not None)

    def locate(self, axis_values: Floats, segment: Objects, margin: Floats) -> tuple[Positions, Positions]:
        """Return group and band of each lead."""
        code = np.array([self._code.get(name, self._pooled) for name in segment], dtype=np.intp)
        group = self._first[code] + (margin[:, None] >= self._margins[code]).sum(axis=1)
        return group, (axis_values[:, None] < self._cuts[group]).sum(axis=1)


def _filled(rows: Sequence[Sequence[Any]], filler: float | None) -> Any:
    kind = object if filler is None else np.float64
    table = np.full((len(rows), max(map(len, rows))), filler, dtype=kind)
    for i, row in enumerate(rows):
        table[i, : len(row)] = list(row)
    return table
