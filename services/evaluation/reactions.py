"""Reactions of the evaluation service as a Faust worker: QN1 by rule, and scoring.

``services.evaluation.qn1`` and ``services.evaluation.rescoring`` are the rules. The agent takes raw bytes and raises
nothing; a timer asks for the figures of periods that began, which no event tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid5

import faust
import structlog
from aiokafka import TopicPartition

from services.evaluation import qn1, rescoring
from shared.contracts import KNOWN_PROGRAMME, Aggregate, Learned, Recorded
from shared.contracts.envelope import Envelope
from shared.contracts.types import BANGKOK
from shared.eventstore.commands import CAUSED, CommandHandler
from shared.eventstore.history import fold, fold_learned
from shared.eventstore.store import EventStore, by_stream, recorded_of
from shared.operating.heartbeats import VITALS
from shared.settings import Settings
from shared.streams.agent import RecordTaker
from shared.streams.faust_app import faust_app
from shared.streams.learner import Learner
from shared.streams.reaction import Reaction, Reply
from shared.streams.topics import Topics
from shared.streams.working import broker_of

log = structlog.get_logger(__name__)

S = TypeVar("S")

STORES = ("committee", "evaluation")
COPIED = ("programme", "committee", "publisher")
"""Kinds of stream of the committee service that decisions, rules and the ingress here read."""
NEW_DAY_SECONDS = 2.0
"""How often the timer looks whether it is another day in Bangkok, with which a period may begin."""


def learner() -> Learner:
    """Copies what decisions and rules of this service read of others."""
    return Learner("evaluation", ("committee",), COPIED)


KEPT_PREFIXES = 200
"""Beginnings of streams' names of which the events are kept in memory."""


class StoreSnapshot:
    """``services.evaluation.snapshot.Snapshot`` from the service's database.

    What was read once is kept, and read on from where it ended: a figure is scored among all others of its indicator.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._kept: dict[str, _Kept] = {}

    async def folded(self, aggregate: Aggregate[S], prefix: str) -> Mapping[str, S]:
        """States of all own streams whose name begins with ``prefix``."""
        if prefix not in self._kept and len(self._kept) >= KEPT_PREFIXES:
            self._kept.clear()
        kept = self._kept.setdefault(prefix, _Kept([0] * self._store.shards))
        for stream, news in (await self._store.histories(prefix, kept.positions)).items():
            kept.states[stream] = fold(aggregate, kept.with_news(stream, news))
        return dict(kept.states)

    async def learned(self, learned: Learned[S], pattern: str, at: datetime | None = None) -> S:
        """What the copied streams of a pattern come to."""
        return fold_learned(learned, await self._store.learned(pattern), effective_at=at)


@dataclass(slots=True)
class _Kept:
    """Events of some streams and what they come to, as far as each shard was read."""

    positions: list[int]
    histories: dict[str, list[Recorded]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)

    def with_news(self, stream: str, news: Sequence[Recorded]) -> Sequence[Recorded]:
        """The stream's events and those that were read last, each once: two questions may have read the same."""
        history = self.histories.setdefault(stream, [])
        history += [each for each in news if each.version > len(history)]
        shard = news[-1].shard
        self.positions[shard] = max(self.positions[shard], *(each.position for each in news))
        return history


class Rules:
    """The service's reactions, and the figures of periods that begin."""

    def __init__(self, handler: CommandHandler, learned: Learner) -> None:
        self._store, self._snapshot = handler.store, StoreSnapshot(handler.store)
        self.computed = Reaction("evaluation.qn1", STORES, qn1.CONCERNS, handler, self._compute, learner=learned)
        self.scoring = Reaction("evaluation.scoring", STORES, rescoring.CONCERNS, handler, self._score, learner=learned)

    async def _compute(self, envelope: Envelope) -> Sequence[Reply]:
        return await qn1.respond(recorded_of(envelope), self._snapshot, await self._store.clock.now())

    async def _score(self, envelope: Envelope) -> Sequence[Reply]:
        return await rescoring.respond(recorded_of(envelope), self._snapshot)

    async def today(self) -> date:
        """The day that it is in Bangkok by the business clock."""
        return (await self._store.clock.now()).astimezone(BANGKOK).date()

    async def new_periods(self) -> bool:
        """See to it that every programme has the figures of all periods that have begun, once a day in Bangkok.

        False when something was refused: it is tried again the same day.
        """
        now, taken = await self._store.clock.now(), True
        for stream, history in by_stream(await self._store.learned("programme:*")).items():
            known = fold_learned(KNOWN_PROGRAMME, history)
            if known.definition is None:
                continue
            cause = uuid5(CAUSED, f"{stream} {now.astimezone(BANGKOK).date()}")
            replies = await qn1.figures(known.definition.programme, self._snapshot, now, cause)
            taken = await self.computed.carry_out(str(cause), replies) and taken
        return taken


class Worker:
    """The Faust worker: one agent with concurrency 1 on the topics of STORES, and the timer.

    A record is acknowledged by hand once it is answered or parked; one that can be neither ends the worker.
    """

    def __init__(self, settings: Settings, store: EventStore, rules: Rules) -> None:
        broker, topics = broker_of(settings), Topics(settings.topic_prefix)
        stores = {topics.events(name): name for name in STORES}
        reactions = (rules.computed, rules.scoring)
        self._rules = rules
        self._day: date | None = None
        self._taker = RecordTaker("evaluation.reactions", store.pool, broker, stores, reactions)
        self._catching_up: asyncio.Future[None] | None = None
        self._failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._app = faust_app(f"{topics.prefix}obec.evaluation.reactions", broker)
        source = self._app.topic(*stores, key_type=bytes, value_type=bytes)
        self._app.agent(source, concurrency=1)(self._react)
        self._app.timer(interval=NEW_DAY_SECONDS)(self._begin_day)
        self._app.on_partitions_assigned.connect(self._assigned, weak=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``. Raises what a record could be neither answered nor parked for."""
        VITALS.works_on("evaluation.reactions", self._taker.work)
        await self._app.start()
        obeying = asyncio.ensure_future(self._taker.obey(stop))
        try:
            stopped = asyncio.ensure_future(stop.wait())
            await asyncio.wait({stopped, self._failed, obeying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._app.stop()
            obeying.cancel()
        if obeying.done() and not obeying.cancelled():
            obeying.result()
        if self._failed.done():
            self._failed.result()

    async def _react(self, stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                await self._taker.take(event.message)
            except Exception as error:
                self._fail(error)
                await asyncio.Event().wait()  # what is not answered must not be acknowledged
            event.ack()

    async def _begin_day(self) -> None:
        try:
            today = await self._rules.today()
            if today != self._day and await self._rules.new_periods():
                self._day = today
        except Exception:
            log.exception("the figures of new periods wait for the next time")

    async def _assigned(self, _app: faust.App, assigned: Collection[Any], **_more: Any) -> None:
        """Claim anew, and answer what an earlier worker left, of which Faust may think that it was answered."""
        self._taker.forget()
        self._catching_up = asyncio.ensure_future(self._catch_up([TopicPartition(*place) for place in assigned]))

    async def _catch_up(self, places: Sequence[TopicPartition]) -> None:
        try:
            await self._taker.catch_up(places)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)
