"""The contracts as they are published: ``/asyncapi.json``, JSON Schemas, and a page to read. Open to everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import orjson
from fastapi import Request, Response

from shared.contracts import REGISTRY, Rejected
from shared.contracts.asyncapi import document, schema_of
from shared.contracts.document import event_example, example
from shared.contracts.event import TYPE_PREFIX, Event
from shared.web.api import Api, Operation, Parameter
from shared.web.docs import POLICY, STYLE

MAX_AGE = "public, max-age=300"
TYPE = Parameter("type", "path", "Name of an event, or its CloudEvents type.", {"type": "string"}, required=True)
NUMBER = Parameter("version", "path", "Version of the type.", {"type": "integer", "minimum": 1}, required=True)
FILE = Parameter("file", "path", "<Name>.v<N>.json", {"type": "string"}, required=True)
NAME = Parameter("name", "path", "<Name>.json", {"type": "string"}, required=True)
_PROBLEMS = (404, 500)


class Published:
    """The routes of one service. ``facts``: JSON Schema of what publishers may send it, by event name."""

    def __init__(self, service: str, facts: Mapping[str, Any], version: str) -> None:
        self._service, self._facts, self._version = service, facts, version
        self._made: dict[str, tuple[bytes, str]] = {}

    def add_to(self, api: Api) -> None:
        """Serve them."""
        told: dict[int, tuple[str, Any]] = {200: ("The document.", dict[str, Any])}

        def add(path: str, summary: str, endpoint: Any, *parameters: Parameter) -> None:
            name = f"get_{endpoint.__name__}"
            api.add(
                Operation("GET", path, summary, "contracts", told, None, parameters, _PROBLEMS, public=True, name=name),
                endpoint,
            )

        add("/asyncapi.json", "What the service says and hears on Kafka (AsyncAPI 3.0)", self.asyncapi)
        add("/schemas/facts/{name}", "JSON Schema of a fact's data, as publishers send it", self.schema_of_fact, NAME)
        add("/schemas/{file}", "JSON Schema of an event type, by file name", self.schema_by_file, FILE)
        add("/schemas/{type}/{version}", "JSON Schema of an event type", self.schema, TYPE, NUMBER)
        api.serve("GET", "/docs/events", self.page, "page")

    async def asyncapi(self, request: Request) -> Response:
        """The AsyncAPI document."""
        return self._answer(request, "asyncapi", lambda: document(self._service, self._facts, self._version))

    async def schema(self, request: Request) -> Response:
        """The schema of a type and version."""
        name = request.path_params["type"].removeprefix(TYPE_PREFIX)
        stem, _, said = name.rpartition(".v")
        event = _event(stem if stem and said.isdecimal() else name, request.path_params["version"])
        return self._answer(request, event.spec.type, lambda: schema_of(event), "application/schema+json")

    async def schema_by_file(self, request: Request) -> Response:
        """The schema of a type by the name that the AsyncAPI document refers to it by."""
        name, _, version = request.path_params["file"].removesuffix(".json").rpartition(".v")
        event = _event(name, version)
        return self._answer(request, event.spec.type, lambda: schema_of(event), "application/schema+json")

    async def schema_of_fact(self, request: Request) -> Response:
        """The schema of a fact's data."""
        name = request.path_params["name"].removesuffix(".json")
        schema = self._facts.get(name)
        if schema is None:
            raise Rejected("schema.not_found", type=name[:100], version="")
        return self._answer(request, f"fact {name}", lambda: schema, "application/schema+json")

    async def page(self, request: Request) -> Response:
        """Every event, to read."""
        text, tag = self._kept("page", lambda: _page(self._service, self._facts).encode())
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": MAX_AGE, "ETag": tag}
        return Response(text, media_type="text/html", headers=headers)

    def _answer(
        self, request: Request, key: str, make: Callable[[], Any], media_type: str = "application/json"
    ) -> Response:
        body, tag = self._kept(key, lambda: orjson.dumps(make()))
        headers = {"ETag": tag, "Cache-Control": MAX_AGE}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=media_type)

    def _kept(self, key: str, make: Callable[[], bytes]) -> tuple[bytes, str]:
        if key not in self._made:
            body = make()
            self._made[key] = (body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        return self._made[key]


def _event(name: str, version: Any) -> type[Event]:
    for event in REGISTRY:
        if event.spec.name == name and str(event.spec.version) == str(version):
            return event
    raise Rejected("schema.not_found", type=name[:100], version=str(version)[:20])


def _place(event: type[Event]) -> str:
    return f"{event.spec.name}.v{event.spec.version}"


def _deprecated(event: type[Event]) -> str:
    return f" · deprecated since {escape(event.spec.deprecated)}" if event.spec.deprecated else ""


def _shown(value: Any) -> str:
    return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _page(service: str, facts: Mapping[str, Any]) -> str:
    title = f"Events of {service}"
    parts = [f"<h1>{escape(title)}</h1>", '<p>For programs: <a href="../asyncapi.json">asyncapi.json</a></p>']
    parts.append("<table><tr><th>event</th><th>what it says</th><th>schema</th></tr>")
    events = [event for event in REGISTRY if event.spec.owner in (service, "any")]
    for event in events:
        spec = event.spec
        link = f'<a href="../schemas/{spec.name}/{spec.version}">v{spec.version}</a>'
        taken = f' · <a href="../schemas/facts/{spec.name}.json">as a fact</a>' if spec.name in facts else ""
        said = escape(" ".join((event.__doc__ or "").split()))
        place = f'<a href="#{_place(event)}">{spec.name}</a>{_deprecated(event)}'
        parts.append(f"<tr><td>{place}</td><td>{said}</td><td>{link}{taken}</td></tr>")
    parts.append("</table>")
    for event in events:
        spec = event.spec
        parts.append(f'<h2 id="{_place(event)}">{spec.name}</h2><p><code>{spec.type}</code>{_deprecated(event)}</p>')
        parts.append(_shown(event_example(event)))
        if spec.name in facts:
            parts.append(f"<p>As a publisher sends it, the <code>data</code>:</p>{_shown(example(facts[spec.name]))}")
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'
