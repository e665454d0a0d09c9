"""Routes with their documentation: what each takes, every answer and every problem, as OpenAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from shared.contracts.rejection import codes
from shared.web.problems import MEDIA_TYPE, TITLES

Endpoint = Callable[[Request], Awaitable[Response]]

REF = "#/components/schemas/{model}"
FILE: Mapping[str, str] = {"type": "string", "format": "binary"}
READING = (400, 401, 403, 404, 500, 503)
COMMANDING = (400, 401, 403, 404, 409, 412, 413, 415, 422, 500, 503)


class InvalidPlace(BaseModel):
    """One place of a body that is not valid."""

    pointer: str = Field(
        description="JSON pointer into the body; empty: the body itself.", examples=["/members/0/seat"]
    )
    code: str = Field(description="Kind of error.", examples=["missing"])
    th: str
    en: str


class Problem(BaseModel):
    """Why it was refused or failed (RFC 9457)."""

    type: str = Field(examples=["urn:obec:problem:committee.one_chair"])
    title: str = Field(description="Kind of problem, in the language asked for.")
    status: int
    detail: str = Field(description="The sentence in the language asked for (Accept-Language; Thai if none is).")
    code: str = Field(description="Stable code.", examples=["committee.one_chair"])
    th: str = Field(description="The sentence in Thai.")
    en: str = Field(description="The sentence in English.")
    pointer: str | None = Field(default=None, description="JSON pointer into the body.")
    errors: list[InvalidPlace] | None = Field(default=None, description="Every place of the body that is not valid.")
    instance: str | None = Field(default=None, examples=["urn:obec:trace:0af7651916cd43dd8448eb211c80319c"])
    trace: str | None = Field(default=None, description="What to report when asking why.")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; ``place`` is path, query or header."""

    name: str
    place: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False

    def document(self) -> dict[str, Any]:
        """The parameter in OpenAPI."""
        return {
            "name": self.name,
            "in": self.place,
            "required": self.required,
            "description": self.description,
            "schema": dict(self.schema),
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address; ``answers`` by status, each a type of which the JSON is, or None."""

    method: str
    path: str
    summary: str
    tag: str
    answers: Mapping[int, tuple[str, Any]]
    body: Any = None
    parameters: Sequence[Parameter] = ()
    problems: Sequence[int] = READING
    media_type: str = "application/json"
    public: bool = False
    by_key: bool = False
    """Whether a publisher's API key is as good as a token."""
    bodies: Mapping[str, Any] = field(default_factory=dict)
    """By media type, what a body may be, where that is more than one JSON."""
    files: Sequence[str] = ()
    """Media types in which the good answer is given as a file too."""
    name: str = ""
    """For generated clients, where the address does not make a good one."""

    @property
    def documented_path(self) -> str:
        """The address as OpenAPI writes it, which knows no converters."""
        return self.path.replace(":path}", "}")

    @property
    def id(self) -> str:
        """A name for generated clients, such as ``post_committees_appoint``."""
        if self.name:
            return self.name
        words = [word for word in self.path.split("/")[2:] if not word.startswith("{")]
        return "_".join([self.method.lower(), *words, *(["of_stream"] if self.path.endswith("}") else [])])

    @property
    def contents(self) -> Mapping[str, Any]:
        """What a body may be, by media type; empty where there is none."""
        return self.bodies or ({} if self.body is None else {"application/json": self.body})

    def types(self) -> Iterator[tuple[Any, Any]]:
        """Every type whose schema is needed, with pydantic's mode."""
        for body in self.contents.values():
            yield body, "validation"
        for _, answer in self.answers.values():
            if answer is not None:
                yield answer, "serialization"


class _OneMethod(Route):
    """A route of one method alone: Starlette's own would have HEAD go where GET goes."""

    def __init__(self, method: str, path: str, endpoint: Endpoint, name: str) -> None:
        super().__init__(path, endpoint, methods=[method], name=name)
        self.methods = {method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for it; the request learns which route it is, for who counts it."""
        match, found = super().matches(scope)
        return match, {**found, "route": self} if found else found


@dataclass
class Api:
    """Collects operations and their ``routes``.

    An endpoint makes a response of a request by itself, so it is served by Starlette: of what FastAPI does around an
    endpoint it needs nothing, and that took a fifth of the time of a small request.
    """

    routes: list[BaseRoute] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    straight: dict[tuple[str, str], Route] = field(default_factory=dict)
    """By method and path, the routes that no middleware of the application need come before."""

    def add(self, operation: Operation, endpoint: Endpoint, *, straight: bool = False) -> None:
        """Serve an operation; ``straight``, whose path has no parameter, with as little around it as there can be."""
        self.operations.append(operation)
        route = self.serve(operation.method, operation.path, endpoint, operation.id)
        if straight:
            self.straight[operation.method, operation.path] = route

    def serve(self, method: str, path: str, endpoint: Endpoint, name: str) -> Route:
        """Serve what is in no document."""
        route = _OneMethod(method, path, endpoint, name)
        self.routes.append(route)
        return route

    def document(self, app: FastAPI) -> dict[str, Any]:
        """The whole OpenAPI document; routes that FastAPI documents by itself get their problems."""
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        schemas, definitions = _schemas([*self.operations])
        components = document.setdefault("components", {})
        components["schemas"] = {**components.get("schemas", {}), **definitions}
        components["responses"] = {str(status): _problem_response(status) for status in TITLES}
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        for each in self.operations:
            document["paths"].setdefault(each.documented_path, {})[each.method.lower()] = _operation(each, schemas)
        known = {(each.documented_path, each.method.lower()) for each in self.operations}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if (path, method) not in known:
                    _with_problems(operation)
        return document


def summary_of(kind: type) -> str:
    """First line of what a class says of itself."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


def _operation(operation: Operation, schemas: Mapping[tuple[int, str], Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [parameter.document() for parameter in operation.parameters],
        "responses": {
            **{
                str(status): _answer(
                    description,
                    {operation.media_type: schemas[id(kind), "serialization"], **dict.fromkeys(operation.files, FILE)},
                )
                for status, (description, kind) in operation.answers.items()
            },
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in operation.problems},
        },
    }
    if not operation.public:
        document["security"] = [{"token": []}, *([{"api_key": []}] if operation.by_key else [])]
    if operation.contents:
        content = {kind: {"schema": schemas[id(body), "validation"]} for kind, body in operation.contents.items()}
        document["requestBody"] = {"required": True, "content": content}
    return document


def _answer(description: str, schemas: Mapping[str, Any]) -> dict[str, Any]:
    content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"description": description, "content": content}


def _schemas(operations: Sequence[Operation]) -> tuple[dict[tuple[int, str], Any], dict[str, Any]]:
    """Schemas by (id of the type, mode), and the definitions that they refer to."""
    wanted = {(id(kind), mode): (kind, mode) for each in operations for kind, mode in each.types()}
    inputs: list[Any] = [((key, mode), mode, _adapter(kind)) for (key, mode), (kind, _) in wanted.items()]
    inputs.append(((0, "problem"), "serialization", TypeAdapter(Problem)))
    made, rest = TypeAdapter.json_schemas(inputs, ref_template=REF)
    return {key: schema for (key, _), schema in made.items()}, rest.get("$defs", {})


def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(kind)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
        return TypeAdapter(dict[str, Any])


def _problem_response(status: int) -> dict[str, Any]:
    lines = [f"- `{code}` {known.en}" for code, known in codes().items() if known.status == status]
    return {
        "description": "\n".join([TITLES[status][1] + ".", *lines]),
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}},
    }


def _with_problems(operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    for status in COMMANDING if "requestBody" in operation else READING:
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
