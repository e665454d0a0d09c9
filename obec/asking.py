"""How the command line asks a service over HTTP, in the name of whoever's token it is given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from obec.local import token_of

SERVICES = ("committee", "activity", "evaluation", "reporting")
SECONDS = 30.0
"""How long a service may take to answer."""
TOKEN = "OBEC_TOKEN"


def address_of(service: str) -> str:
    """Where a service answers: OBEC_<SERVICE>_URL, else on this machine. Raises StackError."""
    if service not in SERVICES:
        raise StackError(f"no service is called {service!r}: {', '.join(SERVICES)}")
    given = os.environ.get(f"OBEC_{service.upper()}_URL")
    return (given or f"http://{HOST}:{getattr(Ports.of_environment(os.environ), service)}").rstrip("/")


def ask(service: str, path: str, query: Mapping[str, Any] | None = None) -> Any:
    """What a service answers to ``GET /v1/<path>``. Raises StackError with its problem in one line."""
    given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
    return _send("GET", service, path, params=given)


def order(service: str, path: str, body: Mapping[str, Any], *, key: str = "") -> Any:
    """What a service answers to ``POST /v1/<path>``; ``key``: idempotency key of a command. Raises StackError."""
    given = {name: value for name, value in body.items() if value is not None}
    return _send("POST", service, path, json=given, headers={"Idempotency-Key": key} if key else {})


def _send(method: str, service: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
    import httpx

    address = address_of(service)
    token = os.environ.get(TOKEN) or token_of("operator")
    fields = {"Authorization": f"Bearer {token}", "Accept-Language": "en", **(headers or {})}
    try:
        answer = httpx.request(
            method, f"{address}/v1/{quote(path, safe='/:')}", headers=fields, timeout=SECONDS, trust_env=False, **more
        )
        told = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise StackError(f"{service} does not answer at {address}: {error or type(error).__name__}") from error
    if answer.is_success:
        return told
    if not isinstance(told, dict) or "code" not in told:
        raise StackError(f"{address} answers {answer.status_code} and is no service of this product")
    raise StackError(f"{told['en']} ({told['code']})")
