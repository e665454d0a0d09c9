"""The evaluation service over a real store: figures and scores by rule, by one worker and by several at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

import pytest

from services.evaluation import rescoring
from services.evaluation.http import COLLECTIONS, LEARNED
from services.evaluation.indicators import ClosePeriod, DefineIndicators, ReopenPeriod
from services.evaluation.measurement import MEASUREMENT, MeasureIndicator, Measurement, VerifyMeasurement
from services.evaluation.reactions import COPIED, STORES, Rules, StoreSnapshot, learner
from services.evaluation.streams import kind_of
from shared.contracts import Command, Event, Recorded
from shared.contracts.committee import ProgrammeRegistered
from shared.contracts.common import FactVoided
from shared.contracts.envelope import GENESIS, SOURCE_PREFIX, Envelope
from shared.contracts.evaluation import IndicatorScored, MeasurementVerified
from shared.contracts.types import instant
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.history import fold
from shared.eventstore.store import EventStore, recorded_of
from shared.streams.learner import Learner
from shared.streams.projection import Connection
from shared.streams.reaction import Reaction, Reply
from tests.given import BEGIN
from tests.stack import Database
from tests.unit.evaluation.examples import (
    ALL,
    INDICATORS_STREAM,
    PROGRAMME,
    PROGRAMME_STREAM,
    QN2,
    definition,
    measurement_of,
    revised,
)
from tests.unit.evaluation.test_qn1 import appointed, stream

ALL_REGIONS = ("CTR", *(f"R{number:02}" for number in range(1, 19)))
COLLECTION = {each.aggregate.name: each for each in COLLECTIONS}
Q1, YEAR = "2560-Q1", "2560-Y"


class CaughtUp(Learner):
    """A learner that has always come as far, since these tests copy before they ask."""

    def __init__(self) -> None:
        super().__init__("evaluation", STORES, COPIED)

    async def reached(self, connection: Connection, event: Envelope) -> bool:
        """Yes."""
        return True


@dataclass
class Service:
    """The collections of the service over a store of their own, the copies it keeps, and its rules."""

    handler: CommandHandler
    rules: Rules
    keys: count[int] = field(default_factory=count)
    copied: list[Envelope] = field(default_factory=list)

    async def learns(self, name: str, event: Event) -> Envelope:
        """Copy an event of the committee service."""
        told = event.moment()
        at = instant(told) if told else BEGIN
        version = 1 + sum(each.stream == name for each in self.copied)
        data = event.to_json().encode()
        place, known = len(self.copied) + 1, str(uuid4())
        envelope = Envelope(
            "committee", 0, place, name, version, known, event.spec.type, at, at, at, "{}", data, "", GENESIS, GENESIS
        )
        self.copied.append(envelope)
        async with self.handler.store.pool.acquire() as connection:
            await learner().apply(connection, [envelope])
        return envelope

    async def tell(self, name: str, command: Command | FactVoided, actor: str = "usr-officer") -> Answer:
        """A command of an officer."""
        key, roles = str(next(self.keys)), frozenset({"officer"})
        aggregate = COLLECTION[kind_of(name)].aggregate
        return await self.handler.handle(Request(aggregate, name, command, f"/callers/{actor}", key, key, actor, roles))

    async def report(self, region: str, value: int, period: str = Q1) -> None:
        """A figure that is verified."""
        command = MeasureIndicator.model_validate(
            {
                "programme": PROGRAMME,
                "indicator": "QN2",
                "scope": region,
                "period": period,
                "reading": {"value": str(value)},
                "evidence": [{"title": "รายงานผล", "uri": "urn:obec:doc:1"}],
            }
        )
        await self.tell(command.stream(), command, "usr-region")
        await self.tell(command.stream(), VerifyMeasurement(), "usr-approver")

    async def state(self, indicator: str, scope: str, period: str = Q1) -> Measurement:
        """What is known of a figure."""
        return fold(MEASUREMENT, await self.handler.store.history(measurement_of(indicator, scope, period)))

    async def events(self) -> list[Recorded]:
        """All of the service's own."""
        histories = await self.handler.store.histories("")
        return sorted((each for history in histories.values() for each in history), key=lambda each: each.recorded_at)

    async def answer(self, *causes: Envelope) -> None:
        """Let both rules answer, one cause after another."""
        for cause in causes:
            await self.rules.computed.answer(cause)
            await self.rules.scoring.answer(cause)

    async def settle(self) -> int:
        """Answer everything of its own and what follows from it; how many events that made."""
        before, seen = len(await self.events()), set[str]()
        while waiting := [each for each in map(enveloped, await self.events()) if each.event_id not in seen]:
            await self.answer(*waiting)
            seen.update(each.event_id for each in waiting)
        return len(await self.events()) - before


def enveloped(recorded: Recorded) -> Envelope:
    """An own event as it comes back from the topic."""
    return Envelope(
        recorded.source.removeprefix(SOURCE_PREFIX), recorded.shard, recorded.position, recorded.stream,
        recorded.version, str(recorded.id), recorded.event.spec.type, recorded.occurred_at, recorded.recorded_at,
        recorded.received_at, "{}", recorded.event.to_json().encode(), "", GENESIS, GENESIS,
    )  # fmt: skip


