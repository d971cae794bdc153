"""Rules of thumb that route leads without prices: the peers of our policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.decisions import Economics, Prospects, Structure

__all__ = ["Routing", "rules_of_thumb", "within_capacity"]

Routing = npt.NDArray[np.intp]
"""Position in `Economics.paths` for each lead; the last is nurture."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def rules_of_thumb(
    structure: Structure, economics: Economics, leads: Prospects, past: Prospects
) -> Mapping[str, Routing]:
    """Route leads as many CRMs do.

    A score has a hot, a warm and a cool band: hot leads go to the closing role that may have them, warm ones to the
    qualifying role, cool ones to the screening role (to the qualifying one where nobody screens), the rest to nurture.
    Where a band leaves a choice of paths, the lead takes the one of the greatest expected value.

    Parameters
    ----------
    structure, economics
        The structure, and its economics at the estimated likelihoods of the leads.
    leads
        The leads to route, with estimated likelihoods.
    past
        Earlier leads, from which scores learn their scale.
    """
    hot, warm, cool = (_first_touches(structure, economics, stage) for stage in ("close", "qualify", "screen"))
    bands = (hot, warm, cool if cool.any() else warm)
    likelihood, known = leads.along("p_close"), past.along("p_close")
    percentile = _percentile(likelihood, known)
    by_value = _percentile(likelihood * leads.margin, known * past.margin)
    return {
        "cut-offs 80/60/40 on p_close, its past maximum being 100": _banded(
            economics, 100 * likelihood / known.max(), (80, 60, 40), bands
        ),
        "cut-offs 80/60/40 on the percentile of p_close": _banded(economics, percentile, (80, 60, 40), bands),
        "quantile tiers (top 10 %, next 40 %) on p_close": _banded(economics, percentile, (90, 50, 50), bands),
        "quantile tiers (top 10 %, next 40 %) on expected value": _banded(economics, by_value, (90, 50, 50), bands),
    }


def within_capacity(economics: Economics, routing: Routing, capacity: Floats) -> Routing:
    """Send a lead to nurture when its path finds no hours left, in order of arrival.

    Parameters
    ----------
    economics
        With the hours that the leads really take.
    routing
        What a policy wants.
    capacity
        Hours of each role for all these leads together.
    """
    nurture, left, kept = len(economics.paths) - 1, capacity.copy(), routing.copy()
    for lead, hours in enumerate(_chosen(economics.hours, routing)):
        if (hours <= left).all():
            left -= hours
        else:
            kept[lead] = nurture
    return kept


def _chosen(table: npt.NDArray[Any], routing: Routing) -> npt.NDArray[Any]:
    return table[np.arange(len(routing)), routing]


def _first_touches(structure: Structure, economics: Economics, stage: str) -> Flags:
    """Paths whose first role works at this stage; growing a customer is closing."""
    stages = [structure.role_named(path[0]).stage if path else None for path in economics.paths]
    return np.array([("close" if found == "grow" else found) == stage for found in stages])


def _percentile(score: Floats, past: Floats) -> Floats:
    return 100 * np.searchsorted(np.sort(past), score) / len(past)


def _banded(
    economics: Economics, score: Floats, cuts: tuple[float, float, float], bands: tuple[Flags, Flags, Flags]
) -> Routing:
    """Take in each band the best path that the band allows, nurture where it allows none."""
    band = (score[:, None] < cuts).sum(axis=1)
    allowed = np.array([*bands, np.zeros_like(bands[0])])[band]
    value = np.where(allowed, economics.value, -np.inf)
    value[:, -1] = np.where(np.isfinite(value).any(axis=1), -np.inf, 0.0)
    routing: Routing = value.argmax(axis=1)
    return routing
