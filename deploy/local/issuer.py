"""A small issuer of tokens for the embedded stack, on loopback: `POST /token` with a demonstration user's name.

It asks for no password: whoever can reach the port already runs programs on this machine. A real stack names its own
issuers in OBEC_ISSUERS and does not run this one.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.local.users import USERS

ALGORITHM = "ES256"
AUDIENCE = "obec"
LIFETIME_SECONDS = 8 * 3600


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
        roles, subject = USERS[user]
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._id})


def application(issuer: Issuer) -> Starlette:
    """The issuer's HTTP door."""

    async def keys(_: Request) -> JSONResponse:
        return JSONResponse(issuer.keys())

    async def token(request: Request) -> JSONResponse:
        [user] = parse_qs((await request.body()).decode()).get("username", [""])[:1]
        if user not in USERS:
            return JSONResponse({"error": "invalid_grant", "error_description": f"users: {', '.join(USERS)}"}, 400)
        signed = {"access_token": issuer.token(user), "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
        return JSONResponse(signed, headers={"Cache-Control": "no-store"})

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/.well-known/jwks.json", keys),
            Route("/token", token, methods=["POST"]),
            Route("/health/live", health),
            Route("/health/ready", health),
        ]
    )


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
