"""A small load: officers who send one command after another over HTTP, each again and again until it is answered."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
import orjson

from tests.eventually import eventually
from tests.unit.committee.examples import PROGRAMME_ID, definition, mandate_text

COMMANDS = int(os.environ.get("OBEC_FAULT_COMMANDS", "70"))
"""How many a test sends about while something is broken; the campaign has more sent."""
FULL_COURSE = 7
"""Commands of a region from its proposal until every kind was sent."""
PATIENCE = 40.0
"""Seconds for which a command is sent again."""
PAUSE = 0.1
TIMEOUT = 5.0
"""Seconds after which an address that says nothing is left for the next one; twice that the next time."""
REGIONS = tuple(f"R{number:02}" for number in range(1, 19))
UNIT = "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """A command that was acknowledged, with its answer."""

    path: str
    key: str
    body: Any
    answer: Answer


@dataclass(frozen=True)
class Refusal:
    """A command that was refused."""

    code: str


class Unanswered(AssertionError):
    """Nobody answered a command for as long as was waited."""


@dataclass
class Office:
    """Sends to the first address that answers. ``acknowledged`` is all that was promised to be kept."""

    addresses: Sequence[str]
    headers: Mapping[str, str]
    name: str = "k"
    transport: httpx.AsyncBaseTransport | None = None
    """For a service in this process."""
    acknowledged: list[Sent] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    sent_again: int = 0
    """How often something had to be sent once more."""
    desks: dict[str, _Desk] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Office:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=40)
        self._http = httpx.AsyncClient(
            headers=self.headers, timeout=TIMEOUT, limits=limits, trust_env=False, transport=self.transport
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._http is not None
        await self._http.aclose()

    @property
    def answered(self) -> int:
        """How many commands were acknowledged."""
        return len(self.acknowledged)

    @property
    def event_ids(self) -> list[str]:
        """Ids of all events that were acknowledged."""
        return [event["id"] for each in self.acknowledged for event in each.answer["events"]]

    def carry_on(self, other: Office) -> None:
        """Go on where another office stopped, whose service has moved."""
        self.acknowledged, self.desks, self._numbers = other.acknowledged, other.desks, other._numbers

    async def has_answered(self, commands: int) -> None:
        """Wait until so many commands more were acknowledged."""
        wanted = self.answered + commands
        await eventually(lambda: self.answered >= wanted, PATIENCE)

    async def open(self) -> None:
        """Register the programme and adopt its mandate, so that there is something to work on."""
        await self.tell("programmes", {"definition": definition().model_dump(mode="json")})
        drafted = {"programme": PROGRAMME_ID, "version": 1, "text": mandate_text().model_dump(mode="json")}
        await self.tell("mandates", {**drafted, "drafted_on": "2016-10-10"})
        await self.tell(
            f"mandates/mandate:{PROGRAMME_ID}:1/adopt", {"adopted_on": "2016-12-01", "resolution": "มติ 1/2560"}
        )

    async def work(self, commands: int, regions: Sequence[str] = ()) -> None:
        """About ``commands`` commands, region beside region, by default as many regions as come to every kind."""
        regions = regions or REGIONS[: max(1, commands // FULL_COURSE)]
        each = -(-commands // len(regions))
        await asyncio.gather(*(self._region(region, each) for region in regions))

    async def tell(self, path: str, body: Any) -> Answer | Refusal:
        """Send a command until it is answered. Raises Unanswered."""
        sent = await self._until_answered(path, f"{self.name}-{next(self._numbers)}", body)
        if isinstance(sent, Refusal):
            self.refused.append(sent)
            return sent
        self.acknowledged.append(sent)
        return sent.answer

    async def repeat(self, which: Callable[[Sent], bool] = lambda _: True) -> list[str]:
        """Send what was acknowledged once more, each with its key; lists the answers that are not the same."""
        chosen = [each for each in self.acknowledged if which(each)]
        gate = asyncio.Semaphore(20)

        async def again(sent: Sent) -> str | None:
            async with gate:
                found = await self._until_answered(sent.path, sent.key, sent.body)
            same = isinstance(found, Sent) and found.answer == sent.answer
            return None if same else f"I9 {sent.key} {sent.path}: answered {sent.answer}, then {found}"

        return [line for line in await asyncio.gather(*map(again, chosen)) if line is not None]

    async def _region(self, region: str, commands: int) -> None:
        """Go on with a region's committee, from its proposal."""
        desk = self.desks.setdefault(region, _Desk(region))
        for _ in range(commands):
            verb, body = desk.next()
            answer = await self.tell(f"committees/{desk.stream}/{verb}" if verb else "committees", body)
            assert not isinstance(answer, Refusal) or desk.may_be_refused, f"{region} {verb}: {answer}"
            desk.take(answer)

    async def _until_answered(self, path: str, key: str, body: Any) -> Sent | Refusal:
        assert self._http is not None
        content, headers = orjson.dumps(body), {"Idempotency-Key": key, "Content-Type": "application/json"}
        clock = asyncio.get_running_loop()
        deadline = clock.time() + PATIENCE
        said, timeout = "", TIMEOUT
        while clock.time() < deadline:
            for address in self.addresses:
                url = f"{address}/v1/{path}"
                try:
                    found = await self._http.post(url, content=content, headers=headers, timeout=timeout)
                except httpx.TransportError as error:
                    said = repr(error)
                    self.sent_again += 1
                    continue
                if found.is_success:
                    return Sent(path, key, body, orjson.loads(found.content))
                if found.status_code < 500:
                    return Refusal(orjson.loads(found.content)["code"])
                said = found.text
                self.sent_again += 1
            await asyncio.sleep(PAUSE)
            timeout *= 2
        raise Unanswered(f"{path} {key}: {said}")


