"""How a page is sent: what stands around it, its headers, and its bytes."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response

from services.reporting.asking import Answers
from services.reporting.pages.assets import takes_gzip
from services.reporting.pages.readers import Reader
from services.reporting.pages.rendering import page
from services.reporting.pages.showing import Showing
from services.reporting.places import written

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy of every page: nothing inline, nothing from elsewhere."""
REVALIDATED = "private, no-cache"
"""A page may be kept by its reader's browser, and is asked for again by its ETag."""
NOT_KEPT = "private, no-store"
"""A page that is good once, or tells what is not to lie about."""

Endpoint = Callable[[Request], Awaitable[Response]]


def add(app: FastAPI, method: str, path: str, endpoint: Endpoint) -> None:
    """Serve one address, which no list of operations for programs names."""
    app.add_api_route(path, endpoint, methods=[method], include_in_schema=False, response_model=None)


def frame(
    show: Showing, answers: Answers, reader: Reader, section: str, ignores: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What stands around every page of a programme; the first answer is the ``national`` view.

    ``section`` is its place in the navigation, ``ignores`` the filters that say nothing on it.
    """
    national, meta = answers.parts[0], answers.meta
    return {
        "show": show,
        "reader": reader,
        "section": section,
        "ignores": ignores,
        "activity_names": {each["code"]: each["name"] for each in national["activities"]},
        "frame": {
            "programme": national["programme"],
            "meta": meta,
            "completeness": national["completeness"],
            "live": not meta["as_of"] and not meta["effective_at"],
            "positions": written(meta["positions"]),
        },
    }


async def sent(
    request: Request, show: Showing, template: str, make: Callable[[], Mapping[str, Any]], headers: Mapping[str, str]
) -> Response:
    """A page of what ``make`` gives, packed where the browser unpacks it; made in a thread, as it takes a while."""
    zips = takes_gzip(request)
    body = await asyncio.to_thread(_body, show, template, make, zips)
    fields = {
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "same-origin",
        "Content-Language": show.language,
        "Vary": "Accept-Language, Accept-Encoding, Cookie, Authorization",
        **({"Content-Encoding": "gzip"} if zips else {}),
        **headers,
    }
    return Response(body, 200, fields, "text/html; charset=utf-8")


def _body(show: Showing, template: str, make: Callable[[], Mapping[str, Any]], zips: bool) -> bytes:
    made = page(show.language, template, make())
    return gzip.compress(made, 6, mtime=0) if zips else made
