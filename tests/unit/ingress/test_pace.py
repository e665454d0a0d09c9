"""How fast a publisher may send: so many events in any minute, counted for each publisher by itself."""

from __future__ import annotations

import pytest

from shared.contracts.committee import PublisherLimits, PublisherRights
from shared.ingress.pace import Pace, TooFast
from shared.ingress.register import Publisher

LIMIT = 60


def publisher(name: str = "e-meeting") -> Publisher:
    limits = PublisherLimits(events_per_minute=LIMIT)
    return Publisher(name, rights=PublisherRights(sources=("/ext/e-meeting",), types=("MeetingHeld",), limits=limits))


async def test_as_many_as_are_allowed_are_taken_and_whoever_sends_more_is_told_how_long_to_wait() -> None:
    pace = Pace()
    await pace.require(publisher(), LIMIT - 1)
    await pace.require(publisher(), 1)
    with pytest.raises(TooFast) as refused:
        await pace.require(publisher(), LIMIT)
    assert refused.value.limit == LIMIT
    assert 1 <= refused.value.retry_after <= 60


async def test_what_is_too_much_is_not_counted() -> None:
    pace = Pace()
    with pytest.raises(TooFast):
        await pace.require(publisher(), LIMIT + 1)
    await pace.require(publisher(), LIMIT)


async def test_each_publisher_has_a_pace_of_its_own() -> None:
    pace = Pace()
    await pace.require(publisher("a"), LIMIT)
    await pace.require(publisher("b"), LIMIT)
    with pytest.raises(TooFast):
        await pace.require(publisher("a"), LIMIT)


async def test_who_has_no_rights_is_refused_by_others() -> None:
    await Pace().require(Publisher("nobody"), 1_000_000)
