"""What every lead offers at given prices: the side of the program that is one maximum per lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from leadscore.decisions.economics import Economics
from leadscore.decisions.prospects import Flags, Floats, Positions

__all__ = ["Offers", "Response", "evenly"]

_CHUNK = 8_192

_BARRED = -1e30
"""In place of -inf, which does not survive a product with 0."""


class Response(NamedTuple):
    """What the leads do at given prices: the value of what they choose, and the hours that it uses."""

    value: float
    used: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Value and hours of every path for every lead, path by path, and the hours that there are.

    Parameters
    ----------
    value
        Value of each path, paths by leads.
    time, workers
        Hours and positions of the roles that spend them, as in `Economics` but places by paths by leads.
    capacity
        Hours that there are, by role.
    settled
        What leads that are not listed choose whatever the price is.
    """

    value: Floats
    time: Floats
    workers: Positions
    capacity: Floats
    settled: Response

    @classmethod
    def of(cls, economics: Economics, value: Floats, capacity: Floats) -> Offers:
        """List all leads, with their values as they stand in the program."""
        listed = np.ascontiguousarray(np.maximum(value.T, _BARRED))
        time = np.ascontiguousarray(economics.time.transpose(0, 2, 1))
        return cls(listed, time, economics.workers, capacity, Response(0.0, np.zeros(len(capacity))))

    def __len__(self) -> int:
        return self.value.shape[1]

    def turns(self) -> Iterator[tuple[int, int, int]]:
        """Yield place, path and role wherever a role spends time."""
        for place, path in np.argwhere(self.workers >= 0):
            yield int(place), int(path), int(self.workers[place, path])

    def net(self, price: Floats) -> Floats:
        """Value minus price, paths by leads."""
        net = self.value.copy()
        for place, path, role in self.turns():
            if price[role]:
                net[path] -= self.time[place, path] * price[role]
        return net

    def respond(self, price: Floats) -> Response:
        """Let every lead take its best path at these prices."""
        value, used = self.settled
        for some in self._chunks():
            choice = some.net(price).argmax(axis=0)
            chosen = some._total([choice == path for path in range(len(self.value))])
            value, used = value + chosen.value, used + chosen.used
        return Response(value, used)

    def _total(self, takes: Sequence[Flags] | Flags) -> Response:
        """Value and hours where the leads that take each path are marked."""
        weights = [take.astype(float) for take in takes]
        used = np.zeros(len(self.capacity))
        for place, path, role in self.turns():
            used[role] += self.time[place, path] @ weights[path]
        return Response(sum(float(value @ weight) for value, weight in zip(self.value, weights, strict=True)), used)

    def hours_used(self, price: Floats) -> Floats:
        """Hours that every listed lead asks for at these prices, leads by roles."""
        choice = self.net(price).argmax(axis=0)
        used = np.zeros((len(self), len(self.capacity)))
        for place, path, role in self.turns():
            used[:, role] += np.where(choice == path, self.time[place, path], 0.0)
        return used

    def bound(self, price: Floats) -> float:
        """Value of the dual program, which no policy within the hours can exceed."""
        response = self.respond(price)
        return response.value + float((self.capacity - response.used) @ price)

    def steepness(self, price: Floats, step: Floats) -> Floats:
        """Hours given up by each role for each unit that a role's price rises by, over steps both ways."""
        falls = []
        for role, width in enumerate(step):
            up, down = price.copy(), price.copy()
            up[role], down[role] = price[role] + width, max(price[role] - width, 0.0)
            falls.append((self.respond(down).used - self.respond(up).used) / (up[role] - down[role]))
        steep = np.array(falls)
        return (steep + steep.T) / 2

    def sizes(self, price: Floats) -> Floats:
        """Return what a share of each price refers to: for short touches, which hardly feel it, more than the price."""
        hours = np.zeros(len(price))
        for place, path, role in self.turns():
            hours[role] = max(hours[role], self.time[place, path].mean())
        charged = (price * hours)[price > 0]
        touch = float(np.median(charged)) if len(charged) else 1.0
        sizes: Floats = np.maximum(price, np.divide(0.25 * touch, hours, out=np.ones(len(price)), where=hours > 0))
        return sizes

    def take(self, leads: Positions | slice) -> Offers:
        """List these leads only."""
        return replace(self, value=self.value[:, leads], time=self.time[:, :, leads])

    def sample(self, size: int) -> Offers:
        """List so many leads, evenly from first to last, and as large a share of the hours."""
        if size >= len(self):
            return self
        return replace(self.take(evenly(len(self), size)), capacity=self.capacity * (size / len(self)))

    def narrow(self, price: Floats, width: Floats) -> Offers:
        """Settle the leads that choose the same path at all prices of a box, and list the others."""
        value, used = self.settled
        wavering = []
        for some in self._chunks():
            contenders = some._contenders(price, width)
            wavers = contenders.sum(axis=0) > 1
            settled = some._total(contenders & ~wavers)
            value, used = value + settled.value, used + settled.used
            wavering.append(wavers)
        return replace(self.take(np.flatnonzero(np.concatenate(wavering))), settled=Response(value, used))

    def _contenders(self, price: Floats, width: Floats) -> Flags:
        """Mark the paths, paths by leads, that may be best somewhere in a box of prices."""
        net = self.net(price)
        slack = np.zeros_like(net)
        for place, path, role in self.turns():
            slack[path] += self.time[place, path] * width[role]
        marked: Flags = net + slack >= (net - slack).max(axis=0)
        return marked

    def _chunks(self) -> Iterator[Offers]:
        """Yield the leads in groups that fit into a processor's cache."""
        for first in range(0, max(len(self), 1), _CHUNK):
            yield self.take(slice(first, first + _CHUNK))


def evenly(leads: int, size: int) -> Positions:
    """Return so many positions at most, evenly from the first lead to the last.

    Examples
    --------
    >>> evenly(9, 3), evenly(2, 3)
    (array([0, 4, 8]), array([0, 1]))
    """
    return np.arange(leads) if size >= leads else np.linspace(0, leads - 1, size).astype(np.intp)
