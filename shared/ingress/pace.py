"""How fast a publisher may send: counted in this process, over a window that slides by the minute."""

from __future__ import annotations

import math
import time
from functools import cache

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.ingress.register import Publisher


class TooFast(Exception):
    """More than the publisher may send; ``retry_after`` seconds later there is room again."""

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"{limit} a minute")
        self.limit, self.retry_after = limit, retry_after


class Pace:
    """Counts the events of each publisher."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def require(self, publisher: Publisher, events: int) -> None:
        """Raise TooFast when so many events more are too many now; then none of them is counted."""
        if publisher.rights is None:
            return
        limit = publisher.rights.limits.events_per_minute
        item = _item(limit)
        if not await self._limiter.hit(item, publisher.name, cost=max(1, events)):
            stats = await self._limiter.get_window_stats(item, publisher.name)
            raise TooFast(limit, max(1, math.ceil(stats.reset_time - time.time())))


@cache
def _item(events_per_minute: int) -> RateLimitItemPerMinute:
    """Made once for each limit: making it took a third of counting."""
    return RateLimitItemPerMinute(events_per_minute)
