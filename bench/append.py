"""Appends through the store: 64 clients at once, and one alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from urllib.parse import urlsplit

import asyncpg
import orjson
import uuid_utils.compat

from bench import peer
from bench.bounds.grouped_insert import GroupedInsert
from bench.harness import Report, Side, Size, interleaved
from bench.site import Site
from bench.spent import spent, told
from shared.contracts.activity import FundsDisbursed
from shared.eventstore.append import Append, NewEvent, payload_digest
from shared.eventstore.store import EventStore

CLIENTS = 64
PER_STREAM = 20
"""Events of a stream before its client goes on to the next."""
APPENDS = {CLIENTS: 30_000, 1: 3_000}
PEER_APPENDS = {CLIENTS: 4_000, 1: 1_000}
LABELS = {CLIENTS: "64 clients", 1: "one client"}

PAYLOAD = {
    "programme": "2560-cluster",
    "activity": "1.2",
    "region": "R07",
    "amount_satang": 1_250_000,
    "paid_on": "2017-01-12",
    "voucher": {"number": "ขบ 118/2560", "unit": "สำนักงานศึกษาธิการภาค 7", "date": "2017-01-12"},
}

COMPARED = """\
One append = one event of some 220 bytes on a stream of its client, answered after its commit.
**Product**: the payload is validated by its contract, its digest and ids are made, `EventStore.append` groups, checks
versions, chains and stores event and answer (two rows).
**Bare**: the same two rows of the same bytes in the same tables, grouped in the same way on one connection; nothing is
validated, checked, hashed or answered from the database.
**`eventsourcing`**: an aggregate triggers an event with the same fields and is saved (one row), in as many
threads and pooled connections as clients, insert functions in the database, no ping before use."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *append*."""
    sides = [side for clients in APPENDS for side in _sides(site, clients, size)]
    report = Report(
        "append",
        "Append, flushed to disk",
        await interleaved("append", sides, size.rounds),
        COMPARED,
        versions=peer.versions("eventsourcing", "psycopg"),
    )
    for label in LABELS.values():
        for other, limit in (("eventsourcing", 12), ("bare", 0.4)):
            ratio = report.ratio(f"product, {label}", f"{other}, {label}", "per_second")
            report.at_least(f"{label}: ≥ {limit} × {other}", ratio, limit)
        report.where += [told(report, f"{side}, {label}") for side in ("product", "bare")]
    return report


def _sides(site: Site, clients: int, size: Size) -> list[Side]:
    label, ours, theirs = LABELS[clients], size.of(APPENDS[clients]), size.of(PEER_APPENDS[clients])
    return [
        Side(f"product, {label}", lambda: product(site, clients, ours)),
        Side(f"bare, {label}", lambda: bare(site, clients, ours)),
        Side(f"eventsourcing, {label}", lambda: eventsourcing(site, clients, theirs)),
    ]


async def product(site: Site, clients: int, appends: int) -> dict[str, float]:
    """Appends a second of the product."""
    async with site.database("activity") as database:
        store = await EventStore.open(database.app_dsn, "activity")
        try:

            async def client(n: int) -> None:
                for k in range(appends // clients):
                    await store.append(decision(store, n, k))

            return await timed(site, client, clients, appends)
        finally:
            await store.close()


async def bare(site: Site, clients: int, appends: int) -> dict[str, float]:
    """Appends a second of the same rows inserted without anything else."""
    async with site.database("activity") as database:
        data = FundsDisbursed.model_validate(PAYLOAD).to_json()
        connection = await asyncpg.connect(database.app_dsn)
        writer = GroupedInsert(connection, FundsDisbursed.spec.type, data, metadata("x" * 36, b"d" * 32))
        try:

            async def client(n: int) -> None:
                for k in range(appends // clients):
                    await writer.append(f"budget:bench-{n}-{k // PER_STREAM}", k % PER_STREAM + 1)

            return await timed(site, client, clients, appends)
        finally:
            await connection.close()


async def eventsourcing(site: Site, clients: int, appends: int) -> dict[str, float]:
    """Appends a second of the library ``eventsourcing``."""
    async with site.database("activity") as database:
        server = urlsplit(database.owner_dsn)
        return await peer.run_python(
            "eventsourcing_append",
            host=server.hostname,
            port=server.port,
            user=server.username,
            password=server.password,
            dbname=database.name,
            clients=clients,
            appends=appends,
            per_stream=PER_STREAM,
            payload=PAYLOAD,
        )


async def timed(site: Site, client: Callable[[int], Awaitable[None]], clients: int, appends: int) -> dict[str, float]:
    """Run clients side by side."""
    appends = appends // clients * clients
    with spent(site, appends) as took:
        began = perf_counter()
        await asyncio.gather(*(client(n) for n in range(clients)))
        seconds = perf_counter() - began
    return {"per_second": appends / seconds, **took}


def decision(store: EventStore, client: int, k: int) -> Append:
    """What the door makes of a client's k-th command: validated, digested, with ids."""
    event = FundsDisbursed.model_validate(PAYLOAD)
    digest = payload_digest(store.settings.secret, PAYLOAD)
    event_id = uuid_utils.compat.uuid7()
    command_id = str(event_id)  # a client sends its own; this has the same length
    stream = f"budget:bench-{client}-{k // PER_STREAM}"
    spec, now = event.spec, datetime.now(UTC)
    new = NewEvent(event_id, stream, spec.type, spec.version, now, event.to_json(), metadata(command_id, digest))
    return Append("/callers/usr-officer", command_id, digest, stream, [new], {stream: k % PER_STREAM}, now)


def metadata(command_id: str, digest: bytes) -> str:
    """What the product writes beside an event."""
    about = {
        "actor": "usr-officer",
        "command": f"/callers/usr-officer {command_id}",
        "causation": command_id,
        "digest": digest.hex(),
        "answers_for": "budget:bench",
        "claims": [],
    }
    return orjson.dumps(about).decode()
