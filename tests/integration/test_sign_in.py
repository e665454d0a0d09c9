"""Signing in to the pages, at the embedded issuer as a process of its own and at issuers that are not sound."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deploy.local.authorizing import Grant
from deploy.local.issuer import ALGORITHM, Issuer, application
from deploy.local.users import USERS
from tests.contract.process import free_port
from tests.signing_in import PAGES, Browser, answering, issuer_process, pages_app, query_of

SECRET = "s" * 32
ROGUE = "https://issuer.test"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[str]:
    with issuer_process(folder) as address:
        yield address


@pytest.fixture
async def issuer(running: str) -> str:
    await answering(running)
    return running


@pytest.fixture
async def browser(issuer: str) -> AsyncIterator[Browser]:
    async with Browser(pages_app(sign_in=issuer)) as browser:
        yield browser


@pytest.mark.parametrize("user", USERS)
async def test_who_is_chosen_at_the_issuer_is_signed_in(browser: Browser, user: str) -> None:
    answer = await browser.sign_in(user, "/page/r?year=2560&x=%E0%B8%81")
    assert (answer.status_code, answer.headers["location"]) == (303, "/page/r?year=2560&x=%E0%B8%81")
    shown = await browser.page()
    roles, subject = USERS[user]
    assert (shown["person"]["id"], shown["person"]["roles"]) == (subject, list(roles))
    assert "(สาธิต)" in shown["person"]["name"]
    claims = jwt.decode(shown["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["aud"], claims["roles"]) == (subject, "obec", list(roles))


async def test_a_page_sends_whoever_is_not_signed_in_there_and_gets_them_back(browser: Browser) -> None:
    sent = await browser.get("/page/%E0%B8%81?a=1&b=2")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/sign-in?next=/page/")
    begun = await browser.get(sent.headers["location"])
    back = await browser.get(await browser.choose(begun.headers["location"], "reader"))
    assert back.headers["location"] == "/page/%E0%B8%81?a=1&b=2"


async def test_the_way_there_carries_pkce_state_and_nonce(browser: Browser) -> None:
    first, second = query_of(await browser.to_issuer()), query_of(await browser.to_issuer())
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert (first["client_id"], first["redirect_uri"]) == ("obec-reporting", f"{PAGES}/sign-in/callback")
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


async def test_the_cookie_holds_no_token_and_scripts_do_not_see_it(browser: Browser) -> None:
    answer = await browser.sign_in()
    [cookie] = answer.headers.get_list("set-cookie")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    held = json.loads(base64.b64decode(browser.http.cookies["obec-8400"].split(".")[0]))
    assert held.keys() == {"who"}
    assert held["who"].keys() == {"id", "roles", "expires", "csrf", "key"}
    assert held["who"]["expires"] <= time.time() + 8 * 3600


async def test_signing_in_anew_changes_the_session(browser: Browser) -> None:
    await browser.sign_in("officer")
    first = await browser.page()
    await browser.sign_in("approver")
    second = await browser.page()
    assert first["csrf"] != second["csrf"]
    assert second["person"]["roles"] == ["approver"]


async def test_a_cookie_is_no_good_once_somebody_signed_out(browser: Browser) -> None:
    await browser.sign_in()
    copied, shown = browser.http.cookies["obec-8400"], await browser.page()
    refused = await browser.http.post("/sign-out", data={"csrf": "guessed"})
    assert (refused.status_code, refused.json()["code"]) == (403, "session.csrf")
    gone = await browser.http.post("/sign-out", data={"csrf": shown["csrf"], "next": "/page/"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/page/")
    assert "obec-8400" not in browser.http.cookies
    browser.http.cookies.set("obec-8400", copied, domain="127.0.0.1")
    assert (await browser.get("/page/")).headers["location"].startswith("/sign-in")


async def test_signing_out_twice_is_no_failure(browser: Browser) -> None:
    assert (await browser.http.post("/sign-out")).headers["location"] == "/"


async def test_another_process_knows_who_it_is_by_the_same_secret_but_not_their_token(issuer: str) -> None:
    async with Browser(pages_app(sign_in=issuer, session_secret=SECRET)) as first:
        await first.sign_in()
        cookie = first.http.cookies["obec-8400"]
    for secret, known in ((SECRET, True), ("o" * 32, False)):
        async with Browser(pages_app(sign_in=issuer, session_secret=secret, public_read=True)) as second:
            second.http.cookies.set("obec-8400", cookie, domain="127.0.0.1")
            shown = await second.page()
            assert (shown["person"] is not None, shown["token"]) == (known, None)


async def test_a_state_of_another_browser_is_refused(browser: Browser, issuer: str) -> None:
    address = await browser.choose(await browser.to_issuer(), "officer")
    async with Browser(pages_app(sign_in=issuer)) as other:
        await problem(other, address, 400, "session.interrupted")
    await problem(browser, address.replace("state=", "state=x"), 400, "session.interrupted")
    await problem(browser, "/sign-in/callback", 400, "session.interrupted")


async def test_a_callback_is_good_once(browser: Browser) -> None:
    page = await browser.to_issuer()
    before = browser.http.cookies["obec-8400"]
    address = await browser.choose(page, "officer")
    assert (await browser.get(address)).status_code == 303
    await problem(browser, address, 400, "session.interrupted")
    browser.http.cookies.set("obec-8400", before, domain="127.0.0.1")
    found = await problem(browser, address, 400, "session.refused")
    assert "invalid_grant" in found["en"]


async def test_a_code_of_another_sign_in_is_refused(browser: Browser, issuer: str) -> None:
    """Somebody else's code does not fit the verifier that this browser's sign-in was begun with."""
    async with Browser(pages_app(sign_in=issuer)) as other:
        stolen = query_of(await other.choose(await other.to_issuer(), "approver"))["code"]
    state = query_of(await browser.to_issuer())["state"]
    found = await problem(browser, f"/sign-in/callback?code={stolen}&state={state}", 400, "session.refused")
    assert "invalid_grant" in found["en"]


@pytest.mark.parametrize(
    "query", ["error=access_denied", "error=access_denied&state={state}", "error=%0d%0aSet-Cookie"]
)
async def test_an_issuer_that_says_no_is_told_of(browser: Browser, query: str) -> None:
    state = query_of(await browser.to_issuer())["state"]
    await problem(browser, f"/sign-in/callback?{query.format(state=state)}", 400, "session.refused")


async def test_a_callback_without_a_code_is_refused(browser: Browser) -> None:
    state = query_of(await browser.to_issuer())["state"]
    await problem(browser, f"/sign-in/callback?state={state}", 400, "session.refused")


async def test_an_issuer_that_is_not_there_is_told_of(folder: Path) -> None:
    port = free_port()
    async with Browser(pages_app(sign_in=f"http://127.0.0.1:{port}")) as browser:
        await problem(browser, "/sign-in", 503, "session.issuer_away")
        with issuer_process(folder, port) as address:
            await answering(address)
            back = await browser.choose(await browser.to_issuer(), "officer")
        await problem(browser, back, 503, "session.issuer_away")


class Rogue(Issuer):
    """An issuer whose id_tokens say what ``claims`` say, and are signed with ``key`` by ``algorithm``."""

    def __init__(self, address: str, folder: Path, algorithm: str, key: Any, **claims: Any) -> None:
        super().__init__(address, folder)
        self.algorithm, self.key, self.claims = algorithm, key, claims

    def id_token(self, grant: Grant) -> str:
        """An id_token that is not as it should be."""
        said = {**jwt.decode(super().id_token(grant), options={"verify_signature": False}), **self.claims}
        said = {name: value for name, value in said.items() if value is not None}
        [key] = self.keys()["keys"]
        signer = self._key if self.key is None and self.algorithm == ALGORITHM else self.key
        return jwt.encode(said, signer, self.algorithm, headers={"kid": key["kid"]})


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://id.example"},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": "obec-reporting"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"sub": "rule:qn1"},
        {"sub": "x" * 300},
        {"roles": "officer"},
    ],
)
async def test_an_id_token_that_proves_nothing_signs_nobody_in(folder: Path, claims: dict[str, Any]) -> None:
    await signs_nobody_in(Rogue(ROGUE, folder, ALGORITHM, None, **claims))


@pytest.mark.parametrize(
    ("algorithm", "key"), [(ALGORITHM, ec.generate_private_key(ec.SECP256R1())), ("HS256", "k" * 32), ("none", None)]
)
async def test_an_id_token_that_another_signed_signs_nobody_in(folder: Path, algorithm: str, key: Any) -> None:
    await signs_nobody_in(Rogue(ROGUE, folder, algorithm, key))


async def test_an_id_token_that_is_as_it_should_be_signs_in(folder: Path) -> None:
    """What is refused above is refused for what was changed."""
    async with rogue_browser(Rogue(ROGUE, folder, ALGORITHM, None)) as browser:
        assert (await browser.sign_in()).status_code == 303
        assert (await browser.page())["person"]["roles"] == ["officer"]


async def test_who_has_no_role_that_reads_sees_no_page(folder: Path) -> None:
    async with rogue_browser(Rogue(ROGUE, folder, ALGORITHM, None, roles=[], name=None)) as browser:
        assert (await browser.sign_in()).status_code == 303
        await problem(browser, "/page/", 403, "auth.forbidden")


def rogue_browser(issuer: Issuer, *, public_read: bool = False) -> Browser:
    door = application(issuer)
    return Browser(pages_app(sign_in=ROGUE, issuer=door, public_read=public_read), PAGES, **{ROGUE: door})


async def signs_nobody_in(issuer: Issuer) -> None:
    async with rogue_browser(issuer, public_read=True) as browser:
        address = await browser.choose(await browser.to_issuer(), "officer")
        await problem(browser, address, 400, "session.not_proven")
        assert (await browser.page())["person"] is None


def saying(configuration: Any, tokens: Any = None) -> ASGIApp:
    """An issuer that says this of itself, and gives this for a code."""

    async def configured(_: Request) -> Response:
        return configuration if isinstance(configuration, Response) else JSONResponse(configuration)

    async def token(_: Request) -> Response:
        return JSONResponse(tokens)

    return Starlette(
        routes=[Route("/.well-known/openid-configuration", configured), Route("/token", token, methods=["POST"])]
    )


def sound(**changes: Any) -> dict[str, Any]:
    paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
    return {"issuer": ROGUE, **{name: ROGUE + path for name, path in paths.items()}, **changes}


@pytest.mark.parametrize(
    "configuration",
    [
        PlainTextResponse("<html>", 200),
        PlainTextResponse("no", 500),
        PlainTextResponse("", 302, {"Location": "https://id.example"}),
        [],
        {},
        {"issuer": ROGUE},
        sound(issuer="https://id.example"),
        sound(token_endpoint="http://id.example/token"),
        sound(jwks_uri=7),
        sound(authorization_endpoint=None),
        sound(id_token_signing_alg_values_supported=["none", "HS256"]),
        sound(id_token_signing_alg_values_supported=7),
    ],
)
async def test_a_configuration_that_is_none_is_not_followed(configuration: Any) -> None:
    async with Browser(pages_app(sign_in=ROGUE, issuer=saying(configuration))) as browser:
        await problem(browser, "/sign-in", 503, "session.issuer_away")


@pytest.mark.parametrize(
    ("tokens", "status"),
    [
        ([], 503),
        ({}, 400),
        ({"access_token": 7, "id_token": 7}, 503),
        ({"access_token": "a"}, 400),
        ({"error": 7}, 400),
        ({"error": "server_error"}, 503),
        ({"error": "invalid_client"}, 400),
    ],
)
async def test_rubbish_for_tokens_signs_nobody_in(tokens: Any, status: int) -> None:
    async with Browser(pages_app(sign_in=ROGUE, issuer=saying(sound(), tokens))) as browser:
        state = query_of(await browser.to_issuer())["state"]
        refused = await browser.get(f"/sign-in/callback?code=c&state={state}")
        assert refused.status_code == status
        assert refused.json()["code"].startswith("session.")


async def problem(browser: Browser, address: str, status: int, code: str) -> dict[str, Any]:
    """The problem that an address answers with, in both languages."""
    answer = await browser.get(address)
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    found: dict[str, Any] = answer.json()
    assert found["th"]
    assert found["en"]
    return found
