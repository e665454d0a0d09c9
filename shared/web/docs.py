"""``/docs``: the OpenAPI document as a page to read, without a script and without anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; } summary code { font-weight: bold; }
pre { background: #f4f4f4; padding: .75rem; overflow: auto; }
table { border-collapse: collapse; } td, th { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; }
details { margin: .5rem 0; } details > *:not(summary) { margin-left: 1rem; }
"""


def docs_route(app: FastAPI) -> None:
    """``GET /docs``; the page is made when it is first asked for."""
    made: list[str] = []

    async def docs(_request: Request) -> HTMLResponse:
        if not made:
            made.append(page(app.openapi()))
        return HTMLResponse(made[0], headers={"Content-Security-Policy": POLICY})

    app.add_api_route("/docs", docs, include_in_schema=False)


def page(document: Mapping[str, Any]) -> str:
    """An OpenAPI document as HTML."""
    title = escape(document["info"]["title"])
    parts = [f"<h1>{title}</h1><p>{escape(document['info'].get('description', ''))}</p>"]
    parts.append('<p>The same for programs: <a href="openapi.json">openapi.json</a></p>')
    operations = list(_operations(document))
    for tag in dict.fromkeys(tag for tag, _ in operations):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts.extend(html for each, html in operations if each == tag)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield operation.get("tags", [""])[0], _operation(method, path, operation, document)


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    said = f"<code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}"
    parts = [f"<details><summary>{said}</summary>"]
    if operation.get("parameters"):
        parts.append("<table><tr><th>parameter</th><th>in</th><th>what it is</th></tr>")
        parts.extend(_parameter(each) for each in operation["parameters"])
        parts.append("</table>")
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        parts.append(f"<p>Body, for example:</p><pre>{_example(schema, document)}</pre>")
    parts.append("<table><tr><th>answer</th><th>what it says</th></tr>")
    parts.extend(_answer(status, each, document) for status, each in operation["responses"].items())
    parts.append("</table></details>")
    return "".join(parts)


def _parameter(parameter: Mapping[str, Any]) -> str:
    name = f"<code>{escape(parameter['name'])}</code>{' (required)' if parameter.get('required') else ''}"
    return f"<tr><td>{name}</td><td>{parameter['in']}</td><td>{escape(parameter.get('description', ''))}</td></tr>"


def _answer(status: str, answer: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    first, *codes = answer["description"].splitlines()
    more = f"<details><summary>codes</summary><pre>{escape(chr(10).join(codes))}</pre></details>" if codes else ""
    return f"<tr><td>{status}</td><td>{escape(first)}{more}</td></tr>"


def _example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    from shared.contracts.document import example

    return escape(json.dumps(example(schema, document["components"]["schemas"]), ensure_ascii=False, indent=2))
