"""Stores as a test tells them: events get positions, times and ids, and come out as the envelopes that are sent."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from services.reporting.projections.fact import Fact, from_envelope
from services.reporting.projections.tables import TABLES, Rows
from services.reporting.queries.history import rows_of
from shared.contracts import Event, ProgrammeDefinition
from shared.contracts.activity import Attendee, FundsDisbursed, MeetingHeld, MeetingScheduled, Resolution, Roll, Voucher
from shared.contracts.committee import (
    CommitteeAppointed,
    CommitteeProposed,
    Holder,
    Member,
    ProgrammeRegistered,
    Seat,
)
from shared.contracts.common import FactVoided
from shared.contracts.envelope import GENESIS, Envelope
from shared.contracts.evaluation import (
    IndicatorDefined,
    IndicatorMeasured,
    IndicatorScored,
    MeasurementVerified,
    Reading,
)
from shared.contracts.types import Evidence, OrderNumber
from shared.eventstore.history import takes_effect

SPACE = UUID("5f2a0f0e-61a5-4f9e-8b43-6b8b2f0c2d11")
PROGRAMME = "2560-cluster"
PROGRAMMES = Path(__file__).parents[3] / "programmes"
BEGIN = datetime(2016, 10, 3, 2, 0, tzinfo=UTC)
METADATA = '{"actor":"usr-officer"}'
PAPER = Evidence(title="รายงาน", uri="urn:obec:doc:2560/118")


class Log:
    """What the stores have recorded. ``tell`` records an event a minute after the last one, or at a given time."""

    def __init__(self, shards: int = 1) -> None:
        self.now = BEGIN
        self.shards = shards
        self.sent: list[Envelope] = []

    def at(self, moment: str | datetime) -> Log:
        """Let the business clock go on to a moment; a plain day is its noon in Bangkok."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(f"{moment}T12:00:00+07:00" if len(moment) == 10 else moment)
        self.now = moment.astimezone(UTC)
        return self

    def tell(self, stream: str, event: Event, *, received: datetime | None = None) -> Envelope:
        """Record an event; it is received just now unless told otherwise."""
        self.now += timedelta(minutes=1)
        store = event.spec.owner if event.spec.owner != "any" else self._store_of(stream)
        its = [each for each in self.sent if each.stream == stream]
        shard = sum(stream.encode()) % self.shards
        position = 1 + sum(each.store == store and each.shard == shard for each in self.sent)
        known: Any = [SimpleNamespace(occurred_at=each.occurred_at) for each in its]
        envelope = Envelope(
            store=store,
            shard=shard,
            position=position,
            stream=stream,
            stream_version=len(its) + 1,
            event_id=str(uuid5(SPACE, f"{store}/{shard}/{position}")),
            type=event.spec.type,
            occurred_at=takes_effect(event.moment(), self.now, known),
            recorded_at=self.now,
            received_at=received or self.now,
            metadata=METADATA,
            data=event.to_json().encode(),
            salt="00" * 16,
            hash="0" * 64,
            previous_hash="0" * 64,
        )
        self.sent.append(envelope)
        return envelope

    def void(self, fact: Envelope, reason: str = "บันทึกผิด") -> Envelope:
        """Take a fact out."""
        return self.tell(fact.stream, FactVoided(event_id=UUID(fact.event_id), reason=reason))

    def chained(self) -> list[Envelope]:
        """Everything with the hashes that a store would give."""
        heads: dict[tuple[str, int], str] = {}
        made = []
        for each in self.sent:
            draft = each._replace(previous_hash=heads.get((each.store, each.shard), GENESIS))
            made.append(draft._replace(hash=draft.computed_hash()))
            heads[each.store, each.shard] = made[-1].hash
        return made

    def facts(self) -> list[Fact]:
        """Everything, as the folds read it."""
        return [from_envelope(each) for each in self.sent]

    def rows(self, table: str, effective_at: datetime | None = None) -> list[dict[str, Any]]:
        """Rows of one table as objects."""
        return as_objects(table, rows_of(self.facts(), effective_at))

    def _store_of(self, stream: str) -> str:
        kind, _, rest = stream.partition(":")
        if kind == "canary":
            return rest
        return next(each.store for each in self.sent if each.stream == stream)

    # What is told most, in the fewest words.

    def register(self, name: str = PROGRAMME) -> Envelope:
        """The programme with its set of indicators."""
        known = definition(name)
        registered = ProgrammeRegistered(programme=name, version=1, definition=known, digest=known.digest())
        told = self.tell(f"programme:{name}", registered)
        for indicator in known.indicators:
            self.tell(f"indicators:{name}", IndicatorDefined(programme=name, indicator=indicator, version=1))
        return told

    def propose(self, region: str, on: str, programme: str = PROGRAMME, ordinal: int = 1) -> Envelope:
        """A region's committee is proposed."""
        event = CommitteeProposed(
            programme=programme,
            region=region,
            ordinal=ordinal,
            proposed_on=date.fromisoformat(on),
            proposed_by="สำนักงานศึกษาธิการภาค",
            members=MEMBERS,
        )
        return self.tell(f"committee:{programme}:{region}:{ordinal}", event)

    def appoint(
        self, region: str, on: str, number: int = 1, programme: str = PROGRAMME, members: Sequence[Member] = ()
    ) -> Envelope:
        """An order appoints it."""
        event = CommitteeAppointed(
            programme=programme,
            region=region,
            order=OrderNumber(unit="สพฐ.", number=number, year=int(programme[:4])),
            order_date=date.fromisoformat(on),
            signatory_office="เลขาธิการ กพฐ.",
            effective_from=date.fromisoformat(on),
            mandate_version=1,
            members=tuple(members) or MEMBERS,
        )
        return self.tell(f"committee:{programme}:{region}:1", event)

    def schedule(self, meeting: str, region: str | None, starts_at: str, activity: str = "3") -> Envelope:
        """A meeting is put in the calendar."""
        event = MeetingScheduled(
            programme=PROGRAMME,
            region=region,
            activity=activity,
            number="1/2560",
            starts_at=datetime.fromisoformat(starts_at),
            place="ห้องประชุม 1",
        )
        return self.tell(f"meeting:{meeting}", event)

    def hold(
        self, meeting: str, region: str | None, started_at: str, present: int = 3, resolutions: int = 2
    ) -> Envelope:
        """A meeting of the three members is held."""
        begin = datetime.fromisoformat(started_at)
        event = MeetingHeld(
            programme=PROGRAMME,
            region=region,
            activity="3",
            number="1/2560",
            started_at=begin,
            ended_at=begin + timedelta(hours=3),
            attendance=attendance(present),
            resolutions=tuple(Resolution(number=n + 1, text="เห็นชอบ", votes_for=present) for n in range(resolutions)),
            roll=roll(region, present),
        )
        return self.tell(f"meeting:{meeting}", event)

    def pay(self, amount: int, on: str, activity: str = "3", region: str | None = "R07", number: str = "1") -> Envelope:
        """Money is paid out."""
        day = date.fromisoformat(on)
        event = FundsDisbursed(
            programme=PROGRAMME,
            activity=activity,
            region=region,
            amount_satang=amount,
            paid_on=day,
            voucher=Voucher(number=number, unit="สพฐ.", date=day),
        )
        return self.tell(f"budget:{PROGRAMME}", event)

    def measure(
        self, cell: str, value: str | Reading, supersedes: Envelope | None = None, received: datetime | None = None
    ) -> Envelope:
        """A figure of a cell such as ``QN3:R07:2560-Q1``."""
        indicator, scope, period = cell.split(":")
        event = IndicatorMeasured(
            programme=PROGRAMME,
            indicator=indicator,
            indicator_version=1,
            scope=scope,
            period=period,
            reading=value if isinstance(value, Reading) else Reading.model_validate({"value": value}),
            evidence=(PAPER,),
            reporter="usr-area",
            supersedes=UUID(supersedes.event_id) if supersedes else None,
            reason="แก้ไข" if supersedes else None,
        )
        return self.tell(f"measurement:{PROGRAMME}:{cell}", event, received=received)

    def verify(self, measured: Envelope) -> Envelope:
        """A figure is confirmed."""
        indicator, scope, period = measured.stream.split(":")[2:]
        event = MeasurementVerified(
            programme=PROGRAMME,
            indicator=indicator,
            scope=scope,
            period=period,
            measured=UUID(measured.event_id),
            verifier="usr-verifier",
        )
        return self.tell(measured.stream, event)

    def score(self, cell: str, figure: str, score: str, cause: Envelope, weight: str = "15", **more: Any) -> Envelope:
        """A figure of a cell is given a score."""
        indicator, scope, period = cell.split(":")
        event = IndicatorScored.model_validate(
            {
                "programme": PROGRAMME,
                "indicator": indicator,
                "indicator_version": 1,
                "scope": scope,
                "period": period,
                "figure": figure,
                "target": "40",
                "score": score,
                "level": int(score[0]),
                "weight": weight,
                "weighted": "0.50",
                "scheme": "five-band-linear/1",
                "cause": cause.event_id,
                **more,
            }
        )
        return self.tell(f"measurement:{PROGRAMME}:{cell}", event)


