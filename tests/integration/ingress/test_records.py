"""Facts by Kafka: taken from the publisher's topic, told on its other one, and nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Producer

from services.committee.programme import RegisterProgramme
from services.committee.publishers import RegisterPublisher
from shared.contracts.committee import PublisherRights
from shared.eventstore.append import Answer
from shared.ingress.cloudevents import Incoming
from shared.ingress.records import RecordIngress
from shared.ingress.register import Publisher, Register
from shared.ingress.telling import Teller
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.integration.ingress.desk import SOURCE, TYPES, Desk, appointed, desk, event, proposed
from tests.unit.committee.examples import definition

Headers = list[tuple[str, bytes]]


@dataclass
class Office:
    """The committee service with its broker, and the personnel system's producer."""

    desk: Desk
    topics: Topics
    broker: Broker
    producer: AIOKafkaProducer

    async def send(self, *events: dict[str, Any] | tuple[Headers, bytes], publisher: str = "personnel") -> None:
        """Write events in binary mode, or records as they are, to the publisher's topic."""
        for each in events:
            headers, value = binary(each) if isinstance(each, dict) else each
            await self.producer.send_and_wait(self.topics.ingress(publisher), value, headers=headers)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Take facts, drain what waits, and tell receipts."""
        store = self.desk.store
        stop = asyncio.Event()
        work = [
            RecordIngress(self.desk.facts, Register(store), self.broker, self.topics).run,
            Teller(store, self.broker, self.topics).run,
            self.desk.drainer.run,
        ]
        tasks = [asyncio.create_task(each(stop)) for each in work]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 20)

    async def has_decided(self) -> bool:
        """Whether any fact has come to an outcome."""
        return bool(await self.desk.outcomes())

    async def told(self, publisher: str = "personnel") -> list[tuple[str, str]]:
        """Id and outcome of every receipt on the publisher's topic."""
        topic = self.topics.receipts(publisher)
        found = [orjson.loads(each.value) async for each in records(self.broker, topic, 0)]
        return [(each["id"], each["outcome"]) for each in found]

    async def has_told(self, count: int) -> Sequence[tuple[str, str]]:
        """Wait until so many receipts were told."""

        async def enough() -> bool:
            return len(await self.told()) >= count

        await eventually(enough, 30)
        return await self.told()


def binary(event: dict[str, Any]) -> tuple[Headers, bytes]:
    attributes = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"]
    return [*attributes, ("content-type", b"application/json")], orjson.dumps(event["data"])


def structured(event: dict[str, Any]) -> tuple[Headers, bytes]:
    return [("content-type", b"application/cloudevents+json")], orjson.dumps(event)


@pytest.fixture
async def office(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Office]:
    names = await topics()
    known = Topics(names.prefix)
    admin = AIOKafkaAdminClient(**names.broker.client())
    await admin.start()
    made = [known.ingress("personnel"), known.receipts("personnel"), known.ingress("stranger")]
    await admin.create_topics([NewTopic(each, 1, 1) for each in made])
    producer = AIOKafkaProducer(**names.broker.client())
    await producer.start()
    async with desk(await database("committee")) as on:
        rights = PublisherRights(sources=(SOURCE,), types=tuple(each for each in TYPES if each != "FactVoided"))
        await on.command("publishers", RegisterPublisher(publisher="personnel", office="ก.ค.ศ.", rights=rights))
        await on.command("programmes", RegisterProgramme(definition=definition()))
        yield Office(on, known, names.broker, producer)
    await producer.stop()
    await admin.delete_topics(made)
    await admin.close()


async def test_facts_are_taken_in_both_modes_and_told(office: Office) -> None:
    async with office.working():
        await office.send(proposed("1", "R01"), structured(proposed("2", "R02")))
        assert sorted(await office.has_told(2)) == [("1", "accepted"), ("2", "accepted")]
    assert Counter(await office.desk.events())["CommitteeProposed"] == 2


async def test_what_cannot_be_read_is_quarantined_by_its_place_and_holds_nothing_up(office: Office) -> None:
    async with office.working():
        await office.send(([], b"nonsense"), ([("ce_id", b"\xff")], b""), structured({"id": "x"}), proposed("4", "R04"))
        told = await office.has_told(4)
    assert sorted(told) == [("0/0", "quarantined"), ("0/1", "quarantined"), ("0/2", "quarantined"), ("4", "accepted")]


async def test_what_could_not_be_read_is_kept_for_its_sender(office: Office) -> None:
    async with office.working():
        await office.send(([], b"nonsense"))
        await office.has_told(1)
    kept = await office.desk.facts.originals.of("personnel", "/ingress/personnel", "0/0")
    assert kept is not None
    assert (kept.kind, kept.body) == ("unreadable", b"nonsense")


