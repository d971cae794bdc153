"""Waiting for a free head: first come, first served, and the formula that it has to agree with."""

from __future__ import annotations

import heapq

import numpy as np

from leadscore.decisions.prospects import Floats

__all__ = ["erlang_c_wait", "waits"]


def waits(arrivals: Floats, service: Floats, heads: int) -> Floats:
    """Time that each arrival waits for the first free of several heads, in order of arrival.

    Parameters
    ----------
    arrivals
        Moments, rising.
    service
        Working time of each, in the same unit.
    heads
        People, at least 1.

    Examples
    --------
    >>> waits(np.array([0.0, 1.0, 2.0]), np.array([4.0, 4.0, 4.0]), heads=2)
    array([0., 0., 2.])
    """
    free = [0.0] * heads
    waited = np.empty(len(arrivals))
    for lead, (moment, hours) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
        begun = max(moment, free[0])
        waited[lead] = begun - moment
        heapq.heapreplace(free, begun + hours)
    return waited


def erlang_c_wait(arrival_rate: float, mean_service: float, heads: int) -> float:
    """Mean wait with Poisson arrivals and exponential service (Erlang-C); infinite without spare time.

    Examples
    --------
    >>> round(erlang_c_wait(0.5, 1.0, 1), 6)
    1.0
    """
    load = arrival_rate * mean_service
    if load >= heads:
        return float("inf")
    blocked = 1.0
    for n in range(1, heads + 1):  # Erlang-B by recursion, which does not overflow
        blocked = load * blocked / (n + load * blocked)
    waiting = heads * blocked / (heads - load * (1 - blocked))
    return waiting * mean_service / (heads - load)
