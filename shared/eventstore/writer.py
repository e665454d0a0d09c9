"""One writer for each set of shards, and it groups: while one commit is in flight the next group forms."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import asyncpg
import orjson
import stamina
import structlog

from shared.contracts import Claim, Rejected
from shared.eventstore.append import (
    Answer,
    Append,
    ClaimChange,
    OtherContent,
    Stale,
    StoreUnavailable,
    Verdict,
    shard_of,
)
from shared.faults import fault_point
from shared.telemetry import APPEND_SECONDS, GROUPED_APPENDS, RECEIPTS

log = structlog.get_logger(__name__)

_APPEND = (files("shared.eventstore") / "sql" / "append_group.sql").read_text("utf-8")

GROUP = 500
"""Appends in one group at most."""
PATIENCE = 15.0
"""Seconds for which a group is sent again when the database does not say what became of it."""

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that is used between the server's last word and its end
    asyncpg.CannotConnectNowError,
    asyncio.TimeoutError,
)
"""Errors after which it is not known whether the group was committed."""


_WRITTEN = frozenset({"accepted", "rejected", "quarantined", "waiting"})


@dataclass(slots=True)
class _Waiting:
    append: Append
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Appends decisions to the shards ``locks`` (ascending) over a connection of its own.

    ``committed`` is called after every commit that added events or receipts, for those that send them to wake up.
    """

    def __init__(
        self, dsn: str, store: str, shards: int, locks: tuple[int, ...], committed: Callable[[], None]
    ) -> None:
        self._dsn, self._store, self._shards, self._locks = dsn, store, shards, list(locks)
        self._committed = committed
        self._append_seconds = APPEND_SECONDS.labels(store)
        self._grouped = GROUPED_APPENDS.labels(store)
        self._queue: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None

    def append(self, append: Append) -> asyncio.Future[Answer]:
        """The answer to come, new or stored; or Stale, Rejected ``claim.taken``, OtherContent, StoreUnavailable."""
        waiting = _Waiting(append)
        self._queue.append(waiting)
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return waiting.answer

    async def close(self) -> None:
        """Finish what is queued and hang up."""
        if self._running is not None:
            await self._running
        if self._connection is not None:
            await self._connection.close()

    async def _drain(self) -> None:
        try:
            while self._queue:
                group = self._next_group()
                try:
                    await self._commit(group)
                except Exception as error:  # whatever it is, nobody may wait for ever
                    if not isinstance(error, StoreUnavailable):
                        log.exception("append failed", store=self._store)
                    _fail(group, error)
        finally:
            self._running = None

    def _next_group(self) -> list[_Waiting]:
        """The appends of which none writes what another, or one passed over, writes or reads; the rest keeps its order.

        Reading the same streams is no hindrance. But of two that each read what the other writes, one must see the
        other's events.
        """
        group: list[_Waiting] = []
        passed: deque[_Waiting] = deque()
        taken: set[str] = set()
        read: set[str] = set()
        while self._queue and len(group) < GROUP:
            waiting = self._queue.popleft()
            mine, reads = waiting.append.has_to_itself(), waiting.append.only_reads()
            free = taken.isdisjoint(mine) and taken.isdisjoint(reads) and read.isdisjoint(mine)
            (group if free else passed).append(waiting)
            taken |= mine
            read |= reads
        passed.extend(self._queue)
        self._queue = passed
        return group

    async def _commit(self, group: Sequence[_Waiting], *, again: bool = True) -> None:
        try:
            rows = await self._send(group)
        except LOST as error:
            raise StoreUnavailable(str(error)) from error
        except asyncpg.PostgresError as error:
            if again:
                log.warning("group refused, trying its members one by one", store=self._store, error=str(error))
                await self._commit_each(group)
            else:
                _fail(group, error)
            return
        fault_point("append.after_commit")
        if any(row["outcome"] in _WRITTEN for row in rows):
            self._committed()
        self._grouped.inc(len(group))
        self._count_facts(group, rows)
        for row in rows:
            self._settle(group[row["n"] - 1], row)

    def _count_facts(self, group: Sequence[_Waiting], rows: Sequence[asyncpg.Record]) -> None:
        """Count what publishers' facts came to; commands of officers carry no verdict."""
        outcomes = Counter(row["outcome"] for row in rows if group[row["n"] - 1].append.verdict is not None)
        for outcome, facts in outcomes.items():
            if outcome in _WRITTEN:
                RECEIPTS.labels(self._store, outcome).inc(facts)

    async def _commit_each(self, group: Sequence[_Waiting]) -> None:
        """One by one: the bad one fails alone; one whose id another writer took meanwhile finds its answer."""
        for waiting in group:
            try:
                await self._commit([waiting], again=False)
            except StoreUnavailable as unavailable:
                _fail([waiting], unavailable)

    async def _send(self, group: Sequence[_Waiting]) -> list[asyncpg.Record]:
        """Send the group until the database says what became of it: the ids make sending again harmless."""
        arguments = arrays_of(self._locks, self._shards, [waiting.append for waiting in group])
        try:
            return await self._send_once(arguments)
        except LOST:
            async for attempt in stamina.retry_context(
                on=LOST, attempts=None, timeout=PATIENCE, wait_max=1.0, wait_initial=0.05, wait_jitter=0.1
            ):
                with attempt:
                    return await self._send_once(arguments)
        raise AssertionError("retry_context returns or raises")

    async def _send_once(self, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        try:
            connection = await self._connected()
            fault_point("append.before_commit")
            with self._append_seconds.time():
                return await connection.fetch(_APPEND, *arguments)
        except LOST:
            self._hang_up()
            raise

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=10)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _settle(self, waiting: _Waiting, row: asyncpg.Record) -> None:
        if waiting.answer.done():
            return
        try:
            waiting.answer.set_result(answer_of(self._store, self._shards, waiting.append, row))
        except (OtherContent, Stale, Rejected) as refused:
            waiting.answer.set_exception(refused)