@pytest.fixture(params=[1, 3], ids=["1 shard", "3 shards"])
async def service(
    database: Callable[[str], Awaitable[Database]], request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """Knows the programme with its 19 regions and its indicators, but no committee."""
    store = await EventStore.open((await database("evaluation")).app_dsn, "evaluation", shards=request.param)
    handler = CommandHandler(store, [each.aggregate for each in COLLECTIONS], LEARNED)
    made = Service(handler, Rules(handler, CaughtUp()))
    known = definition(regions=ALL_REGIONS)
    await made.learns(
        PROGRAMME_STREAM,
        ProgrammeRegistered(programme=PROGRAMME, version=1, definition=known, digest=known.digest()),
    )
    await made.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME))
    yield made
    await store.close()


async def verifications(service: Service) -> list[Envelope]:
    """All there are, oldest first."""
    return [enveloped(each) for each in await service.events() if isinstance(each.event, MeasurementVerified)]


async def test_a_committees_order_becomes_a_figure_and_a_score(service: Service) -> None:
    order = await service.learns(stream(1, "R07"), appointed(region="R07"))
    await service.answer(order)
    await service.settle()
    region, nation = await service.state("QN1", "R07", YEAR), await service.state("QN1", "TH", YEAR)
    assert region.current is not None
    assert (region.current.reporter, region.current.reviewer) == ("rule:committee-events", "rule:qn1")
    assert region.score is not None
    assert nation.score is not None
    assert (nation.score.regions_counted, nation.score.regions_expected, nation.score.provisional) == (1, 19, True)


async def test_an_event_that_is_answered_again_makes_nothing(service: Service) -> None:
    order = await service.learns(stream(1, "R07"), appointed(region="R07"))
    await service.report("R01", 75)
    await service.answer(order)
    assert await service.settle() > 0
    before = len(await service.events())
    await service.answer(order)
    assert await service.settle() == 0
    assert len(await service.events()) == before


async def test_a_voided_verification_takes_the_scores_with_it(service: Service) -> None:
    await service.report("R01", 75)
    await service.settle()
    history = await service.handler.store.history(measurement_of("QN2", "R01", Q1))
    (verification,) = [each for each in history if isinstance(each.event, MeasurementVerified)]
    await service.tell(verification.stream, FactVoided(event_id=verification.id, reason="ตรวจผิด"))
    await service.settle()
    assert (await service.state("QN2", "R01")).score is None
    assert (await service.state("QN2", "TH")).score is None


async def test_a_closed_period_keeps_its_scores_until_it_is_reopened(service: Service) -> None:
    await service.report("R01", 75)
    await service.settle()
    await service.tell(INDICATORS_STREAM, ClosePeriod(period=Q1))
    heavier, lighter = revised(QN2, weight="35"), revised(ALL[2], weight="15")
    await service.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME, indicators=(heavier, lighter)))
    await service.settle()
    score = (await service.state("QN2", "R01")).score
    assert score is not None
    assert score.weight == 30
    await service.tell(INDICATORS_STREAM, ReopenPeriod(period=Q1, reason="แก้ไข"))
    await service.settle()
    score = (await service.state("QN2", "R01")).score
    assert score is not None
    assert score.weight == 35


async def test_several_workers_at_once_leave_the_nation_complete(service: Service) -> None:
    for region in ALL_REGIONS:
        await service.report(region, 75)
    causes = await verifications(service)
    workers = [Rules(service.handler, CaughtUp()) for _ in causes]
    await asyncio.gather(*(worker.scoring.answer(cause) for worker, cause in zip(workers, causes, strict=True)))
    nation = (await service.state("QN2", "TH")).score
    assert nation is not None
    assert (nation.regions_counted, nation.provisional) == (19, False)
    scores = [(await service.state("QN2", region)).score for region in ALL_REGIONS]
    assert all(score is not None for score in scores)


async def test_a_worker_that_another_overtook_asks_its_rule_again(service: Service) -> None:
    snapshot, overtaken = StoreSnapshot(service.handler.store), True
    await service.report("R01", 75)
    (first,) = await verifications(service)
    early = await rescoring.respond(recorded_of(first), snapshot)
    await service.report("R02", 75)
    _, second = await verifications(service)

    async def respond(cause: Envelope) -> list[Reply]:
        nonlocal overtaken
        replies = await rescoring.respond(recorded_of(cause), snapshot)
        if overtaken:
            overtaken = False
            await service.rules.scoring.carry_out(first.event_id, early)
        return replies

    concerns = rescoring.CONCERNS
    late = Reaction("evaluation.scoring", STORES, concerns, service.handler, respond, learner=CaughtUp())
    await late.answer(second)
    nation = (await service.state("QN2", "TH")).score
    assert nation is not None
    assert nation.regions_counted == 2


async def test_what_several_workers_score_a_replay_leaves_as_it_is(service: Service) -> None:
    for region in ALL_REGIONS[:4]:
        await service.report(region, 60 + len(region))
    causes = await verifications(service)
    await asyncio.gather(*(Rules(service.handler, CaughtUp()).scoring.answer(cause) for cause in causes))
    scores = [each for each in await service.events() if isinstance(each.event, IndicatorScored)]
    await service.settle()
    assert [each for each in await service.events() if isinstance(each.event, IndicatorScored)] == scores
