"""Serves an address that is asked very often without what FastAPI and Starlette put around every request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """The endpoint of one route as an ASGI application, which answers what it raises by the application's handlers."""

    def __init__(self, route: Route, handlers: Mapping[Any, Any]) -> None:
        """``handlers``: by class of error, what makes a response of (request, error)."""
        self._route, self._handlers = route, handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises what no handler is for."""
        scope["route"] = self._route
        request = Request(scope, receive, send)
        try:
            response = await self._route.endpoint(request)
        except Exception as error:
            known = (self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers)
            handler = next(known, None)
            if handler is None:
                raise
            response = await handler(request, error)
        await response(scope, receive, send)


class App(FastAPI):
    """FastAPI that serves the (method, path) in ``straight`` by themselves, and all else as ever.

    Seven layers of middleware, two routers and their wrappers took more than deciding and storing a fact does.
    """

    straight: Mapping[tuple[str, str], ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        served = self.straight.get((scope.get("method", ""), scope.get("path", "")))
        if served is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await served(scope, receive, send)
