"""Tiers: contiguous bands of a likelihood, each with the role that usually takes it.

A tier is the band of a lead's likelihood inside its segment and margin band. The cuts are those that lose least against
choosing the role lead by lead, found exactly. Nurture, where present, is the lowest band.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from leadscore.decisions.cuts import NOBODY, best_bands
from leadscore.decisions.economics import Economics
from leadscore.decisions.letters import letter_bands
from leadscore.decisions.prices import Prices, net
from leadscore.decisions.prospects import Axis, Flags, Floats, Objects, Positions, Prospects
from leadscore.decisions.structure import NURTURE, Structure

__all__ = ["TierRow", "TierTable", "Tiers", "fit_tiers"]

SMALLEST_SEGMENT = 60
"""Leads below which a segment is pooled with others."""

SMALLEST_THIRD = 300
"""Leads below which a segment is not parted by margin."""

SMALLEST_BAND = 0.01
"""Least share of a group's leads in a band."""


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

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by the names of the fields."""
        return asdict(self)


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
    """

    groups: tuple[Tiers, ...]
    rows: tuple[TierRow, ...]
    loss_share: float
    axis: Axis = "p_close"
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index(self.groups))

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

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back without loss."""
        return {
            "axis": self.axis,
            "loss_share": self.loss_share,
            "groups": [asdict(group) for group in self.groups],
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        groups = tuple(
            Tiers(**{**group, "cuts": tuple(group["cuts"]), "roles": tuple(group["roles"])})
            for group in values["groups"]
        )
        return cls(groups, tuple(TierRow(**row) for row in values["rows"]), values["loss_share"], values["axis"])

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


class _Index:
    """Groups and bands as arrays, filled up with cuts that nothing passes."""

    def __init__(self, groups: Sequence[Tiers]) -> None:
        segments = list(dict.fromkeys(group.segment for group in groups))
        members = [[g for g, group in enumerate(groups) if group.segment == segment] for segment in segments]
        self._code = {segment: code for code, segment in enumerate(segments)}
        self._pooled = len(segments) - 1
        self._first = np.array([indices[0] for indices in members])
        self._margins: Floats = _filled([[groups[g].margin_from for g in indices[1:]] for indices in members], np.inf)
        self._cuts: Floats = _filled([group.cuts for group in groups], -np.inf)
        self.letters: Objects = _filled([group.letters for group in groups], None)
        self.roles: Objects = _filled([group.roles for group in groups], None)

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


def fit_tiers(
    structure: Structure,
    prices: Prices,
    economics: Economics,
    prospects: Prospects,
    *,
    axis: Axis = "p_close",
    leads_per_period: float,
) -> TierTable:
    """Cut the tiers that lose least against choosing per lead.

    Leads are grouped by segment, and inside it by thirds of the margin. A segment with under 60 leads is pooled with
    the other small ones and the leads without a segment; this pooled group also serves segments never seen, and learns
    from all leads when it has under 60. A segment is parted by margin only when each third has 300 leads. A role has
    a band only in groups where it may touch most of the leads.

    Parameters
    ----------
    structure, prices, economics
        The structure, its prices, and the economics of the prospects.
    prospects
        Leads to cut on, with both likelihoods as far as there are any; never the test stretch.
    axis
        Likelihood to cut.
    leads_per_period
        Arrivals in one period, for the expected figures.
    """
    net_values = net(economics, prices, prospects.tie)
    by_role = economics.by_first_touch(net_values)
    likelihood = prospects.along(axis)
    tiers = _cut(structure, list(_groups(prospects)), likelihood, by_role)
    index = _Index(tiers)
    place = index.locate(likelihood, prospects.segment, prospects.margin)
    columns = {name: column for column, name in enumerate((*structure.roles, NURTURE))}
    usual = np.array([columns[name] for name in index.roles[place]])
    own = net_values.argmax(axis=1)
    worked = own < len(economics.paths) - 1
    published = _Published(
        place=place,
        other_role=by_role.argmax(axis=1) != usual,
        qualified=None if prospects.p_qualify is None else prospects.p_qualify * worked,
        won=None if prospects.p_close is None else _at(economics.won, own),
        value=_at(economics.value, own),
        scale=leads_per_period / len(prospects),
    )
    rows = [row for g, group in enumerate(tiers) for row in published.rows(g, group, structure, prices)]
    return TierTable(tiers, tuple(sorted(rows, key=lambda row: row.tier)), _loss(by_role, usual), axis)


class _Group(NamedTuple):
    """Leads that are cut together."""

    segment: str | None
    margin_from: float | None
    margin_below: float | None
    leads: Positions


def _groups(prospects: Prospects) -> Iterator[_Group]:
    names, counts = np.unique([name for name in prospects.segment if name is not None], return_counts=True)
    large = [str(name) for name in names[counts >= SMALLEST_SEGMENT]]
    for name in large:
        yield from _thirds(name, np.flatnonzero(prospects.segment == name), prospects.margin)
    pooled = np.flatnonzero([name not in large for name in prospects.segment])
    yield from _thirds(None, pooled if len(pooled) >= SMALLEST_SEGMENT else np.arange(len(prospects)), prospects.margin)


def _thirds(segment: str | None, leads: Positions, margin: Floats) -> Iterator[_Group]:
    cuts = [float(f"{cut:.3g}") for cut in np.quantile(margin[leads], [1 / 3, 2 / 3])]
    third = np.searchsorted(cuts, margin[leads], side="right")
    if np.bincount(third, minlength=3).min() < SMALLEST_THIRD:
        cuts, third = [], np.zeros(len(leads), dtype=np.intp)
    for i, (low, high) in enumerate(pairwise([None, *cuts, None])):
        yield _Group(segment, low, high, leads[third == i])


def _cut(structure: Structure, groups: list[_Group], likelihood: Floats, by_role: Floats) -> tuple[Tiers, ...]:
    bands = [_bands(structure, likelihood[group.leads], by_role[group.leads]) for group in groups]
    worth = [float(by_role[group.leads].max(axis=1).mean()) for group in groups]
    best_first = sorted(range(len(groups)), key=lambda g: -worth[g])
    letters = dict(zip(best_first, letter_bands([bands[g].roles for g in best_first]), strict=True))
    return tuple(
        Tiers(letters[g], band.cuts, band.roles, group.segment, group.margin_from, group.margin_below)
        for g, (group, band) in enumerate(zip(groups, bands, strict=True))
    )


class _Bands(NamedTuple):
    cuts: tuple[float, ...]
    roles: tuple[str, ...]


def _bands(structure: Structure, likelihood: Floats, by_role: Floats) -> _Bands:
    eligible = np.isfinite(by_role[:, :-1])
    usual = np.flatnonzero(2 * eligible.sum(axis=0) > eligible.any(axis=1).sum())
    gains = np.where(eligible, by_role[:, :-1], 0.0)[:, usual]
    best = best_bands(likelihood, gains, smallest=SMALLEST_BAND)
    return _Bands(best.cuts, tuple(NURTURE if role == NOBODY else structure.roles[usual[role]] for role in best.roles))


def _at(table: Floats, column: Positions) -> Floats:
    return table[np.arange(len(table)), column]


def _loss(by_role: Floats, usual: Positions) -> float:
    taken, best = _at(by_role, usual), by_role.max(axis=1).sum()
    return float(1 - np.where(np.isfinite(taken), taken, 0.0).sum() / best) if best > 0 else 0.0


class _Published(NamedTuple):
    """What the leads say about the bands that they lie in."""

    place: tuple[Positions, Positions]
    other_role: Flags
    qualified: Floats | None
    won: Floats | None
    value: Floats
    scale: float

    def rows(self, g: int, group: Tiers, structure: Structure, prices: Prices) -> Iterator[TierRow]:
        ends = [1.0, *group.cuts, 0.0]
        replies = {role.name: role.reply_within_minutes for role in structure.role}
        for band, (letter, role) in enumerate(zip(group.letters, group.roles, strict=True)):
            leads = (self.place[0] == g) & (self.place[1] == band)
            if leads.any():
                yield TierRow(
                    tier=letter,
                    segment=group.segment,
                    margin_band=group.margin_band,
                    role=role,
                    from_p_close=ends[band + 1],
                    to_p_close=ends[band],
                    share=float(leads.mean()),
                    share_other_role=float(self.other_role[leads].mean()),
                    reply_within_minutes=replies.get(role),
                    price_per_hour=prices.per_hour.get(role, 0.0),
                    expected_qualified=self._expected(self.qualified, leads),
                    expected_won=self._expected(self.won, leads),
                    expected_value=float(self.value[leads].sum()) * self.scale,
                )

    def _expected(self, figure: Floats | None, leads: Flags) -> float | None:
        return None if figure is None else float(figure[leads].sum()) * self.scale
