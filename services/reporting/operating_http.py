"""What operators ask of reporting alone: the monitor, a search of streams and events, one fact's way, periods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.reporting.asking import Desk
from services.reporting.monitor.reading import Limits, monitored
from services.reporting.periods import PeriodAnswer, every_period
from services.reporting.searching import LIMIT, MOST, Found, Search, events, search_of, streams
from services.reporting.tracing import trace
from shared.operating.asking import operator_of
from shared.web.api import Api, Operation, Parameter
from shared.web.jsonable import Json

TAG = "operators"

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1, "maximum": MOST}
_TIME = {"type": "string", "examples": ["2016-12-15T09:00:00+07:00"]}
SEARCH = (
    Parameter("type", "query", "Name of an event, such as MeetingHeld, or its whole type.", _TEXT),
    Parameter("correlation", "query", "Correlation id.", _TEXT),
    Parameter("person", "query", "Id of a person that the data names.", {"type": "string", "format": "uuid"}),
    Parameter("since", "query", "Recorded then or later.", _TIME),
    Parameter("until", "query", "Recorded then or before; a day to its end.", _TIME),
    Parameter("limit", "query", f"At most so many; {LIMIT} if not given.", _COUNT),
    Parameter("cursor", "query", "Where the page before ended: from its Link.", _TEXT),
)
OF_STREAM = Parameter("stream", "query", "Only of this stream.", _TEXT)
BEGINNING = Parameter("stream", "query", "Only streams whose names begin so.", _TEXT)
TRACED = Parameter("id", "path", "Id of an event, or a correlation id.", _TEXT, required=True)


class Step(BaseModel):
    """An event on a fact's way."""

    event_id: UUID
    service: str
    stream: str
    type: str
    name: str
    shard: int
    position: int
    publisher: str = Field(description="Who sent it; empty: people and rules of the programme.")
    correlation: str
    causation: str
    traceparent: str
    occurred_at: datetime
    received_at: datetime
    recorded_at: datetime
    relayed_at: datetime | None = Field(description="When the monitor read it from its topic, the machine's time.")
    applied_at: datetime | None = Field(description="Since when the views hold it, the machine's time.")
    state: str = Field(description="applied, parked, skipped, coming, or no_view: of which no view is made.")
    parked: dict[str, Any] | None
    seconds: dict[str, float | None] = Field(
        description="To recording from receipt; to the topic and the views from recording."
    )
    caused_by: str | None
    caused: list[UUID]


class Trace(BaseModel):
    """One fact's way through all services, by time of recording."""

    asked: str
    correlations: list[str]
    traceparents: list[str]
    events: list[Step]
    more: bool = Field(description="There are more than are told.")
    elapsed_seconds: float | None = Field(description="Null where business time is simulated.")


class OperatorViews:
    """The routes, over the desk's database and clock."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk, self._limits = desk, limits

    def add_to(self, api: Api) -> None:
        """Serve them."""
        told = {200: ("What the monitor has counted.", dict[str, Any])}
        api.add(
            Operation("GET", "/v1/ops/monitor", "Rates, publishers, late events, canaries", TAG, told), self.monitor
        )
        listed = {200: ("Streams by name; Link says where to go on.", list[dict[str, Any]])}
        operation = Operation("GET", "/v1/ops/streams", "Search streams", TAG, listed, None, (BEGINNING, *SEARCH))
        api.add(operation, self._searching(streams))
        listed = {200: ("Events, newest first, without their data; Link says where to go on.", list[dict[str, Any]])}
        operation = Operation("GET", "/v1/ops/events", "Search events", TAG, listed, None, (OF_STREAM, *SEARCH))
        api.add(operation, self._searching(events))
        shown = {200: ("By programme and date.", list[PeriodAnswer])}
        operation = Operation("GET", "/v1/ops/periods", "Periods, closed and open, and extensions", TAG, shown)
        api.add(operation, self.periods)
        way = {200: ("Its way.", Trace)}
        api.add(
            Operation("GET", "/v1/ops/trace/{id}", "One fact's way through all services", TAG, way, None, (TRACED,)),
            self.trace,
        )

    async def monitor(self, request: Request) -> Response:
        """What the monitor has to tell now."""
        await operator_of(request)
        return Json(await monitored(self._desk.pool(), await self._desk.clock.now(), self._limits))

    async def periods(self, request: Request) -> Response:
        """Every period of every programme."""
        await operator_of(request)
        return Json(await every_period(self._desk.pool()))

    async def trace(self, request: Request) -> Response:
        """The way of an event, or of a correlation."""
        await operator_of(request)
        return Json(await trace(self._desk.pool(), request.path_params["id"], self._desk.clock.mode))

    def _searching(self, find: Callable[[Any, Search], Awaitable[Found]]) -> Callable[[Request], Awaitable[Response]]:
        async def search(request: Request) -> Response:
            await operator_of(request)
            found = await find(self._desk.pool(), search_of(request.query_params))
            return Json(found.rows, headers=_link(request, found))

        return search


def _link(request: Request, found: Found) -> dict[str, str] | None:
    if found.cursor is None:
        return None
    return {"Link": f'<?{urlencode({**request.query_params, "cursor": found.cursor})}>; rel="next"'}
