"""Rows of ``programme``, of ``voided`` and of the copy of events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.committee import ProgrammeAmended, ProgrammeRegistered
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    MeasurementReturned,
    MeasurementVerified,
    TargetRevised,
)

Row = dict[str, Any]

PLAN = ("ActivityPlanned", "ActivityStarted", "ActivityCompleted", "ActivityCancelled", "DeadlineExtended")


def events(world: World) -> Iterable[Row]:
    """One row for every event that is known."""
    for told in world.known:
        sent, envelope = {} if told.redacted else told.payload, told.envelope
        yield {
            "store": told.store,
            "shard": told.shard,
            "position": told.position,
            "stream": told.stream,
            "stream_version": told.version,
            "event_id": told.id,
            "type": envelope.type,
            "name": told.name,
            "programme": sent.get("programme"),
            "region": sent.get("region", sent.get("scope")),
            "activity": sent.get("code" if told.name in PLAN else "activity"),
            "indicator": None if told.redacted else _indicator(told),
            "period": sent.get("period"),
            "amount_satang": sent.get("amount_satang"),
            "voids": sent.get("event_id"),
            "occurred_at": told.occurred_at,
            "recorded_at": told.recorded_at,
            "received_at": told.received_at,
            "metadata": envelope.metadata,
            "data": envelope.data.decode(),
        }


def _indicator(told: Told) -> str | None:
    match told.event:
        case IndicatorDefined(indicator=defined):
            return defined.code
        case TargetRevised(code=code) | IndicatorClosed(code=code):
            return code
        case _:
            return told.payload.get("indicator")


def programme(world: World) -> Iterable[Row]:
    """One row a programme: its last definition."""
    for stream, facts in world.of(ProgrammeRegistered, ProgrammeAmended).items():
        last = facts[-1]
        event = last.event
        assert isinstance(event, ProgrammeRegistered | ProgrammeAmended)
        yield {
            "programme": event.programme,
            "stream": stream,
            "version": event.version,
            "fiscal_year": event.definition.fiscal_year,
            "region_list": event.definition.region_list,
            "regions": list(event.definition.regions),
            "definition": last.payload["definition"],
            "digest": event.digest,
        }


def voided(world: World) -> Iterable[Row]:
    """Events that hold no longer: those that were voided, and what had been said of a voided measurement."""
    by_id = {(each.store, each.stream, each.id): each for each in world.known}
    first: dict[tuple[str, str, str], Told] = {}
    for voiding in sorted(world.voidings, key=lambda each: each.position):
        assert isinstance(voiding.event, FactVoided)
        found = by_id.get((voiding.store, voiding.stream, str(voiding.event.event_id)))
        # A voiding is never voided itself: it holds, whatever names it.
        if found is not None and found.name != FactVoided.spec.name:
            first.setdefault((found.store, found.stream, found.id), voiding)
    judged: dict[tuple[str, str, str], Told] = {}
    for told in world.readable:
        if isinstance(told.event, MeasurementVerified | MeasurementReturned):
            of = first.get((told.store, told.stream, str(told.event.measured)))
            if of is not None:
                judged[told.store, told.stream, told.id] = of
    for place in first | judged:
        by = min((each for each in (first.get(place), judged.get(place)) if each), key=lambda each: each.position)
        yield {"event_id": place[2], "stream": place[1], "voided_by": by.id}
