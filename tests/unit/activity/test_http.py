"""What the activity service serves."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import services.activity
from services.activity.http import COLLECTIONS, LEARNED
from services.activity.meeting import HoldMeeting, ScheduleMeeting
from services.activity.roster import Roster
from shared.contracts import Claim, Command, Event, KnownProgramme
from shared.contracts.rejection import codes
from shared.web.collection import Collection
from shared.web.jsonable import dump
from tests.given import given
from tests.unit.activity import test_briefing, test_budget, test_meeting, test_plan, test_workshop

BY_NAME = {each.name: each for each in COLLECTIONS}


class Held:
    """A store in which one claim is held."""

    def __init__(self, claim: Claim | None = None, stream: str = "") -> None:
        self.claim, self.stream = claim, stream

    async def holder(self, claim: Claim) -> str | None:
        return self.stream if claim == self.claim else None

    async def streams(self, prefix: str) -> list[str]:
        return []


def locate(collection: str, command: Command, store: Held | None = None) -> str:
    return asyncio.run(located(BY_NAME[collection], command, store or Held()))


async def located(collection: Collection, command: Command, store: Held) -> str:
    return await collection.locate(command, store)


def test_every_kind_of_stream_is_served() -> None:
    assert {each.aggregate.name for each in COLLECTIONS} == {"activity", "meeting", "workshop", "briefing", "budget"}
    assert len(BY_NAME) == len(COLLECTIONS)


def test_every_command_has_a_place() -> None:
    served = {kind for each in COLLECTIONS for kind in (each.create, *each.verbs.values())}
    modules = ("plan", "meeting", "workshop", "briefing", "budget")
    known = {
        thing
        for name in modules
        for thing in vars(getattr(services.activity, name)).values()
        if isinstance(thing, type) and issubclass(thing, Command) and thing is not Command and thing.__name__[0] != "_"
    }
    assert served == known


@pytest.mark.parametrize("collection", ["meetings", "meeting-records"])
@pytest.mark.parametrize("command", [test_meeting.schedule(), test_meeting.hold()], ids=["scheduled", "held"])
def test_a_meeting_is_found_by_its_number(collection: str, command: ScheduleMeeting | HoldMeeting) -> None:
    held = Held(Claim("meeting", test_meeting.KEY), test_meeting.STREAM)
    assert locate(collection, command, held) == test_meeting.STREAM


@pytest.mark.parametrize(
    ("collection", "command", "kind"),
    [
        ("meetings", test_meeting.schedule(), "meeting"),
        ("meeting-records", test_meeting.hold(), "meeting"),
        ("workshops", test_workshop.hold(), "workshop"),
        ("briefings", test_briefing.brief(), "briefing"),
    ],
)
def test_what_is_not_known_yet_gets_a_stream_of_its_own(collection: str, command: Command, kind: str) -> None:
    first, second = locate(collection, command), locate(collection, command)
    assert first != second
    for stream in (first, second):
        assert stream.startswith(f"{kind}:")
        assert UUID(stream.removeprefix(f"{kind}:")).version == 7


def test_an_activity_and_a_budget_are_named_by_their_programme() -> None:
    assert locate("activities", test_plan.plan()) == "activity:2560-cluster:1.2"
    assert locate("budgets", test_budget.allocate()) == "budget:2560-cluster"


def test_minutes_are_approved_by_an_approver_too() -> None:
    assert BY_NAME["meetings"].may("approve-minutes") == {"approver", "officer"}
    assert BY_NAME["meetings"].may("hold") == {"officer"}


def test_the_programme_and_the_roster_are_learned() -> None:
    assert {each.state for each in LEARNED} == {KnownProgramme, Roster}


STORIES: dict[str, tuple[Event, ...]] = {
    "activities": (test_plan.planned, test_plan.started, test_plan.completed),
    "meetings": (test_meeting.scheduled, test_meeting.notice, test_meeting.held, test_meeting.minutes),
    "workshops": (test_workshop.held, test_workshop.summarised),
    "briefings": (test_briefing.briefed, test_briefing.acknowledged),
    "budgets": (test_budget.allocated, test_budget.transferred, test_budget.paid),
}


@pytest.mark.parametrize("collection", list(STORIES))
def test_every_state_can_be_shown(collection: str) -> None:
    served = BY_NAME[collection]
    state = given(*STORIES[collection]).on(f"{served.aggregate.name}:1", served.aggregate).state()
    shown: dict[str, Any] = json.loads(dump(state))
    assert isinstance(shown, dict)
    assert state != served.aggregate.initial


AREAS = ("activity", "meeting", "workshop", "briefing", "budget")


def test_every_code_that_is_raised_is_in_the_catalogue_and_the_other_way_round() -> None:
    folder = Path(services.activity.__path__[0])
    rules = [each for each in folder.glob("*.py") if each.stem not in ("reactions", "consumers", "__main__")]
    source = "\n".join(each.read_text("utf-8") for each in rules)
    raised = set(re.findall(rf'"((?:{"|".join(AREAS)})\.[a-z_]+)"', source))
    catalogued = {code for code in codes() if code.split(".")[0] in AREAS}
    assert raised == catalogued


def test_each_code_has_a_sentence_in_thai_and_one_in_english() -> None:
    for code, entry in codes().items():
        if code.split(".")[0] in AREAS:
            assert re.search(r"[\u0e01-\u0e5b]", entry.th), code
            assert not re.search(r"[\u0e01-\u0e5b]", entry.en), code
            assert entry.status in (409, 422), code
            assert set(re.findall(r"{(\w+)}", entry.th)) >= set(re.findall(r"{(\w+)}", entry.en)), code
