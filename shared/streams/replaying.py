"""Tries parked events again, in order of record: each stream in one transaction with what it removes from ``parked``.

A stream stops at the first event that fails again. Only who holds the claim of a partition may do this: the offset's
row is locked first, so that no batch of an earlier or later claim runs beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import Any

import orjson
import structlog

from shared.contracts import ContractError
from shared.contracts.envelope import Envelope, from_headers
from shared.faults import fault_point
from shared.streams.batch import Claimed
from shared.streams.offsets import Offsets, Superseded
from shared.streams.projection import Connection, Unappliable

log = structlog.get_logger(__name__)

_SQL = files("shared.streams") / "sql"


def _statement(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")


_HOLD, _STREAMS, _ROWS, _REMOVE, _REFUSED = (
    _statement(f"replay_{name}") for name in ("hold", "streams", "rows", "remove", "refused")
)
_UNREADABLE, _ASKED, _PROGRESS, _PLACE_DONE, _FINISH, _LEFT = (
    _statement(f"replay_{name}") for name in ("unreadable", "asked", "progress", "place_done", "finish", "left")
)

ROWS = 500
"""Parked events read at once."""
ALL = 2**31
"""More than a stream has."""

Apply = Callable[[Connection, Envelope], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which parked events of a consumer: all, a stream's, those of streams with a cause (``code``), or one record."""

    consumer: str
    stream: str | None = None
    code: str | None = None
    store: str | None = None
    shard: int | None = None
    record: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Chosen:
        """What a row of ``replays``, or an order of the same fields, chooses."""
        given = {each.name: row.get(each.name) for each in fields(cls) if each.name != "consumer"}
        return cls(row["consumer"], **given)

    def concerns(self, store: str, shard: int) -> bool:
        """Whether it may choose something of a partition."""
        return self.record is None or (self.store, self.shard) == (store, shard)


@dataclass(frozen=True, slots=True)
class Refused:
    """The event at which a stream stopped again, with its cause."""

    stream: str
    record: int
    event_id: str
    code: str
    message: str


@dataclass(slots=True)
class Replayed:
    """What became of parked events; ``events`` were applied, in order."""

    events: list[str] = field(default_factory=list)
    skipped: int = 0
    refused: list[Refused] = field(default_factory=list)


class Replayer:
    """Tries the parked events of one consumer. ``apply`` writes an event's effect, or raises why it cannot.

    ``failed`` is told after an event that could not be applied: what is in memory may not be true any more.
    ``pass_on``: errors after which all is tried again, because they say nothing about the event. ``otherwise``: code
    of an error that has none.
    """

    def __init__(
        self,
        consumer: str,
        apply: Apply,
        failed: Callable[[], None],
        pass_on: tuple[type[BaseException], ...],
        otherwise: str = "projection.failed",
    ) -> None:
        self._consumer, self._apply, self._failed = consumer, apply, failed
        self._pass_on, self._otherwise = pass_on, otherwise

    async def hold(self, connection: Connection, claimed: Claimed) -> None:
        """Keep every batch of the partition out until the transaction ends. Raises Superseded."""
        held = await connection.fetchval(_HOLD, self._consumer, claimed.store, claimed.shard, claimed.epoch)
        if held is None:
            raise Superseded(f"{claimed.store}/{claimed.shard} was claimed by another process")

    async def streams(self, connection: Connection, chosen: Chosen, store: str, shard: int) -> Sequence[str]:
        """Streams of the partition that have something of it, in order of their first parked record."""
        given = (self._consumer, store, shard, chosen.stream, chosen.code, chosen.record)
        return [row["stream"] for row in await connection.fetch(_STREAMS, *given)]

    async def stream(
        self,
        connection: Connection,
        store: str,
        shard: int,
        stream: str,
        *,
        record: int | None = None,
        most: int = ALL,
    ) -> Replayed:
        """Try a stream's parked events, or the one ``record``, ``most`` at most, and remove what is done or skipped."""
        done, last = Replayed(), -1
        while len(done.events) < most:
            given = (self._consumer, store, shard, stream, record, last, min(ROWS, most - len(done.events)))
            rows = await connection.fetch(_ROWS, *given)
            for row in rows:
                last = row["record"]
                if row["skipped"]:
                    done.skipped += 1
                else:
                    refused = await self._try(connection, stream, row)
                    if refused is not None:
                        done.refused.append(refused)
                        await self._keep_cause(connection, store, shard, refused)
                        return done
                    done.events.append(row["event_id"])
                await connection.execute(_REMOVE, self._consumer, store, shard, last)
            if not rows:
                break
        return done

    async def unreadable(self, connection: Connection, chosen: Chosen, store: str, shard: int) -> int:
        """Remove records without a stream that an operator skips; nothing else can be done with them."""
        given = (self._consumer, store, shard, chosen.stream, chosen.code, chosen.record)
        return len(await connection.fetch(_UNREADABLE, *given))

    async def _try(self, connection: Connection, stream: str, row: Mapping[str, Any]) -> Refused | None:
        try:
            async with connection.transaction():
                await self._apply(connection, envelope_of(row))
        except self._pass_on:
            raise
        except Exception as error:
            self._failed()
            code = error.code if isinstance(error, Unappliable | ContractError) else self._otherwise
            return Refused(stream, row["record"], row["event_id"], code, str(error) or repr(error))
        return None

    async def _keep_cause(self, connection: Connection, store: str, shard: int, refused: Refused) -> None:
        log.warning("event refused again", consumer=self._consumer, code=refused.code, event_id=refused.event_id)
        about = (refused.record, refused.code, refused.message)
        await connection.execute(_REFUSED, self._consumer, store, shard, *about)


