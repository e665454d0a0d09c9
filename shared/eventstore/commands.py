"""Carrying out a command: read, decide, append; and decide again when somebody else was quicker."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson
import uuid_utils
import uuid_utils.compat

from shared.clock import ClockMode
from shared.contracts import Aggregate, Claim, Command, Context, Learned, Read, Recorded, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.envelope import SOURCE_PREFIX
from shared.eventstore.append import (
    Answer,
    Append,
    ClaimChange,
    NewEvent,
    OtherContent,
    Stale,
    Verdict,
    payload_digest,
)
from shared.eventstore.history import Decided, decide, fold, fold_learned, void
from shared.eventstore.store import EventStore

DECIDE_AGAIN = 3
"""How often a command without If-Match is decided anew when a stream moved on under it."""

FOLDED = 200
"""Answers about other services' streams that are kept folded."""

CAUSED = UUID("3c1c5a0e-9a55-5b3b-8e6d-5f0f2a4c7d21")
"""Namespace of the ids of events that follow from an outside fact or another event."""
_CAUSED = uuid_utils.UUID(CAUSED.hex)


class Request(NamedTuple):
    """A command on a stream, with who sends it and the id under which it is answered once and for all.

    ``source`` and ``id`` are that id; ``payload`` is what was sent, for telling a repetition from another content.
    ``ids``: "time" gives new events UUIDv7 ids, "cause" derives them from (source, id), so that they come out the same.
    """

    aggregate: Aggregate[Any]
    stream: str
    command: Command | FactVoided
    source: str
    id: str
    payload: Any
    actor: str
    roles: frozenset[str] = frozenset()
    received_at: datetime | None = None
    expected_version: int | None = None
    correlation: str = ""
    causation: str = ""
    traceparent: str = ""
    ids: Literal["time", "cause"] = "time"
    digest: bytes | None = None
    """Of the payload, where it was made already; the payload itself is not looked at then."""


class Ready(NamedTuple):
    """A command with all that deciding it needs to know, read at one time."""

    request: Request
    histories: Mapping[str, Sequence[Recorded]]
    """Of its own stream and those of this store that it reads; an append is held against their lengths."""
    context: Context

    @property
    def versions(self) -> dict[str, int]:
        """Streams of this store that were read, with the versions they were at."""
        return {stream: len(known) for stream, known in self.histories.items()}


class _Seen(NamedTuple):
    """What a decision reads besides its own stream."""

    state: Any
    version: int
    guarded: Sequence[Recorded] | None = None
    """The history of a stream of this store, which an append is held against."""


