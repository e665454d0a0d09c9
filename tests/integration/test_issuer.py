"""The token issuer: what it signs can be checked with the keys it publishes, codes are good once and for who asked."""

from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from deploy.local.authorizing import CLIENT, CODE_SECONDS, AuthorizationRequest, Codes, Refused, challenge_of
from deploy.local.issuer import ALGORITHM, AUDIENCE, Issuer, application
from deploy.local.users import USERS

ADDRESS = "http://127.0.0.1:8490"
BACK = "http://127.0.0.1:8400/sign-in/callback"
VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": BACK,
    "scope": "openid",
    "state": "a state & more",
    "nonce": "n",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
REDEEMED = {"grant_type": "authorization_code", "client_id": CLIENT, "redirect_uri": BACK, "code_verifier": VERIFIER}


@pytest.mark.parametrize("user", USERS)
async def test_a_token_names_the_users_role_and_an_id_that_says_nothing(tmp_path: Path, user: str) -> None:
    async with client(tmp_path) as issuer:
        claims = await checked(issuer, await token_of(issuer, user))
    assert claims["roles"] == [user]
    assert user not in claims["sub"]


async def test_users_have_ids_of_their_own(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        subjects = {(await checked(issuer, await token_of(issuer, user)))["sub"] for user in USERS}
    assert len(subjects) == len(USERS)


@pytest.mark.parametrize("form", [{"username": "minister"}, {}])
async def test_an_unknown_user_gets_no_token(tmp_path: Path, form: dict[str, str]) -> None:
    async with client(tmp_path) as issuer:
        answer = await issuer.post("/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_restart_keeps_the_key_and_the_ids(tmp_path: Path) -> None:
    async with client(tmp_path) as first:
        token = await token_of(first, "officer")
    async with client(tmp_path) as restarted:
        assert (await checked(restarted, token))["sub"] == USERS["officer"][1]


async def test_another_issuers_token_is_not_good_here(tmp_path: Path) -> None:
    async with client(tmp_path / "here") as here, client(tmp_path / "elsewhere") as elsewhere:
        token = await token_of(elsewhere, "officer")
        with pytest.raises(jwt.exceptions.PyJWKSetError):
            await checked(here, token)


def test_the_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Issuer(ADDRESS, tmp_path)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_what_it_says_of_itself_is_served(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        said = (await issuer.get("/.well-known/openid-configuration")).json()
        assert said["issuer"] == ADDRESS
        for name, status in (("jwks_uri", 200), ("authorization_endpoint", 400), ("token_endpoint", 405)):
            assert (await issuer.get(said[name].removeprefix(ADDRESS))).status_code == status


async def test_a_code_is_good_for_tokens_once(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        form = {**REDEEMED, "code": await code_of(issuer, "approver")}
        tokens = (await issuer.post("/token", data=form)).json()
        access = await checked(issuer, tokens["access_token"])
        who = await checked(issuer, tokens["id_token"], CLIENT)
        assert access["roles"] == who["roles"] == ["approver"]
        assert access["sub"] == who["sub"] == USERS["approver"][1]
        assert (who["nonce"], who["name"]) == ("n", "ผู้อนุมัติ (สาธิต)")
        again = await issuer.post("/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42},
        {"code_verifier": challenge_of(VERIFIER)},
        {"code_verifier": "ก" * 43},
        {"code_verifier": None},
        {"redirect_uri": BACK + "/"},
        {"client_id": "another"},
        {"client_id": None},
        {"code": "guessed"},
        {"code": None},
    ],
)
async def test_a_code_is_for_who_asked_for_it(tmp_path: Path, wrong: dict[str, str | None]) -> None:
    async with client(tmp_path) as issuer:
        form = {**REDEEMED, "code": await code_of(issuer, "officer")}
        changed = {name: value for name, value in {**form, **wrong}.items() if value is not None}
        refused = await issuer.post("/token", data=changed)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        after = await issuer.post("/token", data=form)
    assert (after.status_code == 200) == ("code" in wrong), "an attempt uses the code up"


def test_a_code_is_good_for_a_minute() -> None:
    seconds = 0.0
    codes, asked = Codes(lambda: seconds), AuthorizationRequest.read(ASKED)
    early, late = codes.issue(asked, "officer"), codes.issue(asked, "officer")
    seconds = CODE_SECONDS - 1
    assert codes.redeem({**REDEEMED, "code": early}).user == "officer"
    seconds = CODE_SECONDS
    with pytest.raises(Refused, match="invalid_grant"):
        codes.redeem({**REDEEMED, "code": late})


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://evil.example/sign-in/callback",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:8400@evil.example/",
        "http://localhost.evil.example/",
        "http://127.0.0.1\\@evil.example/",
        "http://127.0.0.1:8400/\r\nSet-Cookie: a=b",
        "http://127.0.0.1:8400/#fragment",
        "http://127.0.0.1:port/",
        "http://[::1",
        "//127.0.0.1/",
        "javascript:alert(1)",
        "",
    ],
)
async def test_no_browser_is_sent_to_another_machine(tmp_path: Path, address: str) -> None:
    async with client(tmp_path) as issuer:
        for answer in (
            await issuer.get("/authorize", params={**ASKED, "redirect_uri": address}),
            await issuer.post("/authorize", data={**ASKED, "redirect_uri": address, "user": "officer"}),
        ):
            assert answer.status_code == 400
            assert "location" not in answer.headers
            assert "invalid_request" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "localhost:1", "127.0.0.1:65000"])
