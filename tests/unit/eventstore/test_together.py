"""Questions that come while one is under way are asked together next; no answer is older than its question."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from shared.eventstore.together import Together


class Source:
    """Answers with the time at which it was asked, once it is let."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.gate = asyncio.Event()
        self.now = 0
        self.error: Exception | None = None

    async def __call__(self, questions: Sequence[str]) -> Mapping[str, int]:
        """Read now, answer once the gate is open."""
        self.asked.append(list(questions))
        read = self.now
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return dict.fromkeys(questions, read)


async def settled() -> None:
    """Let everybody go as far as they can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_at_once_is_one_question() -> None:
    source = Source()
    ask = Together(source)
    asking = [asyncio.create_task(ask(each)) for each in ("a", "b", "a")]
    await settled()
    source.gate.set()
    assert await asyncio.gather(*asking) == [0, 0, 0]
    assert source.asked == [["a", "b"]]


async def test_several_are_one_question_with_an_answer_each() -> None:
    source = Source()
    source.gate.set()
    assert await Together(source).several(["a", "b", "a"]) == {"a": 0, "b": 0}
    assert source.asked == [["a", "b"]]


async def test_nobody_is_given_an_answer_that_was_read_before_the_question_came() -> None:
    source = Source()
    ask = Together(source)
    first = asyncio.create_task(ask("a"))
    await settled()
    source.now = 1
    late = [asyncio.create_task(ask("a")), asyncio.create_task(ask("b"))]
    await settled()
    source.gate.set()
    assert await first == 0
    assert await asyncio.gather(*late) == [1, 1]
    assert source.asked == [["a"], ["a", "b"]]


async def test_an_error_reaches_everybody_and_the_next_question_is_asked_anew() -> None:
    source = Source()
    ask = Together(source)
    source.gate.set()
    source.error = OSError("cut")
    told = await asyncio.gather(ask("a"), ask("b"), return_exceptions=True)
    assert [type(each) for each in told] == [OSError, OSError]
    source.error = None
    assert await ask("a") == 0


async def test_who_asks_no_longer_leaves_the_others_their_answer() -> None:
    source = Source()
    ask = Together(source)
    gone, stays = asyncio.create_task(ask("a")), asyncio.create_task(ask("a"))
    await settled()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    source.gate.set()
    assert await stays == 0
