import asyncio
import threading

import pytest

from service.domain.errors import DatabaseAway
from service.usecases.together import Together


async def test_what_comes_while_something_is_written_is_written_together():
    sizes: list[int] = []
    first = threading.Event()

    def write(work: list[int]) -> list[int]:
        sizes.append(len(work))
        first.wait(30)
        return [2 * one for one in work]

    together = Together[int, int](write, most=8, writers=1)
    waiting = [asyncio.create_task(together(n)) for n in range(20)]
    await asyncio.sleep(0.05)
    first.set()
    assert await asyncio.gather(*waiting) == [2 * n for n in range(20)]
    assert sum(sizes) == 20
    assert max(sizes) == 8


async def test_what_is_wrong_with_one_is_told_to_that_one_alone():
    def write(work: list[int]) -> list[int | Exception]:
        return [ValueError(one) if one == 3 else one for one in work]

    together = Together[int, int](write, most=8, writers=1)
    found = await asyncio.gather(*(together(n) for n in range(6)), return_exceptions=True)
    assert [n for n, one in enumerate(found) if isinstance(one, ValueError)] == [3]


async def test_what_breaks_a_group_is_found_by_writing_one_at_a_time():
    def write(work: list[int]) -> list[int]:
        if 3 in work:
            raise ZeroDivisionError
        return list(work)

    together = Together[int, int](write, most=8, writers=1)
    found = await asyncio.gather(*(together(n) for n in range(6)), return_exceptions=True)
    assert [type(one) for one in found] == [int, int, int, ZeroDivisionError, int, int]


async def test_a_database_that_is_away_is_told_to_all_and_not_asked_again():
    calls: list[int] = []

    def write(work: list[int]) -> list[int]:
        calls.append(len(work))
        raise DatabaseAway("away")

    together = Together[int, int](write, most=100, writers=1)
    found = await asyncio.gather(*(together(n) for n in range(6)), return_exceptions=True)
    assert all(isinstance(one, DatabaseAway) for one in found)
    assert len(calls) <= 2
    with pytest.raises(DatabaseAway):
        await together(1)


async def test_who_went_away_holds_up_nobody():
    together = Together[int, int](lambda work: list(work), most=8, writers=1)
    gone = asyncio.create_task(together(1))
    await asyncio.sleep(0)
    gone.cancel()
    assert await asyncio.wait_for(together(2), 30) == 2
