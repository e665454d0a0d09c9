"""Commands to the running product: sent again, sent wrongly, sent by the wrong one; and reading what was written."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from demo.example import MANDATE
from tests.scenarios.product import Product
from tests.scenarios.second import definition
from tests.scenarios.year import Lived

LANGUAGES = ("th", "en")


class Desk:
    """A caller of the committee service, with a small programme of its own that nobody else asks about."""

    def __init__(self, product: Product, client: httpx.AsyncClient, tokens: Mapping[str, str]) -> None:
        self.product, self._client, self._tokens = product, client, tokens
        self.programme = f"2563-x{secrets.token_hex(4)}"
        self.key = secrets.token_hex(8)
        """A key that nobody has used."""

    async def send(
        self, path: str, body: Any, *, key: str | None = None, user: str = "officer", **headers: str
    ) -> httpx.Response:
        """Send a command; ``user`` may be a token, too."""
        sent = {
            "Authorization": f"Bearer {self._tokens.get(user, user)}",
            "Idempotency-Key": key or secrets.token_hex(8),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self._client.post(f"{self.product.addresses['committee']}/v1/{path}", json=body, headers=sent)

    async def register(self) -> httpx.Response:
        """Register the programme."""
        return await self.send("programmes", {"definition": definition(programme=self.programme)})

    async def draft(self, key: str | None = None, *, version: int = 1, **more: str) -> httpx.Response:
        """Draft its mandate."""
        body = {"programme": self.programme, "version": version, "text": MANDATE, "drafted_on": "2017-10-30"}
        return await self.send("mandates", body, key=key, **more)

    async def adopt(self, **more: str) -> httpx.Response:
        """Adopt it."""
        body = {"adopted_on": "2017-10-31", "resolution": "มติที่ประชุม (ตัวอย่าง)"}
        return await self.send(f"mandates/mandate:{self.programme}:1/adopt", body, **more)


@pytest.fixture
async def desk(year: Lived) -> AsyncIterator[Desk]:
    """A desk whose programme is registered."""
    async with opened(year.product) as made:
        registered = await made.register()
        assert registered.status_code == 201, registered.text
        yield made


@asynccontextmanager
async def opened(product: Product) -> AsyncIterator[Desk]:
    """A desk with everybody's tokens."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        tokens = {}
        for user in ("officer", "approver", "operator", "reader"):
            answer = await client.post(f"{product.addresses['issuer']}/token", data={"username": user})
            tokens[user] = answer.raise_for_status().json()["access_token"]
        yield Desk(product, client, tokens)


async def test_a_repeated_command_has_the_same_answer_and_no_new_event(desk: Desk) -> None:
    first = await desk.draft(desk.key)
    before = await desk.product.heads()
    again = await desk.draft(desk.key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await desk.product.heads() == before


async def test_a_repeated_command_has_its_answer_even_when_it_would_be_refused_by_now(desk: Desk) -> None:
    await desk.draft()
    first = await desk.adopt(key=desk.key)
    assert (await desk.adopt()).json()["events"] == []
    assert (await desk.adopt(key=desk.key)).json() == first.json()
    assert len(first.json()["events"]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_same_key_with_another_body_is_refused(desk: Desk, language: str) -> None:
    await desk.draft(desk.key)
    refused = await desk.draft(desk.key, version=2, Accept_Language=language)
    assert_refused(refused, 422, "request.key_reused", language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_command_on_a_version_that_is_not_there_is_refused(desk: Desk, language: str) -> None:
    await desk.draft()
    refused = await desk.adopt(If_Match='"7"', Accept_Language=language)
    assert_refused(refused, 412, "stream.version_mismatch", language)
    assert (await desk.adopt(If_Match='"1"')).status_code == 201


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_unknown_token_is_refused(desk: Desk, language: str) -> None:
    refused = await desk.draft(user="not.a.token", Accept_Language=language)
    assert_refused(refused, 401, "auth.required", language)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_wrong_role_is_refused(desk: Desk, language: str) -> None:
    refused = await desk.draft(user="reader", Accept_Language=language)
    assert_refused(refused, 403, "auth.forbidden", language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_broken_rule_is_told_with_its_code(desk: Desk, language: str) -> None:
    refused = await desk.draft(version=2, Accept_Language=language)
    assert (refused.status_code, refused.json()["code"].partition(".")[0]) in ((422, "mandate"), (409, "mandate"))
    assert_speaks(refused, language)


async def test_what_was_written_is_read_at_once(year: Lived) -> None:
    async with opened(year.product) as made:
        written = (await made.register()).json()
        answer = await year.product.ask("national", made.programme, after=written["position"])
    assert answer["committees"]["text"] == "0/4"
    assert answer["meta"]["stale"] is False


async def test_an_answer_that_cannot_wait_so_long_says_that_it_is_stale(year: Lived) -> None:
    heads = await year.product.heads()
    answer = await year.product.get("/v1/programmes/2560-cluster/national", after=f"activity:0:{heads['activity'] + 9}")
    assert answer.status_code == 200
    assert answer.json()["meta"]["stale"] is True
    assert answer.json()["committees"]["text"] == "19/19"


def assert_refused(answer: httpx.Response, status: int, code: str, language: str) -> None:
    """A refusal with its code, in the language that was asked for."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert_speaks(answer, language)


def assert_speaks(answer: httpx.Response, language: str) -> None:
    """Both sentences are there, and the one asked for is what is told."""
    problem = answer.json()
    assert answer.headers["Content-Language"] == language
    assert problem["detail"] == problem[language]
    assert is_thai(problem["th"])
    assert not is_thai(problem["en"])


def is_thai(text: str) -> bool:
    """Whether there is a Thai letter in it."""
    return any("\u0e01" <= letter <= "\u0e3a" for letter in text)