class Replays:
    """The replays that operators asked of one consumer, worked off by who holds the claims."""

    def __init__(self, replayer: Replayer, consumer: str) -> None:
        self._replayer, self._consumer = replayer, consumer
        self._offsets = Offsets(consumer)

    async def work_off(self, connection: Connection, claims: Sequence[Claimed]) -> bool:
        """Do what was asked of the partitions claimed; whether there was anything. Raises Superseded."""
        await self._offsets.require_held(connection, claims)
        worked = False
        for row in await connection.fetch(_ASKED, self._consumer):
            chosen = Chosen.of(row)
            for claimed in claims:
                if chosen.concerns(claimed.store, claimed.shard) and _name(claimed) not in row["places"]:
                    worked = True
                    await self._place(connection, row["id"], chosen, claimed)
            await connection.execute(_FINISH, row["id"])
        return worked

    async def _place(self, connection: Connection, replay: int, chosen: Chosen, claimed: Claimed) -> None:
        """One partition: each of its streams in a transaction of its own, then note that the partition is done."""
        store, shard = claimed.store, claimed.shard
        streams = await self._replayer.streams(connection, chosen, store, shard)
        said = ""
        for stream in streams:
            async with connection.transaction():
                await self._replayer.hold(connection, claimed)
                done = await self._replayer.stream(connection, store, shard, stream, record=chosen.record)
                await connection.execute(_PROGRESS, replay, len(done.events))
                fault_point("replay.mid_stream")
            fault_point("replay.after_stream")
            said = said or "".join(f"{each.code}: {each.message}" for each in done.refused)
        async with connection.transaction():
            await self._replayer.hold(connection, claimed)
            await self._replayer.unreadable(connection, chosen, store, shard)
            tried = (list(streams), chosen.stream, chosen.code, chosen.record)
            left = await connection.fetchval(_LEFT, self._consumer, store, shard, *tried)
            await connection.execute(_PLACE_DONE, replay, _name(claimed), left, said[:1000])


def envelope_of(row: Mapping[str, Any]) -> Envelope:
    """The event that a row of ``parked`` keeps. Raises ContractError."""
    headers = [(name, text.encode()) for name, text in orjson.loads(row["headers"])]
    return from_headers(headers, row["value"])


def _name(claimed: Claimed) -> str:
    return f"{claimed.store}/{claimed.shard}"
