"""Answers are made once for all who ask at once, and the least used make room."""

from __future__ import annotations

import asyncio

import pytest

from services.reporting.kept import Kept, Turns
from tests.eventually import eventually


async def test_who_asks_while_it_is_being_made_waits_for_that() -> None:
    kept: Kept[str] = Kept(9, 999, len)
    made, go_on = [], asyncio.Event()

    async def make() -> str:
        made.append(1)
        await go_on.wait()
        return "answer"

    asking = [asyncio.create_task(kept.once("key", make)) for _ in range(5)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*asking) == ["answer"] * 5
    assert made == [1]


async def test_one_who_goes_away_does_not_take_it_from_the_others() -> None:
    kept: Kept[str] = Kept(9, 999, len)
    go_on = asyncio.Event()

    async def make() -> str:
        await go_on.wait()
        return "answer"

    first = asyncio.create_task(kept.once("key", make))
    second = asyncio.create_task(kept.once("key", make))
    await asyncio.sleep(0)
    first.cancel()
    go_on.set()
    assert await second == "answer"


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    kept: Kept[str] = Kept(9, 999, len)

    async def fail() -> str:
        raise ValueError("no")

    async def make() -> str:
        return "answer"

    told = await asyncio.gather(kept.once("key", fail), kept.once("key", fail), return_exceptions=True)
    assert [type(each) for each in told] == [ValueError, ValueError]
    assert await kept.once("key", make) == "answer"


def test_the_least_lately_used_makes_room() -> None:
    kept: Kept[str] = Kept(2, 999, len)
    kept.put("a", "1")
    kept.put("b", "2")
    assert kept.get("a") == "1"
    kept.put("c", "3")
    assert [kept.get(key) for key in "abc"] == ["1", None, "3"]


@pytest.mark.parametrize("size", [11, 6])
def test_what_is_kept_is_never_heavier_than_allowed(size: int) -> None:
    kept: Kept[str] = Kept(99, 10, len)
    kept.put("a", "12345")
    kept.put("b", "x" * size)
    assert kept.get("a") is None
    assert (kept.get("b") is not None) == (size <= 10)


def test_a_value_put_again_weighs_once() -> None:
    kept: Kept[str] = Kept(99, 10, len)
    for _ in range(5):
        kept.put("a", "12345")
    kept.put("b", "12345")
    assert kept.get("a") == "12345"


async def test_who_comes_while_a_turn_is_done_shares_the_next_one() -> None:
    turns: Turns[int] = Turns()
    begun: list[int] = []
    go_on = asyncio.Event()

    async def do() -> int:
        begun.append(1)
        number = len(begun)
        await go_on.wait()
        return number

    first = asyncio.create_task(turns.join("key", do))
    await eventually(lambda: begun == [1])
    later = [asyncio.create_task(turns.join("key", do)) for _ in range(3)]
    go_on.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2, 2, 2]


async def test_other_things_are_done_at_the_same_time() -> None:
    turns: Turns[str] = Turns()
    go_on = asyncio.Event()

    async def slow() -> str:
        await go_on.wait()
        return "slow"

    async def quick() -> str:
        return "quick"

    waiting = asyncio.create_task(turns.join("one", slow))
    assert await turns.join("other", quick) == "quick"
    go_on.set()
    assert await waiting == "slow"


async def test_a_turn_that_fails_fails_for_those_who_shared_it() -> None:
    turns: Turns[str] = Turns()

    async def fail() -> str:
        raise ValueError("no")

    async def do() -> str:
        return "answer"

    told = await asyncio.gather(turns.join("key", fail), turns.join("key", fail), return_exceptions=True)
    assert [type(each) for each in told] == [ValueError, ValueError]
    assert await turns.join("key", do) == "answer"
