from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from leadscore.serving.together import MOST, Together


def halves(groups: list[int]):
    def work(numbers: Sequence[int]) -> list[float]:
        groups.append(len(numbers))
        if 0 in numbers:
            raise ZeroDivisionError
        return [1 / n for n in numbers]

    return work


def test_calls_of_one_turn_are_one_call_and_keep_their_order():
    groups: list[int] = []

    async def story() -> list[float]:
        together = Together(halves(groups))
        return await asyncio.gather(*map(together, range(1, 17)))

    assert asyncio.run(story()) == [1 / n for n in range(1, 17)]
    assert groups == [16]


def test_a_lone_call_waits_for_nobody_and_a_burst_is_parted():
    groups: list[int] = []

    async def story() -> None:
        together = Together(halves(groups))
        await together(4)
        await asyncio.gather(*map(together, range(1, MOST + 3)))

    asyncio.run(story())
    assert groups == [1, MOST, 2]


def test_who_comes_one_turn_later_joins_a_group_but_a_caller_alone_waits_for_nobody():
    groups: list[int] = []

    async def later(together, turns: int) -> float:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await together(2)

    async def story() -> None:
        together = Together(halves(groups))
        await asyncio.gather(together(1), later(together, 1))
        await asyncio.gather(together(1), together(1), *(later(together, turns) for turns in (1, 2, 3)))

    asyncio.run(story())
    assert groups[0] == 1
    assert groups[-1] == 5


def test_an_impossible_item_costs_nobody_else():
    async def story() -> list[float | BaseException]:
        together = Together(halves([]))
        return await asyncio.gather(*map(together, (1, 0, 2)), return_exceptions=True)

    first, second, third = asyncio.run(story())
    assert (first, third) == (1.0, 0.5)
    assert isinstance(second, ZeroDivisionError)


def test_a_caller_who_left_does_not_disturb():
    async def story() -> float:
        together = Together(halves([]))
        leaver = asyncio.ensure_future(together(1))
        await asyncio.sleep(0)
        leaver.cancel()
        found = await together(2)
        with pytest.raises(asyncio.CancelledError):
            await leaver
        return found

    assert asyncio.run(story()) == 0.5
