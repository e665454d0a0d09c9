"""What a stream holds, as state at a moment and as its events; the same in every service with a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, Field, create_model

from shared.contracts import Recorded, Rejected
from shared.contracts.envelope import GENESIS, Envelope
from shared.eventstore.history import fold
from shared.eventstore.store import EventStore
from shared.web import asked
from shared.web.api import Api, Operation, Parameter
from shared.web.auth import READERS, authorised
from shared.web.collection import Collection
from shared.web.jsonable import Json

_PAGE = (files("shared.web") / "sql" / "page.sql").read_text("utf-8")

LIMIT = 100
LARGEST_LIMIT = 1000
BATCH = "application/cloudevents-batch+json"

STREAM = Parameter("stream", "path", "Stream: <aggregate>:<key>.", {"type": "string"}, required=True)
_MOMENT = {"type": "string", "examples": ["2017-09-30", "2560-09-30", "2017-01-12T09:00:00+07:00"]}
_A_DAY = "An instant with its offset, or a day (C.E. or B.E.), which means its end in Bangkok."
AT = (
    Parameter("version", "query", "State after so many events of the stream.", {"type": "integer", "minimum": 1}),
    Parameter("as_of", "query", f"As it was known then: what had been recorded. {_A_DAY}", _MOMENT),
    Parameter("effective_at", "query", f"As it was in effect then. {_A_DAY}", _MOMENT),
)
PAGE = (
    Parameter("after_version", "query", "Only events behind this version.", {"type": "integer", "minimum": 0}),
    Parameter(
        "limit",
        "query",
        f"At most so many; {LIMIT} if not given.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
    ),
)


class StateAnswer(BaseModel):
    """State of a stream."""

    stream: str = Field(examples=["committee:2560-cluster:R07:1"])
    version: int = Field(description="Version up to which it was read.")
    position: str = Field(description="<store>:<shard>:<position> of that version.", examples=["committee:0:12"])


class CloudEvent(BaseModel, extra="allow"):
    """An event as CloudEvents 1.0 in structured mode; `data` is as docs/events.md says of its type."""

    specversion: str = Field(examples=["1.0"])
    id: str
    source: str = Field(examples=["/obec/cluster/committee"])
    type: str = Field(examples=["th.go.obec.cluster.CommitteeAppointed.v1"])
    subject: str = Field(description="Stream.")
    time: str = Field(description="When it took effect.")
    recordedtime: str
    receivedtime: str
    shard: int
    position: int
    streamversion: int
    hash: str
    previoushash: str
    data: dict[str, Any] | None = Field(description="None once it was erased.")


def state_route(api: Api, store: EventStore, collection: Collection) -> None:
    """``GET /v1/{collection}/{stream}?version=|as_of=|effective_at=``."""

    async def state(request: Request) -> Response:
        await authorised(request, READERS)
        stream: str = request.path_params["stream"]
        collection.owns(stream)
        query = request.query_params
        version = asked.whole("version", query.get("version"), 1, 2**31 - 1)
        as_of = asked.moment("as_of", query.get("as_of"))
        effective_at = asked.moment("effective_at", query.get("effective_at"))
        asked.at_most_one(version=version, as_of=as_of)
        known = _known(await store.history(stream), stream, version, as_of)
        last = known[-1]
        found = {
            "stream": stream,
            "version": last.version,
            "position": place(store.name, last.shard, last.position),
            "state": fold(collection.aggregate, known, effective_at=effective_at),
        }
        newest = version is None and as_of is None and effective_at is None
        return Json(found, headers={"ETag": f'"{last.version}"'} if newest else None)

    kind = type(collection.aggregate.initial)
    model = create_model(f"{kind.__name__}State", __base__=StateAnswer, state=(kind, ...))
    answers = {200: ("The state, and where it was read.", model)}
    path = f"/v1/{collection.name}/{{stream}}"
    summary = f"State of one of the {collection.name}"
    api.add(Operation("GET", path, summary, collection.name, answers, None, (STREAM, *AT)), state)


def events_route(api: Api, store: EventStore) -> None:
    """``GET /v1/streams/{stream}/events?after_version=&limit=``, a batch of CloudEvents; Link says where to go on."""

    async def events(request: Request) -> Response:
        await authorised(request, READERS)
        stream: str = request.path_params["stream"]
        query = request.query_params
        after = asked.whole("after_version", query.get("after_version"), 0, 2**31 - 1) or 0
        limit = asked.whole("limit", query.get("limit"), 1, LARGEST_LIMIT) or LIMIT
        rows = await store.pool.fetch(_PAGE, stream, after, limit + 1)
        if not rows and not await store.pool.fetch(_PAGE, stream, 0, 1):
            raise Rejected("stream.not_found", stream=stream)
        page = [_envelope(store.name, row).structured() for row in rows[:limit]]
        more = len(rows) > limit
        link = f'<?after_version={page[-1]["streamversion"]}&limit={limit}>; rel="next"' if more else ""
        return Json(page, headers={"Link": link} if link else None, media_type=BATCH)

    answers = {200: ("Events in order of version.", list[CloudEvent])}
    path, summary = "/v1/streams/{stream}/events", "Events of a stream"
    api.add(Operation("GET", path, summary, "streams", answers, None, (STREAM, *PAGE), media_type=BATCH), events)


def place(store: str, shard: int, position: int) -> str:
    """A position as callers pass it on: ``committee:0:12``."""
    return f"{store}:{shard}:{position}"


def _known(history: Sequence[Recorded], stream: str, version: int | None, as_of: datetime | None) -> Sequence[Recorded]:
    """What was in the stream at that version, or recorded by then."""
    if not history:
        raise Rejected("stream.not_found", stream=stream)
    if version is not None and version > len(history):
        raise Rejected("stream.no_such_version", stream=stream, version=version, newest=len(history))
    known = history[:version] if as_of is None else [each for each in history if each.recorded_at <= as_of]
    if not known:
        raise Rejected("stream.not_found", stream=stream)
    return known


def _envelope(store: str, row: Any) -> Envelope:
    about = orjson.loads(row["metadata"])
    return Envelope(
        store=store,
        shard=row["shard"],
        position=row["position"],
        stream=row["stream"],
        stream_version=row["stream_version"],
        event_id=row["event_id"],
        type=row["type"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        received_at=row["received_at"],
        metadata=row["metadata"],
        data=(row["data"] or "").encode(),
        salt=row["salt"] or "",
        hash=row["hash"],
        previous_hash=row["previous_hash"] or GENESIS,
        correlation_id=about.get("correlation", ""),
        causation_id=about.get("causation", ""),
        traceparent=about.get("traceparent", ""),
    )
