"""Verifies that a topic holds what its store holds: every record an event of the store byte by byte, none missing.

The store's rows and the topic's records are read side by side, so memory does not grow with either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from hashlib import sha256
from typing import Any

import asyncpg
import orjson

from shared.contracts.envelope import DATA_HASH, GENESIS, SOURCE_PREFIX
from shared.eventstore.finding import Finding, Progress
from shared.eventstore.store import statement
from shared.streams.broker import Broker
from shared.streams.heads import Head, read_head
from shared.streams.topics import Topics, existing, records

PART = "topics"
OF_DATA = frozenset({"obec_salt", DATA_HASH})
"""Headers that a redaction changes."""
ROWS = 2000
"""Rows read at once, and records between two calls of progress."""

_SETTINGS, _SENT, _EVENT_AT, _CONTRADICTED = (
    statement(name) for name in ("settings", "sent", "event_at", "head_contradicted")
)
_SENT_EVER = "SELECT EXISTS (SELECT FROM relay_cursor WHERE position > 0)"
_CURSOR = "SELECT position FROM relay_cursor WHERE shard = $1"


async def verify_topic(
    dsn: str,
    broker: Broker,
    topics: Topics,
    left_out: Collection[tuple[int, int]] = (),
    progress: Progress = lambda _count: None,
) -> list[Finding]:
    """Verify every partition of a store's topic, and the heads that it announced.

    ``left_out``: (partition, offset) of records that operators decided to leave out. What the relay has not sent yet is
    not missing.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        made = await connection.fetchrow(_SETTINGS)
        if made is None:
            return []
        name, topic = made["name"], topics.events(made["name"])
        there = await existing(broker)
        if topic not in there or topics.heads not in there:
            return [await _without_topic(connection, name, topic if topic not in there else topics.heads)]
        found = []
        for shard in range(made["shards"]):
            partition = _Partition(connection, name, topic, shard)
            found.append(await partition.verify(broker, {each for of, each in left_out if of == shard}, progress))
        return [*found, await _verify_heads(connection, broker, topics, name)]
    finally:
        await connection.close()


async def _without_topic(connection: asyncpg.Connection, store: str, topic: str) -> Finding:
    """A topic that was never made holds nothing, and nothing may have been sent to it."""
    sent = await connection.fetchval(_SENT_EVER)
    found = Finding(PART, store, topic, 0, "records")
    return replace(found, place=topic, message="is not there; events were acknowledged") if sent else found


class _Partition:
    """One partition, held against its shard."""

    def __init__(self, connection: asyncpg.Connection, store: str, topic: str, shard: int) -> None:
        self._connection, self._store, self._topic, self._shard = connection, store, topic, shard
        self._stored = _Stored(connection, store, shard)
        self._last = 0
        self._records = 0
        self._explained: list[str] = []

    async def verify(self, broker: Broker, left_out: Collection[int], progress: Progress) -> Finding:
        """The first record that is not what it must be, or the first event that is missing."""
        # Read before the topic's end is: what was acknowledged by then must be there.
        cursor = await self._connection.fetchval(_CURSOR, self._shard)
        async with aclosing(records(broker, self._topic, self._shard)) as sent:
            async for record in sent:
                wrong = await self._wrong(record)
                if wrong:
                    place = f"{self._topic}/{self._shard} offset {record.offset}"
                    if record.offset not in left_out:
                        return self._finding(place, wrong)
                    self._explained.append(f"{place}: {wrong}; it is skipped")
                self._records += 1
                if self._records % ROWS == 0:
                    progress(ROWS)
        progress(self._records % ROWS)
        if self._last < cursor:
            return self._finding(
                f"{self._topic}/{self._shard} position {self._last + 1}", f"is missing; {cursor} were acknowledged"
            )
        return self._finding()

    async def _wrong(self, record: Any) -> str:
        position = _position(record.headers)
        if position is None:
            return "is no event"
        if position > self._last + 1:
            return f"position {self._last + 1} is missing before position {position}"
        expected = await self._stored.at(position)
        if expected is None:
            return f"position {position} is not in the store"
        self._last = max(self._last, position)
        return _difference(record, *expected)

    def _finding(self, place: str = "", message: str = "") -> Finding:
        of, explained = f"{self._topic}/{self._shard}", tuple(self._explained)
        return Finding(PART, self._store, of, self._records, "records", place, message, explained)


Headers = list[tuple[str, bytes]]


