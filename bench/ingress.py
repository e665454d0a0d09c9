"""Facts of other systems, durable: one a request, in batches, and by Kafka from ingress to receipt."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import asyncpg
import httpx
import orjson
import psutil
from aiokafka import AIOKafkaProducer

from bench import peer
from bench.append import metadata
from bench.bounds.grouped_insert import GroupedInsert
from bench.harness import Report, Side, Size, interleaved
from bench.product import ROOT
from bench.site import Site
from bench.spent import spent, told
from demo.example import PROGRAMME, REGIONS
from demo.year import definition
from deploy.local.ports import HOST, Ports
from services.committee.http import COLLECTIONS, LEARNED
from services.committee.programme import PROGRAMME as PROGRAMME_AGGREGATE
from services.committee.programme import RegisterProgramme
from services.committee.provisioning import TOPIC
from services.committee.publishers import PUBLISHER, IssueCredential, RegisterPublisher
from services.evaluation.facts import FACTS
from services.evaluation.reactions import learner
from shared.contracts.committee import PublisherLimits, PublisherRights
from shared.contracts.definition import ProgrammeDefinition
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.ingress.cloudevents import batch, from_object
from shared.ingress.reading import read_data
from shared.ingress.register import fingerprint
from shared.streams.access import Access
from shared.streams.runner import Runner
from shared.streams.topics import Topics, reader, records
from tests.eventually import eventually
from tests.stack import Database

NAME = "area-offices"
CLIENTS = 500
"""Appends under way at once, of the bare side."""
SOURCE = "/ext/area-offices/all"
TYPE = "th.go.obec.cluster.SupervisionVisited.v1"
KEY = "obec_" + "k" * 43
ONE, BATCHES, RECORDS = 6_000, 40, 30_000
"""Facts sent one a request, batches, and records, at full size."""
BATCH = 1_000
CONNECTIONS, BATCHES_AT_ONCE = 64, 3

COMPARED = f"""\
A fact = `SupervisionVisited` of one of 19 regions, some 330 bytes as a CloudEvent, each on a stream of its own: it is
authorised, read, repaired, searched for names, decided on the programme, and stored with event, answer and receipt
(three rows), flushed to disk, before it is answered. The service runs as it is shipped, in one process, relaying at the
same time. **One a request**, {CONNECTIONS} connections, beside **an empty FastAPI endpoint** that reads the body and
answers, under the same server and load. **Batches of {BATCH:,}**, {BATCHES_AT_ONCE} at once; **Kafka**: from the first
record to the last receipt on the receipts topic. **Bare validation**: the same batches read by the same reader and
models, nothing decided or stored. **Bare append**: event and answer inserted in groups of up to {CLIENTS} on one
connection, nothing read, checked or hashed."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *ingress*."""
    one, batches, records = size.of(ONE), size.of(BATCHES), size.of(RECORDS)
    sides = [
        Side("one a request", lambda: over_http(site, one, 1)),
        Side("empty endpoint", lambda: empty(site, one)),
        Side("batches", lambda: over_http(site, batches * BATCH, BATCH)),
        Side("Kafka to receipts", lambda: by_kafka(site, records)),
        Side("bare validation", lambda: validation(records)),
        Side("bare append", lambda: append(site, records)),
    ]
    report = Report("ingress", "Facts of other systems", await interleaved("ingress", sides, size.rounds), COMPARED)
    ratio = report.ratio("one a request", "empty endpoint", "per_second")
    report.at_least("one a request: ≥ 0.5 × an empty endpoint", ratio, 0.5)
    report.where = [told(report, side) for side in ("one a request", "empty endpoint", "batches", "Kafka to receipts")]
    for side, least in (("batches", 15_000), ("Kafka to receipts", 10_000)):
        report.at_least(f"{side}: ≥ {least:,} facts/s", report.median(side, "per_second"), least, "facts/s")
        for bare in ("bare validation", "bare append"):
            report.where.append(f"{side}: {report.ratio(side, bare, 'per_second'):.2f} of {bare}")
    return report


