"""Waiting for a free head: first come, first served, and the formula that it has to agree with."""

from __future__ import annotations

import heapq

__all__ = ["Crew", "erlang_c_wait"]


class Crew:
    """Some heads who take what comes, first come, first served.

    Parameters
    ----------
    heads
        People, at least 1.

    Examples
    --------
    >>> crew = Crew(2)
    >>> [crew.begin(moment, hours=4.0) for moment in (0.0, 1.0, 2.0)]
    [0.0, 1.0, 4.0]
    """

    def __init__(self, heads: int) -> None:
        self._free = [0.0] * heads

    def begin(self, moment: float, hours: float) -> float:
        """Take what arrives at this moment, no earlier than any before it; return when the work begins."""
        begun = max(moment, self._free[0])
        heapq.heapreplace(self._free, begun + hours)
        return begun


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
