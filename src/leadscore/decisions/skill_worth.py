"""What skill is worth: one point of conversion at a stage, beside one more head of a role, in money per month.

Both are differences between two optima of the same leads, so that a further qualified lead costs the time of whoever
closes it, and a lead that nobody has time for brings nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from leadscore.decisions.economics import Chains
from leadscore.decisions.prices import fit_prices
from leadscore.decisions.prospects import Floats, Prospects, complete, shift_odds
from leadscore.decisions.routing import Policy
from leadscore.decisions.structure import DAYS, Structure

__all__ = ["POINT", "worth_per_head", "worth_per_point"]

Stage: TypeAlias = Literal["qualify", "close"]

POINT = 0.01
"""One point of conversion, as a share."""


def worth_per_head(policy: Policy, prospects: Prospects) -> Mapping[str, float]:
    """What one more head of each role would bring in a month, over the cost of the hours that it works.

    Parameters
    ----------
    policy
        Structure and prices.
    prospects
        The leads that the prices were fitted on.
    """
    structure = policy.structure
    more = {role.name: structure.with_({f"{role.name}.heads": role.heads + 1}) for role in structure.role}
    return {name: _gain(policy, prospects, other) for name, other in more.items()}


def worth_per_point(policy: Policy, prospects: Prospects) -> Mapping[Stage, float]:
    """What one more point of conversion at each stage would bring in a month, with the odds of all leads raised alike.

    Parameters
    ----------
    policy, prospects
        As for `worth_per_head`. The point at ``close`` is one of the qualified leads, where leads qualify first.
    """
    leads = complete(prospects, policy.assumption)
    p_close = leads.along("p_close")
    if leads.p_qualify is None:
        better: dict[Stage, Prospects] = {"close": replace(leads, p_close=raised(p_close, np.ones(len(leads))))}
    else:
        q = leads.p_qualify
        closing = np.minimum(np.divide(p_close, q, out=np.zeros(len(q)), where=q > 0), 1.0)
        qualified = raised(q, np.ones(len(q)))
        better = {
            "qualify": replace(leads, p_qualify=qualified, p_close=qualified * closing),
            "close": replace(leads, p_close=q * raised(closing, q)),
        }
    return {stage: _gain(policy, others, policy.structure) for stage, others in better.items()}


def raised(p: Floats, weight: Floats, *, by: float = POINT) -> Floats:
    """Raise the odds of all leads by one factor, so that the weighted mean of the likelihoods rises by as much.

    Where there is not so much room left, they are raised half of the way.

    Examples
    --------
    >>> p = raised(np.array([0.1, 0.5]), np.array([1.0, 1.0]))
    >>> round(float(p.mean()), 6), bool(p[1] - 0.5 > p[0] - 0.1)
    (0.31, True)
    """
    weight = weight / weight.sum()
    start = float(weight @ p)
    goal = start + min(by, (1 - start) / 2)
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if weight @ shift_odds(p, np.exp(middle)) < goal else (low, middle)
    return shift_odds(p, np.exp(high))


def _gain(policy: Policy, prospects: Prospects, structure: Structure) -> float:
    leads = complete(prospects, policy.assumption)
    economics = Chains(structure).value(leads)
    prices = fit_prices(structure, economics, leads.tie, leads_per_period=policy.leads_per_period, start=policy.prices)
    return (prices.objective - policy.prices.objective) * DAYS["month"] / DAYS[structure.period]