def _member(number: int, seat: str) -> dict[str, Any]:
    person = f"00000000-0000-4000-8000-{number:012}"
    return {"person_id": person, "office": f"ผู้อำนวยการเขต {number}", "seat": seat, "voting": True}


MEMBERS = [_member(1, "chair"), _member(2, "member"), _member(3, "secretary")]


def _proposal(region: str) -> dict[str, Any]:
    return {
        "programme": PROGRAMME_ID,
        "region": region,
        "proposed_on": "2016-12-15",
        "proposed_by": UNIT,
        "members": MEMBERS,
    }


def _order(number: int) -> dict[str, Any]:
    return {
        "order": {"unit": UNIT, "number": number, "year": 2560},
        "order_date": "2017-01-12",
        "signatory_office": "เลขาธิการคณะกรรมการการศึกษาขั้นพื้นฐาน",
        "effective_from": "2017-01-12",
        "mandate_version": 1,
        "members": MEMBERS,
    }


@dataclass
class _Desk:
    """What one region does next, one command after another."""

    region: str
    stream: str = ""
    appointed: bool = False
    refused: bool = False
    step: int = 0
    last: str = ""
    """Id of the last event."""

    @property
    def may_be_refused(self) -> bool:
        """Everybody tries the first order number first: one claim, many takers."""
        return not self.appointed and not self.refused

    def next(self) -> tuple[str, Any]:
        """Verb and body: a proposal, an order, and then members that come, change their seat, had not, and leave."""
        if not self.stream:
            return "", _proposal(self.region)
        if not self.appointed:
            return "appoint", _order(REGIONS.index(self.region) + 2 if self.refused else 1)
        turn, kind = divmod(self.step, 4)
        member = _member(10 + turn, "member")
        holder = {"person_id": member["person_id"]}
        day = str(date(2017, 1, 13) + timedelta(days=self.step))
        match kind:
            case 0:
                return "appoint-member", {"member": member, "effective_from": day}
            case 1:
                return "change-role", {"holder": holder, "seat": "vice_chair", "voting": False, "effective_from": day}
            case 2:
                return "void", {"event_id": self.last, "reason": "บันทึกผิด"}
            case _:
                return "end-member", {"holder": holder, "ended_on": day, "reason": "เกษียณอายุราชการ"}

    def take(self, answer: Answer | Refusal) -> None:
        """Go on from an answer."""
        if isinstance(answer, Refusal):
            self.refused = True
        elif not self.stream:
            self.stream = answer["stream"]
        elif not self.appointed:
            self.appointed = True
        else:
            self.step += 1
            self.last = answer["events"][0]["id"]