async def test_any_port_of_this_machine_may_be_sent_back_to(tmp_path: Path, host: str) -> None:
    async with client(tmp_path) as issuer:
        back = f"http://{host}/back?a=1"
        answer = await issuer.post("/authorize", data={**ASKED, "redirect_uri": back, "user": "reader"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{back}&code=")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "x" * 44}, "invalid_request"),
        ({"user": "minister"}, "access_denied"),
        ({"user": ""}, "access_denied"),
    ],
)
async def test_what_is_wrong_is_told_to_who_asked(tmp_path: Path, wrong: dict[str, str], error: str) -> None:
    async with client(tmp_path) as issuer:
        answer = await issuer.post("/authorize", data={**ASKED, "user": "officer", **wrong})
    assert answer.status_code == 303
    told = httpx.URL(answer.headers["location"]).params
    assert (told["error"], told["state"]) == (error, ASKED["state"])
    assert "code" not in told


async def test_an_unknown_client_gets_a_page_and_nothing_else(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        answer = await issuer.get("/authorize", params={**ASKED, "client_id": "<b>another"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "unauthorized_client" in answer.text


async def test_its_pages_bring_their_font_with_them(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        page = await issuer.get("/authorize", params=ASKED)
        font = await issuer.get("/sarabun.ttf")
    assert 'url("/sarabun.ttf")' in page.text
    assert "font-src 'self'" in page.headers["content-security-policy"]
    assert (font.headers["content-type"], len(font.content) > 50_000) == ("font/ttf", True)


async def test_what_is_asked_is_not_taken_for_markup(tmp_path: Path) -> None:
    async with client(tmp_path) as issuer:
        page = await issuer.get("/authorize", params={**ASKED, "state": '"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "<script" not in page.text
    assert all(f'value="{user}"' in page.text for user in USERS)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"username=%ff", b"=&&=", b"grant_type=authorization_code", b"{}"])
async def test_nothing_that_is_sent_makes_it_fail(tmp_path: Path, body: bytes) -> None:
    async with client(tmp_path) as issuer:
        for address in ("/token", "/authorize"):
            answer = await issuer.post(address, content=body)
            assert answer.status_code == 400
        assert (await issuer.get(f"/authorize?{body.decode('latin-1')}")).status_code == 400


async def code_of(issuer: httpx.AsyncClient, user: str) -> str:
    answer = await issuer.post("/authorize", data={**ASKED, "user": user})
    told = httpx.URL(answer.headers["location"]).params
    assert told["state"] == ASKED["state"]
    return told["code"]


def client(folder: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(Issuer(ADDRESS, folder))), base_url="http://issuer"
    )


async def token_of(issuer: httpx.AsyncClient, user: str) -> str:
    return str((await issuer.post("/token", data={"username": user})).json()["access_token"])


async def checked(issuer: httpx.AsyncClient, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict((await issuer.get("/.well-known/jwks.json")).json())
    wanted = jwt.get_unverified_header(token)["kid"]
    key = next((key for key in keys.keys if key.key_id == wanted), None)
    if key is None:
        raise jwt.exceptions.PyJWKSetError("no key with this id")
    return dict(jwt.decode(token, key, [ALGORITHM], audience=audience, issuer=ADDRESS))
