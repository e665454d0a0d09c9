"""An issuer of tokens for tests: a key, its key set, tokens signed with it, and an authenticator that knows it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from shared.settings import Issuer
from shared.web.auth import Authenticator

ISSUER = Issuer(issuer="https://issuer.test", jwks_url="https://issuer.test/jwks.json", audience="obec")


class TestIssuer:
    """Signs tokens; ``asked`` counts how often its key set was fetched."""

    __test__ = False

    def __init__(self, kid: str = "first") -> None:
        self.kid = kid
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.asked = 0
        self.answers = True

    def key_set(self) -> dict[str, Any]:
        """The key set (RFC 7517)."""
        public = orjson.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.kid, "alg": "ES256", "use": "sig"}]}

    def turn_over(self, kid: str) -> None:
        """Sign with a new key from now on."""
        self.kid, self.key = kid, ec.generate_private_key(ec.SECP256R1())

    def token(self, roles: Sequence[str] | None = ("officer",), subject: str = "usr-1", **claims: Any) -> str:
        """A token; ``claims`` replace what it says, None leaves a claim out."""
        said = {
            "iss": ISSUER.issuer,
            "aud": ISSUER.audience,
            "sub": subject,
            "roles": roles,
            "exp": int(time.time()) + 600,
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, self.key, "ES256", headers={"kid": self.kid})

    def bearer(self, *roles: str, subject: str = "usr-1") -> dict[str, str]:
        """The header that carries a token."""
        return {"Authorization": f"Bearer {self.token(roles or ('officer',), subject)}"}

    def client(self) -> httpx.AsyncClient:
        """A client for which this issuer's key set is on the net."""

        def answer(_request: httpx.Request) -> httpx.Response:
            self.asked += 1
            return httpx.Response(200, json=self.key_set()) if self.answers else httpx.Response(503)

        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    def authenticator(self) -> Authenticator:
        """An authenticator that takes this issuer's tokens."""
        return Authenticator([ISSUER], self.client())

    @contextmanager
    def on_loopback(self) -> Iterator[Issuer]:
        """Serve the key set on this machine; yields the issuer as settings name it."""
        issuer = self

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = orjson.dumps(issuer.key_set())
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield ISSUER.model_copy(update={"jwks_url": f"http://127.0.0.1:{server.server_port}/jwks.json"})
            finally:
                server.shutdown()
                thread.join()
