"""The publisher kit's sender: each event once, to the service that takes it; stopped, it goes on where it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.committee.programme import RegisterProgramme
from shared.eventstore.commands import Request
from shared.kit.sending import BATCH, CannotSend, Receipts, Sender
from shared.service import Parts
from tests.conftest import NewDatabase
from tests.contract.services import WRITE_SERVICES, app_of, opened, parts_of
from tests.contract.test_all_receipts import OneKey
from tests.integration.ingress.desk import appointed, event, proposed
from tests.tokens import TestIssuer
from tests.unit.committee.examples import definition

KEY = {"X-API-Key": "good"}


class Net(httpx.AsyncBaseTransport):
    """The services by their addresses; ``lost`` is how many of the next answers never arrive."""

    def __init__(self) -> None:
        self.apps: dict[str, httpx.ASGITransport] = {}
        self.requests: list[tuple[str, str]] = []
        self.lost = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.host))
        answer = await self.apps[request.url.host.partition(".")[0]].handle_async_request(request)
        if self.lost and request.method == "POST":
            self.lost -= 1
            raise httpx.ReadError("the line was cut")
        return answer


@pytest.fixture
async def net(database: NewDatabase, issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Net]:
    monkeypatch.setattr("shared.service.Register", OneKey)
    made = Net()
    async with AsyncExitStack() as stack:
        for service in WRITE_SERVICES:
            store = await stack.enter_async_context(opened((await database(service)).app_dsn, service))
            if service == "committee":
                await registered(parts_of(service), store)
            made.apps[service] = httpx.ASGITransport(app_of(service, store, issuer))
        yield made


async def registered(parts: Parts, store: Any) -> None:
    command = RegisterProgramme(definition=definition())
    kind = parts.collections[0]
    stream = command.stream()
    await parts.handler(store).handle(Request(kind.aggregate, stream, command, "/callers/o", "1", {}, "usr-o"))


async def sent(net: Net, events: list[dict[str, Any]], receipts: Receipts) -> Sender:
    sender = Sender("http://committee.test", KEY, net)
    async for _ in sender.send(events, receipts):
        pass
    await sender.close()
    return sender


def kept(path: Path) -> Receipts:
    receipts = Receipts(path)
    receipts.load()
    return receipts


async def test_events_go_to_who_takes_them_and_their_receipts_are_kept(net: Net, tmp_path: Path) -> None:
    receipts = kept(tmp_path / "r")
    events = [proposed("1", "R01"), event("FundsDisbursed", "2", {}), proposed("3", "R99"), event("Odd", "4", {})]
    sender = await sent(net, events, receipts)
    told = [orjson.loads(line) for line in receipts.path.read_bytes().splitlines()]
    assert [(each["id"], each["outcome"]) for each in told] == [
        ("1", "accepted"), ("2", "rejected"), ("3", "rejected"), ("4", "refused")
    ]  # fmt: skip
    assert sender.outcomes == {"accepted": 1, "rejected": 2, "refused": 1}
    assert ("POST", "activity.test") in net.requests


async def test_what_was_answered_is_not_sent_again(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "r"
    await sent(net, [proposed("1", "R01")], kept(path))
    path.write_bytes(path.read_bytes() + b'{"outcome":"acc')  # it was killed while it wrote
    asked = len(net.requests)
    again = await sent(net, [proposed("1", "R01"), proposed("2", "R02")], kept(path))
    assert again.outcomes == {"accepted": 1}
    assert len(net.requests) == asked + 2


async def test_a_batch_whose_answer_was_lost_is_sent_again_and_counts_once(net: Net, tmp_path: Path) -> None:
    net.lost = 1
    sender = await sent(net, [proposed(str(n), f"R{n:02}") for n in range(1, 10)], kept(tmp_path / "r"))
    assert sender.outcomes == {"accepted": 9}


async def test_many_events_go_in_batches(net: Net, tmp_path: Path) -> None:
    counts = []
    sender = Sender("http://committee.test", KEY, net)
    events = [proposed(str(number), "R99") for number in range(BATCH + 5)]
    async for count in sender.send(events, kept(tmp_path / "r")):
        counts.append(count)
    await sender.close()
    assert counts == [BATCH, 5]


async def test_what_waits_is_asked_again(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "r"
    assert (await sent(net, [appointed("1", "R01")], kept(path))).outcomes == {"waiting": 1}
    assert (await sent(net, [appointed("1", "R01")], kept(path))).outcomes == {"waiting": 1}


async def test_who_is_not_known_is_told_so(net: Net, tmp_path: Path) -> None:
    sender = Sender("http://committee.test", {"X-API-Key": "bad"}, net)
    with pytest.raises(CannotSend, match=r"auth\.required"):
        async for _ in sender.send([proposed()], kept(tmp_path / "r")):
            pass
    await sender.close()
