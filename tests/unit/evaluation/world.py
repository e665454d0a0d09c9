"""Many streams in memory, told commands through the real fold and decide as the pipeline would: for generated tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid5

from services.evaluation import qn1, rescoring
from services.evaluation.snapshot import Snapshot
from shared.contracts import KNOWN_PROGRAMME, Aggregate, Command, Context, Event, Learned, Recorded
from shared.contracts.committee import ProgrammeRegistered
from shared.contracts.common import FactVoided
from shared.contracts.rejection import Rejected, codes
from shared.eventstore.history import Decided, decide, fold, fold_learned, living, takes_effect, void
from shared.streams.reaction import Reply
from tests.given import BEGIN, SPACE
from tests.unit.evaluation.examples import PROGRAMME, PROGRAMME_STREAM, definition

S = TypeVar("S")
OFFICER, APPROVER = "usr-officer", "usr-approver"


class World:
    """Own streams and copies of others'; every telling comes an hour after the one before."""

    def __init__(
        self, aggregates: Sequence[Aggregate[Any]], learned: Sequence[Learned[Any]] = (KNOWN_PROGRAMME,)
    ) -> None:
        self.now = BEGIN
        self.streams: dict[str, list[Recorded]] = {}
        self.copies: dict[str, list[Recorded]] = {}
        self._aggregates = {each.name: each for each in aggregates}
        self._states = {type(each.initial): each for each in aggregates}
        self._learned = {each.state: each for each in learned}
        self._told = 0

    def knows_programme(self, **changes: Any) -> World:
        """The programme of the examples was registered and learned."""
        known = definition(**changes)
        self.learns(
            PROGRAMME_STREAM,
            ProgrammeRegistered(programme=PROGRAMME, version=1, definition=known, digest=known.digest()),
        )
        return self

    def learns(self, stream: str, event: Event) -> Recorded:
        """Another service's event comes into the copy."""
        history = self.copies.setdefault(stream, [])
        return self._record(history, stream, event, takes_effect(event.moment(), self._tick(), history), "usr-other")

    def tell(
        self, stream: str, command: Command | FactVoided, actor: str = OFFICER, *roles: str, version: int | None = None
    ) -> list[Recorded]:
        """Decide a command and keep what it made. Raises Rejected, whose code has both its sentences."""
        history = self.streams.setdefault(stream, [])
        self._tick()
        try:
            if version is not None and version != len(history):
                raise Rejected("stream.version_mismatch", stream=stream, actual=len(history), expected=version)
            decided = self._decide(stream, command, history, actor, frozenset(roles or {"officer"}))
        except Rejected as refusal:
            sentences(refusal)
            raise
        made = [self._record(history, stream, each.event, each.occurred_at, actor) for each in decided]
        self._check(stream)
        return made

    def try_(
        self, stream: str, command: Command | FactVoided, actor: str = OFFICER, *roles: str
    ) -> list[Recorded] | None:
        """Tell a command that may be refused: then None. What was taken is, told again, nothing new."""
        try:
            made = self.tell(stream, command, actor, *roles)
        except Rejected:
            return None
        if not isinstance(command, FactVoided):
            assert self.tell(stream, command, actor, *roles) == [], "told twice: nothing new"
        return made

    def state(self, aggregate: Aggregate[S], stream: str) -> S:
        """What a stream comes to."""
        return fold(aggregate, self.streams.get(stream, []))

    def facts(self, stream: str) -> list[Recorded]:
        """What was told to a stream and not voided."""
        return living(self.streams.get(stream, []))

    def _decide(
        self, stream: str, command: Command | FactVoided, history: list[Recorded], actor: str, roles: frozenset[str]
    ) -> list[Decided]:
        aggregate = self._aggregates[stream.partition(":")[0]]
        known, voiding = fold(aggregate, history), isinstance(command, FactVoided)
        reads = aggregate.reads_to_void(known) if voiding else aggregate.reads(command, known)
        states = {read.stream: self._read(read.state, read.stream, read.at) for read in reads}
        context = Context(self.now, actor, roles, stream, states)
        if isinstance(command, FactVoided):
            return void(aggregate, command, history, context)
        decided = decide(aggregate, command, history, context)
        assert decide(aggregate, command, history, context) == decided, "deciding is deterministic"
        return decided

    def _read(self, kind: type, stream: str, at: datetime | None) -> Any:
        learned = self._learned.get(kind)
        if learned is not None:
            return fold_learned(learned, self.copied(stream), effective_at=at)
        return fold(self._states[kind], self.streams.get(stream, []), effective_at=at)

    def copied(self, pattern: str) -> list[Recorded]:
        """Copies of the streams that a pattern names."""
        prefix = pattern.removesuffix("*")
        whole = prefix == pattern
        names = [name for name in sorted(self.copies) if (name == pattern if whole else name.startswith(prefix))]
        return list(chain.from_iterable(self.copies[name] for name in names))

    def _record(
        self, history: list[Recorded], stream: str, event: Event, occurred_at: datetime, actor: str
    ) -> Recorded:
        self._told += 1
        identity: UUID = uuid5(SPACE, f"world {self._told}")
        recorded = Recorded(
            event.identified(identity), identity, stream, len(history) + 1, 0, self._told,
            occurred_at, self.now, self.now, actor,
        )  # fmt: skip
        history.append(recorded)
        return recorded

    def _check(self, stream: str) -> None:
        """The invariant holds after every event of what is left of the stream."""
        aggregate = self._aggregates[stream.partition(":")[0]]
        state = aggregate.initial
        for each in self.facts(stream):
            state = aggregate.evolve(state, each.event)
            aggregate.invariant(state)

    def _tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


