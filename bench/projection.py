"""The projection from offset 0 of a topic: event copy, rows and roll-ups, offsets; one process."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from bench import peer
from bench.bounds.copy_rows import copy_back, export
from bench.harness import Report, Side, Size, interleaved
from bench.product import project
from bench.site import Site
from bench.spent import spent, told
from bench.topic import DESCRIBED, STORE, filled_topic
from shared.streams.broker import Broker
from tests.stack import Topics

EVENTS = 300_000
FAUST_SHARE = 10
"""Faust gets a tenth of the events: it is that much slower."""
STREAMS = Path(__file__).parent / "peers" / "kafka-streams"

COMPARED = f"""\
{DESCRIBED}
**Product**: `python -m services.reporting projector`, one process: checks position and chain, copies every event with
typed columns, folds its stream into the row tables, sums the budget, moves the offset, one PostgreSQL transaction a
batch; from the first commit to the last.
**Bare COPY**: the rows that came of it, as binary COPY into the same empty tables; nothing is read from Kafka or made.
**Kafka Streams**: one thread; reads the same records and parses their JSON, keeps the latest value of each key and a
count by type and region in RocksDB with changelogs (at least once); from the first record to the last, without the
flush that closes it. It keeps no copy of the events and answers no question by SQL.
**Quix Streams → PostgreSQL**: its own sink, one row an event with the same typed columns, no roll-ups, no key, a commit
every 10,000; from the first record to the last commit.
**Faust**: an agent that parses each event and counts by key, in a table in memory or in a dictionary; a tenth of the
events."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *projection*."""
    events = size.of(EVENTS)
    class_path = await asyncio.to_thread(streams_class_path)
    async with filled_topic(site, events) as topics:
        with tempfile.TemporaryDirectory() as folder:
            rows = Path(folder)

            async def product() -> dict[str, float]:
                async with site.database("reporting") as database:
                    with spent(site, events) as took:
                        done = await project(site, database, topics.prefix, STORE, events)
                    if not any(rows.iterdir()):
                        await export(database.app_dsn, events, rows)
                took["python_us"] = done.cpu_microseconds
                return {"per_second": done.per_second, **took}

            async def bare() -> dict[str, float]:
                async with site.database("reporting") as database:
                    with spent(site, events) as took:
                        seconds = await copy_back(database.app_dsn, events, rows)
                    return {"per_second": events / seconds, **took}

            sides = [
                Side("product", product),
                Side("bare COPY", bare),
                Side("Kafka Streams", lambda: streams(site, topics, events, class_path)),
                Side("Quix → PostgreSQL", lambda: quix(site, topics, events)),
                Side("Faust, table", lambda: faust(site, topics, events // FAUST_SHARE, table=True)),
                Side("Faust, no table", lambda: faust(site, topics, events // FAUST_SHARE, table=False)),
            ]
            runs = await interleaved("projection", sides, size.rounds)
    report = Report("projection", "Projection from offset 0", runs, COMPARED)
    report.versions = {
        "kafka-streams": "4.1.1 (compiled by Maven)",
        **peer.versions("quixstreams", "psycopg2-binary", "faust-streaming", "aiokafka"),
    }
    report.at_least("≥ 2 × Kafka Streams, one thread", report.ratio("product", "Kafka Streams", "per_second"), 2)
    report.at_least("≥ 4 × Quix → PostgreSQL", report.ratio("product", "Quix → PostgreSQL", "per_second"), 4)
    report.where = [told(report, side) for side in ("product", "bare COPY")]
    return report


def streams_class_path() -> str:
    """Compile the topology; its class path."""
    target = STREAMS / "target"
    command = ["mvn", "-q", "-B", "-f", str(STREAMS / "pom.xml"), "compile", "dependency:build-classpath"]
    written = f"-Dmdep.outputFile={target / 'classpath'}"
    subprocess.run([*command, written], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return f"{target / 'classes'}:{(target / 'classpath').read_text()}"


async def streams(site: Site, topics: Topics, events: int, class_path: str) -> dict[str, float]:
    """Events a second of Kafka Streams."""
    group = f"{topics.prefix}streams-{secrets.token_hex(4)}"
    command = ["java", "-Xmx1g", "-cp", class_path, "Latest", str(site.broker), topics.of(STORE), group, str(events)]
    return await peer.run([*command, *_login(site.broker)], {})


def _login(broker: Broker) -> list[str]:
    """Properties with which a Java client comes to the broker."""
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    return [
        f"security.protocol={broker.protocol}",
        f"sasl.mechanism={broker.mechanism}",
        f'sasl.jaas.config={login} username="{broker.username}" password="{broker.password}";',
    ]


async def quix(site: Site, topics: Topics, events: int) -> dict[str, float]:
    """Events a second of Quix Streams."""
    async with site.database("reporting") as database:
        server = urlsplit(database.owner_dsn)
        return await peer.run_python(
            "quix_to_postgres",
            host=server.hostname,
            port=server.port,
            user=urlsplit(database.admin_dsn).username,
            password=urlsplit(database.admin_dsn).password,
            dbname=database.name,
            kafka=site.broker.environment(),
            topic=topics.of(STORE),
            group=f"{topics.prefix}quix-{secrets.token_hex(4)}",
            events=events,
        )


async def faust(site: Site, topics: Topics, events: int, *, table: bool) -> dict[str, float]:
    """Events a second of Faust."""
    group = f"{topics.prefix}faust-{secrets.token_hex(4)}"
    given = {
        "kafka": site.broker.environment(),
        "topic": topics.of(STORE),
        "group": group,
        "events": events,
        "table": table,
    }
    return await peer.run_python("faust_counts", **given)
