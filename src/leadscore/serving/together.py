"""Requests that arrive one upon the other are scored together.

Scoring one lead is mostly the fixed cost of calls on arrays of length one; sixteen leads cost little more than one. The
group commit answers its callers at once, so their next requests arrive at once too: a group is complete when a turn of
the event loop brings nobody new. A caller who is alone waits for nobody, and a lead gets the same bits alone or in a
group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Together"]

Given = TypeVar("Given")
Found = TypeVar("Found")

MOST = 64
"""Leads in one group, so that a burst does not hold up the event loop."""


class Together(Generic[Given, Found]):
    """Gathers calls of adjoining turns of the event loop into one call.

    Parameters
    ----------
    work
        Takes a list and returns as many results in the same order.

    Examples
    --------
    >>> async def ask() -> list[int]:
    ...     doubled = Together(lambda numbers: [2 * n for n in numbers])
    ...     return await asyncio.gather(*map(doubled, (1, 2, 3)))
    >>> asyncio.run(ask())
    [2, 4, 6]
    """

    def __init__(self, work: Callable[[Sequence[Given]], Sequence[Found]]) -> None:
        self._work = work
        self._waiting: list[tuple[Given, asyncio.Future[Found]]] = []
        self._seen, self._last = 0, 1

    async def __call__(self, given: Given) -> Found:
        """Result for one item; an error that the item alone causes is raised here and nowhere else."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Found] = loop.create_future()
        self._waiting.append((given, done))
        if len(self._waiting) == 1:
            loop.call_soon(self._gather)
        return await done

    def _gather(self) -> None:
        """Wait for another turn as long as each brings somebody; who was alone the last time, too, waits for nobody."""
        waiting = len(self._waiting)
        if self._seen < waiting < MOST and waiting + self._last > 2:
            self._seen = waiting
            asyncio.get_running_loop().call_soon(self._gather)
        else:
            self._seen, self._last = 0, waiting
            self._run()

    def _run(self) -> None:
        group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._run)
        self._settle(group)

    def _settle(self, group: Sequence[tuple[Given, asyncio.Future[Found]]]) -> None:
        try:
            found = self._work([given for given, _ in group])
        except Exception as error:
            # One caller's impossible lead must not cost the others theirs.
            if len(group) > 1:
                for pair in group:
                    self._settle([pair])
            elif not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, done), result in zip(group, found, strict=True):
            if not done.done():
                done.set_result(result)
