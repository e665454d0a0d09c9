"""A service's event store: append decisions, read streams, find who holds a claim."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Self
from uuid import UUID

import asyncpg
import orjson

from shared.clock import Clock, ClockMode, RealClock, SimulatedClock
from shared.contracts import REGISTRY, Claim, Event, Recorded
from shared.contracts.coded import CodedError
from shared.contracts.envelope import SOURCE_PREFIX, Envelope
from shared.eventstore.append import Answer, Append, shard_of
from shared.eventstore.together import Together
from shared.eventstore.writer import LOST, Writer, footprint_shards, read_answer
from shared.tracing_otel import span

_SQL = files("shared.eventstore") / "sql"


def statement(name: str) -> str:
    """The text of one of the store's ``.sql`` files."""
    return (_SQL / f"{name}.sql").read_text("utf-8")


_STREAMS_OF, _STREAMS, _HOLDERS = statement("streams_of"), statement("streams"), statement("holders")
_OF_TYPES, _HISTORIES = statement("of_types"), statement("histories")
_INBOX, _MAKE, _SETTINGS, _LEARNED = statement("inbox"), statement("make"), statement("settings"), statement("learned")
_PENDING, _STREAM_OF, _LEARNED_OF = statement("pending"), statement("stream_of"), statement("learned_of")


READ_EVENTS = 10_000
"""Events kept in memory once they were read, so that folding a stream again costs no parsing."""


NOTIFY_PAUSE = 0.005
"""Seconds between two wake-up calls to relays of other processes: under load one call speaks for many commits."""


class WrongStore(CodedError):
    """The database is not the store that the settings speak of; ``code`` is stable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a store was made as."""

    name: str
    shards: int
    clock: ClockMode
    secret: bytes


