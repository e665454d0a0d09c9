"""Questions to the database that come while one is under way are asked together next, as appends are written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """Asks questions of one kind. Nobody is given an answer that was asked for before the question came.

    ``ask`` answers several at once, every one of them.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Mapping[Q, A]]]) -> None:
        self._ask = ask
        self._next: dict[Q, list[asyncio.Future[A]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, question: Q) -> A:
        """The answer. Raises what the database does."""
        return await self._asked(question)

    async def several(self, questions: Iterable[Q]) -> dict[Q, A]:
        """The answers by question. Raises what the database does."""
        asked = {question: self._asked(question) for question in dict.fromkeys(questions)}
        if not asked:
            return {}
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    def _asked(self, question: Q) -> asyncio.Future[A]:
        mine: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._next.setdefault(question, []).append(mine)
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return mine

    async def _drain(self) -> None:
        try:
            while self._next:
                asked, self._next = self._next, {}
                try:
                    answers = await self._ask(list(asked))
                except Exception as error:
                    for waiting in _still(asked):
                        waiting.set_exception(error)
                else:
                    for question, several in asked.items():
                        for waiting in several:
                            if not waiting.done():  # who asks no longer leaves the others their answer
                                waiting.set_result(answers[question])
        finally:
            self._running = None


def _still(asked: Mapping[Q, Sequence[asyncio.Future[A]]]) -> list[asyncio.Future[A]]:
    return [waiting for several in asked.values() for waiting in several if not waiting.done()]
