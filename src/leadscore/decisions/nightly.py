"""Prices for the rest of the period: solved anew each night from the leads of late and the hours that are left."""

from __future__ import annotations

from collections.abc import Mapping

from leadscore.decisions.economics import Economics
from leadscore.decisions.prices import Prices, fit_prices
from leadscore.decisions.prospects import Floats
from leadscore.decisions.structure import Structure

__all__ = ["prices_for_the_rest"]

_LEAST = 1e-6
"""Share of a role's hours that stands for none, since a role without hours is no role."""


def prices_for_the_rest(
    structure: Structure,
    economics: Economics,
    tie: Floats,
    *,
    hours_left: Mapping[str, float],
    leads_to_come: float,
    start: Prices | None = None,
) -> Prices:
    """Find the prices at which the hours that are left are just enough for the leads to come.

    Parameters
    ----------
    structure
        The selling organisation.
    economics, tie
        Value and hours of every path for leads of late, which stand for those to come, and their tie-breaks.
    hours_left
        Hours that are still free in this period, by role; leave and sickness belong in here.
    leads_to_come
        Arrivals until the period ends.
    start
        Prices to begin with, such as yesterday's.

    Examples
    --------
    >>> import numpy as np
    >>> from leadscore.decisions import Prospects, first_touch, preset
    >>> p, all_alike = np.linspace(0.01, 0.6, 500), np.ones(500)
    >>> segment, contactable = np.full(500, None, dtype=object), np.ones(500, dtype=bool)
    >>> leads = Prospects(p, p / 3, 5e3 * all_alike, segment, ~contactable, contactable, tie=p)
    >>> ours = preset("three_tier")
    >>> left = {role.name: role.capacity for role in ours.role}
    >>> plenty, scarce = (
    ...     prices_for_the_rest(
    ...         ours, first_touch(ours, leads), leads.tie, hours_left=left | {"SDR": hours}, leads_to_come=190
    ...     )
    ...     for hours in (500, 5)
    ... )
    >>> plenty.per_hour["SDR"] < scarce.per_hour["SDR"]
    True
    """
    roles = [
        role.model_copy(
            update={"hours_per_period": max(hours_left[role.name] / role.heads, _LEAST * role.hours_per_period)}
        )
        for role in structure.role
    ]
    rest = structure.model_copy(update={"role": tuple(roles)})
    return fit_prices(rest, economics, tie, leads_per_period=leads_to_come, start=start)
