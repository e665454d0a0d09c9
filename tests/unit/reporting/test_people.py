"""Names of persons as pages ask for them: kept for a moment and for one reader, none when they cannot be had."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest

from services.reporting.pages import people
from services.reporting.pages.people import KEPT_SECONDS, MOST_ASKED, MOST_KEPT, People

NAME = "นางสาวสมใจ ใจดี"
TOLD = {"persons": [{"person_id": "a", "display_name": NAME}, {"person_id": "b", "display_name": None}]}


@dataclass
class Service:
    """Stands in for the committee service; gives ``answer`` and remembers what it was asked."""

    answer: httpx.Response | Exception | None = field(default_factory=lambda: httpx.Response(200, json=TOLD))
    asked: list[httpx.Request] = field(default_factory=list)
    seconds: float = 1000.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer

    def people(self) -> People:
        """What asks it."""
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return People(client, "http://committee", lambda: self.seconds)


async def test_names_are_asked_for_in_the_reader_s_name_and_who_has_none_is_left_out() -> None:
    service = Service()
    assert await service.people().names("token", ["b", "a", "b"]) == {"a": NAME}
    [request] = service.asked
    assert str(request.url) == "http://committee/v1/persons?ids=a%2Cb"
    assert request.headers["authorization"] == "Bearer token"


async def test_nobody_is_asked_about_nobody_nor_without_a_token() -> None:
    service = Service()
    assert await service.people().names("token", []) == {}
    assert await service.people().names(None, []) == {}
    assert await service.people().names(None, ["a"]) is None
    assert service.asked == []


async def test_no_more_persons_are_asked_for_than_the_service_takes() -> None:
    service = Service()
    await service.people().names("token", map(str, range(MOST_ASKED + 1)))
    assert len(service.asked[0].url.params["ids"].split(",")) == MOST_ASKED


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("nobody there"),
        httpx.ReadTimeout("too slow"),
        httpx.Response(503),
        httpx.Response(401),
        httpx.Response(302, headers={"Location": "http://elsewhere"}),
        httpx.Response(200, text="names"),
        httpx.Response(200, json={"persons": [{"display_name": NAME}]}),
    ],
    ids=["away", "slow", "unavailable", "refused", "elsewhere", "unreadable", "other"],
)
async def test_an_answer_that_has_no_names_is_none_and_is_not_kept(answer: httpx.Response | Exception) -> None:
    service = Service(answer)
    asking = service.people()
    assert await asking.names("token", ["a"]) is None
    service.answer = httpx.Response(200, json=TOLD)
    assert await asking.names("token", ["a"]) == {"a": NAME}
    assert {request.url.host for request in service.asked} == {"committee"}


async def test_a_service_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PATIENCE_SECONDS", 0.01)
    assert await Service(None).people().names("token", ["a"]) is None


async def test_names_are_kept_for_a_moment_which_begins_before_they_are_asked_for() -> None:
    service = Service()
    asking = service.people()
    await asking.names("token", ["a"])
    service.seconds += KEPT_SECONDS - 0.1
    await asking.names("token", ["a"])
    assert len(service.asked) == 1
    service.seconds += 0.1
    await asking.names("token", ["a"])
    assert len(service.asked) == 2


async def test_what_one_reader_was_told_is_told_to_no_other() -> None:
    service = Service()
    asking = service.people()
    await asking.names("token", ["a"])
    service.answer = httpx.Response(403)
    assert await asking.names("token", ["a"]) == {"a": NAME}
    assert await asking.names("other", ["a"]) is None


async def test_the_oldest_answer_gives_way() -> None:
    service = Service()
    asking = service.people()
    for number in range(MOST_KEPT + 1):
        await asking.names(f"token-{number}", ["a"])
    await asking.names("token-1", ["a"])
    assert len(service.asked) == MOST_KEPT + 1
    await asking.names("token-0", ["a"])
    assert len(service.asked) == MOST_KEPT + 2
