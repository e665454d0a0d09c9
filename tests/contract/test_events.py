"""``POST /v1/events`` and what a publisher asks about what became of its facts."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.committee.credentials import Credentials
from services.committee.programme import RegisterProgramme
from services.committee.provisioning import Provisioner
from shared.streams.access import Access
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from tests.conftest import NewDatabase
from tests.contract.asking import problem_of, refused, send
from tests.contract.conftest import client_of
from tests.contract.services import app_of, opened
from tests.eventually import eventually
from tests.integration.ingress.desk import SOURCE, TYPES, appointed, event, proposed
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer
from tests.unit.committee.examples import definition

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
PUBLISHER = "publisher:personnel"
RIGHTS = {"sources": [SOURCE], "types": list(TYPES)}
LARGE = 1024 * 1024 + 1


@pytest.fixture
async def app(database: NewDatabase, issuer: TestIssuer) -> AsyncIterator[FastAPI]:
    made = await database("committee")
    async with opened(made.app_dsn, "committee") as store:
        yield app_of("committee", store, issuer)


@pytest.fixture
async def officer(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """An officer, who has registered the programme and the personnel system."""
    await admit(http)
    return http


async def admit(http: httpx.AsyncClient) -> None:
    """Register the programme and the personnel system."""
    body = RegisterProgramme(definition=definition()).model_dump(mode="json")
    assert (await send(http, "/v1/programmes", body)).status_code == 201
    admitted = {"publisher": "personnel", "office": "สำนักงาน ก.ค.ศ.", "rights": RIGHTS}
    assert (await send(http, "/v1/publishers", admitted)).status_code == 201


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers, issuer: TestIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """The personnel system's client of a service that must refuse all that it sends."""
    async with fresh_database(servers, "committee") as made, opened(made.app_dsn, "committee") as store:
        app = app_of("committee", store, issuer)
        async with client_of(app, issuer.bearer("officer")) as officer:
            await admit(officer)
            headers = {"X-API-Key": await key_of(officer)}
        async with client_of(app, headers) as client:
            yield client


async def key_of(officer: httpx.AsyncClient, name: str = "first", **more: Any) -> str:
    body = {"credential": name, **more}
    answer = await send(officer, f"/v1/publishers/{PUBLISHER}/issue-api-key", body, key=f"key-{name}")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["api_key"])


@pytest.fixture
async def publisher(app: FastAPI, officer: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, {"X-API-Key": await key_of(officer)}) as client:
        yield client


def post(client: httpx.AsyncClient, body: Any, headers: dict[str, str] = STRUCTURED, **query: Any) -> Any:
    return client.post("/v1/events", content=orjson.dumps(body), headers=headers, params=query)


async def test_a_structured_event_is_accepted(publisher: httpx.AsyncClient) -> None:
    answer = await post(publisher, proposed())
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["outcome"], told["stream"], told["version"]) == ("accepted", "committee:2560-cluster:R07:1", 1)
    assert told["position"].startswith("committee:0:")
    assert [each["type"] for each in told["events"]] == ["th.go.obec.cluster.CommitteeProposed.v1"]


