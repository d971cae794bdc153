"""Cutting the tiers: the bands that lose least against choosing the role lead by lead, found exactly.

Nurture, where present, is the lowest band.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from leadscore.decisions.cut_bands import with_cut_bands
from leadscore.decisions.cuts import NOBODY, best_bands
from leadscore.decisions.economics import Economics
from leadscore.decisions.letters import letter_bands
from leadscore.decisions.price_bands import Resamples
from leadscore.decisions.prices import Prices, net
from leadscore.decisions.prospects import Axis, Flags, Floats, Positions, Prospects
from leadscore.decisions.structure import NURTURE, Structure
from leadscore.decisions.tier_group import TierIndex, Tiers
from leadscore.decisions.tier_row import TierRow
from leadscore.decisions.tiers import TierTable

__all__ = ["SMALLEST_SEGMENT", "fit_tiers", "loss_of_roles"]

SMALLEST_SEGMENT = 60
"""Leads below which a segment is pooled with others."""

SMALLEST_THIRD = 300
"""Leads below which a segment is not parted by margin."""

SMALLEST_BAND = 0.01
"""Least share of a group's leads in a band."""


def fit_tiers(
    structure: Structure,
    prices: Prices,
    economics: Economics,
    prospects: Prospects,
    *,
    axis: Axis = "p_close",
    leads_per_period: float,
    drawn: Resamples | None = None,
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
    drawn
        Resamples of the prices, to tell how sure each cut is.
    """
    net_values = net(economics, prices, prospects.tie)
    by_role = economics.by_first_touch(net_values)
    likelihood = prospects.along(axis)
    groups = list(_groups(prospects))
    tiers = _cut(structure, groups, likelihood, by_role)
    if drawn is not None:
        leads = [group.leads for group in groups]
        tiers = with_cut_bands(tiers, leads, prices, economics, likelihood, prospects.tie, drawn)
    index = TierIndex(tiers)
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
    return TierTable(tiers, tuple(sorted(rows, key=lambda row: row.tier)), loss_of_roles(by_role, usual), axis)


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


def loss_of_roles(by_role: Floats, usual: Positions) -> float:
    """Share of the net value that is lost when every lead takes its usual role; one that it may not take brings 0."""
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
                    from_p_close_band=group.bands[band] if band < len(group.bands) else None,
                )

    def _expected(self, figure: Floats | None, leads: Flags) -> float | None:
        return None if figure is None else float(figure[leads].sum()) * self.scale
