"""Polls with a deadline, instead of sleeping for as long as something might take."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def eventually(
    condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10.0, pause: float = 0.02
) -> None:
    """Return when the condition holds. Raises AssertionError when the seconds are over."""
    deadline = time.monotonic() + seconds
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        await asyncio.sleep(pause)
