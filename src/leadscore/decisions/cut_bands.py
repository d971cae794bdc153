"""How far the cuts of the tiers would move had other leads come: the bootstrap of the prices, carried on.

Each resample has its own prices and its own leads; the bands of a group keep their roles and their order, and are cut
anew where that loses least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from leadscore.decisions.cuts import best_cuts
from leadscore.decisions.economics import Economics
from leadscore.decisions.price_bands import Resamples
from leadscore.decisions.prices import Prices, net
from leadscore.decisions.prospects import Flags, Floats, Positions
from leadscore.decisions.structure import NURTURE
from leadscore.decisions.tier_group import Tiers

__all__ = ["with_cut_bands"]

_RESAMPLES = 100


class _Group(NamedTuple):
    """The drawn leads of one group, in the bands that it has."""

    inside: Flags
    likelihood: Floats
    columns: Positions

    def cuts(self, by_role: Floats, count: Floats) -> Floats:
        gains = by_role[self.inside][:, self.columns]
        return best_cuts(self.likelihood, np.where(np.isfinite(gains), gains, 0.0) * count[self.inside, None])


def with_cut_bands(
    tiers: Sequence[Tiers],
    leads: Sequence[Positions],
    prices: Prices,
    economics: Economics,
    likelihood: Floats,
    tie: Floats,
    drawn: Resamples,
) -> tuple[Tiers, ...]:
    """Return the tiers with the band, around each cut, that holds nine in ten of the resampled ones.

    Parameters
    ----------
    tiers, leads
        Every group, and the positions of the leads that it was cut from.
    prices, economics, likelihood, tie
        What they were cut with.
    drawn
        The resamples of the prices.
    """
    some = economics.take(drawn.leads)
    groups = [
        _group(t, positions, some.roles, likelihood, drawn.leads) for t, positions in zip(tiers, leads, strict=True)
    ]
    # Where only some of the leads were drawn from, cuts lie further apart than those of all would.
    scale = np.sqrt(len(drawn.leads) / len(tie))
    draws = _by_role(some, prices, tie[drawn.leads], drawn.per_hour[:_RESAMPLES])
    found = [
        [group.cuts(by_role, count) for group in groups]
        for by_role, count in zip(draws, drawn.counts.astype(np.float64), strict=False)
    ]
    (as_they_came,) = _by_role(some, prices, tie[drawn.leads], np.array([[*prices.per_hour.values()]]))
    centres = [group.cuts(as_they_came, np.ones(len(drawn.leads))) for group in groups]
    return tuple(
        replace(group, bands=_bands(group.cuts, scale * (np.array(cuts) - centre)))
        for group, centre, *cuts in zip(tiers, centres, *found, strict=True)
    )


def _group(tiers: Tiers, leads: Positions, roles: tuple[str, ...], likelihood: Floats, drawn: Positions) -> _Group:
    inside = np.isin(drawn, leads)
    columns = np.array([(*roles, NURTURE).index(name) for name in tiers.roles])
    return _Group(inside, likelihood[drawn[inside]], columns)


def _by_role(economics: Economics, prices: Prices, tie: Floats, per_hour: Floats) -> Iterator[Floats]:
    """Net value by first role at each of the prices."""
    value = net(economics, replace(prices, per_hour=dict.fromkeys(economics.roles, 0.0)), tie)
    for price in per_hour:
        yield economics.by_first_touch(value - economics.charge(price))


def _bands(cuts: Sequence[float], moves: Floats) -> tuple[tuple[float, float], ...]:
    """Nine in ten of the resampled cuts, and the cut itself."""
    if not len(cuts):
        return ()
    low, high = np.clip(np.array(cuts) + np.quantile(moves, [0.05, 0.95], axis=0), 0.0, 1.0)
    return tuple(zip(np.minimum(low, cuts).tolist(), np.maximum(high, cuts).tolist(), strict=True))
