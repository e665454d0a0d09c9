"""Rules of committees that reach over streams, kept by the store: one active committee, one use of an order number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from services.committee.committee import Committee
from services.committee.http import COLLECTIONS
from services.committee.mandate import AdoptMandate, DraftMandate, Mandate, Status
from services.committee.programme import RegisterProgramme
from shared.contracts import Command, Rejected
from shared.contracts.common import FactVoided
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.history import fold
from shared.eventstore.store import EventStore
from tests.stack import Database
from tests.unit.committee.committee_words import appoint, correct, dissolve, propose, withdraw
from tests.unit.committee.examples import PROGRAMME_ID, day, definition, mandate_text

BY_KIND = {collection.aggregate.name: collection for collection in COLLECTIONS}


@dataclass
class Service:
    """The collections of the committee service over a store of their own."""

    handler: CommandHandler
    keys: count[int]

    async def create(self, kind: str, command: Command) -> Answer:
        return await self.tell(await BY_KIND[kind].locate(command, self.handler), command)

    async def tell(self, stream: str, command: Command | FactVoided) -> Answer:
        aggregate = BY_KIND[stream.partition(":")[0]].aggregate
        key = str(next(self.keys))
        roles = frozenset({"officer"})
        return await self.handler.handle(
            Request(aggregate, stream, command, "/callers/usr-officer", key, key, "usr-officer", roles)
        )

    async def refused(self, stream: str, command: Command | FactVoided) -> str:
        with pytest.raises(Rejected) as refusal:
            await self.tell(stream, command)
        return refusal.value.code

    async def state(self, stream: str) -> Any:
        aggregate = BY_KIND[stream.partition(":")[0]].aggregate
        return fold(aggregate, await self.handler.store.history(stream))


@pytest.fixture(params=[1, 3], ids=["1 shard", "3 shards"])
async def service(
    database: Callable[[str], Awaitable[Database]], request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """Knows the programme of 2560 and its first mandate."""
    store = await EventStore.open((await database("committee")).app_dsn, "committee", shards=request.param)
    made = Service(CommandHandler(store, [each.aggregate for each in COLLECTIONS]), count())
    await made.create("programme", RegisterProgramme(definition=definition()))
    await made.create("mandate", draft(1, "2016-10-10"))
    await made.tell("mandate:2560-cluster:1", AdoptMandate(adopted_on=day("2016-12-01"), resolution="มติ 1/2560"))
    yield made
    await store.close()


def draft(version: int, on: str) -> DraftMandate:
    return DraftMandate(programme=PROGRAMME_ID, version=version, text=mandate_text(), drafted_on=day(on))


def nth(ordinal: int, region: str = "R07") -> str:
    return f"committee:2560-cluster:{region}:{ordinal}"


async def test_a_proposal_told_twice_is_told_to_the_same_committee(service: Service) -> None:
    first, again = [await service.create("committee", propose()) for _ in range(2)]
    assert (first.stream, len(first.events)) == (nth(1), 1)
    assert (again.stream, list(again.events)) == (nth(1), [])


async def test_the_next_committee_of_a_region_follows_the_end_of_the_one_before(service: Service) -> None:
    await service.create("committee", propose())
    await service.tell(nth(1), withdraw())
    following = await service.create("committee", propose(on="2016-12-21"))
    assert following.stream == nth(2)
    assert (await service.state(nth(2))).ordinal == 2


async def test_a_voided_proposal_leaves_its_place_to_the_right_one(service: Service) -> None:
    wrong = await service.create("committee", propose(on="2016-12-10"))
    [event] = wrong.events
    await service.tell(nth(1), FactVoided.model_validate({"event_id": event["id"], "reason": "วันผิด"}))
    right = await service.create("committee", propose())
    assert (right.stream, right.version) == (nth(1), 3)


async def test_an_order_number_is_used_once(service: Service) -> None:
    for region in ("R07", "R08"):
        await service.create("committee", propose(region))
    await service.tell(nth(1), appoint(number=12))
    assert await service.refused(nth(1, "R08"), appoint(number=12)) == "claim.taken"
    await service.tell(nth(1, "R08"), appoint(number=13))


async def test_a_corrected_number_is_free_for_the_order_that_has_it(service: Service) -> None:
    for region in ("R07", "R08"):
        await service.create("committee", propose(region))
    await service.tell(nth(1), appoint(number=12))
    await service.tell(nth(1), correct(number=13))
    await service.tell(nth(1, "R08"), appoint(number=12))
    assert await service.refused(nth(1), correct(number=12)) == "claim.taken"


async def test_a_region_has_one_active_committee(service: Service) -> None:
    """The end of the first cannot be voided once there is a second."""
    await service.create("committee", propose())
    await service.tell(nth(1), appoint())
    end = await service.tell(nth(1), dissolve())
    await service.create("committee", propose(on="2017-05-02"))
    [event] = end.events
    voided = FactVoided.model_validate({"event_id": event["id"], "reason": "ยังไม่ยุบ"})
    assert await service.refused(nth(1), voided) == "claim.taken"


async def test_a_committee_dissolved_on_a_day_to_come_is_not_overlapped(service: Service) -> None:
    ahead = (await service.handler.store.clock.now()).date() + timedelta(days=30)
    await service.create("committee", propose())
    await service.tell(nth(1), appoint())
    await service.tell(nth(1), dissolve(on=str(ahead)))
    await service.create("committee", propose(on="2017-05-02"))
    early = appoint(on=str(ahead - timedelta(days=1)), number=77)
    assert await service.refused(nth(2), early) == "committee.predecessor_active"
    await service.tell(nth(2), appoint(on=str(ahead), number=77))


async def test_the_second_mandate_supersedes_the_first_on_its_stream(service: Service) -> None:
    await service.create("mandate", draft(2, "2017-02-01"))
    adoption = AdoptMandate(adopted_on=day("2017-03-01"), resolution="มติ 2/2560")
    answer = await service.tell("mandate:2560-cluster:2", adoption)
    assert [event["type"].split(".")[-2] for event in answer.events] == ["MandateAdopted", "MandateSuperseded"]
    first: Mandate = await service.state("mandate:2560-cluster:1")
    assert (first.status, first.superseded_on) == (Status.SUPERSEDED, day("2017-03-01"))


async def test_a_committee_reads_the_mandate_and_the_programme_of_the_store(service: Service) -> None:
    await service.create("committee", propose())
    other = appoint().model_copy(update={"mandate_version": 2})
    assert await service.refused(nth(1), other) == "committee.mandate_not_adopted"
    await service.tell(nth(1), appoint())
    state: Committee = await service.state(nth(1))
    assert state.order is not None
    assert state.order.mandate_version == 1
