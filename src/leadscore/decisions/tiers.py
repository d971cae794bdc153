"""Tiers: contiguous bands of a likelihood, each with the role that usually takes it.

A tier is the band of a lead's likelihood inside its segment and margin band; how the cuts are found stands in
:mod:`leadscore.decisions.banding`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from leadscore.decisions.prospects import Axis, Floats, Objects, Positions

__all__ = ["TierIndex", "TierRow", "TierTable", "Tiers"]


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


@dataclass(frozen=True, slots=True)
class TierRow:
    """One published line of the tier table.

    Parameters
    ----------
    tier
        Letter.
    segment, margin_band
        Group of the leads; None where leads are not parted (a segment None beside others means all others).
    role
        Usual role of the band.
    from_p_close, to_p_close
        The band, from inclusive, to exclusive, on the table's axis.
    share
        Share of all leads.
    share_other_role
        Share of the band's leads whose own role is another.
    expected_qualified, expected_won, expected_value
        Qualified leads, won deals, and margin minus cost in one period, each lead worked by its own role; a lead in
        nurture adds nothing. None for a stage without a likelihood.
    reply_within_minutes
        Promise of the role; None for nurture.
    price_per_hour
        Price of the role's time; 0 for nurture.
    from_p_close_band
        Where nine in ten of `from_p_close` lie that other leads of the same kind give; None for the lowest band, and
        where that was not asked for.
    """

    tier: str
    segment: str | None
    margin_band: str | None
    role: str
    from_p_close: float
    to_p_close: float
    share: float
    share_other_role: float
    expected_qualified: float | None
    expected_won: float | None
    expected_value: float
    reply_within_minutes: int | None
    price_per_hour: float
    from_p_close_band: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by the names of the fields."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; JSON knows no tuples."""
        band = values.get("from_p_close_band")
        return cls(**{**values, "from_p_close_band": band and (band[0], band[1])})

    @property
    def cut_in_words(self) -> str:
        """The lower end of the band as a sentence, with how sure it is."""
        who = ", ".join(filter(None, (self.segment, self.margin_band and f"margin {self.margin_band}"))) or "all leads"
        if self.from_p_close <= 0:
            return f"{who}: tier {self.tier} ({self.role}) below that"
        sentence = f"{who}: tier {self.tier} ({self.role}) from {self.from_p_close:.2%}"
        if self.from_p_close_band is None:
            return sentence
        low, high = self.from_p_close_band
        return f"{sentence}; other leads of the same kind would cut between {low:.2%} and {high:.2%}, nine times in ten"


@dataclass(frozen=True, slots=True)
class TierTable:
    """The tiers of all groups, and what they held when they were fitted.

    Parameters
    ----------
    groups
        Tiers of every group; those of segment None, last, serve every segment that has none of its own.
    rows
        The published table, best tier first.
    loss_share
        Value lost if every lead took its tier's role instead of its own, as a share of the net value.
    axis
        Likelihood that the cuts lie on.
    held_out_loss_share
        `loss_share` on leads that neither the model nor the table had seen; None where that was not measured.
    """

    groups: tuple[Tiers, ...]
    rows: tuple[TierRow, ...]
    loss_share: float
    axis: Axis = "p_close"
    held_out_loss_share: float | None = None
    _index: TierIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", TierIndex(self.groups))

    def assign(self, axis_values: Floats, segment: Objects, margin: Floats) -> tuple[Objects, Objects]:
        """Return the letter and the usual role of each lead.

        Parameters
        ----------
        axis_values
            Likelihood on the table's axis.
        segment, margin
            As in `Prospects`.
        """
        place = self._index.locate(axis_values, segment, margin)
        return self._index.letters[place], self._index.roles[place]

    @property
    def losses(self) -> dict[str, float | None]:
        """`loss_share` and `held_out_loss_share` as published: ``fitted`` and ``held_out``."""
        return {"fitted": self.loss_share, "held_out": self.held_out_loss_share}

    @property
    def loss_in_words(self) -> str:
        """What the table alone would lose, as a sentence."""
        sentence = f"Taking the tier's role in place of each lead's own loses {self.loss_share:.1%} of the value"
        held_out = self.held_out_loss_share
        return f"{sentence}." if held_out is None else f"{sentence} ({held_out:.1%} on held-out leads)."

    def assign_one(self, axis_value: float, segment: str | None, margin: float) -> tuple[str, str]:
        """Return the letter and the usual role of one lead, as `assign` does, sooner."""
        group = self.groups[self._index.group_of(segment, margin)]
        band = sum(axis_value < cut for cut in group.cuts)
        return group.letters[band], group.roles[band]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back without loss."""
        return {
            "axis": self.axis,
            "loss_share": self.loss_share,
            "held_out_loss_share": self.held_out_loss_share,
            "groups": [asdict(group) for group in self.groups],
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            groups=tuple(map(Tiers.from_dict, values["groups"])),
            rows=tuple(map(TierRow.from_dict, values["rows"])),
            loss_share=values["loss_share"],
            axis=values["axis"],
            held_out_loss_share=values.get("held_out_loss_share"),
        )

    def __str__(self) -> str:
        header = ("tier", "segment", "margin", "role", self.axis, "share", "other role", "qualified", "won", "value")
        lines = [header, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cells(row: TierRow) -> tuple[str, ...]:
    return (
        row.tier,
        row.segment or "",
        row.margin_band or "",
        row.role,
        f"{row.from_p_close:.2%} to {row.to_p_close:.2%}",
        f"{row.share:.1%}",
        f"{row.share_other_role:.1%}",
        "" if row.expected_qualified is None else f"{row.expected_qualified:.1f}",
        "" if row.expected_won is None else f"{row.expected_won:.1f}",
        f"{row.expected_value:,.0f}",
    )


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
