"""How far prices would move had other leads come: a bootstrap that solves no program again.

Resampled leads ask for other hours at today's prices; the steepness of those hours in the prices says how far the
prices must move until they suffice again (a score bootstrap).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from leadscore.decisions.economics import Economics
from leadscore.decisions.offers import evenly
from leadscore.decisions.prices import Prices, offers_of
from leadscore.decisions.prospects import Flags, Floats, Positions
from leadscore.decisions.structure import Structure

__all__ = ["POOL", "Resamples", "pooled", "resampled_prices", "with_bands"]

POOL = 3_000
"""Leads under which a month is pooled with the months before it."""

_RESAMPLES = 400

_FLATTEST = 0.1
"""Least curvature, as a share of that of each price by itself."""

_FLAT = 1e-100
"""Curvature that is none."""

_AT_MOST = 20_000
"""Leads that are drawn from; of more, the deviations are scaled down."""


class Resamples(NamedTuple):
    """Leads drawn again with replacement, and the prices that they would give.

    Parameters
    ----------
    leads
        Positions of the leads that were drawn from.
    counts
        How often each was drawn, resamples by leads.
    per_hour
        Prices, resamples by roles.
    """

    leads: Positions
    counts: Positions
    per_hour: Floats


def with_bands(prices: Prices, drawn: Resamples) -> Prices:
    """Return the prices with the band that holds nine in ten of the resampled ones."""
    low, high = np.quantile(drawn.per_hour, [0.05, 0.95], axis=0).tolist()
    roles = tuple(prices.per_hour)
    bands: Mapping[str, tuple[float, float]] = dict(zip(roles, zip(low, high, strict=True), strict=True))
    return replace(prices, band=bands)


def resampled_prices(
    structure: Structure, economics: Economics, tie: Floats, prices: Prices, *, seed: int = 0
) -> Resamples:
    """Draw the leads again with replacement, and find the prices that each draw would give.

    Parameters
    ----------
    structure, economics, tie
        What the prices were fitted with.
    prices
        The prices.
    seed
        The same seed gives the same draws.
    """
    offers = offers_of(structure, economics, tie, prices.jitter, prices.leads_per_period)
    price = np.array([prices.per_hour[role] for role in structure.roles])
    some = offers.sample(_AT_MOST)
    counts = np.random.default_rng(seed).multinomial(len(some), np.full(len(some), 1 / len(some)), size=_RESAMPLES)
    asked = (counts - 1) @ some.hours_used(price) * np.sqrt(len(some) / len(offers))
    idle = some.capacity - some.respond(price).used
    size = some.sizes(price)
    spread = 0.1 * size
    for _ in range(2):  # steepness over the width of the band itself, which the first turn finds out
        steepness = _bowl(some.steepness(price, spread))
        draws = _move(price, steepness, asked - np.where(price > 0, 0.0, idle))
        spread = np.maximum(1.64 * draws.std(axis=0), 0.05 * size)
    return Resamples(evenly(len(offers), _AT_MOST), counts, draws)


def _bowl(steepness: Floats) -> Floats:
    """Return the nearest steepness of a dual, which is convex: finite steps over few leads may miss that."""
    own = np.sqrt(np.maximum(np.diag(steepness), 0.0))
    scale = np.outer(own, own)
    level, axes = np.linalg.eigh(np.divide(steepness, scale, out=np.eye(len(own)), where=scale > 0))
    bowl: Floats = (axes * np.maximum(level, _FLATTEST)) @ axes.T * scale
    return bowl


def _move(price: Floats, steepness: Floats, excess: Floats) -> Floats:
    """Move the prices of each resample until the hours suffice, and none below 0, role by role."""
    moved = np.tile(price, (len(excess), 1))
    own = np.diag(steepness)
    # Where no lead wavers at the price, nothing says how far it would move.
    steep = np.flatnonzero(own > max(1e-9 * own.max(initial=0.0), _FLAT))
    for _ in range(200):
        before = moved.copy()
        for role in steep:
            left = excess[:, role] - (moved - price) @ steepness[role]
            moved[:, role] = np.maximum(moved[:, role] + left / own[role], 0.0)
        if np.abs(moved - before).max() <= 1e-6 * max(price.max(), 1e-300):
            break
    return moved


def pooled(months: Positions, *, at_least: int = POOL) -> Flags:
    """Mark the leads that prices are fitted on: those of the newest month, and of so many before it as are needed.

    Parameters
    ----------
    months
        Month of each lead, as a number that rises with time.
    at_least
        Leads that are enough.

    Examples
    --------
    >>> pooled(np.array([1, 1, 2, 2, 2, 3]), at_least=3)
    array([False, False,  True,  True,  True,  True])
    """
    names, counts = np.unique(months, return_counts=True)
    enough = np.flatnonzero(np.cumsum(counts[::-1]) >= at_least)
    first = names[::-1][enough[0] if len(enough) else -1] if len(names) else 0
    marked: Flags = months >= first
    return marked
