"""How the broker has the product's topics, for holding them against how they are declared."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAuthorizationFailedError

from services.reporting.alarms.technical import Topic
from shared.streams.broker import Broker

SECONDS = 5.0
"""How long the broker has to answer."""


async def topics_of(broker: Broker, names: Sequence[str]) -> Mapping[str, Topic]:
    """Topics by name. Raises KafkaError, OSError, TimeoutError when the broker does not answer.

    A topic that this user may not see is left out; of one whose settings it may not see there are none.
    """
    admin = AIOKafkaAdminClient(**broker.client(), request_timeout_ms=int(SECONDS * 1000))
    async with asyncio.timeout(SECONDS):
        try:
            await admin.start()
            described = await admin.describe_topics(list(names))
            wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
            configured = await admin.describe_configs(wanted)
        finally:
            await admin.close()
    settings = {name: dict(found) for response in configured for name, found in _settings(response)}
    return {
        each["topic"]: Topic(each["topic"], _partitions(each), settings.get(each["topic"], {}))
        for each in described
        if each["error_code"] != TopicAuthorizationFailedError.errno
    }


def _partitions(described: Mapping[str, Any]) -> int | None:
    return None if described["error_code"] else len(described["partitions"])


def _settings(response: Any) -> list[tuple[str, dict[str, str]]]:
    """Settings by topic; a resource is (error code, message, kind, name, entries that begin with name and value)."""
    return [
        (name, {key: value for key, value, *_ in entries}) for _code, _said, _kind, name, entries in response.resources
    ]
