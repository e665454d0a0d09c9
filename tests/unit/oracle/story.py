"""A small programme and a journal in which to tell short histories of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from oracle.asked import World, ask
from oracle.numbers.subject import Subject
from oracle.told import Told, tell
from oracle.views import VIEWS
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.event import REGISTRY
from shared.contracts.types import bangkok_midnight
from tests.journal import Journal

Row = dict[str, Any]

P = "2560-cluster"
COMMITTEE = f"committee:{P}:R01:1"
NOW = datetime(2017, 6, 1, 3, 0, tzinfo=UTC)

ANN, BEN, CAT, DAN = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))


def text(words: str) -> dict[str, str]:
    """A text in both languages."""
    return {"th": words, "en": words}


QN2: Row = {
    "code": "QN2",
    "kind": "quantitative",
    "name": text("share"),
    "unit": text("proportion"),
    "baseline": "0.5",
    "target": "0.8",
    "weight": "40",
    "bands": ["0.5", "0.6", "0.7", "0.8", "0.9"],
    "measured_at": "region",
    "frequency": "quarterly",
    "due_days": 15,
    "period_rule": "last",
    "national_rule": "ratio_of_sums",
}
QL1: Row = {
    "code": "QL1",
    "kind": "qualitative",
    "name": text("quality"),
    "unit": text("level"),
    "target": "4",
    "weight": "20",
    "rubric": [text(f"level {level}") for level in range(1, 6)],
    "measured_at": "nation",
    "frequency": "half_yearly",
    "due_days": 15,
    "period_rule": "last",
    "national_rule": "measured",
}
QN1: Row = {
    "code": "QN1",
    "kind": "quantitative",
    "name": text("committees"),
    "unit": text("committees"),
    "target": "1",
    "national_target": "3",
    "weight": "40",
    "bands": ["0", "0.25", "0.5", "0.75", "1"],
    "national_bands": ["0", "1", "2", "2.5", "3"],
    "measured_at": "region",
    "frequency": "yearly",
    "due_days": 15,
    "period_rule": "last",
    "national_rule": "sum",
    "computed_by": "qn1",
}
DEFINITION: Row = {
    "programme": P,
    "fiscal_year": 2560,
    "name": text("cluster"),
    "page": {
        "strategy": text("s"),
        "project_set": text("p"),
        "unit": text("u"),
        "committee_name": text("c"),
        "source": "page",
    },
    "region_list": 2560,
    "regions": ["CTR", "R01", "R02"],
    "activities": [
        {
            "code": "1.2",
            "name": text("propose"),
            "opens": "2016-11-01",
            "closes": "2017-01-31",
            "deadline": "2017-02-28",
            "completed_when": {"evidence": ["CommitteeProposed"], "per": "region"},
        },
        {
            "code": "2",
            "name": text("brief"),
            "opens": "2017-02-01",
            "closes": "2017-03-15",
            "deadline": "2017-03-31",
            "completed_when": {"evidence": ["WorkshopHeld", "MeetingHeld"], "per": "programme", "at_least": 3},
        },
        {"code": "3", "name": text("work"), "opens": "2017-03-01", "closes": "2017-08-31", "deadline": "2017-09-15"},
    ],
    "indicators": [QN1, QL1, QN2],
    "scoring": {"name": "five-band-linear", "version": 1},
}


def seat(person: str | None, kind: str = "member", *, office: str = "office", voting: bool = True) -> Row:
    """A member as events carry it."""
    member = {"office": office, "seat": kind, "voting": voting}
    return member if person is None else {**member, "person_id": person}


THREE = [seat(ANN, "chair"), seat(BEN), seat(CAT, "secretary", voting=False)]
MEMBERS = [{**member, "person_id": member.get("person_id")} for member in THREE]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def midnight(day: str) -> datetime:
    """When a day begins in Bangkok."""
    return bangkok_midnight(date.fromisoformat(day))


class Story(Journal):
    """Tells events by name, and asks the oracle about them."""

    def say(
        self,
        stream: str,
        name: str,
        *,
        at: datetime | None = None,
        received_at: datetime | None = None,
        actor: str = "usr-officer",
        command: str = "",
        **fields: Any,
    ) -> str:
        """Tell an event; returns its id."""
        event = REGISTRY.newest()[name].model_validate(fields)
        return self.tell(stream, event, at=at, received_at=received_at, actor=actor, command=command).event_id

    def void(self, stream: str, event_id: str, *, at: datetime | None = None) -> str:
        """Void an event."""
        return self.say(stream, "FactVoided", event_id=event_id, reason="wrong", at=at)

    @property
    def told(self) -> list[Told]:
        """What was told so far."""
        return tell(self.envelopes)

    def world(self, now: datetime = NOW, **asked: Any) -> World:
        """The events that a question is about."""
        return World(self.told, ask(self.told, now, **asked))

    def rows(self, table: str, **asked: Any) -> list[Row]:
        """The rows of a table."""
        return list(VIEWS[table].rows(self.world(**asked)))

    def row(self, table: str, **asked: Any) -> Row:
        """The only row of a table."""
        (row,) = self.rows(table, **asked)
        return row

    def subject(self, at: datetime = NOW, **asked: Any) -> Subject:
        """The programme at a time."""
        return Subject(self.world(at, **asked), P)

    def numbers(self, relation: Callable[[Subject], Iterable[Row]], at: datetime = NOW, **asked: Any) -> list[Row]:
        """The rows of what is computed."""
        return list(relation(self.subject(at, **asked)))

    # What many histories begin with.

    def programme(self, **changed: Any) -> str:
        """Register the programme."""
        definition = ProgrammeDefinition.model_validate({**DEFINITION, **changed})
        return self.say(
            f"programme:{P}",
            "ProgrammeRegistered",
            programme=P,
            version=1,
            definition=definition.model_dump(mode="json"),
            digest=definition.digest(),
        )

    def indicators(self, *definitions: Row) -> list[str]:
        """Define indicators, all of the programme's unless some are given."""
        return [
            self.say(f"indicators:{P}", "IndicatorDefined", programme=P, indicator=each, version=1, command="define")
            for each in definitions or (QN1, QL1, QN2)
        ]

    def propose(self, region: str = "R01", on: str = "2016-11-07", ordinal: int = 1) -> str:
        """Propose a region's committee."""
        return self.say(
            f"committee:{P}:{region}:{ordinal}",
            "CommitteeProposed",
            programme=P,
            region=region,
            ordinal=ordinal,
            proposed_on=on,
            proposed_by="bureau",
            members=THREE,
        )

    def appoint(
        self, region: str = "R01", on: str = "2016-12-01", *, number: int = 12, ordinal: int = 1, **fields: Any
    ) -> str:
        """Appoint it."""
        given = {
            "programme": P,
            "region": region,
            "order": {"unit": "OBEC", "number": number, "year": 2559},
            "order_date": on,
            "signatory_office": "secretary-general",
            "effective_from": on,
            "mandate_version": 1,
            "members": THREE,
        }
        return self.say(f"committee:{P}:{region}:{ordinal}", "CommitteeAppointed", **{**given, **fields})

    def measure(self, reading: Row, *, scope: str = "R01", period: str = "2560-Q1", code: str = "QN2", **f: Any) -> str:
        """Report a figure."""
        given = {
            "programme": P,
            "indicator": code,
            "indicator_version": 1,
            "scope": scope,
            "period": period,
            "reading": reading,
            "reporter": "usr-reporter",
        }
        return self.say(measurement(scope, period, code), "IndicatorMeasured", **{**given, **f})

    def verify(self, measured: str, *, scope: str = "R01", period: str = "2560-Q1", code: str = "QN2", **f: Any) -> str:
        """Verify a figure."""
        return self.say(
            measurement(scope, period, code),
            "MeasurementVerified",
            **{
                "programme": P,
                "indicator": code,
                "scope": scope,
                "period": period,
                "measured": measured,
                "verifier": "usr-verifier",
                **f,
            },
        )

    def turn_back(self, measured: str, *, scope: str = "R01", period: str = "2560-Q1", code: str = "QN2") -> str:
        """Return a figure."""
        return self.say(
            measurement(scope, period, code),
            "MeasurementReturned",
            programme=P,
            measured=measured,
            reason="no evidence",
            reviewer="usr-verifier",
        )

    def score(
        self, figure: str, score: str, cause: str, *, scope: str = "R01", period: str = "2560-Q1", **f: Any
    ) -> str:
        """Score a figure of QN2, or of another indicator that the fields name."""
        given: Row = {
            "programme": P,
            "indicator": "QN2",
            "indicator_version": 1,
            "scope": scope,
            "period": period,
            "figure": figure,
            "target": "0.8",
            "score": score,
            "level": int(score[0]),
            "weight": "40",
            "weighted": str(40 * float(score) / 100),
            "scheme": "five-band-linear/1",
            "cause": cause,
        }
        given |= f
        return self.say(measurement(scope, period, given["indicator"]), "IndicatorScored", **given)


def measurement(scope: str = "R01", period: str = "2560-Q1", code: str = "QN2") -> str:
    """The stream of a figure."""
    return f"measurement:{P}:{code}:{scope}:{period}"
