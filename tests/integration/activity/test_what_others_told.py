"""The activity service over a real store: meetings judged by copied rosters, numbers and vouchers claimed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import uuid4

import pytest

from services.activity.budget import DisburseFunds
from services.activity.http import COLLECTIONS, LEARNED
from services.activity.meeting import MEETING
from services.activity.plan import CompleteActivity, PlanActivity, StartActivity
from services.activity.reactions import ProgressRule
from shared.contracts import Command, Event, Rejected
from shared.contracts.activity import MeetingAdjourned, MeetingHeld
from shared.contracts.committee import CommitteeAppointed, MemberEnded, ProgrammeAmended, ProgrammeRegistered, Seat
from shared.contracts.common import FactVoided
from shared.contracts.definition import CompletionRule
from shared.contracts.envelope import GENESIS, Envelope
from shared.contracts.types import OrderNumber, bangkok_midnight
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.history import fold
from shared.eventstore.store import EventStore
from shared.streams.learner import Learner
from tests.stack import Database
from tests.unit.activity.examples import PROGRAMME, day, definition, member, moment, person
from tests.unit.activity.test_budget import allocate, pay
from tests.unit.activity.test_meeting import came, hold, schedule

COMMITTEE = "committee:2560-cluster:R07:1"
COLLECTION = {each.name: each for each in COLLECTIONS}
OTHER = "2560-other"

appointed = CommitteeAppointed(
    programme=PROGRAMME,
    region="R07",
    order=OrderNumber(unit="สพฐ.", number=12, year=2560),
    order_date=day(1, 5),
    signatory_office="เลขาธิการ",
    effective_from=day(1, 10),
    mandate_version=1,
    members=(member("chair", Seat.CHAIR), member("secretary", Seat.SECRETARY), member("teacher")),
)

PLAN = PlanActivity(programme=PROGRAMME, code="1.2", opens=day(1, 1), closes=day(3, 1), deadline=day(4, 1))


def registered(programme: str = PROGRAMME) -> ProgrammeRegistered:
    known = definition(programme=programme)
    return ProgrammeRegistered(programme=programme, version=1, definition=known, digest=known.digest())


@dataclass
class Service:
    """The collections of the activity service over a store of their own, and the copies it keeps."""

    handler: CommandHandler
    keys: count[int] = field(default_factory=count)
    copied: list[Envelope] = field(default_factory=list)

    async def learns(self, stream: str, event: Event) -> str:
        """Copy an event of the committee service; its id."""
        told = event.moment()
        at = told if isinstance(told, datetime) else bangkok_midnight(told) if told else moment(1, 1)
        known = str(uuid4())
        version = 1 + sum(each.stream == stream for each in self.copied)
        data = event.to_json().encode()
        place = len(self.copied) + 1
        envelope = Envelope(
            "committee", 0, place, stream, version, known, event.spec.type, at, at, at, "{}", data, "", GENESIS, GENESIS
        )
        self.copied.append(envelope)
        learner = Learner("activity", ("committee",), ("programme", "committee"))
        async with self.handler.store.pool.acquire() as connection:
            await learner.apply(connection, [envelope])
        return known

    async def create(self, collection: str, command: Command) -> Answer:
        stream = await COLLECTION[collection].locate(command, self.handler)
        return await self.tell(collection, stream, command)

    async def tell(self, collection: str, stream: str, command: Command | FactVoided) -> Answer:
        key = str(next(self.keys))
        aggregate, roles = COLLECTION[collection].aggregate, frozenset({"officer"})
        return await self.handler.handle(
            Request(aggregate, stream, command, "/callers/usr-officer", key, key, "usr-officer", roles)
        )

    async def held(self, stream: str) -> MeetingHeld | MeetingAdjourned | None:
        return fold(MEETING, await self.handler.store.history(stream)).held


@pytest.fixture(params=[1, 3], ids=["1 shard", "3 shards"])
async def service(
    database: Callable[[str], Awaitable[Database]], request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """Knows the programme, but no committee."""
    store = await EventStore.open((await database("activity")).app_dsn, "activity", shards=request.param)
    made = Service(CommandHandler(store, [each.aggregate for each in COLLECTIONS], LEARNED))
    await made.learns(f"programme:{PROGRAMME}", registered())
    yield made
    await store.close()


async def test_a_meeting_waits_for_its_roll_and_is_judged_by_it(service: Service) -> None:
    scheduled = await service.create("meetings", schedule())
    with pytest.raises(Rejected, match=r"meeting\.roll_not_known"):
        await service.create("meeting-records", hold())
    await service.learns(COMMITTEE, appointed)
    held = await service.create("meeting-records", hold())
    assert (held.stream, held.version) == (scheduled.stream, 2)
    found = await service.held(held.stream)
    assert isinstance(found, MeetingHeld)
    assert (found.roll.committee, found.roll.committee_version, found.roll.voting) == (COMMITTEE, 1, 3)


async def test_the_roll_is_that_of_the_meetings_time_and_not_todays(service: Service) -> None:
    await service.learns(COMMITTEE, appointed)
    for name in ("secretary", "teacher"):
        left = {"person_id": person(name)}
        await service.learns(
            COMMITTEE,
            MemberEnded.model_validate(
                {"programme": PROGRAMME, "region": "R07", "holder": left, "ended_on": day(3, 1), "reason": "ย้าย"}
            ),
        )
    adjourned = await service.create("meeting-records", hold(came("chair")))
    found = await service.held(adjourned.stream)
    assert isinstance(found, MeetingAdjourned)
    assert (found.roll.voting, found.roll.present) == (3, 1)


async def test_an_appointment_that_was_voided_makes_no_roll(service: Service) -> None:
    order = await service.learns(COMMITTEE, appointed)
    await service.learns(COMMITTEE, FactVoided.model_validate({"event_id": order, "reason": "ผิด"}))
    with pytest.raises(Rejected, match=r"meeting\.roll_not_known"):
        await service.create("meeting-records", hold())


async def test_a_meeting_told_twice_stands_once(service: Service) -> None:
    await service.learns(COMMITTEE, appointed)
    first, again = [await service.create("meeting-records", hold()) for _ in range(2)]
    assert (again.stream, list(again.events)) == (first.stream, [])


async def test_one_number_is_one_meeting_even_for_two_at_once(service: Service) -> None:
    told = await asyncio.gather(
        *(service.create("meetings", schedule(place=place)) for place in ("ก", "ข")), return_exceptions=True
    )
    refused = [each for each in told if isinstance(each, Rejected)]
    assert [each.code for each in refused] in (["claim.taken"], ["meeting.already_scheduled"])
    assert len(await service.handler.store.streams("meeting:")) == 1


async def test_a_voided_meeting_gives_its_number_back(service: Service) -> None:
    wrong = await service.create("meetings", schedule())
    voided = FactVoided.model_validate({"event_id": wrong.events[0]["id"], "reason": "ผิด"})
    await service.tell("meetings", wrong.stream, voided)
    right = await service.create("meetings", schedule(place="ที่ถูก"))
    assert right.stream != wrong.stream


async def test_a_voucher_pays_once_whatever_the_programme(service: Service) -> None:
    await service.learns(f"programme:{OTHER}", registered(OTHER))
    for programme in (PROGRAMME, OTHER):
        await service.create("budgets", allocate(programme=programme))
    ours, theirs = pay(), pay(programme=OTHER)
    await disburse(service, ours)
    with pytest.raises(Rejected, match=r"claim\.taken"):
        await disburse(service, theirs)


async def test_payments_at_once_are_not_more_than_was_allocated(service: Service) -> None:
    await service.create("budgets", allocate())
    payments = [pay(voucher=pay().voucher.model_copy(update={"number": f"ขบ {n}"})) for n in range(3)]
    told = await asyncio.gather(*(disburse(service, each) for each in payments), return_exceptions=True)
    assert sum(isinstance(each, Answer) for each in told) == 1
    assert {each.code for each in told if isinstance(each, Rejected)} == {"budget.over_allocation"}


async def test_an_amendment_that_was_voided_moves_the_plan_no_longer(service: Service) -> None:
    """As it would not if the process had been started anew."""
    rule, stream = ProgressRule(service.handler.store), f"programme:{PROGRAMME}"
    ruled = definition(rules={"1.2": CompletionRule(evidence=("CommitteeAppointed",), per="programme")})
    amended = ProgrammeAmended(programme=PROGRAMME, version=2, definition=ruled, digest=ruled.digest(), reason="กติกา")
    await service.create("activities", PLAN)
    amendment = await service.learns(stream, amended)
    await service.learns(COMMITTEE, appointed)
    order = service.copied[-1]
    assert [type(each.command) for each in await rule.respond(order) or ()] == [StartActivity, CompleteActivity]
    await service.learns(stream, FactVoided.model_validate({"event_id": amendment, "reason": "ผิด"}))
    assert await rule.respond(service.copied[-1]) is None
    assert await rule.respond(order) is None


async def disburse(service: Service, payment: DisburseFunds) -> Answer:
    return await service.tell("budgets", payment.stream(), payment)
