"""Sending a file: as many at once as the publisher may, stopped and gone on with, and what is said in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import stamina
from typer.testing import CliRunner

from obec.__main__ import command_line
from shared.kit import sending
from shared.kit.sending import CannotSend, Receipts, Sender

START = "http://committee.test"


class Service:
    """A service that takes what it is told to, of ``most`` events at once; ``batches`` are what it was sent."""

    def __init__(self, most: int = 1000, outcomes: Mapping[str, str] | None = None) -> None:
        self.most, self.outcomes = most, outcomes or {}
        self.batches: list[list[str]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """As committee answers."""
        if request.method == "GET":
            return httpx.Response(200, json={"types": {}, "limits": {"batch_events": self.most}})
        events = orjson.loads(request.content)
        if len(events) > self.most:
            return httpx.Response(413, json={"code": "batch.too_large", "en": "Too many."})
        self.batches.append([each["id"] for each in events])
        told = [{**each, "outcome": self.outcomes.get(each["id"], "accepted")} for each in events]
        return httpx.Response(200, json=told)


def events(count: int, text: str = "") -> list[dict[str, Any]]:
    return [{"id": str(number), "source": "/ext/a/b", "text": text} for number in range(count)]


async def sent(answer: Callable[[httpx.Request], httpx.Response], given: list[dict[str, Any]], path: Path) -> None:
    receipts = Receipts(path)
    receipts.load()
    sender = Sender(START, {}, httpx.MockTransport(answer))
    try:
        async for _ in sender.send(given, receipts):
            pass
    finally:
        await sender.close()


async def test_no_more_go_at_once_than_the_publisher_may_send(tmp_path: Path) -> None:
    service = Service(most=2)
    await sent(service.answer, events(5), tmp_path / "r")
    assert service.batches == [["0", "1"], ["2", "3"], ["4"]]


async def test_no_more_go_at_once_than_a_request_may_hold(tmp_path: Path) -> None:
    service = Service()
    await sent(service.answer, events(3, "x" * (sending.BATCH_BYTES // 2)), tmp_path / "r")
    assert service.batches == [["0"], ["1"], ["2"]]


async def test_receipts_behind_a_line_that_was_cut_off_are_read_again(tmp_path: Path) -> None:
    path, service = tmp_path / "r", Service()
    path.write_bytes(b'{"outcome":"acc')
    await sent(service.answer, events(2), path)
    await sent(service.answer, events(2), path)
    assert len(service.batches) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<h1>Not found</h1>"),
        httpx.Response(200, text="<h1>Welcome</h1>"),
        httpx.Response(200, json=[]),
        httpx.Response(301, headers={"Location": "https://elsewhere.example"}),
    ],
)
async def test_who_is_no_service_is_told_of_in_one_line(answer: httpx.Response, tmp_path: Path) -> None:
    with pytest.raises(CannotSend) as refused:
        await sent(lambda _: answer, events(1), tmp_path / "r")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("address", ["committee.test:8410", "http://committee.test:port", "ftp://committee.test"])
async def test_what_is_no_address_is_said_at_once(address: str, tmp_path: Path) -> None:
    sender = Sender(address, {})
    with pytest.raises(CannotSend, match="no address"):
        await sender.learn()
    await sender.close()


async def test_who_sends_too_fast_waits_as_long_as_it_is_told_and_is_not_given_up(tmp_path: Path) -> None:
    service, slow, words = Service(), [httpx.Response(429, headers={"Retry-After": "0"})] * 3, list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        return slow.pop() if request.method == "POST" and slow else service.answer(request)

    receipts = Receipts(tmp_path / "r")
    sender = Sender(START, {}, httpx.MockTransport(answer), words.append)
    with stamina.set_testing(True, attempts=1):
        async for _ in sender.send(events(2), receipts):
            pass
    await sender.close()
    assert service.batches == [["0", "1"]]
    assert set(words) == {"as fast as the publisher may send"}


def test_a_service_that_is_away_is_one_line_and_no_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(sending, "Sender", partial(Sender, transport=httpx.MockTransport(answer)))
    file = tmp_path / "events.jsonl"
    file.write_bytes(orjson.dumps(events(1)[0]))
    with stamina.set_testing(True, attempts=3):
        done = CliRunner().invoke(command_line(["publish"]), ["publish", str(file), "--key", "k", "--to", START])
    assert done.exit_code == 1
    assert "retry" not in done.output + done.stderr
    assert f"obec: {START}/v1/publishers/me does not answer" in done.output + done.stderr


def test_a_folder_is_no_file_of_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command_line(["publish"]), ["publish", ".", "--key", "k", "--to", START])
    assert (done.exit_code, "Is a directory" in done.output + done.stderr) == (1, True)


def test_a_file_of_which_something_was_refused_is_not_called_well_when_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = Service(outcomes={"1": "rejected"})
    monkeypatch.setattr(sending, "Sender", partial(Sender, transport=httpx.MockTransport(service.answer)))
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in events(3)))
    for _ in range(2):
        done = CliRunner().invoke(command_line(["publish"]), ["publish", str(file), "--key", "k", "--to", START])
        assert done.exit_code == 1, done.output
        assert "rejected" in done.output
        assert "events.jsonl.receipts.jsonl says why" in "".join(done.output.split("\n"))
    assert len(service.batches) == 1


def test_nothing_is_sent_whose_receipts_cannot_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    service = Service()
    monkeypatch.setattr(sending, "Sender", partial(Sender, transport=httpx.MockTransport(service.answer)))
    file = tmp_path / "events.jsonl"
    file.write_bytes(orjson.dumps(events(1)[0]))
    (tmp_path / "events.jsonl.receipts.jsonl").mkdir()
    done = CliRunner().invoke(command_line(["publish"]), ["publish", str(file), "--key", "k", "--to", START])
    assert (done.exit_code, service.batches) == (1, [])
    assert not isinstance(done.exception, OSError)