class EventStore:
    """Append-only log of one service. Make one with ``EventStore.open``; close it with ``close``."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, settings: Settings) -> None:
        self.dsn, self.pool, self.settings = dsn, pool, settings
        self.name, self.shards = settings.name, settings.shards
        self.clock: Clock = SimulatedClock(pool) if settings.clock is ClockMode.SIMULATED else RealClock()
        self._writers: dict[tuple[int, ...], Writer] = {}
        self._read: dict[UUID, Event] = {}
        self._listeners: list[Callable[[], None]] = []
        self._notifying: asyncio.Task[None] | None = None
        self._notify_again = False
        self._led: set[int] = set()
        self._history = Together(self._histories_of)
        self._learned = Together(self._learned_of)
        self._holder = Together(self._holders_of)

    @classmethod
    async def open(
        cls, dsn: str, name: str, *, shards: int = 1, clock: ClockMode = ClockMode.REAL, pool_size: int = 8
    ) -> Self:
        """Open the store ``name``, making it if it is new.

        Raises WrongStore when it was made otherwise: ``store.other_name``, ``…other_shards``, ``…other_clock``.
        """
        pool = await asyncpg.create_pool(dsn, min_size=1, max_size=pool_size, timeout=10, reset=_leave_as_it_is)
        try:
            await pool.execute(_MAKE, name, shards, clock.value, secrets.token_bytes(32))
            store = cls(dsn, pool, _checked(await pool.fetchrow(_SETTINGS), name, shards, clock))
            if isinstance(store.clock, SimulatedClock):
                await store.clock.begin()
            return store
        except BaseException:
            await pool.close()
            raise

    def _event(self, event_id: UUID, row: Any) -> Event:
        """The row's event; read once, as an event never changes."""
        known = self._read.get(event_id)
        if known is None:
            if len(self._read) >= READ_EVENTS:
                self._read.clear()
            known = self._read[event_id] = REGISTRY.read(row["type"], row["data"]).identified(event_id)
        return known

    async def close(self) -> None:
        """Finish appends under way and close all connections."""
        for writer in self._writers.values():
            await writer.close()
        if self._notifying is not None:
            await self._notifying
        await self.pool.close()

    async def append(self, append: Append) -> Answer:
        """Append a decision, or answer as before when its id is known.

        Raises Stale, Rejected ``claim.taken``, OtherContent, StoreUnavailable.
        """
        with span(f"append {self.name}", "INTERNAL", attributes={"obec.stream": append.stream}):
            return await self._append(append)

    async def append_all(self, appends: Sequence[Append]) -> list[Answer | BaseException]:
        """Append decisions that know nothing of each other; of each the answer, or what ``append`` would raise."""
        with span(f"append {self.name}", "INTERNAL", attributes={"obec.appends": len(appends)}):
            return await asyncio.gather(*map(self._append, appends), return_exceptions=True)

    def _append(self, append: Append) -> asyncio.Future[Answer]:
        locks = footprint_shards(append, self.shards)
        writer = self._writers.get(locks)
        if writer is None:
            writer = self._writers[locks] = Writer(self.dsn, self.name, self.shards, locks, self._committed)
        return writer.append(append)

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every commit of this process."""
        self._listeners.append(listener)

    def led(self, shard: int, *, here: bool) -> None:
        """A relay of this process says whether it leads its shard; while all are led here, no others need waking.

        One that only believes so still lets the leader of another process find what it was not told of: leaders look
        by themselves every second.
        """
        (self._led.add if here else self._led.discard)(shard)

    def _committed(self) -> None:
        for listener in self._listeners:
            listener()
        if len(self._led) == self.shards:
            return
        self._notify_again = True
        if self._notifying is None:
            self._notifying = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        """Tell relays of other processes; after the commit: inside it NOTIFY takes a lock of the whole server."""
        try:
            while self._notify_again:
                self._notify_again = False
                await self.pool.execute("NOTIFY appended")
                await asyncio.sleep(NOTIFY_PAUSE)
        except (*LOST, asyncpg.PostgresError):
            return  # relays poll as well
        finally:
            self._notifying = None

    async def answered(self, source: str, command_id: str) -> tuple[Answer, bytes] | None:
        """The stored answer to an id, with the digest of what it was given to; None when it is new."""
        row = await self.pool.fetchrow(_INBOX, source, command_id)
        return None if row is None else (read_answer(self.name, row, repeated=True), row["digest"])

    async def pending(self, source: str, fact_id: str) -> tuple[Answer, bytes] | None:
        """The present answer to a fact that waits, with the digest of what was sent; None when it does not wait."""
        row = await self.pool.fetchrow(_PENDING, source, fact_id)
        if row is None:
            return None
        stream = row["stream"]
        answer = Answer(
            stream, 0, self.name, shard_of(stream, self.shards), 0, (), row["received_at"], True, "waiting",
            orjson.loads(row["reason"]),
        )  # fmt: skip
        return answer, row["digest"]

    async def stream_of(self, event_id: UUID) -> str | None:
        """The stream that holds an event; None when this store does not have it."""
        found: str | None = await self.pool.fetchval(_STREAM_OF, event_id)
        return found

    async def history(self, stream: str) -> list[Recorded]:
        """Every event of a stream in order of version, lifted to its newest form; [] when there is none."""
        return await self._history(stream)

    async def histories_of(self, streams: Iterable[str]) -> Mapping[str, list[Recorded]]:
        """``history`` of several streams, by name."""
        return await self._history.several(streams)

    async def _histories_of(self, streams: Sequence[str]) -> Mapping[str, list[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        for row in await self.pool.fetch(_STREAMS_OF, streams):
            found[row["stream"]].append(self.recorded(row))
        return found

    async def histories(self, prefix: str, behind: Sequence[int] = ()) -> dict[str, list[Recorded]]:
        """Every stream whose name begins with ``prefix``, by name, each in order of version.

        ``behind``: a position of each shard; only what was recorded after it.
        """
        return by_stream([self.recorded(row) for row in await self.pool.fetch(_HISTORIES, prefix, list(behind))])

    async def streams(self, prefix: str) -> list[str]:
        """Names of the streams that begin with ``prefix``, by name."""
        return [row["stream"] for row in await self.pool.fetch(_STREAMS, prefix)]

    async def holder(self, claim: Claim) -> str | None:
        """The stream that holds a claim now."""
        return await self._holder(claim)

    async def _holders_of(self, claims: Sequence[Claim]) -> Mapping[Claim, str | None]:
        rows = await self.pool.fetch(_HOLDERS, [each.scope for each in claims], [each.key for each in claims])
        held = {claims[row["n"] - 1]: row["stream"] for row in rows}
        return {claim: held.get(claim) for claim in claims}

    async def of_types(self, types: Collection[str]) -> list[Recorded]:
        """Every event of these CloudEvents types, of this store and of the copies, by store, shard and position."""
        rows = await self.pool.fetch(_OF_TYPES, list(types))
        return [self.recorded(row, row["store"]) for row in rows]

    async def learned(self, pattern: str) -> list[Recorded]:
        """Copies of other services' events whose stream is ``pattern``, or begins with it before a closing ``*``."""
        if not pattern.endswith("*"):
            return await self._learned(pattern)
        return [self.recorded(row, row["store"]) for row in await self.pool.fetch(_LEARNED, pattern[:-1])]

    async def learned_of(self, patterns: Iterable[str]) -> Mapping[str, list[Recorded]]:
        """``learned`` of several patterns."""
        asked = dict.fromkeys(patterns)
        exact = await self._learned.several(each for each in asked if not each.endswith("*"))
        return {each: exact[each] if each in exact else await self.learned(each) for each in asked}

    async def _learned_of(self, streams: Sequence[str]) -> Mapping[str, list[Recorded]]:
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        for row in await self.pool.fetch(_LEARNED_OF, streams):
            found[row["stream"]].append(self.recorded(row, row["store"]))
        return found

    def recorded(self, row: Any, store: str | None = None) -> Recorded:
        """A row of the store, or of the copies, as the event it is. Raises ContractError."""
        about = orjson.loads(row["metadata"])
        event_id = UUID(int=row["event_id"].int)
        return Recorded(
            self._event(event_id, row),
            event_id, row["stream"], row["stream_version"], row["shard"], row["position"],
            row["occurred_at"], row["recorded_at"], row["received_at"],
            about.get("actor", ""), SOURCE_PREFIX + (store or self.name),
        )  # fmt: skip