def facts(number: int) -> list[dict[str, Any]]:
    """So many facts, each with an id of its own."""
    run = secrets.token_hex(4)
    return [
        {
            "specversion": "1.0",
            "id": f"{run}-{n}",
            "source": SOURCE,
            "type": TYPE,
            "time": "2017-06-12T09:00:00+07:00",
            "data": {
                "programme": PROGRAMME,
                "region": REGIONS[n % 19],
                "visited_on": "2017-06-12",
                "visited_by": "สำนักติดตามและประเมินผลการจัดการศึกษาขั้นพื้นฐาน",
                "findings": ["ผู้แทนบางหน่วยงานไม่เข้าประชุม"],
            },
        }
        for n in range(number)
    ]


async def over_http(site: Site, number: int, together: int) -> dict[str, float]:
    """Facts a second of the product over HTTP, so many in one request."""
    sent = facts(number)
    bodies = [orjson.dumps(sent[n] if together == 1 else sent[n : n + together]) for n in range(0, number, together)]
    kind = "application/cloudevents+json" if together == 1 else "application/cloudevents-batch+json"
    async with service(site) as running:
        connections = CONNECTIONS if together == 1 else BATCHES_AT_ONCE
        with spent(site, number, running.process) as took:
            loaded = await load(running.port, {"X-API-Key": KEY, "Content-Type": kind}, bodies, connections)
        await running.require_accepted(number)
    return {"per_second": loaded["per_second"] * together, **took}


async def empty(site: Site, number: int) -> dict[str, float]:
    """Requests a second of an endpoint that does nothing."""
    port = Ports.free().evaluation
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bounds.empty_endpoint", str(port), cwd=ROOT
    )
    try:
        await until_answered(port, "/v1/events", process)
        headers = {"X-API-Key": KEY, "Content-Type": "application/cloudevents+json"}
        bodies = [orjson.dumps(each) for each in facts(number)]
        with spent(site, number, psutil.Process(process.pid)) as took:
            loaded = await load(port, headers, bodies, CONNECTIONS)
        return {**loaded, **took}
    finally:
        process.terminate()
        await process.wait()


async def by_kafka(site: Site, number: int) -> dict[str, float]:
    """Facts a second from the first record on the ingress topic to the last receipt."""
    headers = [("content-type", b"application/cloudevents+json")]
    async with service(site) as running:
        names = running.topics
        async with reader(site.broker, names.receipts(NAME), 0) as (consumer, place):
            producer = AIOKafkaProducer(**site.broker.client(), linger_ms=5, max_batch_size=1_000_000)
            await producer.start()
            with spent(site, number, running.process) as took:
                begun = perf_counter()
                for each in facts(number):
                    await producer.send(names.ingress(NAME), orjson.dumps(each), headers=headers)
                await producer.flush()
                consumer.seek(place, 0)
                received = 0
                while received < number:
                    received += len((await consumer.getmany(place, timeout_ms=60_000)).get(place, []))
                seconds = perf_counter() - begun
            await producer.stop()
        await running.require_accepted(number)
    return {"per_second": number / seconds, **took}


