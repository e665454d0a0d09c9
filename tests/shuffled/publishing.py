"""The story's publishers: the personnel system by Kafka, the others over HTTP, each until it is answered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from demo.client import Offices
from shared.kit.sending import CannotSend, Sender
from shared.streams.broker import Broker
from tests.eventually import eventually
from tests.scenarios.product import STORES, Product
from tests.shuffled.story import SOURCES, TYPES, Story

BY_KAFKA = "personnel"
BATCH = 7
AT_ONCE = 4
PATIENCE = 120.0
RECEIPTS = "SELECT source, id, outcome, reason FROM receipts ORDER BY serial"


@dataclass
class Publishers:
    """All publishers of the story, admitted."""

    product: Product
    senders: Mapping[str, Sender]
    producer: AIOKafkaProducer
    ingress: str

    async def send(self, facts: Sequence[Story], sent: Callable[[int], None] | None = None) -> None:
        """Send facts in their order, in batches side by side, until each batch was taken; ``sent`` is told of each."""
        gate = asyncio.Semaphore(AT_ONCE)
        batches = [facts[first : first + BATCH] for first in range(0, len(facts), BATCH)]

        async def one(batch: Sequence[Story]) -> None:
            async with gate:
                for publisher in dict.fromkeys(fact.publisher for fact in batch):
                    await self._send_of(publisher, [fact.event for fact in batch if fact.publisher == publisher])
            if sent is not None:
                sent(len(batch))

        await asyncio.gather(*(one(batch) for batch in batches))

    async def send_one(self, fact: Story) -> Mapping[str, Any]:
        """Send a fact over HTTP; its first receipt."""
        [told] = await self.senders[fact.publisher].batch([fact.event])
        return told

    async def outcomes(self) -> dict[str, tuple[str, str]]:
        """Last outcome of every fact, and the code of its reason, by id."""
        found: dict[str, tuple[str, str]] = {}
        for store in STORES:
            for row in await self.product.rows(store, RECEIPTS):
                if row["outcome"] != "conflict":
                    reason = orjson.loads(row["reason"]) if row["reason"] else {}
                    found[row["id"]] = row["outcome"], reason.get("code", "")
        return found

    async def until_all_are(self, outcome: str, facts: Sequence[Story]) -> None:
        """Wait until every one of these facts has come to an outcome."""
        lacking: dict[str, tuple[str, str]] = {}

        async def all_are() -> bool:
            told = await self.outcomes()
            lacking.clear()
            lacking.update({fact.id: told.get(fact.id, ("nothing told", "")) for fact in facts})
            for each in [each for each, (came_to, _) in lacking.items() if came_to == outcome]:
                del lacking[each]
            return not lacking or not {came_to for came_to, _ in lacking.values()} <= {"waiting", "nothing told"}

        with contextlib.suppress(AssertionError):
            await eventually(all_are, PATIENCE, pause=0.1)
        assert not lacking, dict(list(lacking.items())[:20])

    async def _send_of(self, publisher: str, events: Sequence[Mapping[str, Any]]) -> None:
        if publisher != BY_KAFKA:
            await self.senders[publisher].batch(events)
            return
        headers = [("content-type", b"application/cloudevents+json")]
        for event in events:
            await self.producer.send_and_wait(self.ingress, orjson.dumps(event), headers=headers)


@asynccontextmanager
async def publishers(product: Product, offices: Offices) -> AsyncIterator[Publishers]:
    """Have the story's publishers admitted, each with its credential."""
    async with AsyncExitStack() as opened:
        senders = {}
        for name, types in TYPES.items():
            rights = {"sources": [SOURCES[name]], "types": list(types), "limits": {"events_per_minute": 1_000_000}}
            await offices.send("committee", "publishers", {"publisher": name, "office": name, "rights": rights})
            key = (await offices.issue(name, "api-key"))["api_key"]
            senders[name] = Sender(product.addresses["committee"], {"X-API-Key": key})
            opened.push_async_callback(senders[name].close)
            await _until_known(senders[name], product)
        user = await offices.issue(BY_KAFKA, "kafka-user")
        broker = Broker(user["bootstrap_servers"], "SASL_PLAINTEXT", user["username"], user["password"])
        producer = AIOKafkaProducer(**broker.client(), acks="all", enable_idempotence=True)
        await producer.start()
        opened.push_async_callback(producer.stop)
        yield Publishers(product, senders, producer, user["ingress"])


async def _until_known(sender: Sender, product: Product) -> None:
    """Wait until every service knows the publisher: they learn of it by Kafka."""
    await sender.learn()
    for service in STORES:
        known = Sender(product.addresses[service], dict(sender.headers))
        try:
            await eventually(lambda known=known: _is_known(known), 30)  # type: ignore[misc]
        finally:
            await known.close()


async def _is_known(sender: Sender) -> bool:
    try:
        await sender.learn()
    except CannotSend:
        return False
    return True
