"""What every service does besides its own business: problems, languages, tokens, clock, health, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from shared.clock import ClockMode
from shared.eventstore.commands import CommandHandler
from shared.eventstore.store import EventStore
from shared.web.app import base_app, make_app
from shared.web.auth import Authenticator
from shared.web.health import Check
from tests.conftest import NewDatabase
from tests.contract.asking import begun, problem_of, refused, send
from tests.contract.conftest import app_at, client_of
from tests.contract.notes import BEGIN, COLLECTIONS, NOTE, REVISE
from tests.contract.services import opened
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers, issuer: TestIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with (
        fresh_database(servers, "activity") as made,
        opened(made.app_dsn, "activity") as store,
        client_of(app_at(store, issuer), {}) as client,
    ):
        yield client


async def test_the_detail_is_in_the_language_asked_for_and_both_are_told(http: httpx.AsyncClient) -> None:
    thai = await refused(http.get("/v1/nothing"), 404, "not_found")
    english = await refused(http.get("/v1/nothing", headers={"Accept-Language": "en-GB, th;q=0.5"}), 404, "not_found")
    assert thai["detail"] == thai["th"] == english["th"]
    assert english["detail"] == english["en"] == thai["en"]
    assert thai["title"] != english["title"]


async def test_another_method_is_405_and_says_which_would_do(http: httpx.AsyncClient) -> None:
    answer = await http.put("/v1/notes", json={})
    assert problem_of(answer)["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"


async def test_a_failure_inside_is_500_with_a_trace_and_nothing_of_the_inside(
    store: EventStore, issuer: TestIssuer
) -> None:
    class Broken(CommandHandler):
        async def handle(self, request: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError("the secret of the house")

    broken = Broken(store, [each.aggregate for each in COLLECTIONS])
    app = make_app("notes", COLLECTIONS, broken, store, issuer.authenticator())
    with capture_logs() as logged:
        async with client_of(app, issuer.bearer()) as http:
            answer = await send(http, "/v1/notes", BEGIN)
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (500, "service.failed")
    assert problem["trace"] in problem["en"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert [(line["event"], line["trace"]) for line in logged] == [("a request failed", problem["trace"])]


async def test_a_database_that_is_away_is_503_and_worth_another_try(store: EventStore, http: httpx.AsyncClient) -> None:
    async def away(*_: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    await begun(http)
    store.history = away  # type: ignore[assignment, method-assign]
    answer = await http.get(f"/v1/notes/{NOTE}")
    assert problem_of(answer)["code"] == "service.unavailable"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/notes"),
        ("POST", f"/v1/notes/{NOTE}/revise"),
        ("POST", f"/v1/notes/{NOTE}/void"),
        ("GET", f"/v1/notes/{NOTE}"),
        ("GET", f"/v1/streams/{NOTE}/events"),
        ("GET", "/v1/clock"),
        ("PUT", "/v1/clock"),
    ],
)
async def test_without_a_token_nothing_is_told(shared: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await shared.request(method, path)
    assert problem_of(answer)["code"] == "auth.required"
    assert answer.headers["www-authenticate"] == 'Bearer realm="obec"'


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/openapi.json", "/docs"])
async def test_health_metrics_and_documentation_need_no_token(shared: httpx.AsyncClient, path: str) -> None:
    assert (await shared.get(path)).status_code == 200


async def test_a_bad_token_is_told_why(shared: httpx.AsyncClient, issuer: TestIssuer) -> None:
    token = issuer.token(exp=1_000_000_000)
    answer = await shared.get("/v1/clock", headers={"Authorization": f"Bearer {token}"})
    assert problem_of(answer)["code"] == "auth.required"
    assert 'error="invalid_token", error_description="it has expired"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("role", ["reader", "officer", "approver", "operator"])
async def test_every_role_may_read(app: FastAPI, issuer: TestIssuer, http: httpx.AsyncClient, role: str) -> None:
    await begun(http)
    async with client_of(app, issuer.bearer(role)) as client:
        assert (await client.get(f"/v1/notes/{NOTE}")).status_code == 200


async def test_an_account_without_a_role_may_not_read(app: FastAPI, issuer: TestIssuer) -> None:
    async with client_of(app, issuer.bearer("visitor")) as client:
        await refused(client.get(f"/v1/notes/{NOTE}"), 403, "auth.forbidden")


async def test_a_service_without_issuers_lets_nobody_in(store: EventStore, issuer: TestIssuer) -> None:
    app = base_app("closed", Authenticator([]), clock=store.clock)
    async with client_of(app, issuer.bearer("operator")) as http:
        await refused(http.get("/v1/clock"), 401, "auth.required")


async def test_a_real_clock_cannot_be_set(app: FastAPI, issuer: TestIssuer) -> None:
    async with client_of(app, issuer.bearer("operator")) as operator:
        assert (await operator.get("/v1/clock")).json()["mode"] == "real"
        await refused(operator.put("/v1/clock", json={"now": "2017-01-12T02:00:00Z"}), 409, "clock.not_simulated")


class TestSimulatedClock:
    """A store on the simulated clock."""

    @pytest.fixture
    def clock_mode(self) -> ClockMode:
        return ClockMode.SIMULATED

    async def test_an_operator_moves_it_forward(self, app: FastAPI, issuer: TestIssuer) -> None:
        async with client_of(app, issuer.bearer("operator")) as operator:
            moved = await operator.put("/v1/clock", json={"now": "2560-01-12T09:00:00+07:00"})
            assert moved.json() == {"mode": "simulated", "now": "2017-01-12T02:00:00Z"}
            assert (await operator.get("/v1/clock")).json() == moved.json()

    async def test_it_does_not_go_back(self, app: FastAPI, issuer: TestIssuer) -> None:
        async with client_of(app, issuer.bearer("operator")) as operator:
            await operator.put("/v1/clock", json={"now": "2017-01-12T02:00:00Z"})
            await refused(operator.put("/v1/clock", json={"now": "2017-01-12T01:59:59Z"}), 409, "clock.backwards")

    async def test_an_officer_does_not_move_it(self, http: httpx.AsyncClient) -> None:
        await refused(http.put("/v1/clock", json={"now": "2017-01-12T02:00:00Z"}), 403, "auth.forbidden")

    async def test_what_it_is_set_to_must_be_an_instant(self, app: FastAPI, issuer: TestIssuer) -> None:
        async with client_of(app, issuer.bearer("operator")) as operator:
            await refused(operator.put("/v1/clock", json={"now": "2017-01-12T02:00:00"}), 422, "request.invalid")

    async def test_it_stamps_what_is_recorded(
        self, app: FastAPI, issuer: TestIssuer, http: httpx.AsyncClient, store: EventStore
    ) -> None:
        async with client_of(app, issuer.bearer("operator")) as operator:
            await operator.put("/v1/clock", json={"now": "2017-01-20T02:00:00Z"})
        await begun(http)
        [event] = (await http.get(f"/v1/streams/{NOTE}/events")).json()
        assert event["recordedtime"] == "2017-01-20T02:00:00.000000Z"
        assert '"clock":"simulated"' in await store.pool.fetchval("SELECT metadata FROM events")


async def test_a_service_is_ready_while_what_it_needs_answers(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"store": "reached"}})


async def test_what_is_only_reported_does_not_make_it_unready(store: EventStore, issuer: TestIssuer) -> None:
    async def stuck() -> object:
        raise ConnectionError("no broker at 10.0.0.7")

    checks = [Check("relay", stuck, required=False)]
    app = base_app("notes", issuer.authenticator(), checks=checks)
    async with client_of(app, {}) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"relay": "ConnectionError: does not answer"}


async def test_without_its_database_it_is_not_ready(database: NewDatabase, issuer: TestIssuer) -> None:
    made = await database("activity")
    store = await EventStore.open(made.app_dsn, "activity")
    app = make_app("notes", (), CommandHandler(store, ()), store, issuer.authenticator())
    await store.close()
    async with client_of(app, {}) as http:
        answer = await http.get("/readyz")
        assert (await http.get("/livez")).status_code == 200
    assert problem_of(answer)["code"] == "service.unavailable"
    assert answer.json()["checks"]["store"].startswith("InterfaceError")


async def test_requests_and_appends_are_counted(http: httpx.AsyncClient) -> None:
    async def counted(name: str, **labels: str) -> float:
        text = (await http.get("/metrics")).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    route = "/v1/notes/{stream}/revise"
    requests = await counted("obec_http_requests_total", service="notes", route=route, status="201")
    appends = await counted("obec_appends_total", service="notes", collection="notes", outcome="repeated")
    times = await counted("obec_http_request_seconds_count", service="notes", route=route)
    await begun(http)
    for _ in range(2):
        await send(http, f"/v1/notes/{NOTE}/revise", REVISE)
    assert await counted("obec_http_requests_total", service="notes", route=route, status="201") == requests + 2
    assert await counted("obec_appends_total", service="notes", collection="notes", outcome="repeated") == appends + 1
    assert await counted("obec_http_request_seconds_count", service="notes", route=route) == times + 2


async def test_addresses_that_do_not_exist_are_counted_as_one(http: httpx.AsyncClient) -> None:
    await http.get("/v1/attack/1")
    await http.get("/v1/attack/2")
    assert "attack" not in (await http.get("/metrics")).text
