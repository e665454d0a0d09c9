"""Creates the topics: partitions, replication and retention are said, never left to a broker's defaults."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.local.errors import StackError
from shared.streams.broker import Broker
from shared.streams.declared import STORES, declared_topics
from shared.streams.topics import Topics

SERVICES = STORES
SECONDS = 15.0


def user_of(service: str) -> str:
    """The broker's user as which a service's processes come."""
    return f"obec-{service}"


async def create_topics(broker: Broker, prefix: str = "", shards: int = 1, replication: int = 1) -> list[str]:
    """Create a topic a service, with a partition a shard, and the topic of heads; those that exist stay as they are.

    Returns the names. Raises StackError when no broker answers, when it refuses, or when an existing topic has another
    number of partitions: a store's shards are fixed for its life.
    """
    wanted = [
        NewTopic(each.name, each.partitions, replication, topic_configs=dict(each.settings))
        for each in declared_topics(Topics(prefix), shards)
    ]
    admin = await connect(broker)
    try:
        _require_created(await asyncio.wait_for(admin.create_topics(wanted), SECONDS))
        counts = {new.name: new.num_partitions for new in wanted}
        await asyncio.wait_for(_require_partitions(admin, counts), SECONDS)
    except (KafkaError, TimeoutError) as error:
        raise StackError(f"Kafka at {broker} does not create the topics: {error or 'it does not answer'}") from error
    finally:
        await admin.close()
    return [new.name for new in wanted]


async def delete_topics(broker: Broker, names: Iterable[str]) -> None:
    """Delete topics; those that are not there are no error."""
    admin = await connect(broker)
    try:
        await asyncio.wait_for(admin.delete_topics(list(names)), SECONDS)
    finally:
        await admin.close()


async def connect(broker: Broker) -> AIOKafkaAdminClient:
    """An administrator's client that is connected. Raises StackError when no broker answers."""
    admin = AIOKafkaAdminClient(**broker.client(), request_timeout_ms=int(SECONDS * 1000))
    try:
        await asyncio.wait_for(admin.start(), SECONDS)
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        await admin.close()
        raise StackError(f"no Kafka broker answers at {broker}") from error
    return admin


def _require_created(response: object) -> None:
    for name, code, *message in response.topic_errors:  # type: ignore[attr-defined]
        failure = for_code(code)
        if code and failure is not TopicAlreadyExistsError:
            raise StackError(f"Kafka does not create topic {name}: {message[0] or failure.__name__}")


async def _require_partitions(admin: AIOKafkaAdminClient, wanted: dict[str, int]) -> None:
    """Wait until the broker that answers knows every topic and leads every partition, and count the partitions."""
    while True:
        described = await admin.describe_topics(list(wanted))
        if all(map(_is_led, described)):
            break
        await asyncio.sleep(0.02)
    for known in described:
        name, found = known["topic"], len(known["partitions"])
        if found != wanted[name]:
            raise StackError(f"topic {name} has {found} partitions, not {wanted[name]}: a store's shards never change")


def _is_led(described: Mapping[str, Any]) -> bool:
    partitions = described["partitions"]
    return described["error_code"] == 0 and all(partition["error_code"] == 0 for partition in partitions)
