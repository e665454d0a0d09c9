"""Sessions of people who are signed in: cookies, forms, where browsers are sent on to, and who sees pages."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.contracts import Rejected
from shared.web import session
from tests.signing_in import PAGES, Browser, pages_app

COOKIE = "obec-8400"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def public_read() -> bool:
    return True


@pytest.fixture
async def browser(public_read: bool) -> AsyncIterator[Browser]:
    async with Browser(pages_app(public_read=public_read)) as browser:
        yield browser


async def test_who_is_signed_in_is_known_with_their_token(browser: Browser) -> None:
    shown = await browser.begin("officer", "reader")
    assert shown["person"] == {"id": "usr-1", "roles": ["officer", "reader"], "name": "เจ้าหน้าที่"}
    assert shown["token"] == "a.b.c"
    assert len(shown["csrf"]) >= 32


async def test_where_pages_are_open_nobody_needs_a_session_and_gets_none(browser: Browser) -> None:
    answer = await browser.get("/page/")
    assert answer.json() == {"person": None, "csrf": "", "token": None, "can_sign_in": False}
    assert "set-cookie" not in answer.headers
    assert answer.headers["vary"] == "Cookie"


async def test_a_session_that_is_over_is_nobodys(browser: Browser) -> None:
    assert (await browser.begin("officer", seconds=-1))["person"] is None


async def test_a_session_lasts_eight_hours_however_long_its_token_does(browser: Browser) -> None:
    await browser.begin("officer", seconds=9 * 3600)
    held = json.loads(base64.b64decode(browser.http.cookies[COOKIE].split(".")[0]))
    assert held["who"]["expires"] <= time.time() + 8 * 3600


@pytest.mark.parametrize(
    "change", ["", "x", "x.y.z", "null", "e30=.aa.bb", "{cookie}x", "x{cookie}", "{short}", "\u0e01"]
)
async def test_a_cookie_that_was_changed_is_nobodys(browser: Browser, change: str) -> None:
    await browser.begin("officer")
    cookie = browser.http.cookies[COOKIE]
    forged = change.format(cookie=cookie, short=cookie[:-2])
    browser.http.cookies.clear()
    answer = await browser.http.get("/page/", headers=[(b"Cookie", f"{COOKIE}={forged}".encode())])
    assert answer.json()["person"] is None


@pytest.mark.parametrize("public_read", [False])
async def test_without_an_issuer_a_closed_page_asks_for_a_login_and_sends_nobody_anywhere(browser: Browser) -> None:
    for address, status, code in (("/page/", 401, "auth.required"), ("/sign-in", 404, "session.not_configured")):
        answer = await browser.get(address)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await browser.get("/sign-in/callback?code=a&state=b")).json()["code"] == "session.not_configured"


@pytest.mark.parametrize(("accept", "status"), [("text/html,*/*", 303), ("application/json", 401), ("*/*", 401)])
async def test_browsers_alone_are_sent_to_sign_in(accept: str, status: int) -> None:
    async with Browser(pages_app(sign_in="https://issuer.test")) as browser:
        assert (await browser.get("/page/", Accept=accept)).status_code == status


@pytest.mark.parametrize("public_read", [False])
@pytest.mark.parametrize(("role", "status"), [("reader", 200), ("operator", 200), ("visitor", 403)])
async def test_a_closed_page_is_for_readers(browser: Browser, role: str, status: int) -> None:
    said = {"id": "usr-1", "roles": [role], "name": "", "token": "a", "seconds": 60}
    await browser.http.post("/begin", json=said)
    assert (await browser.get("/page/")).status_code == status


async def test_a_form_of_the_session_is_taken(browser: Browser) -> None:
    csrf = (await browser.begin("officer"))["csrf"]
    for headers in ({}, {"Origin": PAGES}, {"Referer": f"{PAGES}/page/1?x"}, {"Origin": "HTTP://127.0.0.1:8400"}):
        assert (await post(browser, csrf, headers)).json() == "usr-1 มติ"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8401"},
        {"Origin": "https://127.0.0.1:8400"},
        {"Origin": "http://127.0.0.1:8400.evil.example"},
        {"Origin": "http://127.0.0.1:http"},
        {"Origin": "http://[::1"},
        {"Referer": "https://evil.example/http://127.0.0.1:8400/"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    csrf = (await browser.begin("officer"))["csrf"]
    answer = await post(browser, csrf, headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "session.csrf")


@pytest.mark.parametrize("guess", ["", "guessed", "ก", None])
async def test_a_form_that_does_not_know_the_session_is_refused(browser: Browser, guess: str | None) -> None:
    await browser.begin("officer")
    answer = await post(browser, guess)
    assert (answer.status_code, answer.json()["code"]) == (403, "session.csrf")


async def test_a_form_of_an_earlier_session_is_refused(browser: Browser) -> None:
    earlier = (await browser.begin("officer"))["csrf"]
    await browser.begin("officer")
    assert (await post(browser, earlier)).json()["code"] == "session.csrf"


async def test_what_is_no_form_is_refused(browser: Browser) -> None:
    csrf = (await browser.begin("officer"))["csrf"]
    for answer in (
        await browser.http.post("/form", json={"csrf": csrf}),
        await browser.http.post("/form", content=f"csrf={csrf}".encode()),
        await browser.http.post("/form", content=b"csrf=\xff%ff", headers=FORM),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "session.csrf")


async def test_a_form_holds_no_files(browser: Browser) -> None:
    csrf = (await browser.begin("officer"))["csrf"]
    answer = await browser.http.post("/form", files={"csrf": csrf.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")


async def test_a_form_that_cannot_be_read_is_a_problem(browser: Browser) -> None:
    await browser.begin("officer")
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = await browser.http.post("/form", content=b"--y\r\n\xff", headers={"Content-Type": kind})
        assert answer.status_code in (400, 403)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_form_is_for_a_role(browser: Browser) -> None:
    csrf = (await browser.begin("reader"))["csrf"]
    assert (await post(browser, csrf)).json()["code"] == "auth.forbidden"
    browser.http.cookies.clear()
    assert (await post(browser, csrf)).json()["code"] == "auth.required"


@pytest.mark.parametrize("path", ["/", "/page", "/page?a=1&b=%2F%2Fevil", "/a//b", "/@evil.example", "/%5cevil"])
def test_a_path_of_this_host_is_gone_on_to(path: str) -> None:
    assert session.local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "page",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/page\\",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/page\r\nSet-Cookie: a=b",
        "/หน้า",
        "/" + "x" * 1000,
    ],
)
async def test_no_address_elsewhere_is_gone_on_to(path: str) -> None:
    with pytest.raises(Rejected, match=r"query\.unreadable"):
        session.local_path(path)
    async with Browser(pages_app(sign_in="https://issuer.test")) as browser:
        answer = await browser.http.get("/sign-in", params={"next": path})
        assert (answer.status_code, answer.json()["code"]) == (400, "query.unreadable")
        signed_in = await browser.begin("reader")
        answer = await browser.http.post("/sign-out", data={"csrf": signed_in["csrf"], "next": path})
        assert (answer.status_code, answer.json()["code"]) == (400, "query.unreadable")
        assert (await browser.page())["person"] is not None


async def test_an_address_too_long_to_come_back_to_leads_to_the_front_page() -> None:
    async with Browser(pages_app(sign_in="https://issuer.test")) as browser:
        assert (await browser.get("/page/" + "x" * 2000)).headers["location"] == "/sign-in?next=/"


async def test_over_https_the_cookie_is_for_https_and_this_host_alone() -> None:
    address = "https://reports.example"
    async with Browser(pages_app(public_address=f"{address}/", public_read=True), address) as browser:
        await browser.begin("reader")
        [cookie] = browser.http.cookies.jar
        assert (cookie.name, cookie.secure, cookie.path, cookie.domain_specified) == ("__Host-obec", True, "/", False)


async def test_behind_a_proxy_forms_come_from_the_public_address() -> None:
    async with Browser(pages_app(public_address="https://reports.example:443", public_read=True)) as browser:
        said = {"id": "usr-1", "roles": ["officer"], "name": "", "token": "a", "seconds": 60}
        begun = await browser.http.post("/begin", json=said)
        cookie = begun.headers["set-cookie"].partition(";")[0]
        csrf = (await browser.get("/page/", Cookie=cookie)).json()["csrf"]
        answer = await post(browser, csrf, {"Cookie": cookie, "Origin": "https://reports.example"})
        assert answer.status_code == 200


async def test_without_a_secret_a_cookie_is_good_in_its_own_process_alone(browser: Browser) -> None:
    await browser.begin("officer")
    async with Browser(pages_app(public_read=True)) as other:
        other.http.cookies = browser.http.cookies
        assert (await other.page())["person"] is None


async def post(browser: Browser, csrf: str | None, headers: dict[str, str] | None = None) -> httpx.Response:
    fields = {"word": "มติ"} if csrf is None else {"csrf": csrf, "word": "มติ"}
    return await browser.http.post("/form", data=fields, headers=headers)