async def validation(number: int) -> dict[str, float]:
    """Facts a second that are read and validated, and nothing else."""
    bodies = [orjson.dumps(facts(BATCH)) for _ in range(max(1, number // BATCH))]
    fact = FACTS.of_type(TYPE)
    assert fact is not None
    begun = perf_counter()
    for body in bodies:
        for each in batch(body, BATCH):
            read_data(fact, from_object(each).data)
    return {"per_second": len(bodies) * BATCH / (perf_counter() - begun)}


async def append(site: Site, number: int) -> dict[str, float]:
    """Events a second that are inserted with their answers, grouped, and nothing else."""
    data = orjson.dumps(facts(1)[0]["data"]).decode()
    async with site.database("evaluation") as database:
        connection = await asyncpg.connect(database.app_dsn)
        inserting = GroupedInsert(connection, TYPE, data, metadata("x" * 36, b"d" * 32))

        async def client(n: int) -> None:
            for k in range(number // CLIENTS):
                await inserting.append(f"supervision:bench-{n}-{k}", 1)

        begun = perf_counter()
        await asyncio.gather(*(client(n) for n in range(CLIENTS)))
        seconds = perf_counter() - begun
        await connection.close()
    return {"per_second": number // CLIENTS * CLIENTS / seconds}


@dataclass(frozen=True)
class Running:
    """The evaluation service, and where it is."""

    port: int
    topics: Topics
    database: Database
    process: psutil.Process

    async def require_accepted(self, number: int) -> None:
        """Raise AssertionError unless so many facts were accepted."""
        connection = await asyncpg.connect(self.database.app_dsn)
        try:
            found = await connection.fetch("SELECT outcome, count(*) AS n FROM receipts GROUP BY outcome")
        finally:
            await connection.close()
        assert {row["outcome"]: row["n"] for row in found} == {"accepted": number}, found


@asynccontextmanager
async def service(site: Site) -> AsyncIterator[Running]:
    """The evaluation service as a process, which knows the programme and the publisher."""
    async with site.topics() as names, site.database("committee") as committee, site.database("evaluation") as own:
        topics = Topics(names.prefix)
        await publish(site, committee, topics)
        await learn(site, own, topics)
        port = Ports.free().evaluation
        environment = {
            **os.environ,
            **site.servers.broker_of("evaluation").environment(),
            "OBEC_TOPIC_PREFIX": names.prefix,
            "OBEC_EVALUATION_DSN": own.app_dsn,
            "OBEC_EVALUATION_PORT": str(port),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.evaluation", "api",
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await until_answered(port, "/readyz", process)
            yield Running(port, topics, own, psutil.Process(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 30)


async def publish(site: Site, committee: Database, topics: Topics) -> None:
    """Register programme and publisher in committee's store, and relay them."""
    store = await EventStore.open(committee.app_dsn, "committee")
    stop = asyncio.Event()
    relaying = asyncio.create_task(Relay(store, site.broker, topics, 0).run(stop))
    try:
        handler = CommandHandler(store, [each.aggregate for each in COLLECTIONS], LEARNED)
        rights = PublisherRights(
            sources=(SOURCE,), types=("SupervisionVisited",), limits=PublisherLimits(events_per_minute=1_000_000)
        )
        whole = ProgrammeDefinition.model_validate(definition())
        commands: Sequence[tuple[Any, str, Any]] = (
            (
                PROGRAMME_AGGREGATE,
                f"programme:{PROGRAMME}",
                RegisterProgramme(definition=whole),
            ),
            (PUBLISHER, f"publisher:{NAME}", RegisterPublisher(publisher=NAME, office="สพท.", rights=rights)),
            (
                PUBLISHER,
                f"publisher:{NAME}",
                IssueCredential(credential="bench", kind="api_key", fingerprint=fingerprint(KEY)),
            ),
        )
        for n, (aggregate, stream, command) in enumerate(commands):
            officer = frozenset({"officer"})
            await handler.handle(Request(aggregate, stream, command, "/callers/bench", str(n), {}, "bench", officer))
        await eventually(lambda: _has_sent(site, topics, len(commands)), 30)
    finally:
        stop.set()
        await relaying
        await store.close()
    access = Access(site.broker)
    await access.put_topics([topics.ingress(NAME), topics.receipts(NAME)], TOPIC)


async def _has_sent(site: Site, topics: Topics, number: int) -> bool:
    return len([each async for each in records(site.broker, topics.events("committee"), 0)]) == number


async def learn(site: Site, own: Database, topics: Topics) -> None:
    """Copy what the evaluation service reads of committee, as its worker does."""
    stop = asyncio.Event()
    store = await EventStore.open(own.app_dsn, "evaluation")
    running = asyncio.create_task(Runner(learner(), own.app_dsn, site.broker, topics).run(stop))
    try:
        await eventually(lambda: _has_learned(store), 30)
    finally:
        stop.set()
        await running
        await store.close()


async def _has_learned(store: EventStore) -> bool:
    return bool(await store.learned(f"publisher:{NAME}")) and bool(await store.learned(f"programme:{PROGRAMME}"))


async def until_answered(port: int, path: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the server answers anything."""

    async def answers() -> bool:
        assert process.returncode is None, "the server ended by itself"
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"http://{HOST}:{port}{path}")).status_code < 500
        except httpx.TransportError:
            return False

    await eventually(answers, 30)


async def load(port: int, headers: Mapping[str, str], bodies: Sequence[bytes], connections: int) -> dict[str, float]:
    """Send bodies from a process of its own; requests a second."""
    given = {
        "host": HOST,
        "port": port,
        "path": "/v1/events",
        "headers": dict(headers),
        "bodies": [base64.b64encode(each).decode() for each in bodies],
        "connections": connections,
    }
    return await peer.run([sys.executable, "-m", "bench.bounds.http_load"], given)