class Rule(NamedTuple):
    """A reaction: its name, the names of the events it concerns, and what it replies."""

    name: str
    concerns: frozenset[str]
    respond: Callable[[Recorded, Snapshot, datetime], Awaitable[list[Reply]]]


async def _rescore(cause: Recorded, snapshot: Snapshot, _now: datetime) -> list[Reply]:
    return await rescoring.respond(cause, snapshot)


COMPUTING = Rule("qn1", qn1.CONCERNS, qn1.respond)
SCORING = Rule("scoring", rescoring.CONCERNS, _rescore)


class Reacting(World):
    """A world whose rules reply to every event, as a worker would: at least once, each command under its cause's id."""

    def __init__(self, rules: Sequence[Rule], *args: Any) -> None:
        super().__init__(*args)
        self.rules = rules
        self.answered: set[str] = set()
        self._seen = 0

    async def folded(self, aggregate: Aggregate[S], prefix: str) -> Mapping[str, S]:
        """Part of the snapshot: own streams."""
        return {name: self.state(aggregate, name) for name in self.streams if name.startswith(prefix)}

    async def learned(self, learned: Learned[S], pattern: str, at: datetime | None = None) -> S:
        """Part of the snapshot: copies of others' streams."""
        return fold_learned(learned, self.copied(pattern), effective_at=at)

    async def settle(self) -> list[Recorded]:
        """Answer every event that was not answered yet, and what follows; gives what was made."""
        before = self._told
        while True:
            waiting = [each for each in self.everything() if each.position > self._seen]
            if not waiting:
                return [each for each in self.everything() if each.position > before]
            for cause in waiting:
                self._seen = cause.position
                await self.answer(cause)

    async def replay(self) -> list[Recorded]:
        """Answer everything again from the beginning, the inbox forgotten: gives what was made."""
        self._seen, before = 0, self._told
        self.answered.clear()
        await self.settle()
        return [each for each in self.everything() if each.position > before]

    async def answer(self, cause: Recorded) -> None:
        """Let every rule that the event concerns reply."""
        for each in self.rules:
            if cause.event.spec.name in each.concerns:
                for reply in await each.respond(cause, self, self.now):
                    self.carry_out(cause, each, reply)

    def carry_out(self, cause: Recorded, each: Rule, reply: Reply) -> None:
        """Tell a reply's command once for its cause."""
        identity = f"{each.name} {cause.id} {reply.stream} {type(reply.command).__name__}"
        if identity not in self.answered:
            self.answered.add(identity)
            self.tell(reply.stream, reply.command, reply.actor, "rule")

    def everything(self) -> list[Recorded]:
        """All events, own and copied, in the order in which they were told."""
        told = chain(chain.from_iterable(self.streams.values()), chain.from_iterable(self.copies.values()))
        return sorted(told, key=lambda each: each.position)


def run(waiting: Coroutine[Any, Any, S]) -> S:
    """What an async function gives that never waits, as everything here is in memory."""
    try:
        waiting.send(None)
    except StopIteration as done:
        found: S = done.value
        return found
    raise AssertionError("something waited")


def sentences(refusal: Rejected) -> tuple[str, str]:
    """The Thai and the English sentence of a refusal, filled in; both must be there."""
    code = codes()[refusal.code]
    return code.th.format(**refusal.params), code.en.format(**refusal.params)
