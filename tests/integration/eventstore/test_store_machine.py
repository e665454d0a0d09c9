"""The store driven at random: commands alone and many at once, repeated, voided, cut off; a plain list is the judge."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from shared.contracts import Command, Rejected
from shared.contracts.common import FactVoided
from shared.eventstore.append import Answer, OtherContent
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.store import EventStore
from shared.eventstore.verify import verify
from shared.web.problems import UNREACHABLE
from tests.integration.eventstore.notes import NOTE, Fact, Free, Hold, Model, Say, Tell
from tests.servers import servers
from tests.stack import Database, fresh_database

T = TypeVar("T")

STREAMS = tuple(f"note:{letter}" for letter in "abcd")
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
ROWS = """
SELECT event_id::text AS id, stream, metadata::json ->> 'command' AS command,
       coalesce('void ' || (data::json ->> 'event_id'), data::json ->> 'reason') AS text
FROM events ORDER BY recorded_at, position
"""
HELD = """
SELECT key, stream FROM (SELECT DISTINCT ON (scope, key) * FROM claims ORDER BY scope, key, serial DESC) AS newest
WHERE held
"""


@dataclass(frozen=True)
class Sent:
    """A command: its key, the note it is for, and its words."""

    key: str
    stream: str
    words: tuple[str, ...]

    def command(self) -> Command | FactVoided:
        """As the store is told it."""
        match self.words:
            case ("hold", word):
                return Hold(word=word)
            case ("free", word):
                return Free(word=word)
            case ("say", number):
                return Say(number=int(number))
            case ("tell", to):
                return Tell(to=to)
            case (_, fact_id):
                return FactVoided.model_validate({"event_id": fact_id, "reason": "บันทึกผิด"})
        raise AssertionError(self.words)


WORDS = st.one_of(
    st.tuples(st.sampled_from(["hold", "free"]), st.sampled_from("xyz")),
    st.tuples(st.just("say"), st.sampled_from("123")),
    st.tuples(st.just("tell"), st.sampled_from(STREAMS)),
    st.tuples(st.just("void"), st.integers(0, 40).map(str)),
)
DRAWN = st.tuples(st.sampled_from(STREAMS), WORDS)


class StoreMachine(RuleBasedStateMachine):
    """Two processes' worth of handlers on one store, and the model beside them."""

    shards = 1

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.cleanup = AsyncExitStack()
        self.keys = count(1)
        self.model = Model()
        self.answers: dict[Sent, Answer] = {}
        self.stores: list[EventStore] = []

    def run(self, task: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await task

        return self.runner.run(awaited())

    answered = Bundle("answered")

    @initialize()
    def open(self) -> None:
        """A fresh database, opened twice."""
        self.database: Database = self.run(self.cleanup.enter_async_context(fresh_database(servers(), "activity")))
        self.admin: Any = self.run(asyncpg.connect(self.database.admin_dsn))
        self.stores = [self.run(self._open()) for _ in range(2)]

    async def _open(self) -> EventStore:
        return await EventStore.open(self.database.app_dsn, "activity", shards=self.shards, pool_size=4)

    def teardown(self) -> None:
        try:
            if self.stores:
                for each in self.stores:
                    self.run(each.close())
                verdicts = self.run(verify(self.database.app_dsn))
                assert [each.bad_position for each in verdicts] == [None] * self.shards
                self.run(self.admin.close())
        finally:
            self.run(self.cleanup.aclose())
            self.runner.close()

    @rule(target=answered, drawn=DRAWN)
    def one(self, drawn: tuple[str, tuple[str, ...]]) -> Sent:
        """A command alone."""
        [sent] = self._named([drawn])
        self._judge([sent], self.run(self._tell_all([sent])))
        return sent

    @rule(drawn=st.lists(DRAWN, min_size=2, max_size=12), cut=st.booleans())
    def many(self, drawn: list[tuple[str, tuple[str, ...]]], cut: bool) -> None:
        """Many at once, some of them twice, through both handlers; perhaps every connection is cut meanwhile."""
        sent = self._named(drawn)
        twice = [*sent, *sent[::3]]
        outcomes = self.run(self._tell_all(twice, cut=cut))
        self._judge(twice, outcomes)

    @rule(sent=answered)
    def again(self, sent: Sent) -> None:
        """What was answered is sent again: the same answer, whatever has happened since."""
        first = self.answers.get(sent)
        if first is None:
            return
        [outcome] = self.run(self._tell_all([sent]))
        assert isinstance(outcome, Answer)
        assert outcome.repeated
        assert _told(outcome) == _told(first)

    @rule(sent=answered, drawn=DRAWN)
    def reuse(self, sent: Sent, drawn: tuple[str, tuple[str, ...]]) -> None:
        """A key that was answered, with other content."""
        [other] = self._named([drawn])
        if sent not in self.answers or (other.stream, other.words) == (sent.stream, sent.words):
            return
        [outcome] = self.run(self._tell_all([Sent(sent.key, other.stream, other.words)]))
        assert isinstance(outcome, OtherContent)

    @rule()
    def reopen(self) -> None:
        """One of the processes starts anew."""
        self.run(self.stores[0].close())
        self.stores[0] = self.run(self._open())

    @invariant()
    def the_store_holds_what_the_model_holds(self) -> None:
        """The same facts stream by stream, and the same words held."""
        if self.stores:
            assert _by_stream(self._rows()) == _by_stream(self.model.facts)
            held = self.run(self.admin.fetch(HELD))
            assert {row["key"]: row["stream"] for row in held} == self.model.holders()

    def _named(self, drawn: Sequence[tuple[str, tuple[str, ...]]]) -> list[Sent]:
        """Commands with keys of their own; a number to be voided becomes that fact's id."""
        named = []
        for stream, words in drawn:
            if words[0] == "void":
                there = self.model.facts
                fact = there[int(words[1]) % len(there)] if there else Fact(NOBODY, stream, "")
                stream, words = fact.stream, ("void", fact.id)
            named.append(Sent(f"k{next(self.keys)}", stream, words))
        return named

    async def _tell_all(self, sent: Sequence[Sent], *, cut: bool = False) -> list[Answer | Exception]:
        tasks = [asyncio.ensure_future(self._tell(each, self.stores[n % 2])) for n, each in enumerate(sent)]
        if cut:
            await asyncio.sleep(0)
            await self.admin.fetch(TERMINATE, self.database.name)
        await asyncio.wait(tasks)
        return [each.result() for each in tasks]

    async def _tell(self, sent: Sent, store: EventStore) -> Answer | Exception:
        request = Request(
            NOTE, sent.stream, sent.command(), "/callers/usr-1", sent.key, [sent.stream, *sent.words], "usr-1",
            frozenset({"officer"}),
        )  # fmt: skip
        while True:
            try:
                return await CommandHandler(store, [NOTE]).handle(request)
            except UNREACHABLE:
                continue
            except (Rejected, OtherContent) as refusal:
                return refusal

    def _judge(self, sent: Sequence[Sent], outcomes: Sequence[Answer | Exception]) -> None:
        """What was appended, in order, is what the model makes; all else is what it would have said at some moment."""
        begin = len(self.model.facts)
        by_key = {each.key: each for each in sent}
        made: dict[str, list[Fact]] = {}
        for row in self._rows()[begin:]:
            made.setdefault(row.command, []).append(row)
        for key, facts in made.items():
            one = by_key[key]
            assert self.model.outcome(one.stream, one.words) == [(each.stream, each.text) for each in facts], one
            self.model.facts += facts
        for one, outcome in zip(sent, outcomes, strict=True):
            self._judge_outcome(one, outcome, made.get(one.key, []), begin)

    def _judge_outcome(self, one: Sent, outcome: Answer | Exception, made: Sequence[Fact], begin: int) -> None:
        if isinstance(outcome, Answer):
            assert [each["id"] for each in outcome.events] == [each.id for each in made], one
            known = self.answers.setdefault(one, outcome)
            assert _told(outcome) == _told(known)
            assert made or self._could_be(one, [], begin), one
        else:
            assert isinstance(outcome, Rejected)
            assert outcome.code == "stream.busy" or self._could_be(one, outcome.code, begin), (one, outcome)

    def _could_be(self, one: Sent, expected: Any, begin: int) -> bool:
        moments = range(begin, len(self.model.facts) + 1)
        return any(self.model.before(n).outcome(one.stream, one.words) == expected for n in moments)

    def _rows(self) -> list[Row]:
        return [
            Row(row["id"], row["stream"], row["text"], row["command"].rpartition(" ")[2])
            for row in self.run(self.admin.fetch(ROWS))
        ]


@dataclass(frozen=True)
class Row(Fact):
    """A fact as the store has it, with the key of the command that made it."""

    command: str = ""


NOBODY = "00000000-0000-4000-8000-000000000000"


def _told(answer: Answer) -> tuple[Any, ...]:
    return answer.stream, answer.version, answer.shard, answer.position, answer.events, answer.recorded_at


def _by_stream(facts: Sequence[Fact]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in facts:
        found.setdefault(each.stream, []).append((each.id, each.text))
    return found


class ThreeShards(StoreMachine):
    """The same on a store of three shards."""

    shards = 3


DRIVEN = settings(
    max_examples=int(os.environ.get("OBEC_EXAMPLES", "8")),
    stateful_step_count=12,
    deadline=None,
    derandomize="OBEC_EXAMPLES" not in os.environ,
    phases=[Phase.generate],  # what happens at once happens in another order each time: there is nothing to shrink
    suppress_health_check=list(HealthCheck),
)
TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = DRIVEN
TestStoreMachineOfThreeShards = ThreeShards.TestCase
TestStoreMachineOfThreeShards.settings = DRIVEN