def as_objects(table: str, rows: Rows) -> list[dict[str, Any]]:
    """Rows of one table by column."""
    return [dict(zip(TABLES[table].columns, row, strict=True)) for row in rows[table]]


@cache
def definition(name: str = PROGRAMME) -> ProgrammeDefinition:
    """The definition in ``programmes/<name>.toml``."""
    return ProgrammeDefinition.model_validate(tomllib.loads((PROGRAMMES / f"{name}.toml").read_text("utf-8")))


def person(number: int) -> UUID:
    """Id of the ``number``-th person."""
    return UUID(int=number, version=4)


MEMBERS = (
    Member(person_id=person(1), office="ผู้ตรวจราชการ", seat=Seat.CHAIR),
    Member(office="ศึกษาธิการภาค", seat=Seat.MEMBER),
    Member(person_id=person(3), office="ผู้อำนวยการกลุ่ม", seat=Seat.SECRETARY),
    Member(person_id=person(4), office="ผู้ช่วย", seat=Seat.ASSISTANT_SECRETARY, voting=False),
)


def attendance(present: int) -> tuple[Attendee, ...]:
    """The first ``present`` of the three voting members came, the second by a substitute; the others are absent."""
    came: Iterable[dict[str, Any]] = (
        {"person_id": person(1), "attendance": "present"},
        {
            "office": "รองศึกษาธิการภาค",
            "attendance": "substitute",
            "substitute_for": Holder(office="ศึกษาธิการภาค"),
        },
        {"person_id": person(3), "attendance": "present"},
    )
    absent: Iterable[dict[str, Any]] = (
        {"person_id": person(1), "attendance": "absent"},
        {"office": "ศึกษาธิการภาค", "attendance": "apology"},
        {"person_id": person(3), "attendance": "absent"},
    )
    listed = [a if n < present else b for n, (a, b) in enumerate(zip(came, absent, strict=True))]
    return tuple(Attendee.model_validate(each) for each in listed)


def roll(region: str | None, present: int) -> Roll:
    """The roll of the three voting members; of the centre, what the attendance says."""
    return Roll(
        committee=f"committee:{PROGRAMME}:{region}:1" if region else None,
        committee_version=2 if region else 0,
        programme_version=1,
        members=MEMBERS if region else (),
        voting=3,
        present=present,
        quorate=present >= 2,
    )