def answer_of(store: str, shards: int, append: Append, row: asyncpg.Record) -> Answer:
    """The answer to an append, as ``append_group`` tells it. Raises OtherContent, Stale, Rejected ``claim.taken``."""
    match row["outcome"]:
        case "accepted" | "rejected" | "quarantined" | "known":
            return read_answer(store, row, repeated=row["outcome"] == "known")
        case "waiting" | "pending":  # a fact that waits has no place yet
            return Answer(
                append.stream, 0, store, shard_of(append.stream, shards), 0, (), append.received_at,
                row["outcome"] == "pending", "waiting", orjson.loads(row["reason"]),
            )  # fmt: skip
        case "conflict":
            raise OtherContent
        case "stale":
            stream, actual, expected = row["detail"].rsplit(" ", 2)
            raise Stale(stream, int(actual), int(expected))
        case _:
            scope, key = row["detail"].split(" ", 1)
            raise Rejected("claim.taken", scope=scope, key=key)


def read_answer(store: str, row: asyncpg.Record, *, repeated: bool) -> Answer:
    """The answer that a row of the inbox, or of what became of a group, holds."""
    reason = row["reason"]
    return Answer(
        row["stream"], row["stream_version"], store, row["shard"], row["position"], orjson.loads(row["events"]),
        row["recorded_at"], repeated, row.get("stored") or row["outcome"], orjson.loads(reason) if reason else None,
    )  # fmt: skip


def _fail(group: Iterable[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


def footprint_shards(append: Append, shards: int) -> tuple[int, ...]:
    """Shards whose locks a decision needs: of every stream it writes or reads and every claim, ascending."""
    if shards == 1:
        return (0,)
    names = {*append.versions, append.stream, *(_claim_name(change.claim) for change in append.claims)}
    if append.verdict is not None:
        names.update(append.verdict.waits_for)
    return tuple(sorted({shard_of(name, shards) for name in names}))


def _claim_name(claim: Claim) -> str:
    return f"claim:{claim.scope}/{claim.key}"


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def arrays_of(locks: list[int], shards: int, group: Sequence[Append]) -> list[Any]:
    """A group as the arrays that ``append_group`` takes."""
    appends: list[tuple[Any, ...]] = []
    guards: list[tuple[Any, ...]] = []
    claims: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    facts: list[tuple[Any, ...]] = []
    for n, one in enumerate(group, 1):
        told = orjson.dumps([{"id": event.id, "type": event.type} for event in one.events]).decode()
        appends.append(
            (one.source, one.id, one.digest, one.stream, shard_of(one.stream, shards), one.received_at, told)
        )
        guards.extend((n, stream, version) for stream, version in one.versions.items())
        claims.extend(_claim_row(n, change) for change in one.claims)
        versions = dict(one.versions)
        for event in one.events:
            versions[event.stream] += 1
            events.append(
                (n, shard_of(event.stream, shards), event.stream, versions[event.stream], event.id, event.type,
                 event.schema_version, event.occurred_at, event.metadata, event.data, event.salt,
                 event.stream == one.stream)
            )  # fmt: skip
        if one.verdict is not None:
            facts.append(_fact_row(n, one.verdict))
    return [
        locks,
        *_columns(appends, 7),
        *_columns(guards, 3),
        *_columns(claims, 5),
        *_columns(events, 12),
        *_columns(facts, 11),
    ]


def _fact_row(n: int, verdict: Verdict) -> tuple[Any, ...]:
    # Instants are what the driver takes longest to encode, and only what waits is put in order by this one.
    ordered_by = verdict.occurred_at if verdict.outcome == "waiting" else None
    return (
        n, verdict.outcome, verdict.reason, verdict.publisher, verdict.type, verdict.again,
        "\x1f".join(verdict.waits_for), verdict.fact, ordered_by, verdict.expires_at, verdict.woken,
    )  # fmt: skip


def _claim_row(n: int, change: ClaimChange) -> tuple[Any, ...]:
    return (n, change.claim.scope, change.claim.key, change.stream, change.take)