async def _leave_as_it_is(_connection: asyncpg.Connection) -> None:
    """Nothing here changes a session, so a returned connection needs no statement to put it right."""


def recorded_of(envelope: Envelope) -> Recorded:
    """An event from a topic as the event it is. Raises ContractError."""
    event_id = UUID(envelope.event_id)
    return Recorded(
        REGISTRY.read(envelope.type, envelope.data).identified(event_id),
        event_id,
        envelope.stream,
        envelope.stream_version,
        envelope.shard,
        envelope.position,
        envelope.occurred_at,
        envelope.recorded_at,
        envelope.received_at,
        envelope.about.get("actor", ""),
        envelope.source,
    )


def _checked(row: Any, name: str, shards: int, clock: ClockMode) -> Settings:
    if row["name"] != name:
        raise WrongStore("store.other_name", f"this database is the store of {row['name']}, not of {name}")
    if row["shards"] != shards:
        raise WrongStore(
            "store.other_shards", f"the store of {name} was made with {row['shards']} shards, not {shards}"
        )
    if row["clock"] != clock.value:
        raise WrongStore(
            "store.other_clock",
            f"the store of {name} is on the {row['clock']} clock and cannot change to {clock.value}",
        )
    return Settings(name, shards, clock, row["secret"])


def by_stream(history: Sequence[Recorded]) -> dict[str, list[Recorded]]:
    """Events grouped by stream, order kept."""
    grouped: dict[str, list[Recorded]] = {}
    for each in history:
        grouped.setdefault(each.stream, []).append(each)
    return grouped
