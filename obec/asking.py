"""How the command line asks a service over HTTP, in the name of whoever's token it is given."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from obec.local import token_of

if TYPE_CHECKING:
    from shared.contracts import Rejected

SERVICES = ("committee", "activity", "evaluation", "reporting")
SECONDS = 30.0
"""How long a service may take to answer, unless more is asked of it."""
PATIENT_SECONDS = 300.0
"""… an erasure: committee searches what it has, and then gives each of the others a minute."""
TOKEN = "OBEC_TOKEN"
OPERATOR = "operator"


def require_service(service: str) -> str:
    """The service as it is. Raises StackError when none is called so."""
    if service not in SERVICES:
        raise StackError(f"no service is called {service!r}: {', '.join(SERVICES)}")
    return service


def address_of(service: str) -> str:
    """Where a service answers: OBEC_<SERVICE>_URL, else on this machine. Raises StackError."""
    given = os.environ.get(f"OBEC_{require_service(service).upper()}_URL")
    return given or f"http://{HOST}:{getattr(Ports.of_environment(os.environ), service)}"


def ask(
    service: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    *,
    address: str = "",
    token: str = "",
    user: str = OPERATOR,
    seconds: float = SECONDS,
) -> Any:
    """What a service answers to ``GET /v1/<path>``. Raises StackError with its problem in one line.

    Asked at ``address``, by default the service's own, with ``token``, by default OBEC_TOKEN, else that of this
    machine's demonstration ``user``.
    """
    given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
    return _send("GET", service, path, address, token, user, seconds, params=given)


def order(service: str, path: str, body: Mapping[str, Any], *, key: str = "", seconds: float = SECONDS) -> Any:
    """What a service answers to ``POST /v1/<path>``; ``key``: idempotency key of a command. Raises StackError."""
    given = {name: value for name, value in body.items() if value is not None}
    headers = {"Idempotency-Key": key} if key else {}
    return _send("POST", service, path, "", "", OPERATOR, seconds, json=given, headers=headers)


def _send(
    method: str,
    service: str,
    path: str,
    address: str,
    token: str,
    user: str,
    seconds: float,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Any:
    import httpx

    base = (address or address_of(service)).rstrip("/")
    token = token or os.environ.get(TOKEN) or token_of(user)
    fields = {"Authorization": f"Bearer {token}", "Accept-Language": "en", **(headers or {})}
    url = f"{base}/v1/{quote(path, safe='/:%')}"
    try:
        answer = httpx.request(method, url, headers=fields, timeout=seconds, trust_env=False, **more)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise StackError(f"{service} does not answer at {base}: {error or type(error).__name__}") from error
    told = _read(answer.content)
    if answer.is_success and told is not None:
        return told
    if isinstance(told, dict) and "code" in told:
        where = f" at {told['pointer']}" if told.get("pointer") else ""
        raise StackError(sentence(told.get("th", ""), told.get("en", ""), f"{told['code']}{where}"))
    raise StackError(f"{base} answers {answer.status_code} and is no {service} service")


def refused(error: Rejected) -> StackError:
    """What was refused on this machine, as a service would tell it."""
    from shared.web.problems import of_code

    problem = of_code(error.code, error.params)
    return StackError(sentence(problem.th, problem.en, problem.code))


def sentence(th: str, en: str, code: str) -> str:
    """A refusal in one line, for readers of either language."""
    return f"{th} · {en} ({code})"


def _read(content: bytes) -> Any:
    """What an answer says; None when it is no JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None