class _Stored:
    """Rows of a shard by position, read ahead; what was sent again is looked up."""

    def __init__(self, connection: asyncpg.Connection, store: str, shard: int) -> None:
        self._connection, self._source, self._shard = connection, (SOURCE_PREFIX + store).encode(), shard
        self._rows: Mapping[int, Any] = {}
        self._before = GENESIS.encode()
        self._begin = 0

    async def at(self, position: int) -> tuple[Any, Headers] | None:
        """A row with the headers that a record of it must have; None when there is none."""
        if position not in self._rows:
            await self._read(position - 1)
        row = self._rows.get(position)
        if row is None:
            return None
        before = self._rows[position - 1]["hash"] if position - 1 > self._begin else self._before
        return row, self._headers(row, before)

    async def _read(self, behind: int) -> None:
        before = await self._connection.fetchrow(_EVENT_AT, self._shard, behind)
        self._before = before["hash"].encode() if before else GENESIS.encode()
        self._rows = {row["position"]: row for row in await self._connection.fetch(_SENT, self._shard, behind, ROWS)}
        self._begin = behind

    def _headers(self, row: Any, before: bytes) -> Headers:
        about = orjson.loads(row["metadata"])
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", row["event_id"]),
            ("ce_source", self._source),
            ("ce_type", row["type"]),
            ("ce_subject", row["stream"]),
            ("ce_time", row["occurred"]),
            ("content-type", b"application/json"),
            ("ce_recordedtime", row["recorded"]),
            ("ce_receivedtime", row["received"]),
            ("ce_shard", b"%d" % self._shard),
            ("ce_position", b"%d" % row["position"]),
            ("ce_streamversion", b"%d" % row["stream_version"]),
            ("ce_hash", row["hash"]),
            ("ce_previoushash", before),
            ("ce_correlationid", about.get("correlation", "").encode()),
            ("ce_causationid", about.get("causation", "").encode()),
            ("ce_traceparent", about.get("traceparent", "").encode()),
            ("obec_metadata", row["metadata"]),
            ("obec_salt", (row["salt"] or b"").hex().encode()),
        ]


def _position(headers: Sequence[tuple[str, bytes]]) -> int | None:
    """The position that a record says it has; None when it says none."""
    said = dict(headers).get("ce_position", b"")
    return int(said) if said.isdigit() and len(said) < 19 else None


def _difference(record: Any, row: Any, expected: Headers) -> str:
    """How a record differs from its row; empty when it does not."""
    sent = list(record.headers)
    if row["data"] is None:
        return _redacted_difference(record, row, sent, expected)
    if record.key != row["stream"]:
        return f"its key is not the stream of position {row['position']}"
    if record.value != row["data"]:
        return f"its data is not that of position {row['position']}"
    return "" if sent == expected else _header_difference(sent, expected)


def _redacted_difference(record: Any, row: Any, sent: Headers, expected: Headers) -> str:
    """Of an event whose data was taken away: a record sent before may still have it, and then it is the same."""
    salt, value = dict(sent).get("obec_salt") or b"", record.value or b""
    try:
        told = sha256(bytes.fromhex(salt.decode()) + value).digest() if salt or value else row["data_hash"]
    except ValueError:
        return "its salt is unreadable"
    if record.key != row["stream"]:
        return f"its key is not the stream of position {row['position']}"
    if told != row["data_hash"]:
        return f"its data is not that of position {row['position']}, which was redacted"
    told_hash = dict(sent).get(DATA_HASH)
    if told_hash is not None and told_hash != row["data_hash"].hex().encode():
        return f"{DATA_HASH} is {_text(told_hash)}, in the store it is {row['data_hash'].hex()}"
    said, wanted = ([each for each in of if each[0] not in OF_DATA] for of in (sent, expected))
    return "" if said == wanted else _header_difference(said, wanted)


def _header_difference(sent: Headers, expected: Headers) -> str:
    said, wanted = dict(sent), dict(expected)
    for name, value in wanted.items():
        if said.get(name) != value:
            return f"{name} is {_text(said.get(name))}, in the store it is {_text(value)}"
    return f"has other headers than an event: {', '.join(name for name, _ in sent)[:200]}"


def _text(value: bytes | None) -> str:
    return "missing" if value is None else value.decode(errors="replace")[:100]


async def _verify_heads(connection: asyncpg.Connection, broker: Broker, topics: Topics, store: str) -> Finding:
    """The newest head of each shard: nothing that was recorded by its time may stand above its position."""
    newest: dict[int, tuple[int, Head]] = {}
    checked = 0
    async for record in records(broker, topics.heads, 0):
        head = read_head(record.value)
        if head is not None and head.store == store:
            newest[head.shard] = record.offset, head
            checked += 1
    found = Finding(PART, store, f"heads of {store}", checked, "records")
    for _, (offset, head) in sorted(newest.items()):
        message = await _contradicted(connection, head)
        if message:
            return replace(found, place=f"{topics.heads}/0 offset {offset}", message=message)
    return found


async def _contradicted(connection: asyncpg.Connection, head: Head) -> str:
    """What the store holds against a head; empty when nothing does."""
    known = await connection.fetchrow(_CONTRADICTED, head.shard, head.position, head.time)
    assert known is not None
    if head.position > known["last"]:
        return f"shard {head.shard} was announced up to position {head.position}, the store ends at {known['last']}"
    if known["earlier"] is not None:
        return f"position {known['earlier']} of shard {head.shard} was recorded by the time of a head below it"
    return ""
