"""An issuer of tokens that processes can reach: its key set on loopback, and tokens in hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deploy.local.issuer import AUDIENCE, Issuer
from deploy.local.ports import HOST


class RunningIssuer:
    """The embedded stack's issuer, served by a thread of this process."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    @property
    def named(self) -> dict[str, str]:
        """As OBEC_ISSUERS names it."""
        return {"issuer": self._issuer.address, "jwks_url": f"{self._issuer.address}/jwks.json", "audience": AUDIENCE}

    def bearer(self, user: str) -> dict[str, str]:
        """The header that carries a demonstration user's token."""
        return {"Authorization": f"Bearer {self._issuer.token(user)}"}


@contextmanager
def running_issuer(folder: Path) -> Iterator[RunningIssuer]:
    """Serve the key set until the block ends."""
    keys = b""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((HOST, 0), Door)
    issuer = Issuer(f"http://{HOST}:{server.server_address[1]}", folder)
    keys = json.dumps(issuer.keys()).encode()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield RunningIssuer(issuer)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
