"""Proves that stores, topics, views and published reports follow from one another; names the first differences."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import asyncpg
from aiokafka import TopicPartition

from obec.recount import verify_views
from services.reporting.proving.published import verify_reports
from services.reporting.sql import statements
from shared.eventstore.agreement import verify_topic
from shared.eventstore.checkpoint import Checkpoint, compare
from shared.eventstore.finding import Finding
from shared.eventstore.verify import Verdict, verify
from shared.streams.broker import Broker
from shared.streams.topics import Topics, existing, reader

STORES, TOPICS, VIEWS, REPORTS = "stores", "topics", "views", "reports"
PARTS = (STORES, TOPICS, VIEWS, REPORTS)
REPORTING = "reporting"
"""The service whose are the views and the reports."""
UNASKED = "; whether it is skipped could not be asked of reporting"

NAMELESS = "it holds events, and does not say what store it is"
STORELESS = "holds records, and the database is no store"

Tell = Callable[[str, str, int], None]
"""Told the part and the service that are being verified, and how many more events, records, rows or files were."""

_SQL = statements("obec", "recount.sql")


@dataclass(frozen=True)
class Where:
    """The databases by service, for the role that runs, and the topics; no broker: nothing is held against topics."""

    dsns: Mapping[str, str]
    broker: Broker | None
    topics: Topics
    skips: str = ""
    """Reporting's database, which knows what is skipped, where that is not among ``dsns``; empty: it is not asked."""


def _say_nothing(_part: str, _service: str, _count: int) -> None:
    """Who asks does not want to be told."""


async def prove(
    where: Where,
    parts: Collection[str] = PARTS,
    checkpoints: Sequence[Checkpoint] = (),
    tell: Tell = _say_nothing,
) -> AsyncIterator[Finding]:
    """Verify part after part, in each every service of ``where``; findings come as they are made.

    What cannot be asked (a database, the broker) raises its own error: nothing is called whole that was not looked at.
    """
    verifying = {STORES: _stores, TOPICS: _topics, VIEWS: _views, REPORTS: _reports}
    for part in PARTS:
        if part in parts:
            async for finding in verifying[part](where, tell):
                yield finding
    for service, dsn in where.dsns.items():
        for finding in await compare(dsn, [each for each in checkpoints if each.store == service]):
            yield finding


async def _stores(where: Where, tell: Tell) -> AsyncIterator[Finding]:
    for service, dsn in where.dsns.items():
        verdicts = await verify(dsn, partial(tell, STORES, service))
        for verdict in verdicts:
            yield finding_of(service, verdict)
        if not verdicts and await _has_events(dsn):
            yield Finding(STORES, service, service, 0, "events", service, NAMELESS)


async def _topics(where: Where, tell: Tell) -> AsyncIterator[Finding]:
    if where.broker is None:
        return
    skipped = await _skipped(where)
    for service, dsn in where.dsns.items():
        left_out = [(shard, record) for store, shard, record in skipped or () if store == service]
        found = await verify_topic(dsn, where.broker, where.topics, left_out, partial(tell, TOPICS, service))
        topic = where.topics.events(service)
        if not found and await _holds_records(where.broker, topic):
            yield Finding(TOPICS, service, topic, 0, "records", topic, STORELESS)
        for finding in found:
            unasked = UNASKED if skipped is None and not finding.whole else ""
            yield replace(finding, message=finding.message + unasked)


async def _holds_records(broker: Broker, topic: str) -> bool:
    """Whether anything was ever sent to a topic, which need not be there."""
    if topic not in await existing(broker):
        return False
    async with reader(broker, topic, 0) as (consumer, place):
        shards = consumer.partitions_for_topic(topic) or {place.partition}
        ends = await consumer.end_offsets([TopicPartition(topic, shard) for shard in shards])
    return any(ends.values())


async def _views(where: Where, tell: Tell) -> AsyncIterator[Finding]:
    if where.broker is None or REPORTING not in where.dsns:
        return
    tell_views = partial(tell, VIEWS, REPORTING)
    for finding in await verify_views(where.dsns[REPORTING], where.broker, where.topics, tell_views):
        yield finding


async def _reports(where: Where, tell: Tell) -> AsyncIterator[Finding]:
    if REPORTING in where.dsns:
        yield await verify_reports(where.dsns[REPORTING], partial(tell, REPORTS, REPORTING))


def finding_of(service: str, verdict: Verdict) -> Finding:
    """What became of a shard's chain."""
    shard = f"{service}/{verdict.shard}"
    place = "" if verdict.bad_position is None else f"{shard} position {verdict.bad_position}"
    return Finding(STORES, service, shard, verdict.verified, "events", place, verdict.reason)


async def _has_events(dsn: str) -> bool:
    """Whether a database that is no store holds events all the same, as none does where no service has run yet."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM public.events)"))
    finally:
        await connection.close()


async def _skipped(where: Where) -> set[tuple[str, int, int]] | None:
    """Records (store, shard, offset) that operators decided to leave out, as reporting keeps them.

    None where it cannot be asked and is not itself verified: a topic can be held against its store without it.
    """
    dsn = where.dsns.get(REPORTING) or where.skips
    if not dsn:
        return None
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (OSError, asyncpg.PostgresError):
        if REPORTING in where.dsns:
            raise
        return None
    try:
        return {(row["store"], row["shard"], row["record"]) for row in await connection.fetch(_SQL["skipped"])}
    finally:
        await connection.close()