async def test_a_binary_event_is_accepted(publisher: httpx.AsyncClient) -> None:
    sent = proposed()
    headers = {f"ce-{name}": value for name, value in sent.items() if name != "data"}
    answer = await post(publisher, sent["data"], {**headers, "Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text


async def test_an_event_sent_again_is_answered_as_before(publisher: httpx.AsyncClient) -> None:
    first, again = await post(publisher, proposed()), await post(publisher, proposed())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "duplicate": True}
    problem = await refused(post(publisher, proposed(region="R08")), 409, "fact.conflict")
    assert "p-1" in problem["en"]
    assert problem["pointer"] == "/id"


async def test_a_batch_tells_of_each_event_in_order(publisher: httpx.AsyncClient) -> None:
    sent = [
        proposed("1", "R01"),
        appointed("2", "R02"),
        proposed("3", "R99"),
        {"id": "4"},
        event("MeetingHeld", "5", {}),
        proposed("1", "R01"),
        proposed("1", "R03"),
        event("Nonsense", "8", {}),
    ]
    answer = await post(publisher, sent, BATCH)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [each["outcome"] for each in told] == [
        "accepted", "waiting", "rejected", "refused", "refused", "accepted", "conflict", "refused"
    ]  # fmt: skip
    assert [(each.get("reason") or {}).get("code") for each in told[2:5]] == [
        "fact.invalid", "cloudevent.attribute_missing", "event.other_service"
    ]  # fmt: skip
    assert told[4]["url"] == "http://activity.test/v1/events"
    assert told[5]["duplicate"]
    for each in told:
        if each.get("reason"):
            assert each["reason"]["th"]
            assert each["reason"]["en"]


async def test_what_is_wrong_with_an_event_is_a_problem_with_its_receipt(publisher: httpx.AsyncClient) -> None:
    answer = await post(publisher, proposed(region="R99", members=[]))
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (422, "fact.invalid")
    assert {each["pointer"] for each in problem["errors"]} == {"/data/region", "/data/members"}
    assert problem["receipt"]["outcome"] == "rejected"


async def test_a_fact_that_waits_is_taken_and_says_for_what(publisher: httpx.AsyncClient) -> None:
    answer = await post(publisher, appointed())
    assert (answer.status_code, answer.json()["outcome"]) == (202, "waiting")
    assert answer.json()["reason"]["code"] == "committee.not_proposed"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", STRUCTURED, 400, "cloudevent.not_json"),
        (b"[]", STRUCTURED, 400, "cloudevent.not_an_object"),
        (b"{}", BATCH, 400, "cloudevent.not_a_batch"),
        (b"{}", {"Content-Type": "application/json"}, 415, "cloudevent.no_event"),
        (b"{}", {}, 415, "cloudevent.no_event"),
        (orjson.dumps({**proposed(), "specversion": "0.3"}), STRUCTURED, 400, "cloudevent.other_version"),
        (orjson.dumps({**proposed(), "time": "yesterday"}), STRUCTURED, 400, "cloudevent.time_unreadable"),
        (orjson.dumps({**proposed(), "Type": "x"}), STRUCTURED, 400, "cloudevent.attribute_name"),
        (orjson.dumps({**proposed(), "datacontenttype": "text/xml"}), STRUCTURED, 415, "cloudevent.not_json_type"),
        (orjson.dumps([proposed()] * 1001), BATCH, 413, "cloudevent.batch_too_long"),
        (b" " * (8 * LARGE), BATCH, 413, "request.too_large"),
    ],
)
async def test_what_is_no_event_is_refused_with_its_reason(
    shared: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    await refused(shared.post("/v1/events", content=body, headers=headers), status, code)


async def test_a_type_of_another_service_is_sent_there(publisher: httpx.AsyncClient) -> None:
    problem = await refused(post(publisher, event("MeetingHeld", "1", {})), 421, "event.other_service")
    assert (problem["service"], problem["url"]) == ("activity", "http://activity.test/v1/events")
    assert problem["pointer"] == "/type"
    await refused(post(publisher, event("Nonsense", "2", {})), 422, "event.unknown_type")
    await refused(post(publisher, event("ProgrammeRegistered", "3", {})), 422, "publisher.not_sendable")


async def test_a_source_of_another_is_refused_and_nothing_is_kept(publisher: httpx.AsyncClient) -> None:
    sent = {**proposed(), "source": "/callers/usr-1"}
    await refused(post(publisher, sent), 403, "publisher.source_not_allowed")
    assert (await publisher.get("/v1/receipts")).json() == []
    told = (await post(publisher, [sent, proposed("2", "R02")], BATCH)).json()
    assert [(each["outcome"], (each["reason"] or {}).get("code")) for each in told] == [
        ("refused", "publisher.source_not_allowed"), ("accepted", None)
    ]  # fmt: skip


async def test_what_is_voided_in_a_batch_is_out_before_what_is_sent_in_its_place(publisher: httpx.AsyncClient) -> None:
    sent = (await post(publisher, [proposed("1", "R01"), proposed("2", "R02")], BATCH)).json()
    voided = [
        event(
            "FactVoided",
            f"v-{each['id']}",
            {"event_id": each["events"][0]["id"], "reason": "ส่งผิด"},
            subject=each["stream"],
        )
        for each in sent
    ]
    first, second = (proposed(f"new-{number}", f"R0{number}", proposed_on="2016-12-16") for number in (1, 2))
    again = proposed("too soon", "R01", proposed_on="2016-12-17")
    told = (await post(publisher, [again, *voided, first, second], BATCH)).json()
    assert [(each["id"], each["outcome"]) for each in told] == [
        ("too soon", "rejected"), ("v-1", "accepted"), ("v-2", "accepted"), ("new-1", "accepted"), ("new-2", "accepted")
    ]  # fmt: skip


async def test_a_dry_run_appends_nothing(publisher: httpx.AsyncClient) -> None:
    answer = await post(publisher, proposed(), dry_run="true")
    assert (answer.status_code, answer.json()["outcome"], answer.json()["position"]) == (200, "accepted", None)
    assert (await publisher.get("/v1/receipts")).json() == []
    await refused(post(publisher, proposed(), dry_run="perhaps"), 400, "query.unreadable")


async def test_receipts_are_found_and_listed(publisher: httpx.AsyncClient) -> None:
    await post(publisher, [appointed("a/1 ก"), proposed("2", "R01"), proposed("3", "R99")], BATCH)
    found = await publisher.get(f"/v1/receipts{SOURCE}/a%2F1%20%E0%B8%81")
    assert (found.status_code, found.json()["outcome"]) == (200, "waiting"), found.text
    await refused(publisher.get(f"/v1/receipts{SOURCE}/none"), 404, "receipt.not_found")
    await refused(publisher.get(f"/v1/receipts{SOURCE}/none%00"), 404, "receipt.not_found")
    await refused(publisher.get(f"/v1/originals{SOURCE}%00/none"), 404, "original.not_kept")

    page = await publisher.get("/v1/receipts", params={"limit": 2})
    assert len(page.json()) == 2
    rest = await publisher.get(f"/v1/receipts{page.headers['link'].partition('<')[2].partition('>')[0]}")
    assert len(rest.json()) == 1
    assert "link" not in rest.headers
    rejected = await publisher.get("/v1/receipts", params={"outcome": "rejected"})
    assert [each["id"] for each in rejected.json()] == ["3"]
    await refused(publisher.get("/v1/receipts", params={"outcome": "lost"}), 400, "query.unreadable")


async def test_both_sides_can_compare_a_day(publisher: httpx.AsyncClient) -> None:
    await post(publisher, [proposed("2", "R01"), appointed("1", "R02"), proposed("3", "R99")], BATCH)
    today = datetime.now(UTC).date()
    days = await publisher.get("/v1/publishers/me/reconciliation", params={"from": "2559-01-01", "to": "2559-12-31"})
    assert days.json() == []
    asked = {"from": f"{today.year}-01-01", "to": f"{today.year}-12-31"}
    (day,) = (await publisher.get("/v1/publishers/me/reconciliation", params=asked)).json()
    assert day["outcomes"] == {"accepted": 1, "rejected": 1, "waiting": 1}
    lines = sorted([f"{SOURCE} 1 waiting", f"{SOURCE} 2 accepted", f"{SOURCE} 3 rejected"])
    assert day["sha256"] == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    much = {"from": "2500-01-01", "to": "2560-01-01"}
    await refused(publisher.get("/v1/publishers/me/reconciliation", params=much), 400, "query.unreadable")


async def test_a_publisher_learns_what_it_may_send_where_and_for_how_long(
    publisher: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    await key_of(officer, "second", expires_on="2599-12-31")
    revoke = {"credential": "second", "reason": "หมุนเวียน"}
    await key_of(officer, "third", expires_on="2600-01-01")
    await send(officer, f"/v1/publishers/{PUBLISHER}/revoke-credential", revoke, key="r")
    await eventually(lambda: _knows(publisher, "third"))
    told = (await publisher.get("/v1/publishers/me")).json()
    assert (told["publisher"], told["sources"], told["suspended"]) == ("personnel", [SOURCE], False)
    assert told["types"]["CommitteeAppointed"] == "http://committee.test/v1/events"
    assert told["credentials"] == [
        {"credential": "first", "kind": "api_key", "expires_on": None},
        {"credential": "third", "kind": "api_key", "expires_on": "2057-01-01"},
    ]


async def _knows(publisher: httpx.AsyncClient, credential: str) -> bool:
    told = (await publisher.get("/v1/publishers/me")).json()["credentials"]
    return [each["credential"] for each in told] == ["first", credential]


async def test_nobody_sends_without_a_credential(app: FastAPI, officer: httpx.AsyncClient, issuer: TestIssuer) -> None:
    async with client_of(app, {}) as nobody:
        await refused(post(nobody, proposed()), 401, "auth.required")
        for key in ("", "obec_wrong", "x" * 5000):
            await refused(post(nobody, proposed(), {**STRUCTURED, "X-API-Key": key}), 401, "auth.required")
    async with client_of(app, issuer.bearer("officer")) as not_a_publisher:
        await refused(post(not_a_publisher, proposed()), 403, "auth.forbidden")
    async with client_of(app, issuer.bearer("publisher", subject="unknown")) as unknown:
        await refused(post(unknown, proposed()), 403, "publisher.unknown_client")


async def test_a_client_of_a_configured_issuer_sends(
    app: FastAPI, officer: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    body = {"credential": "client-7", "kind": "oauth2_client", "fingerprint": "ab" * 32}
    assert (await send(officer, f"/v1/publishers/{PUBLISHER}/issue-credential", body)).status_code == 201
    async with client_of(app, issuer.bearer("publisher", subject="client-7")) as client:
        assert (await post(client, proposed())).status_code == 201


async def test_a_client_speaks_for_one_publisher(officer: httpx.AsyncClient) -> None:
    other = {"publisher": "other", "office": "อื่น", "rights": {**RIGHTS, "sources": ["/ext/other/x"]}}
    await send(officer, "/v1/publishers", other, key="o")
    client = {"credential": "client-7", "kind": "oauth2_client", "fingerprint": "ab" * 32}
    await send(officer, f"/v1/publishers/{PUBLISHER}/issue-credential", client, key="1")
    path = "/v1/publishers/publisher:other/issue-credential"
    await refused(send(officer, path, client, key="2"), 409, "claim.taken")
    revoked = {"credential": "client-7", "reason": "ย้ายระบบ"}
    await send(officer, f"/v1/publishers/{PUBLISHER}/revoke-credential", revoked, key="3")
    assert (await send(officer, path, client, key="4")).status_code == 201


async def test_a_key_is_shown_once_and_ends_when_it_is_revoked_or_has_expired(
    app: FastAPI, officer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ingress.register.FRESH_SECONDS", 0.0)
    first, second = await key_of(officer), await key_of(officer, "second")
    again = await send(officer, f"/v1/publishers/{PUBLISHER}/issue-api-key", {"credential": "first"}, key="key-first")
    assert (again.status_code, again.json()["api_key"]) == (200, None)
    async with client_of(app, {}) as client:
        for key in (first, second):  # both are good while one takes the other's place
            assert (await client.get("/v1/publishers/me", headers={"X-API-Key": key})).status_code == 200
        revoked = {"credential": "first", "reason": "เปลี่ยนกุญแจ"}
        await send(officer, f"/v1/publishers/{PUBLISHER}/revoke-credential", revoked)
        await refused(client.get("/v1/publishers/me", headers={"X-API-Key": first}), 401, "auth.required")
        assert (await client.get("/v1/publishers/me", headers={"X-API-Key": second})).status_code == 200
    await refused(
        send(officer, f"/v1/publishers/{PUBLISHER}/issue-api-key", {"credential": "old", "expires_on": "2559-01-01"}),
        422,
        "publisher.credential_expired",
    )


async def test_a_suspended_publisher_is_refused_until_it_is_admitted_again(
    officer: httpx.AsyncClient, publisher: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ingress.register.FRESH_SECONDS", 0.0)
    await send(officer, f"/v1/publishers/{PUBLISHER}/suspend", {"reason": "ส่งข้อมูลผิดซ้ำ"})
    await refused(post(publisher, proposed()), 403, "publisher.not_admitted")
    assert (await publisher.get("/v1/receipts")).json() == []
    await send(officer, f"/v1/publishers/{PUBLISHER}/change", {"office": "ก.ค.ศ.", "rights": RIGHTS, "reason": "แก้แล้ว"})
    assert (await post(publisher, proposed())).status_code == 201


async def test_who_sends_too_fast_is_told_when_to_go_on(
    app: FastAPI, officer: httpx.AsyncClient, publisher: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ingress.register.FRESH_SECONDS", 0.0)
    slow = {"office": "ก.ค.ศ.", "rights": {**RIGHTS, "limits": {"events_per_minute": 3}}, "reason": "ลองระบบ"}
    await send(officer, f"/v1/publishers/{PUBLISHER}/change", slow)
    assert (await post(publisher, [proposed("1", "R01"), proposed("2", "R02")], BATCH)).status_code == 200
    answer = await post(publisher, [proposed("3", "R03"), proposed("4", "R04")], BATCH)
    assert (answer.status_code, problem_of(answer)["code"]) == (429, "publisher.too_fast")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await post(publisher, proposed("3", "R03"))).status_code == 201
    assert {each["id"] for each in (await publisher.get("/v1/receipts")).json()} == {"1", "2", "3"}


async def test_no_secret_is_in_the_store(officer: httpx.AsyncClient, app: FastAPI) -> None:
    key = await key_of(officer)
    rows = await app.state.store.pool.fetch("SELECT data, metadata FROM events")
    assert not any(key in row["data"] or key in row["metadata"] for row in rows)


async def test_what_was_refused_is_corrected_by_another_that_refers_to_it(publisher: httpx.AsyncClient) -> None:
    wrong = await post(publisher, proposed("wrong", "R99"))
    assert wrong.status_code == 422
    right = {**proposed("right"), "corrects": f"{SOURCE} wrong"}
    assert (await post(publisher, right)).status_code == 201
    told = (await publisher.get("/v1/receipts/ext/personnel/central/wrong")).json()
    assert (told["outcome"], told["corrected_by"]) == ("rejected", {"source": SOURCE, "id": "right"})
    await refused(post(publisher, {**proposed("other"), "corrects": "nothing"}), 422, "fact.corrects_nothing")


async def test_what_was_repaired_is_shown_as_it_was_sent(publisher: httpx.AsyncClient) -> None:
    await post(publisher, proposed(proposed_by="สํานักงาน"))
    original = (await publisher.get("/v1/originals/ext/personnel/central/p-1")).json()
    assert original["kind"] == "repaired"
    assert orjson.loads(original["body"])["proposed_by"] == "สํานักงาน"
    await refused(publisher.get("/v1/originals/ext/personnel/central/none"), 404, "original.not_kept")


async def test_a_publisher_registers_persons_under_its_own_name_alone(
    publisher: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    body = {"display_name": "สมชาย ใจดี"}
    made = await publisher.put("/v1/persons/personnel/hr-1", json=body)
    assert made.status_code == 201
    assert (await officer.put("/v1/persons/personnel/hr-1", json=body)).json() == made.json()
    await refused(publisher.put("/v1/persons/e-meeting/hr-1", json=body), 403, "person.other_publisher")
    suspend = {"reason": "ตรวจสอบ"}
    assert (await send(officer, f"/v1/publishers/{PUBLISHER}/suspend", suspend, key="s")).status_code == 201

    async def is_refused() -> bool:
        return (await publisher.put("/v1/persons/personnel/hr-2", json=body)).status_code == 403

    await eventually(is_refused)


async def test_an_officer_s_text_is_repaired_and_names_are_refused(officer: httpx.AsyncClient) -> None:
    proposal = proposed(proposed_by="สํานักงาน")["data"]
    told = await send(officer, "/v1/committees", proposal)
    assert told.status_code == 201, told.text
    shown = (await officer.get(f"/v1/streams/{told.json()['stream']}/events")).json()
    assert shown[0]["data"]["proposed_by"] == "สำนักงาน"
    named = {**proposed(region="R08")["data"], "proposed_by": "นายสมชาย ใจดี"}
    problem = await refused(send(officer, "/v1/committees", named, key="n"), 422, "request.invalid")
    assert [each["code"] for each in problem["errors"]] == ["text.personal_data"]


async def test_a_credential_is_not_named_after_a_person(officer: httpx.AsyncClient) -> None:
    named = {"credential": "นายสมชาย ใจดี"}
    asked = send(officer, f"/v1/publishers/{PUBLISHER}/issue-api-key", named, key="p")
    problem = await refused(asked, 422, "request.invalid")
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [("/credential", "text.personal_data")]


async def test_without_a_broker_no_user_of_it_is_issued(officer: httpx.AsyncClient) -> None:
    path = f"/v1/publishers/{PUBLISHER}/issue-kafka-user"
    await refused(send(officer, path, {"credential": "first"}, key="k"), 503, "broker.unavailable")


async def test_a_user_that_the_broker_did_not_take_is_taken_back(database: NewDatabase, issuer: TestIssuer) -> None:
    """Whoever sends the request again is not told that all is well."""
    away = Provisioner(Access(Broker("127.0.0.1:1", "SASL_PLAINTEXT", "obec-committee", "x"), seconds=0.5), Topics())
    path = f"/v1/publishers/{PUBLISHER}/issue-kafka-user"
    async with opened((await database("committee")).app_dsn, "committee") as store:
        app = app_of("committee", store, issuer, more=Credentials(away).add_to)
        async with client_of(app, issuer.bearer("officer")) as officer:
            await admit(officer)
            await refused(send(officer, path, {"credential": "first"}, key="k"), 503, "broker.unavailable")
            await refused(send(officer, path, {"credential": "first"}, key="k"), 409, "publisher.credential_revoked")
            known = (await officer.get(f"/v1/streams/{PUBLISHER}/events")).json()
    assert [each["type"].split(".")[-2] for each in known][-2:] == ["CredentialIssued", "CredentialRevoked"]


async def test_a_new_key_is_good_at_once(app: FastAPI, officer: httpx.AsyncClient) -> None:
    """The register was read a moment before, and had no such key."""
    async with client_of(app, {"X-API-Key": "obec_wrong"}) as stranger:
        await refused(stranger.get("/v1/publishers/me"), 401, "auth.required")
    async with client_of(app, {"X-API-Key": await key_of(officer)}) as client:
        await eventually(lambda: _is_let_in(client), seconds=0.5)


async def _is_let_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/v1/publishers/me")).status_code == 200


async def test_a_publisher_sees_nothing_of_another_s_facts(
    app: FastAPI, publisher: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    await post(publisher, proposed(proposed_by="สํานักงาน"))
    other = {"publisher": "other", "office": "อื่น", "rights": {**RIGHTS, "sources": ["/ext/other/x"]}}
    assert (await send(officer, "/v1/publishers", other, key="o")).status_code == 201
    path = "/v1/publishers/publisher:other/issue-api-key"
    key = (await send(officer, path, {"credential": "first"}, key="ok")).json()["api_key"]
    async with client_of(app, {"X-API-Key": key}) as stranger:
        assert (await stranger.get("/v1/receipts")).json() == []
        await refused(stranger.get("/v1/receipts/ext/personnel/central/p-1"), 404, "receipt.not_found")
        await refused(stranger.get("/v1/originals/ext/personnel/central/p-1"), 404, "original.not_kept")
        days = {"from": "2000-01-01", "to": "2000-12-31"}
        assert (await stranger.get("/v1/publishers/me/reconciliation", params=days)).json() == []