async def test_a_record_on_which_the_service_fails_is_kept_and_the_next_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = office.desk.facts.take

    async def failing(incoming: Incoming, publisher: Publisher, *, dry_run: bool = False) -> Answer:
        if incoming.id == "1":
            raise ZeroDivisionError
        return await take(incoming, publisher, dry_run=dry_run)

    async def none(many: Sequence[Incoming], _publisher: Publisher) -> list[None]:
        return [None] * len(many)

    monkeypatch.setattr(office.desk.facts, "take", failing)
    monkeypatch.setattr(office.desk.facts, "take_plain", none)
    async with office.working():
        await office.send(proposed("1", "R01"), proposed("2", "R02"))
        assert sorted(await office.has_told(2)) == [("0/0", "quarantined"), ("2", "accepted")]


async def test_what_nobody_takes_is_answered_and_what_others_take_is_left_to_them(office: Office) -> None:
    async with office.working():
        await office.send(
            event("MeetingHeld", "1", {}),
            event("Nonsense", "2", {}),
            proposed("3", "R03"),
            event("ProgrammeRegistered", "4", {}),
            event("ReportPublished", "5", {}),
            event("IndicatorScored", "6", {}),  # which evaluation answers
        )
        assert sorted(await office.has_told(4)) == [
            ("2", "rejected"), ("3", "accepted"), ("4", "rejected"), ("5", "rejected")
        ]  # fmt: skip


async def test_a_fact_that_waits_is_told_twice(office: Office) -> None:
    async with office.working():
        await office.send(appointed("a", "R05"))
        assert await office.has_told(1) == [("a", "waiting")]


async def test_the_same_topic_read_again_changes_nothing(office: Office) -> None:
    sent = [proposed(str(number), f"R{number:02}") for number in range(1, 10)]
    async with office.working():
        await office.send(*sent, proposed("1", "R10"))
        told = await office.has_told(10)
        assert Counter(outcome for _, outcome in told) == {"accepted": 9, "conflict": 1}
        events = await office.desk.events()
        await office.send(*sent)
        await office.send(proposed("end", "R18"))
        assert (await office.has_told(11))[10] == ("end", "accepted")
    assert await office.desk.events() == [*events, "CommitteeProposed"]


async def test_a_topic_of_nobody_is_answered_and_gives_no_right(office: Office) -> None:
    async with office.working():
        await office.send(proposed("1", "R01"), publisher="stranger")
        await eventually(office.has_decided)
    assert await office.desk.outcomes() == [("0/0", "rejected")]
    assert "CommitteeProposed" not in await office.desk.events()


async def test_what_comes_under_another_s_source_is_turned_away_and_uses_no_id(office: Office) -> None:
    async with office.working():
        await office.send({**proposed("1", "R01"), "source": "/callers/usr-officer"}, proposed("2", "R02"))
        assert sorted(await office.has_told(2)) == [("0/0", "rejected"), ("2", "accepted")]
    assert await office.desk.store.answered("/callers/usr-officer", "1") is None


async def test_receipts_of_who_has_no_topic_are_passed_over(office: Office) -> None:
    await office.desk.send(proposed("http", "R06"), (await Register(office.desk.store).all())["personnel"])
    async with office.working():
        await office.send(proposed("1", "R01"), publisher="stranger")
        await eventually(office.has_decided)
        await office.send(proposed("2", "R02"))
        assert await office.has_told(2) == [("http", "accepted"), ("2", "accepted")]


async def test_a_receipt_that_no_record_holds_is_told_in_short_and_keeps_no_other(office: Office) -> None:
    store = office.desk.store
    await office.desk.send(proposed("R99", "R99"), (await Register(store).all())["personnel"])
    reason = orjson.dumps({"code": "fact.invalid", "pointer": "x" * 1_100_000}).decode()
    await store.pool.execute(
        "INSERT INTO receipts SELECT serial + 1, publisher, source, 'large', type, outcome, $1, stream, "
        "stream_version, shard, position, events, received_at, decided_at FROM receipts",
        reason,
    )
    async with office.working():
        await office.send(proposed("2", "R02"))
        assert await office.has_told(3) == [("R99", "rejected"), ("large", "rejected"), ("2", "accepted")]


async def test_what_the_client_cannot_unpack_is_answered_by_its_place_and_holds_nobody_up(office: Office) -> None:
    await office.send(proposed("1", "R01"))
    producer = Producer({**office.broker.librdkafka(), "compression.type": "lz4", "linger.ms": 500})
    for number in (2, 3):
        headers, value = binary(proposed(str(number), f"R{number:02}"))
        producer.produce(office.topics.ingress("personnel"), value, headers=headers)
    producer.flush(10)
    await office.send(proposed("4", "R04"))
    await office.send(proposed("5", "R05"), publisher="stranger")
    async with office.working():
        told = await office.has_told(4)
    assert sorted(told) == [("0/1", "quarantined"), ("0/2", "quarantined"), ("1", "accepted"), ("4", "accepted")]
    assert ("0/0", "rejected") in await office.desk.outcomes()
