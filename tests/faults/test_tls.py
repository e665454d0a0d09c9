"""A broker that is spoken to under TLS: everything works, and whose certificate is not trusted is told nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.streams.access import Access, BrokerRefused
from shared.streams.topics import Topics
from tests.conftest import NewDatabase
from tests.eventually import eventually
from tests.faults.encrypted import AUTHORITY, EncryptedKafka, encrypted_kafka, make_certificates, servers_under_tls
from tests.faults.issuer import RunningIssuer
from tests.faults.stage import Stage
from tests.servers import Servers
from tests.stack import fresh_topics

COUNTED = "SELECT count(*) AS n FROM public.monitor_events"


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedKafka]:
    with encrypted_kafka(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest.fixture
async def encrypted(
    kafka: EncryptedKafka, servers: Servers, database: NewDatabase, issuer: RunningIssuer, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A stage whose processes know the broker under TLS alone."""
    async with fresh_topics(servers_under_tls(servers, kafka)) as names:
        stores = {"committee": await database("committee")}
        made = Stage(stores, await database("reporting"), names, Topics(names.prefix), 1, issuer, tmp_path)
        try:
            yield made
        finally:
            made.end()


async def test_what_is_decided_comes_to_the_views_and_to_the_monitor(encrypted: Stage) -> None:
    """Relay, projector, the stream monitor's Faust worker, and the administrator who made topics and rights."""
    monitor = encrypted.process("monitor", "services.reporting", "monitor")
    api, projector = encrypted.api(), encrypted.projector()
    await asyncio.gather(api.start(), projector.start(), monitor.start())
    async with encrypted.office() as office:
        await office.open()
        await office.work(10)
        await encrypted.check(office)
    stored = await encrypted.stored()
    await eventually(lambda: _has_counted(encrypted, stored), 30)


async def test_a_broker_whose_certificate_is_not_trusted_is_told_nothing(kafka: EncryptedKafka, tmp_path: Path) -> None:
    make_certificates(tmp_path)
    stranger = kafka.encrypted(tmp_path / AUTHORITY)
    producer = AIOKafkaProducer(**stranger.client())
    try:
        with pytest.raises(KafkaError):
            await producer.start()
    finally:
        await producer.stop()
    with pytest.raises(BrokerRefused):
        await Access(stranger, seconds=1.0).users()


async def test_a_certificate_of_another_machine_is_not_trusted(kafka: EncryptedKafka) -> None:
    known = kafka.encrypted(kafka.certificates / AUTHORITY)
    assert await Access(known).users()
    elsewhere = replace(known, servers=known.servers.replace("127.0.0.1", "localhost"))
    with pytest.raises(BrokerRefused):
        await Access(elsewhere, seconds=1.0).users()


async def _has_counted(stage: Stage, number: int) -> bool:
    return int((await stage.ask(stage.views.app_dsn, COUNTED))[0]["n"]) >= number
