"""What a command promises over HTTP: once for each key, on the version asked for, and told the same every time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.eventstore.store import EventStore
from tests.contract.asking import begun, problem_of, refused, send
from tests.contract.conftest import client_of
from tests.contract.notes import BEGIN, NOTE, OTHER, REVISE
from tests.tokens import TestIssuer

STARTED = "th.go.obec.cluster.ActivityStarted.v1"


async def test_a_command_answers_with_stream_version_position_and_events(http: httpx.AsyncClient) -> None:
    answer = await send(http, "/v1/notes", BEGIN)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["stream"], told["version"], told["position"]) == (NOTE, 1, "activity:0:1")
    assert [event["type"] for event in told["events"]] == [STARTED]
    assert answer.headers["location"] == f"/v1/notes/{NOTE}"
    assert answer.headers["etag"] == '"1"'


async def test_told_twice_is_200_without_events(http: httpx.AsyncClient) -> None:
    await begun(http)
    answer = await send(http, "/v1/notes", BEGIN, key="another")
    assert (answer.status_code, answer.json()["events"], answer.json()["version"]) == (200, [], 1)


async def test_the_same_key_gets_the_same_answer_and_nothing_new(http: httpx.AsyncClient, store: EventStore) -> None:
    first = await send(http, "/v1/notes", BEGIN, key="k")
    await send(http, f"/v1/notes/{NOTE}/revise", REVISE)
    again = await send(http, "/v1/notes", BEGIN, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(await store.history(NOTE)) == 2


async def test_a_repeated_creation_goes_where_the_first_one_went(http: httpx.AsyncClient) -> None:
    first = await send(http, "/v1/loose-notes", BEGIN, key="k")
    again = await send(http, "/v1/loose-notes", BEGIN, key="k")
    other = await send(http, "/v1/loose-notes", BEGIN, key="l")
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert other.json()["stream"] != first.json()["stream"]


async def test_a_creation_sent_many_times_at_once_is_done_once(http: httpx.AsyncClient, store: EventStore) -> None:
    answers = await asyncio.gather(*(send(http, "/v1/loose-notes", BEGIN, key="k") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["stream"] for answer in answers}) == 1
    assert len(await store.streams("note:")) == 1


async def test_the_same_key_with_another_body_is_refused(http: httpx.AsyncClient) -> None:
    await begun(http)
    await send(http, f"/v1/notes/{NOTE}/revise", REVISE, key="k")
    await refused(send(http, f"/v1/notes/{NOTE}/revise", OTHER, key="k"), 422, "request.key_reused")


async def test_the_same_key_at_another_address_is_refused(http: httpx.AsyncClient) -> None:
    await send(http, "/v1/notes", BEGIN, key="k")
    await refused(send(http, "/v1/loose-notes", BEGIN, key="k"), 422, "request.key_reused")


async def test_keys_belong_to_their_caller(http: httpx.AsyncClient, app: FastAPI, issuer: TestIssuer) -> None:
    await begun(http)
    await send(http, f"/v1/notes/{NOTE}/revise", REVISE, key="k")
    async with client_of(app, issuer.bearer("officer", subject="usr-2")) as other:
        answer = await send(other, f"/v1/notes/{NOTE}/revise", OTHER, key="k")
    assert answer.status_code == 201


@pytest.mark.parametrize("version", [None, 2], ids=["void", "void of a version"])
async def test_a_command_overtaken_by_its_own_repetition_is_answered_and_not_refused(
    http: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch, version: int | None
) -> None:
    """Sent to two processes at once, one of them may decide it on what the other has just made of it."""
    await begun(http)
    revised = await send(http, f"/v1/notes/{NOTE}/revise", REVISE)
    void = {"event_id": revised.json()["events"][0]["id"], "reason": "ผิด"}
    handler, ready = app.state.handler, app.state.handler.ready
    first: list[Any] = []

    async def overtaken(request: Any) -> Any:
        monkeypatch.setattr(handler, "ready", ready)
        first.append(await handler.handle(request))
        return await ready(request)

    monkeypatch.setattr(handler, "ready", overtaken)
    answer = await send(http, f"/v1/notes/{NOTE}/void", void, key="k", version=version)
    assert answer.status_code == 201, answer.text
    assert [each["id"] for each in answer.json()["events"]] == [each["id"] for each in first[0].events]
    assert answer.headers["idempotent-replayed"] == "true"


async def test_a_refused_command_may_be_sent_again_under_its_key(http: httpx.AsyncClient) -> None:
    await refused(send(http, f"/v1/notes/{NOTE}/revise", REVISE, key="k"), 409, "activity.not_planned")
    await begun(http)
    assert (await send(http, f"/v1/notes/{NOTE}/revise", REVISE, key="k")).status_code == 201


@pytest.mark.parametrize("key", [b"", b" ", b"x" * 201, "กุญแจ".encode()], ids=["empty", "blank", "long", "thai"])
async def test_an_idempotency_key_is_up_to_200_characters_of_ascii(http: httpx.AsyncClient, key: bytes) -> None:
    headers = {b"Idempotency-Key": key}
    await refused(http.post("/v1/notes", json=BEGIN, headers=headers), 400, "request.no_idempotency_key")


async def test_a_command_needs_an_idempotency_key(http: httpx.AsyncClient) -> None:
    await refused(http.post("/v1/notes", json=BEGIN), 400, "request.no_idempotency_key")


async def test_if_match_lets_the_command_pass_at_that_version_only(http: httpx.AsyncClient) -> None:
    await begun(http)
    path = f"/v1/notes/{NOTE}/revise"
    await refused(send(http, path, REVISE, key="a", version=0), 412, "stream.version_mismatch")
    await refused(send(http, path, REVISE, key="b", version=2), 412, "stream.version_mismatch")
    assert (await send(http, path, REVISE, key="c", version=1)).json()["version"] == 2


async def test_a_repetition_is_answered_whatever_version_it_expects(http: httpx.AsyncClient) -> None:
    await begun(http)
    path = f"/v1/notes/{NOTE}/revise"
    first = await send(http, path, REVISE, key="k", version=1)
    again = await send(http, path, REVISE, key="k", version=1)
    assert (again.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize("given", ["3", '"x"', '"-1"', 'W/"1"', "*", '"1", "2"'])
async def test_if_match_is_a_version_in_quotes(http: httpx.AsyncClient, given: str) -> None:
    headers = {"Idempotency-Key": "k", "If-Match": given}
    await refused(http.post("/v1/notes", json=BEGIN, headers=headers), 400, "request.if_match_unreadable")


async def test_writers_that_meet_are_all_served(http: httpx.AsyncClient, store: EventStore) -> None:
    await begun(http)
    bodies = [{"until": "2017-02-01", "text": f"ครั้งที่ {n}"} for n in range(3)]
    answers = await asyncio.gather(*(send(http, f"/v1/notes/{NOTE}/revise", body) for body in bodies))
    assert sorted(answer.json()["version"] for answer in answers) == [2, 3, 4]
    assert len(await store.history(NOTE)) == 4


async def test_a_broken_rule_is_422_with_its_code_and_place(http: httpx.AsyncClient) -> None:
    await begun(http)
    body = {**REVISE, "text": "ห้าม"}
    problem = await refused(send(http, f"/v1/notes/{NOTE}/revise", body), 422, "activity.dates_out_of_order")
    assert problem["pointer"] == "/text"


async def test_a_command_to_a_stream_of_another_kind_is_404(http: httpx.AsyncClient) -> None:
    await refused(send(http, "/v1/notes/activity:2560-cluster:1/revise", REVISE), 404, "stream.wrong_collection")


async def test_a_verb_that_does_not_exist_is_404(http: httpx.AsyncClient) -> None:
    await refused(send(http, f"/v1/notes/{NOTE}/burn", {}), 404, "not_found")


async def test_a_body_that_does_not_fit_is_422_with_every_place(http: httpx.AsyncClient) -> None:
    body = {"programme": "no", "started_on": "2017-02-30", "secret": "นาย ก"}
    answer = await send(http, "/v1/notes", body)
    problem = problem_of(answer)
    assert problem["code"] == "request.invalid"
    assert {each["pointer"] for each in problem["errors"]} == {"/programme", "/code", "/started_on", "/secret"}
    assert "นาย ก" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'"\\ud800"'])
async def test_what_is_not_json_is_400(http: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    await refused(http.post("/v1/notes", content=body, headers=headers), 400, "request.not_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"text"'])
async def test_json_that_is_no_object_is_422(http: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    await refused(http.post("/v1/notes", content=body, headers=headers), 422, "request.invalid")


async def test_another_media_type_is_415(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "text/xml"}
    await refused(http.post("/v1/notes", content=b"<a/>", headers=headers), 415, "request.not_json_type")


async def test_a_body_over_the_limit_is_413(http: httpx.AsyncClient) -> None:
    body = {**BEGIN, "more": "x" * 1024 * 1024}
    problem = await refused(send(http, "/v1/notes", body, key="k"), 413, "request.too_large")
    assert "1048576" in problem["en"]


async def test_a_body_over_the_limit_is_413_when_its_size_was_not_said(http: httpx.AsyncClient) -> None:
    async def parts() -> Any:
        for _ in range(20):
            yield b"x" * 64 * 1024

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    await refused(http.post("/v1/notes", content=parts(), headers=headers), 413, "request.too_large")


async def test_buddhist_years_and_thai_digits_are_understood(http: httpx.AsyncClient, store: EventStore) -> None:
    answer = await send(http, "/v1/notes", {**BEGIN, "programme": "๒๕๖๐-cluster", "started_on": "๒๕๖๐-๐๑-๑๒"})
    assert answer.status_code == 201
    [recorded] = await store.history(NOTE)
    assert recorded.event.to_json() == '{"programme":"2560-cluster","code":"1.2","started_on":"2017-01-12"}'


async def test_a_number_is_no_date(http: httpx.AsyncClient) -> None:
    problem = await refused(send(http, "/v1/notes", {**BEGIN, "started_on": 1_484_179_200}), 422, "request.invalid")
    assert problem["errors"][0]["pointer"] == "/started_on"


async def test_a_fact_is_voided_by_its_sender(http: httpx.AsyncClient, store: EventStore) -> None:
    await begun(http)
    revised = (await send(http, f"/v1/notes/{NOTE}/revise", REVISE)).json()["events"][0]["id"]
    answer = await send(http, f"/v1/notes/{NOTE}/void", {"event_id": revised, "reason": "พิมพ์ผิด"})
    assert answer.status_code == 201
    state = (await http.get(f"/v1/notes/{NOTE}")).json()["state"]
    assert state["text"] == ""


async def test_a_fact_of_somebody_else_is_not_voided_by_an_approver(
    http: httpx.AsyncClient, app: FastAPI, issuer: TestIssuer
) -> None:
    begin = (await send(http, "/v1/notes", BEGIN)).json()["events"][0]["id"]
    async with client_of(app, issuer.bearer("approver", subject="usr-2")) as other:
        await refused(send(other, f"/v1/notes/{NOTE}/void", {"event_id": begin, "reason": "ผิด"}), 403, "fact.not_yours")


async def test_who_has_not_the_role_is_refused_before_anything_is_read(app: FastAPI, issuer: TestIssuer) -> None:
    async with client_of(app, issuer.bearer("reader")) as reader:
        problem = await refused(reader.post("/v1/notes", content=b"{"), 403, "auth.forbidden")
    assert "officer" in problem["en"]


async def test_roles_are_of_the_verb(http: httpx.AsyncClient, app: FastAPI, issuer: TestIssuer) -> None:
    await begun(http)
    async with client_of(app, issuer.bearer("approver")) as approver:
        assert (await send(approver, f"/v1/notes/{NOTE}/sign", {})).status_code == 200
        await refused(send(approver, f"/v1/notes/{NOTE}/revise", REVISE), 403, "auth.forbidden")


async def test_events_carry_who_sent_them_and_what_they_belong_to(http: httpx.AsyncClient, store: EventStore) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"Idempotency-Key": "k", "X-Correlation-Id": "case-7", "traceparent": traceparent}
    answer = await http.post("/v1/notes", json=BEGIN, headers=headers)
    assert answer.headers["x-correlation-id"] == "case-7"
    [event] = (await http.get(f"/v1/streams/{NOTE}/events")).json()
    assert (event["correlationid"], event["traceparent"]) == ("case-7", traceparent)
    assert (await store.history(NOTE))[0].actor == "usr-1"
