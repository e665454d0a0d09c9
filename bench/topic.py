"""A topic as the product's stores would fill it: measurements, meetings and payments, chained, of any length."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import uuid_utils.compat

from bench.bounds.send_batch import Made, send_batches
from bench.site import Site
from shared.contracts import Event
from shared.contracts.activity import MeetingNoticeIssued, MinutesApproved
from shared.contracts.envelope import GENESIS, Envelope
from shared.thai.regions import region_list
from tests.stack import Topics
from tests.unit.reporting.log import PAPER, PROGRAMME, Log

STORE = "evaluation"
OPEN_AT_ONCE = 2_000
"""Streams that are under way at the same time: the events of one stand some thousands apart."""
BEGIN = datetime(2016, 10, 3, 2, 0, tzinfo=UTC)
STEP = timedelta(seconds=9)
"""Between two events: three millions fit into the fiscal year."""

DESCRIBED = """\
The events are the contracts' own, each on the wire with its 19 headers, about 1.3 kB: half are figures measured,
verified and scored, a third meetings scheduled, called and held with their attendance, the rest payments; some 2,000
streams are under way at any time. One topic, one partition, the same for every side."""


@dataclass(frozen=True, slots=True)
class Template:
    """The text of an event with places for what differs."""

    type: str
    data: str

    def filled(self, programme: str, region: str = "", cause: str = "") -> str:
        """The text with its places filled."""
        return self.data.replace(PROGRAMME, programme).replace('"R07"', f'"{region}"').replace(CAUSE, cause)


CAUSE = "7b1c2c5e-0000-5000-8000-000000000000"


def events(number: int, seed: int = 2560) -> Iterator[Envelope]:
    """So many events of one shard, in order of position."""
    choice = random.Random(seed)
    cycles = _cycles()
    under_way = [next(cycles) for _ in range(OPEN_AT_ONCE)]
    versions: dict[str, int] = {}
    previous = GENESIS
    for position in range(1, number + 1):
        made = None
        while made is None:
            place = choice.randrange(OPEN_AT_ONCE)
            made = next(under_way[place], None)
            if made is None:
                under_way[place] = next(cycles)
        stream, event_type, event_id, data = made
        versions[stream] = versions.get(stream, 0) + 1
        envelope = _envelope(position, stream, versions[stream], event_type, event_id, data, previous)
        previous = envelope.hash
        yield envelope


def records(number: int) -> Iterator[Made]:
    """The same as what is sent to Kafka."""
    for each in events(number):
        yield each.stream.encode(), each.data, int(each.recorded_at.timestamp() * 1000), each.headers()


@asynccontextmanager
async def filled_topic(site: Site, number: int) -> AsyncIterator[Topics]:
    """Topics of which that of ``STORE`` holds so many events."""
    async with site.topics() as topics:
        await send_batches(site.broker, topics.of(STORE), records(number))
        yield topics


Cycle = Iterator[tuple[str, str, str, str]]
"""Stream, type, id and data of the events of one stream."""


def _cycles() -> Iterator[Cycle]:
    """Streams without end: of twelve, six are figures, five meetings and twelve single payments between them."""
    templates = _templates()
    regions = [region.code for region in region_list(2560)]
    for n in count():
        programme, region = f"bench-{n // 1000}", regions[n % len(regions)]
        if n % 12 < 6:
            yield _figure(templates, programme, region, n)
        elif n % 12 < 9:
            yield _meeting(templates, programme, region, n)
        else:
            yield _payment(templates, programme, region)


def _figure(templates: dict[str, Template], programme: str, region: str, n: int) -> Cycle:
    stream = f"measurement:{programme}:QN3:{region}:{n}"
    cause = ""
    for name in ("IndicatorMeasured", "MeasurementVerified", "IndicatorScored"):
        event_id = str(uuid_utils.compat.uuid7())
        yield stream, templates[name].type, event_id, templates[name].filled(programme, region, cause)
        cause = cause or event_id


def _meeting(templates: dict[str, Template], programme: str, region: str, n: int) -> Cycle:
    for name in ("MeetingScheduled", "MeetingNoticeIssued", "MeetingHeld", "MinutesApproved"):
        made = templates[name]
        yield f"meeting:{n}", made.type, str(uuid_utils.compat.uuid7()), made.filled(programme, region)


def _payment(templates: dict[str, Template], programme: str, region: str) -> Cycle:
    made = templates["FundsDisbursed"]
    for _ in range(2):
        yield f"budget:{programme}", made.type, str(uuid_utils.compat.uuid7()), made.filled(programme, region)


def _templates() -> dict[str, Template]:
    """One event of each kind, as its contract writes it."""
    log, cell = Log(), "QN3:R07:2560-Q1"
    measured = log.measure(cell, "42.5")._replace(event_id=CAUSE)
    sent = [
        measured,
        log.verify(measured),
        log.score(cell, "42.5", "3.85", measured),
        log.schedule("m", "R07", "2017-01-12T09:00:00+07:00"),
        log.hold("m", "R07", "2017-01-12T09:00:00+07:00"),
        log.pay(1_250_000, "2017-01-13"),
    ]
    others: list[Event] = [
        MeetingNoticeIssued(programme=PROGRAMME, issued_on=BEGIN.date(), agenda=("เรื่องแจ้ง", "เรื่องพิจารณา")),
        MinutesApproved(programme=PROGRAMME, approved_on=BEGIN.date(), evidence=PAPER),
    ]
    known = {each.type: each.data.decode() for each in sent} | {each.spec.type: each.to_json() for each in others}
    return {kind.split(".")[-2]: Template(kind, data) for kind, data in known.items()}


def _envelope(
    position: int, stream: str, version: int, event_type: str, event_id: str, data: str, previous: str
) -> Envelope:
    now = BEGIN + position * STEP
    command = f"/callers/usr-officer {event_id}"
    metadata = f'{{"actor":"usr-officer","command":"{command}","causation":"{event_id}","answers_for":"{stream}"}}'
    draft = Envelope(
        store=STORE,
        shard=0,
        position=position,
        stream=stream,
        stream_version=version,
        event_id=event_id,
        type=event_type,
        occurred_at=now,
        recorded_at=now,
        received_at=now,
        metadata=metadata,
        data=data.encode(),
        salt="5a" * 16,
        hash="",
        previous_hash=previous,
        causation_id=event_id,
    )
    return draft._replace(hash=draft.computed_hash())
