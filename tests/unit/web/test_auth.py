"""Which tokens are taken, and how often an issuer is asked for its keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.contracts import Rejected
from shared.web import auth
from shared.web.auth import Authenticator, Caller
from shared.web.jwks import AGAIN, FRESH, STALE, KeySet, KeysUnavailable
from tests.tokens import ISSUER, TestIssuer


@pytest.fixture
def issuer() -> TestIssuer:
    return TestIssuer()


async def told(authenticator: Authenticator, token: str) -> Caller:
    return await authenticator.authenticate(f"Bearer {token}")


async def refused(authenticator: Authenticator, authorization: str | None) -> str:
    """The reason that a token is refused for."""
    with pytest.raises(Rejected) as refusal:
        await authenticator.authenticate(authorization)
    assert refusal.value.code == "auth.required"
    return str(refusal.value.params.get("reason", ""))


async def test_a_token_names_its_caller_and_roles(issuer: TestIssuer) -> None:
    caller = await told(issuer.authenticator(), issuer.token(["officer", "reader"], "usr-7"))
    assert caller == Caller("usr-7", frozenset({"officer", "reader"}))
    assert caller.source == "/callers/usr-7"


async def test_a_token_without_roles_has_none(issuer: TestIssuer) -> None:
    assert (await told(issuer.authenticator(), issuer.token(roles=None))).roles == frozenset()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwdw==", "token"])
async def test_a_request_without_a_bearer_token_is_refused(issuer: TestIssuer, header: str | None) -> None:
    assert await refused(issuer.authenticator(), header) == ""


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1_000_000_000}, "it has expired"),
        ({"exp": None}, "it is not valid"),
        ({"aud": "another"}, "it is not valid"),
        ({"aud": None}, "it is not valid"),
        ({"iss": "https://stranger.test"}, "its issuer is not known here"),
        ({"iss": None}, "its issuer is not known here"),
        ({"sub": None}, "it is not valid"),
        ({"sub": ""}, "its subject is no account"),
        ({"sub": "x" * 201}, "its subject is no account"),
        ({"sub": "a\nb"}, "its subject is no account"),
        ({"sub": "rule:qn1"}, "its subject is no account"),
        ({"roles": "operator"}, "its roles cannot be read"),
        ({"roles": [1]}, "its roles cannot be read"),
        ({"nbf": 9_000_000_000}, "it is not valid"),
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_is_refused(
    issuer: TestIssuer, claims: dict[str, Any], reason: str
) -> None:
    token = issuer.token(**{"roles": ["officer"], "subject": "usr-1", **claims})
    assert await refused(issuer.authenticator(), f"Bearer {token}") == reason


async def test_a_token_of_another_key_is_refused(issuer: TestIssuer) -> None:
    forger = TestIssuer(issuer.kid)
    assert await refused(issuer.authenticator(), f"Bearer {forger.token()}") == "it is not valid"


async def test_a_token_that_was_changed_is_refused(issuer: TestIssuer) -> None:
    head, _, signature = issuer.token(["reader"]).split(".")
    body = issuer.token(["operator"]).split(".")[1]
    assert await refused(issuer.authenticator(), f"Bearer {head}.{body}.{signature}") == "it is not valid"


@pytest.mark.parametrize("token", ["x", "a.b.c", "." * 5, "x" * 10_000], ids=["x", "abc", "dots", "long"])
async def test_what_is_no_token_is_refused(issuer: TestIssuer, token: str) -> None:
    assert await refused(issuer.authenticator(), f"Bearer {token}")


def claims_of(issuer: TestIssuer) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(issuer.token(), options={"verify_signature": False})
    return found


async def test_a_token_that_is_not_signed_is_refused(issuer: TestIssuer) -> None:
    token = jwt.encode(claims_of(issuer), "", "none", headers={"kid": issuer.kid})
    assert await refused(issuer.authenticator(), f"Bearer {token}") == "it is not signed in a way that is taken here"


async def test_a_public_key_is_no_secret_to_sign_with(issuer: TestIssuer) -> None:
    public = issuer.key_set()["keys"][0]["x"].encode()
    token = jwt.encode(claims_of(issuer), public.ljust(64, b"="), "HS256", headers={"kid": issuer.kid})
    assert await refused(issuer.authenticator(), f"Bearer {token}") == "it is not signed in a way that is taken here"


async def test_a_shared_secret_in_a_key_set_is_not_taken() -> None:
    secret = {"kty": "oct", "kid": "s", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "alg": "HS256"}
    keys = key_set(lambda _: httpx.Response(200, json={"keys": [secret]}))
    assert await keys.key("s") is None


async def test_a_key_is_used_for_its_own_algorithm_only(issuer: TestIssuer) -> None:
    key = rsa.generate_private_key(65537, 2048)
    token = jwt.encode(claims_of(issuer), key, "RS256", headers={"kid": issuer.kid})
    assert await refused(issuer.authenticator(), f"Bearer {token}") == "it is not valid"


async def test_keys_are_fetched_once_for_many_tokens(issuer: TestIssuer) -> None:
    authenticator = issuer.authenticator()
    await asyncio.gather(*(told(authenticator, issuer.token(subject=f"usr-{n}")) for n in range(20)))
    assert issuer.asked == 1


async def test_a_token_is_checked_once(issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    authenticator, token = issuer.authenticator(), issuer.token()
    caller = await told(authenticator, token)
    monkeypatch.setattr(jwt, "decode", None)
    assert await told(authenticator, token) is caller


async def test_a_remembered_token_expires_all_the_same(issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    authenticator, token = issuer.authenticator(), issuer.token(exp=int(time.time()) + 5)
    await told(authenticator, token)
    later = time.time() + 5 + auth.LEEWAY + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert not authenticator._checked[token].holds()


async def test_no_more_tokens_are_remembered_than_allowed(issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED", 3)
    authenticator = issuer.authenticator()
    for number in range(6):
        await told(authenticator, issuer.token(subject=f"usr-{number}"))
    assert len(authenticator._checked) == 3


async def test_when_keys_cannot_be_had_nobody_can_be_told_apart(issuer: TestIssuer) -> None:
    issuer.answers = False
    with pytest.raises(Rejected, match=r"service\.unavailable"):
        await told(issuer.authenticator(), issuer.token())


class Machine:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key_set(answer: Callable[[httpx.Request], httpx.Response], machine: Machine | None = None) -> KeySet:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return KeySet(ISSUER, client, machine or Machine())


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: TestIssuer) -> None:
    machine = Machine()
    keys = KeySet(ISSUER, issuer.client(), machine)
    assert await keys.key("first") is not None
    issuer.turn_over("second")
    machine.now += AGAIN + 1
    assert await keys.key("second") is not None
    assert await keys.key("first") is None
    assert keys.generation == 2


async def test_tokens_with_unknown_keys_do_not_have_the_issuer_asked_again_and_again(issuer: TestIssuer) -> None:
    keys = KeySet(ISSUER, issuer.client(), Machine())
    for number in range(50):
        assert await keys.key(f"guess-{number}") is None
    assert issuer.asked == 1


async def test_keys_are_asked_for_anew_once_they_are_old(issuer: TestIssuer) -> None:
    machine = Machine()
    keys = KeySet(ISSUER, issuer.client(), machine)
    await keys.key("first")
    machine.now += FRESH - 1
    await keys.key("first")
    assert issuer.asked == 1
    machine.now += 2
    await keys.key("first")
    assert issuer.asked == 2


async def test_known_keys_serve_while_the_issuer_is_away_but_not_for_ever(issuer: TestIssuer) -> None:
    machine = Machine()
    keys = KeySet(ISSUER, issuer.client(), machine)
    await keys.key("first")
    issuer.answers = False
    machine.now += STALE - 1
    assert await keys.key("first") is not None
    machine.now += 2
    with pytest.raises(KeysUnavailable):
        await keys.key("first")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": 1}', b"x" * 300_000], ids=["empty", "list", "none", "number", "large"]
)
async def test_what_is_no_key_set_is_no_answer(body: bytes) -> None:
    with pytest.raises(KeysUnavailable):
        await key_set(lambda _: httpx.Response(200, content=body)).key("first")


async def test_one_key_that_cannot_be_read_does_not_take_the_others_away(issuer: TestIssuer) -> None:
    odd: list[Any] = [{"kty": "EC", "kid": "odd", "crv": "P-256", "x": "!", "y": "!"}, {"kid": "none"}, "text", None]
    keys = key_set(lambda _: httpx.Response(200, json={"keys": odd + issuer.key_set()["keys"]}))
    assert await keys.key("first") is not None
    assert await keys.key("odd") is None


async def test_a_token_of_a_withdrawn_key_is_forgotten(issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    authenticator, token = issuer.authenticator(), issuer.token()
    monkeypatch.setattr(authenticator._keys[ISSUER.issuer], "_machine", machine)
    machine.now = time.monotonic()
    await told(authenticator, token)
    issuer.turn_over("second")
    machine.now += FRESH + 1
    assert await refused(authenticator, f"Bearer {token}") == "its key is not known"


async def test_a_token_that_was_forgotten_while_its_keys_were_asked_for_is_checked_anew(
    issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    authenticator, token = issuer.authenticator(), issuer.token()
    keys = authenticator._keys[ISSUER.issuer]
    fetch = keys._fetch

    async def meanwhile() -> bytes:
        authenticator._checked.clear()
        return await fetch()

    machine.now = time.monotonic()
    await told(authenticator, token)
    monkeypatch.setattr(keys, "_machine", machine)
    monkeypatch.setattr(keys, "_fetch", meanwhile)
    issuer.turn_over("second")
    machine.now += FRESH + 1
    assert await refused(authenticator, f"Bearer {token}") == "its key is not known"
