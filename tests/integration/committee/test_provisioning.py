"""What a publisher has at the broker: its own topics, a user for each credential, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from confluent_kafka import Producer

from services.committee.provisioning import Provisioner
from services.committee.publishers import (
    ChangePublisher,
    IssueCredential,
    RegisterPublisher,
    RevokeCredential,
    SuspendPublisher,
)
from shared.contracts import Rejected
from shared.contracts.committee import PublisherRights
from shared.ingress.register import fingerprint
from shared.streams.access import Access, Right
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.integration.ingress.desk import Desk, desk

STREAM = "publisher:personnel"
RIGHTS = PublisherRights(sources=("/ext/personnel/central",), types=("CommitteeAppointed",))
PASSWORD = "a-password-that-nobody-knows"


@dataclass
class Bureau:
    """A committee service that keeps publishers' users at a broker, as its own user there."""

    desk: Desk
    provisioner: Provisioner
    access: Access
    topics: Topics
    broker: Broker

    def user(self, credential: str = "first", password: str = PASSWORD) -> Broker:
        """The broker as the publisher comes to it."""
        return Broker(self.broker.servers, "SASL_PLAINTEXT", self.name(credential), password)

    def name(self, credential: str = "first") -> str:
        """The broker's user of a credential."""
        return self.provisioner.username("personnel", credential)

    async def issue(self, credential: str = "first", **more: Any) -> None:
        """Issue a credential, and make its user."""
        command = IssueCredential(credential=credential, kind="scram", fingerprint=fingerprint(PASSWORD), **more)
        await self.desk.command("publishers", command, "issue-credential", STREAM)
        await self.provisioner.admit("personnel", credential, PASSWORD)

    async def change_rights(self, rights: Sequence[Right]) -> None:
        """Give the first credential's user other rights by hand."""
        await self.access.hold_to({self.name(): rights}, await self.access.granted())

    async def settle(self) -> None:
        """Put the broker right by the register."""
        await self.provisioner.settle(self.desk.store)

    async def settles(self, right: Callable[[], Awaitable[bool]]) -> None:
        """Put the broker right until it is: what it is told, it tells itself a moment later only."""

        async def settled() -> bool:
            await self.settle()
            return await right()

        await eventually(settled)

    async def lacks(self, credential: str) -> bool:
        """Whether the broker does not know the user of a credential."""
        return self.name(credential) not in await self.access.users()

    async def holds_to(self, rights: frozenset[Any]) -> bool:
        """Whether the first credential's user may do just this."""
        return await self.rights() == rights

    async def strays_from(self, rights: frozenset[Any]) -> bool:
        """Whether the first credential's user may do something else than this."""
        return await self.rights() != rights

    async def rights(self, credential: str = "first") -> frozenset[Any]:
        """What the user of a credential is allowed and forbidden."""
        return (await self.access.granted()).get(self.name(credential), frozenset())


@pytest.fixture
async def bureau(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Bureau]:
    names = await topics()
    known = Topics(names.prefix)
    access = Access(names.broker_of("committee"))
    async with desk(await database("committee")) as on:
        register = RegisterPublisher(publisher="personnel", office="สำนักงาน ก.ค.ศ.", rights=RIGHTS)
        await on.command("publishers", register)
        made = Bureau(on, Provisioner(access, known), access, known, names.broker)
        yield made
        users = [user for user in await access.users() if user.startswith(names.prefix)]
        await access.hold_to(dict.fromkeys(users, ()), await access.granted())
        await access.delete_users(users)


async def send(broker: Broker, topic: str) -> None:
    """Write one record. Raises KafkaError."""
    producer = AIOKafkaProducer(**broker.client(), request_timeout_ms=3000, retry_backoff_ms=100)
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}")
    finally:
        await producer.stop()


async def may_read(broker: Broker, topic: str) -> bool:
    """Whether the broker shows a topic, and hands it out."""
    consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False)
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return False
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek(place, 0)
        await consumer.getmany(place, timeout_ms=1000)
    except TopicAuthorizationFailedError:
        return False
    else:
        return True
    finally:
        await consumer.stop()


async def has_sent(broker: Broker, topic: str) -> bool:
    """Whether a record can be written by now: the broker learns of a user a moment after it was made."""
    try:
        await send(broker, topic)
    except KafkaError:
        return False
    return True


async def test_what_a_publisher_compresses_in_any_way_is_read(bureau: Bureau) -> None:
    await bureau.issue()
    topic = bureau.topics.ingress("personnel")
    await eventually(lambda: has_sent(bureau.user(), topic))
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        producer = Producer({**bureau.user().librdkafka(), "compression.type": codec})
        producer.produce(topic, codec * 1_000)
        assert producer.flush(10) == 0
    found = [each.value.decode() async for each in records(bureau.broker, topic, 0)]
    assert found[-4:] == [codec * 1_000 for codec in ("gzip", "snappy", "lz4", "zstd")]


async def test_a_publisher_writes_its_own_topic(bureau: Bureau) -> None:
    await bureau.issue()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))


async def test_a_publisher_that_writes_elsewhere_is_refused_by_the_broker(bureau: Bureau) -> None:
    await bureau.issue()
    other = RegisterPublisher(
        publisher="e-meeting", office="สพฐ.", rights=RIGHTS.model_copy(update={"sources": ("/ext/e-meeting/x",)})
    )
    await bureau.desk.command("publishers", other)
    await bureau.settle()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))
    elsewhere = [
        bureau.topics.ingress("e-meeting"),
        bureau.topics.receipts("personnel"),
        bureau.topics.events("committee"),
        bureau.topics.heads,
    ]
    for topic in elsewhere:
        with pytest.raises(TopicAuthorizationFailedError):
            await send(bureau.user(), topic)


