"""The token issuer: what it signs can be checked with the keys it publishes, and with those of an earlier run."""

from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from deploy.local.issuer import ALGORITHM, AUDIENCE, Issuer, application
from deploy.local.users import USERS

ADDRESS = "http://127.0.0.1:8490"


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


def client(folder: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(Issuer(ADDRESS, folder))), base_url="http://issuer"
    )


async def token_of(issuer: httpx.AsyncClient, user: str) -> str:
    return str((await issuer.post("/token", data={"username": user})).json()["access_token"])


async def checked(issuer: httpx.AsyncClient, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict((await issuer.get("/.well-known/jwks.json")).json())
    wanted = jwt.get_unverified_header(token)["kid"]
    key = next((key for key in keys.keys if key.key_id == wanted), None)
    if key is None:
        raise jwt.exceptions.PyJWKSetError("no key with this id")
    return dict(jwt.decode(token, key, [ALGORITHM], audience=AUDIENCE, issuer=ADDRESS))
