"""What tests stand on: a database and topics of their own, made quickly and gone afterwards."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local.errors import StackError
from deploy.local.topics import create_topics
from shared.streams.broker import Broker
from tests.eventually import eventually
from tests.servers import Servers
from tests.stack import Database, Topics, fresh_database, fresh_topics

NewDatabase = Callable[[str], Awaitable[Database]]
NewTopics = Callable[..., Awaitable[Topics]]


async def test_each_test_gets_a_migrated_database_of_its_own(database: NewDatabase) -> None:
    first, second = await database("committee"), await database("committee")
    assert first.name != second.name
    connection = await asyncpg.connect(first.app_dsn)
    try:
        assert await connection.fetchval("SELECT count(*) FROM events") == 0
    finally:
        await connection.close()


async def test_the_role_that_runs_cannot_create_tables(database: NewDatabase) -> None:
    connection = await asyncpg.connect((await database("activity")).app_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE public.intruder (id int)")
    finally:
        await connection.close()


async def test_a_service_cannot_connect_to_the_database_of_another(servers: Servers, database: NewDatabase) -> None:
    name = (await database("committee")).name
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(servers.dsn(name, "activity", "app"))


async def test_a_database_is_gone_after_its_test(servers: Servers) -> None:
    async with fresh_database(servers, "reporting") as made:
        pass
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(made.admin_dsn)


async def test_topics_have_a_partition_a_shard(servers: Servers, topics: NewTopics) -> None:
    made = await topics(shards=3)
    assert await partitions(servers.broker, [made.of("committee"), made.heads]) == {
        made.of("committee"): 3,
        made.heads: 1,
    }


async def test_topics_of_events_keep_everything_and_that_of_heads_is_compacted(
    servers: Servers, topics: NewTopics
) -> None:
    made = await topics()
    assert await configuration(servers.broker, made.of("activity"), "retention.ms", "cleanup.policy") == [
        "-1",
        "delete",
    ]
    assert await configuration(servers.broker, made.heads, "cleanup.policy") == ["compact"]


async def test_a_topic_with_another_number_of_partitions_is_refused(servers: Servers, topics: NewTopics) -> None:
    made = await topics(shards=1)
    with pytest.raises(StackError, match="has 1 partitions, not 3"):
        await create_topics(servers.broker, made.prefix, shards=3)


async def test_topics_are_gone_after_their_test(servers: Servers) -> None:
    async with fresh_topics(servers) as made:
        pass
    await eventually(lambda: _is_gone(servers.broker, made.of("committee")))


async def _is_gone(broker: Broker, name: str) -> bool:
    return name not in await partitions(broker)


async def partitions(broker: Broker, names: list[str] | None = None) -> dict[str, int]:
    admin = AIOKafkaAdminClient(**broker.client())
    await admin.start()
    try:
        described = await admin.describe_topics(names)
        return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}
    finally:
        await admin.close()


async def configuration(broker: Broker, name: str, *keys: str) -> list[str]:
    admin = AIOKafkaAdminClient(**broker.client())
    await admin.start()
    try:
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        values = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        return [values[key] for key in keys]
    finally:
        await admin.close()
