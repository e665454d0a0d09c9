"""A small issuer of tokens for the embedded stack, on loopback: OpenID Connect sign-in, and `POST /token` with a name.

It asks for no password: whoever can reach the port already runs programs on this machine. A real stack names its own
issuers in OBEC_ISSUERS and OBEC_SIGN_IN and does not run this one.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.authorizing import ASKED, CLIENT, AuthorizationRequest, Codes, Grant, Refused
from deploy.local.users import NAMES, USERS
from shared.packages import npm_package

ALGORITHM = "ES256"
AUDIENCE = "obec"
LIFETIME_SECONDS = 8 * 3600
WATCHER, WATCHER_SECONDS = "obec-monitor", 365 * 24 * 3600
"""Who asks the services how they are, and for how long: nobody renews that token but the next start of the stack."""
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FONT = "400Regular/Sarabun_400Regular.ttf"
"""In its package; a machine need not have a font for Thai."""
PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)


class Issuer:
    """Signs tokens with the key in `folder`, which is made when it is not there."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self._key = _key_in(folder)
        self._public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        self._id = hashlib.sha256(json.dumps(self._public, sort_keys=True).encode()).hexdigest()[:16]

    def keys(self) -> dict[str, Any]:
        """The key set that services check tokens against (RFC 7517)."""
        return {"keys": [{**self._public, "kid": self._id, "alg": ALGORITHM, "use": "sig"}]}

    def token(self, user: str) -> str:
        """A token of a demonstration user, good for eight hours. Raises KeyError for another name."""
        return self._signed(user, {"aud": AUDIENCE})

    def watcher_token(self) -> str:
        """A token of the process that judges alarms, which asks as an operator and is nobody who signs in."""
        expires = int(time.time()) + WATCHER_SECONDS
        return self._signed("operator", {"aud": AUDIENCE, "sub": WATCHER, "exp": expires})

    def id_token(self, grant: Grant) -> str:
        """What tells an application who signed in (OpenID Connect Core, 2), as long good as the token beside it."""
        nonce = {"nonce": grant.asked.nonce} if grant.asked.nonce else {}
        return self._signed(grant.user, {"aud": CLIENT, "name": f"{NAMES[grant.user][0]} (สาธิต)", **nonce})

    def configuration(self) -> dict[str, Any]:
        """What the issuer can do (OpenID Connect Discovery, 3)."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": ["openid"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce", "name", "roles"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _signed(self, user: str, claims: dict[str, Any]) -> str:
        roles, subject = USERS[user]
        now = int(time.time())
        said = {
            "iss": self.address,
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            **claims,
        }
        return jwt.encode(said, self._key, ALGORITHM, headers={"kid": self._id})


def application(issuer: Issuer, codes: Codes | None = None) -> Starlette:
    """The issuer's HTTP door."""
    codes = codes or Codes()

    async def configuration(_: Request) -> Response:
        return JSONResponse(issuer.configuration())

    async def keys(_: Request) -> Response:
        return JSONResponse(issuer.keys())

    async def authorize(request: Request) -> Response:
        sent = await _form(request) if request.method == "POST" else dict(request.query_params)
        try:
            asked = AuthorizationRequest.read(sent)
            if request.method != "POST":
                return _page("authorize.html", asked={key: sent[key] for key in ASKED if key in sent}, names=NAMES)
            return _sent_on(asked.answered(code=codes.issue(asked, sent.get("user", ""))))
        except Refused as refused:
            if refused.redirect is not None:
                return _sent_on(refused.redirect)
            return _page("refused.html", 400, error=refused.error, description=refused.description)

    async def token(request: Request) -> Response:
        try:
            return JSONResponse(_tokens(issuer, codes, await _form(request)), headers={"Cache-Control": "no-store"})
        except Refused as refused:
            return JSONResponse({"error": refused.error, "error_description": refused.description}, 400)

    async def font(_: Request) -> Response:
        path = npm_package("@expo-google-fonts/sarabun") / FONT
        return FileResponse(path, headers={"Cache-Control": "public, max-age=86400"})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/.well-known/jwks.json", keys),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/sarabun.ttf", font),
            Route("/livez", health),
            Route("/readyz", health),
        ]
    )


def _tokens(issuer: Issuer, codes: Codes, sent: dict[str, str]) -> dict[str, Any]:
    """What a form is given: tokens for a code, or an access token for a user's name. Raises Refused."""
    if sent.get("grant_type") == "authorization_code":
        grant = codes.redeem(sent)
        return {**_access(issuer, grant.user), "id_token": issuer.id_token(grant)}
    user = sent.get("username", "")
    if user not in USERS:
        raise Refused("invalid_grant", f"users: {', '.join(USERS)}")
    return _access(issuer, user)


def _access(issuer: Issuer, user: str) -> dict[str, Any]:
    return {"access_token": issuer.token(user), "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def _sent_on(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _page(name: str, status: int = 200, **shown: Any) -> Response:
    return HTMLResponse(PAGES.get_template(name).render(shown), status, PAGE_HEADERS)


def main() -> None:
    """Serve on OBEC_HOST and OBEC_ISSUER_PORT, the key in OBEC_STACK/issuer."""
    host, port = os.environ.get("OBEC_HOST", "127.0.0.1"), int(os.environ["OBEC_ISSUER_PORT"])
    issuer = Issuer(f"http://{host}:{port}", Path(os.environ["OBEC_STACK"]) / "issuer")
    # uvicorn drains, then hands the signal on to the handler that was there before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(application(issuer), host=host, port=port, log_level="warning")


def _key_in(folder: Path) -> ec.EllipticCurvePrivateKey:
    path = folder / "key.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".new-{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        unfinished.rename(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no key for {ALGORITHM}")
    return key


if __name__ == "__main__":
    main()