async def test_a_publisher_reads_what_it_is_told_and_nothing_else(bureau: Bureau) -> None:
    await bureau.issue()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))
    assert await may_read(bureau.user(), bureau.topics.receipts("personnel"))
    for topic in (bureau.topics.ingress("personnel"), bureau.topics.events("committee")):
        assert not await may_read(bureau.user(), topic)


async def test_a_publisher_reads_in_groups_of_its_own_name_alone(bureau: Bureau) -> None:
    await bureau.issue()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))
    prefix, topic = bureau.topics.prefix, bureau.topics.receipts("personnel")

    async def commit(group: str) -> None:
        consumer = AIOKafkaConsumer(**bureau.user().client(), group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            place = TopicPartition(topic, 0)
            consumer.assign([place])
            await consumer.commit({place: 0})
        finally:
            await consumer.stop()

    await commit(f"{prefix}personnel.receipts")
    with pytest.raises(GroupAuthorizationFailedError):
        await commit(f"{prefix}obec.committee.ingress")


async def test_nobody_logs_in_with_another_password_or_without_one(bureau: Bureau) -> None:
    await bureau.issue()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))
    for stranger in (bureau.user(password="guessed"), Broker(bureau.broker.servers)):
        with pytest.raises(KafkaError):
            await send(stranger, bureau.topics.ingress("personnel"))


async def test_two_credentials_of_one_publisher_overlap(bureau: Bureau) -> None:
    await bureau.issue("first")
    await bureau.issue("second")
    for each in ("first", "second"):
        await eventually(lambda each=each: has_sent(bureau.user(each), bureau.topics.ingress("personnel")))  # type: ignore[misc]
    revoke = RevokeCredential(credential="first", reason="rotated")
    await bureau.desk.command("publishers", revoke, "revoke-credential", STREAM)
    await bureau.settles(lambda: bureau.lacks("first"))
    with pytest.raises(KafkaError):
        await send(bureau.user("first"), bureau.topics.ingress("personnel"))
    await send(bureau.user("second"), bureau.topics.ingress("personnel"))


async def test_a_suspended_publisher_may_do_nothing_until_it_is_admitted_again(bureau: Bureau) -> None:
    await bureau.issue()
    await bureau.desk.command("publishers", SuspendPublisher(reason="ตรวจสอบ"), "suspend", STREAM)
    await bureau.settle()
    assert await bureau.rights() == frozenset()
    back = ChangePublisher(office="สำนักงาน ก.ค.ศ.", rights=RIGHTS, reason="ตรวจแล้ว")
    await bureau.desk.command("publishers", back, "change", STREAM)
    await bureau.settle()
    await eventually(lambda: has_sent(bureau.user(), bureau.topics.ingress("personnel")))


async def test_what_somebody_changed_at_the_broker_is_put_right(bureau: Bureau) -> None:
    await bureau.issue()
    before = await bureau.rights()
    await bureau.access.put_users({bureau.name("nobody-issued-this"): PASSWORD})
    await bureau.change_rights(())
    await bureau.settles(lambda: bureau.lacks("nobody-issued-this"))
    await bureau.settles(lambda: bureau.holds_to(before))


async def test_a_right_that_somebody_added_or_took_at_the_broker_is_put_right_too(bureau: Bureau) -> None:
    await bureau.issue()
    before = await bureau.rights()
    ingress, other = bureau.topics.ingress("personnel"), bureau.topics.ingress("e-meeting")
    changes = (
        (Right("TOPIC", ingress, ("DESCRIBE",)),),  # one operation is lacking
        (Right("TOPIC", ingress, ("WRITE", "DESCRIBE")), Right("TOPIC", other, ("WRITE",))),  # another's topic
        (Right("TOPIC", ingress, ("WRITE", "DESCRIBE"), prefixed=True),),  # every topic whose name begins so
    )
    for rights in changes:
        await bureau.change_rights(rights)
        await eventually(lambda: bureau.strays_from(before))
        await bureau.settles(lambda: bureau.holds_to(before))


async def test_a_user_that_is_being_made_is_not_taken_for_a_leftover(bureau: Bureau) -> None:
    """The register is told first, and the broker is asked first."""
    command = IssueCredential(credential="first", kind="scram", fingerprint=fingerprint(PASSWORD))
    await bureau.desk.command("publishers", command, "issue-credential", STREAM)
    await bureau.settle()
    await bureau.provisioner.admit("personnel", "first", PASSWORD)
    await bureau.settle()
    assert bureau.name() in await bureau.access.users()
    assert await bureau.rights() != frozenset()


async def test_a_broker_that_is_away_is_said_so(bureau: Bureau) -> None:
    nowhere = Access(Broker("127.0.0.1:1", "SASL_PLAINTEXT", "obec-committee", "x"), seconds=0.5)
    away = Provisioner(nowhere, bureau.topics)
    with pytest.raises(Rejected) as refused:
        await away.admit("personnel", "first", PASSWORD)
    assert refused.value.code == "broker.unavailable"


async def test_a_service_may_not_write_what_is_another_s(bureau: Bureau, topics: NewTopics) -> None:
    names = await topics()
    known = Topics(names.prefix)
    await eventually(lambda: has_sent(names.broker_of("activity"), known.events("activity")))
    for service, topic in (("activity", known.events("committee")), ("reporting", known.events("activity"))):
        with pytest.raises(TopicAuthorizationFailedError):
            await send(names.broker_of(service), topic)
