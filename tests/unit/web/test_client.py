"""The client sends a command until it is answered, each time under the same key, and tells refusals."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import orjson
import pytest
import stamina

from shared.web.client import Client, Done, NotAnswered, Refused

ANSWER = {"stream": "note:1", "version": 1, "position": "activity:0:1", "events": [{"id": "a", "type": "b"}]}
PROBLEM = {"code": "request.invalid", "en": "Not valid.", "errors": [{"pointer": "/a", "code": "missing", "en": "no"}]}


@pytest.fixture(autouse=True)
def hurry() -> object:
    with stamina.set_testing(True, attempts=4):
        yield


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://service.test", "token", transport=httpx.MockTransport(answer))


async def test_a_command_carries_token_key_and_version() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json=ANSWER)

    async with client(answer) as http:
        done = await http.command("/v1/notes", {"a": 1}, key="k", version=3)
    assert done == Done("note:1", 1, "activity:0:1", ({"id": "a", "type": "b"},))
    [request] = seen
    assert request.headers["authorization"] == "Bearer token"
    assert (request.headers["idempotency-key"], request.headers["if-match"]) == ("k", '"3"')
    assert orjson.loads(request.content) == {"a": 1}


async def test_what_was_not_answered_is_sent_again_under_the_same_key() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ReadError("gone")
        return httpx.Response(503) if len(keys) == 2 else httpx.Response(200, json={**ANSWER, "events": []})

    async with client(answer) as http:
        assert (await http.command("/v1/notes", {})).events == ()
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_service_that_never_answers_is_given_up() -> None:
    async with client(lambda _: httpx.Response(503)) as http:
        with pytest.raises(NotAnswered, match="does not answer: it is not ready"):
            await http.get("/v1/clock")


async def test_a_refusal_is_told_with_its_code_and_places() -> None:
    async with client(lambda _: httpx.Response(422, json=PROBLEM)) as http:
        with pytest.raises(Refused) as refused:
            await http.put("/v1/clock", {})
    assert (refused.value.status, refused.value.code) == (422, "request.invalid")
    assert str(refused.value) == "request.invalid: Not valid. /a: no"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]"])
async def test_a_refusal_that_is_no_problem_is_told_all_the_same(body: bytes) -> None:
    async with client(lambda _: httpx.Response(404, content=body)) as http:
        with pytest.raises(Refused, match="Not Found"):
            await http.get("/v1/nothing")


async def test_an_answer_without_a_body_is_nothing() -> None:
    async with client(lambda _: httpx.Response(204)) as http:
        assert await http.get("/v1/nothing") is None
