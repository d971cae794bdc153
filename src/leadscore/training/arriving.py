"""Past leads that stand for those to come, where a router chose which of them were worked.

Outcomes are known of worked leads only, and the router worked those that looked good. Prices and tiers are cut for the
leads that arrive: each worked one stands for as many as its logged chance of being worked says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadscore.data.censoring import inverse_propensity
from leadscore.data.history import History
from leadscore.data.schema import parse_number
from leadscore.training.recipe import Recipe

__all__ = ["as_they_arrive", "systematic"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def as_they_arrive(history: History, rows: Index, recipe: Recipe) -> Index:
    """Positions among these rows, as many and in their order, in which worked leads stand for all that arrived."""
    column = recipe.lead.propensity
    if column is None or column not in history.frame.columns:
        return np.arange(len(rows))
    chance = np.array([parse_number(cell) or 1.0 for cell in history.frame[column].iloc[rows]], dtype=float)
    return systematic(inverse_propensity(chance, np.ones(len(rows), dtype=bool)))


def systematic(weight: Floats) -> Index:
    """As many positions as there are weights, each about as often as its weight over their mean, without chance.

    Examples
    --------
    >>> systematic(np.array([1.0, 4.0, 1.0, 2.0])).tolist()
    [0, 1, 1, 3]
    """
    total = np.cumsum(weight)
    steps = (np.arange(len(weight)) + 0.5) * weight.mean()
    return np.minimum(np.searchsorted(total, steps), len(weight) - 1)