class CommandHandler:
    """Carries out the commands of one service.

    ``aggregates`` are its own, ``learned`` what it makes of other services' events.
    """

    def __init__(
        self, store: EventStore, aggregates: Iterable[Aggregate[Any]], learned: Iterable[Learned[Any]] = ()
    ) -> None:
        self.store = store
        self._by_name = {aggregate.name: aggregate for aggregate in aggregates}
        self._by_state = {type(aggregate.initial): aggregate for aggregate in self._by_name.values()}
        self._learned = {each.state: each for each in learned}
        self._folded: dict[Read, tuple[list[Recorded], Any]] = {}

    async def repeated(self, source: str, command_id: str, payload: Any) -> Answer | None:
        """The stored answer to an id, None when it is new. Raises OtherContent."""
        known = await self.store.answered(source, command_id)
        if known is None:
            return None
        answer, digest = known
        if digest != payload_digest(self.store.settings.secret, payload):
            raise OtherContent
        return answer

    async def handle(self, request: Request) -> Answer:
        """Carry it out, or answer as before.

        Raises Rejected (also ``stream.version_mismatch``, ``stream.busy``, ``claim.taken``), OtherContent,
        StoreUnavailable.
        """
        answer = await self.repeated(request.source, request.id, request.payload)
        if answer is not None:
            return answer
        request = request._replace(received_at=request.received_at or await self.store.clock.now())
        try:
            return await self._carry_out(request)
        except Rejected:
            # Another process may have carried out this very command meanwhile: what is refused is then its own effect.
            answer = await self.repeated(request.source, request.id, request.payload)
            if answer is None:
                raise
            return answer

    async def _carry_out(self, request: Request) -> Answer:
        """Decide and append; decide again when somebody else was quicker."""
        for _ in range(1 + DECIDE_AGAIN):
            try:
                return await self.store.append(self.decided(await self.ready(request)))
            except Stale as stale:
                _require_version(request, stale.actual)
        raise Rejected("stream.busy", stream=request.stream)

    async def ready(self, request: Request, *, new: bool = False) -> Ready:
        """Read what deciding the command needs; of a stream that is just being named there is nothing to read.

        Raises Rejected ``stream.version_mismatch``.
        """
        return (await self.ready_all([request], new={request.stream} if new else ()))[0]

    async def ready_all(self, requests: Sequence[Request], *, new: Collection[str] = ()) -> list[Ready]:
        """``ready`` of several commands, with one question to the database for what all of them read.

        ``new``: streams that are just being named.
        """
        known = await self.store.histories_of(each.stream for each in requests if each.stream not in new)
        histories = [known.get(each.stream, []) for each in requests]
        for request, history in zip(requests, histories, strict=True):
            _require_version(request, len(history))
        reads = [self._reads(request, history) for request, history in zip(requests, histories, strict=True)]
        seen = await self._read_all([read for each in reads for read in each])
        now = await self.store.clock.now()
        return [
            self._readied(request, history, [(read, seen[read]) for read in each], now)
            for request, history, each in zip(requests, histories, reads, strict=True)
        ]

    def _readied(
        self, request: Request, history: Sequence[Recorded], seen: Sequence[tuple[Read, _Seen]], now: datetime
    ) -> Ready:
        context = Context(
            now,
            request.actor,
            request.roles,
            request.stream,
            {read.stream: each.state for read, each in seen},
            {read.stream: each.version for read, each in seen},
        )
        guards = {read.stream: each.guarded for read, each in seen if each.guarded is not None}
        return Ready(request, {request.stream: history, **guards}, context)

    def decided(self, ready: Ready, verdict: Verdict | None = None) -> Append:
        """Decide the command on what was read; of a fact, the verdict goes with it. Raises Rejected."""
        request, histories, context = ready.request, ready.histories, ready.context
        history = histories[request.stream]
        if isinstance(request.command, FactVoided):
            decided = void(request.aggregate, request.command, history, context)
        else:
            decided = decide(request.aggregate, request.command, history, context)
        ids = [self._event_id(request, index) for index in range(len(decided))]
        digest = request.digest or payload_digest(self.store.settings.secret, request.payload)
        claims = self._claims(histories, decided, ids)
        return Append(
            request.source,
            request.id,
            digest,
            request.stream,
            self._new_events(request, decided, ids, digest, claims),
            ready.versions,
            request.received_at or context.now,
            claims,
            verdict,
        )

    def _reads(self, request: Request, history: Sequence[Recorded]) -> Sequence[Read]:
        state = fold(request.aggregate, history)
        if isinstance(request.command, FactVoided):
            return request.aggregate.reads_to_void(state)
        return request.aggregate.reads(request.command, state)

    async def _read_all(self, reads: Collection[Read]) -> dict[Read, _Seen]:
        """What is read, each once."""
        copies = await self.store.learned_of(read.stream for read in reads if read.state in self._learned)
        own = await self.store.histories_of(read.stream for read in reads if read.state not in self._learned)
        return {
            read: self._copied(read, copies[read.stream])
            if read.state in self._learned
            else self._own(read, own[read.stream])
            for read in dict.fromkeys(reads)
        }

    def _copied(self, read: Read, copies: list[Recorded]) -> _Seen:
        state = self._fold_learned(self._learned[read.state], copies, read)
        return _Seen(state, max((each.version for each in copies), default=0))

    def _own(self, read: Read, history: list[Recorded]) -> _Seen:
        state = fold(self._by_state[read.state], history, effective_at=read.at)
        return _Seen(state, len(history), history)

    def _fold_learned(self, learned: Learned[Any], copied: list[Recorded], read: Read) -> Any:
        """What copies come to; asked together they are the same list, which is folded once."""
        known = self._folded.get(read)
        if known is None or known[0] is not copied:
            if len(self._folded) >= FOLDED:
                self._folded.clear()
            known = self._folded[read] = (copied, fold_learned(learned, copied, effective_at=read.at))
        return known[1]

    def _new_events(
        self,
        request: Request,
        decided: Sequence[Decided],
        ids: Sequence[UUID],
        digest: bytes,
        claims: Sequence[ClaimChange],
    ) -> list[NewEvent]:
        """The events as they are stored. The first tells what else its append wrote, for a store that is restored."""
        about: dict[str, Any] = self._about(request)
        whole = {
            "digest": digest.hex(),
            "answers_for": request.stream,
            "claims": [[change.claim.scope, change.claim.key, change.stream, change.take] for change in claims],
        }
        return [
            NewEvent(
                ids[index],
                each.stream,
                each.event.spec.type,
                each.event.spec.version,
                each.occurred_at,
                each.event.to_json(),
                orjson.dumps({**about, "nth": index} if index else {**about, **whole}).decode(),
            )
            for index, each in enumerate(decided)
        ]

    def _event_id(self, request: Request, index: int) -> UUID:
        if request.ids == "cause":
            name = f"{self.store.name}\n{request.source}\n{request.id}\n{index}"
            return UUID(int=uuid_utils.uuid5(_CAUSED, name).int)
        return uuid_utils.compat.uuid7()

    def _about(self, request: Request) -> dict[str, Any]:
        about = {
            "actor": request.actor,
            "command": f"{request.source} {request.id}",
            "correlation": request.correlation,
            "causation": request.causation or request.id,
            "traceparent": request.traceparent,
            "clock": "simulated" if self.store.settings.clock is ClockMode.SIMULATED else "",
        }
        return {key: value for key, value in about.items() if value}

    def _claims(
        self, histories: Mapping[str, Sequence[Recorded]], decided: Sequence[Decided], ids: Sequence[UUID]
    ) -> list[ClaimChange]:
        """What the decision takes and releases: the difference between what each stream holds before and after."""
        changes: list[ClaimChange] = []
        for stream in dict.fromkeys(each.stream for each in decided):
            aggregate = self._by_name[stream.partition(":")[0]]
            if not aggregate.holds_claims:
                continue
            before = list(histories[stream])
            new = [
                _as_recorded(each, id_, len(before))
                for each, id_ in zip(decided, ids, strict=True)
                if each.stream == stream
            ]
            held, holds = aggregate.claims(fold(aggregate, before)), aggregate.claims(fold(aggregate, before + new))
            changes.extend(ClaimChange(claim, stream, take=False) for claim in sorted(held - holds))
            changes.extend(ClaimChange(claim, stream, take=True) for claim in sorted(holds - held))
        return changes

    # What finding a stream by its natural key may ask (shared.web.collection.Lookup).

    async def holder(self, claim: Claim) -> str | None:
        """The stream that holds a claim now."""
        return await self.store.holder(claim)

    async def streams(self, prefix: str) -> list[str]:
        """Names of the streams that begin with ``prefix``."""
        return await self.store.streams(prefix)

    def source(self) -> str:
        """CloudEvents source of this service."""
        return SOURCE_PREFIX + self.store.name


def _require_version(request: Request, actual: int) -> None:
    expected = request.expected_version
    if expected is not None and expected != actual:
        raise Rejected("stream.version_mismatch", stream=request.stream, actual=actual, expected=expected)


def _as_recorded(decided: Decided, event_id: UUID, behind: int) -> Recorded:
    """A decided event as if it stood last in the store, for folding it with the rest."""
    last = 2**62
    return Recorded(
        decided.event.identified(event_id), event_id, decided.stream, behind + 1, 0, last,
        decided.occurred_at, decided.occurred_at, decided.occurred_at, "",
    )  # fmt: skip
