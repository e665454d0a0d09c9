"""The published language: every event declared once, documented, versioned; what cannot be read says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from services.evaluation.supervision import RecordSupervisionVisit
from shared.contracts import REGISTRY, ContractError, Event, Registry
from shared.contracts.committee import CommitteeDissolved
from shared.contracts.document import event_example, page, schemas
from shared.contracts.evaluation import SupervisionVisited
from shared.contracts.rejection import codes
from shared.contracts.types import Contract, Day, Instant

ROOT = Path(__file__).parents[3]
EVENTS = sorted(REGISTRY, key=lambda event: event.spec.type)
DOMAIN = {
    "ProgrammeRegistered",
    "ProgrammeAmended",
    "MandateDrafted",
    "MandateAdopted",
    "MandateSuperseded",
    "CommitteeProposed",
    "CommitteeAppointed",
    "CommitteeReconstituted",
    "CommitteeDissolved",
    "CommitteeProposalWithdrawn",
    "MemberAppointed",
    "MemberRoleChanged",
    "MemberEnded",
    "AppointmentOrderCorrected",
    "PublisherRegistered",
    "PublisherChanged",
    "CredentialIssued",
    "CredentialRevoked",
    "PublisherSuspended",
    "ActivityPlanned",
    "ActivityStarted",
    "ActivityCompleted",
    "ActivityCancelled",
    "DeadlineExtended",
    "MeetingScheduled",
    "MeetingNoticeIssued",
    "MeetingRescheduled",
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingAdjourned",
    "MinutesApproved",
    "MeetingRecordCorrected",
    "WorkshopHeld",
    "WorkshopSummarised",
    "PolicyBriefed",
    "PolicyAcknowledged",
    "BudgetAllocated",
    "BudgetTransferred",
    "FundsDisbursed",
    "DisbursementReversed",
    "IndicatorDefined",
    "TargetRevised",
    "IndicatorClosed",
    "PeriodClosed",
    "PeriodReopened",
    "PeriodExtended",
    "IndicatorMeasured",
    "MeasurementReturned",
    "MeasurementVerified",
    "IndicatorScored",
    "SupervisionVisited",
    "RecommendationIssued",
    "RecommendationFollowedUp",
    "RecommendationClosed",
    "EvaluationConcluded",
    "ReportDrafted",
    "ReportSubmitted",
    "ReportReturned",
    "ReportApproved",
    "ReportPublished",
    "AlarmRaised",
    "AlarmAcknowledged",
    "AlarmSilenced",
    "AlarmCleared",
    "FactVoided",
}


def test_every_event_of_the_domain_is_declared() -> None:
    assert {event.spec.name for event in EVENTS} >= DOMAIN


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.spec.name)
def test_its_example_is_valid_by_its_class_and_by_its_schema(event: type[Event]) -> None:
    example = event_example(event)
    assert read(event, json.dumps(example)) == event.model_validate(example)
    Draft202012Validator(event.model_json_schema()).validate(example)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.spec.name)
def test_it_survives_the_way_through_its_text(event: type[Event]) -> None:
    made = event.model_validate(event_example(event))
    assert read(event, made.to_json()) == made


def read(event: type[Event], text: str) -> Event:
    """What a text is read as; an older version is lifted to the newest, of which only the class is known here."""
    found = REGISTRY.read(event.spec.type, text)
    newest = REGISTRY.newest()[event.spec.name]
    assert type(found) is newest
    return found if newest is event else event.model_validate_json(text)


def test_the_field_that_says_when_it_took_effect_exists() -> None:
    assert all(event.spec.occurred in (None, *event.model_fields) for event in EVENTS)


def test_no_field_has_a_name_that_says_nothing() -> None:
    """What nobody can name nobody can project, validate or protect."""
    for event in EVENTS:
        assert {"data", "extra", "details"}.isdisjoint(_names(event.model_json_schema()))


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _names(part)


def test_the_documents_are_what_the_contracts_say() -> None:
    """Out of date? python -m shared.contracts.document"""
    assert (ROOT / "docs" / "events.md").read_text("utf-8") == page()
    folder = ROOT / "docs" / "schemas"
    assert {file.name: file.read_text("utf-8") for file in folder.glob("*.json")} == dict(schemas())


def test_every_code_speaks_thai_and_english_and_has_a_status() -> None:
    for code, entry in codes().items():
        assert "." in code or code in ("not_found", "method_not_allowed"), code
        assert any("ก" <= letter <= "๛" for letter in entry.th), code
        assert entry.en.isascii() or "…" in entry.en or "×" in entry.en or "–" in entry.en, code
        assert 400 <= entry.status <= 599, code


@pytest.fixture
def history() -> Registry:
    """A register in which an event went through three versions."""
    register = Registry()

    class OfficeMovedV1(Event, owner="committee", aggregate="office", name="OfficeMoved", version=1, register=register):
        town: str

    class OfficeMovedV2(Event, owner="committee", aggregate="office", name="OfficeMoved", version=2, register=register):
        town: str
        storey: int

    class OfficeMoved(Event, owner="committee", aggregate="office", version=3, register=register):
        place: str
        storey: int

    @register.upcaster("OfficeMoved", 1)
    def ground_floor(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "storey": 1}

    @register.upcaster("OfficeMoved", 2)
    def place(payload: dict[str, Any]) -> dict[str, Any]:
        return {"place": payload["town"], "storey": payload["storey"]}

    return register


TYPE = "th.go.obec.cluster.OfficeMoved.v"


def test_an_older_version_is_lifted_step_by_step(history: Registry) -> None:
    found = history.read(f"{TYPE}1", '{"town":"นนทบุรี"}')
    assert found.model_dump() == {"place": "นนทบุรี", "storey": 1}
    assert history.read(f"{TYPE}2", '{"town":"นนทบุรี","storey":4}').model_dump()["storey"] == 4


@pytest.mark.parametrize(
    ("event_type", "data", "code"),
    [
        (f"{TYPE}4", "{}", "event.newer_version"),
        ("th.go.obec.cluster.OfficeBurned.v1", "{}", "event.unknown_type"),
        ("org.example.OfficeMoved.v1", "{}", "event.unknown_type"),
        ("", "{}", "event.unknown_type"),
        (f"{TYPE}3", "{", "event.not_json"),
        (f"{TYPE}3", "[]", "event.invalid"),
        (f"{TYPE}3", '{"place":"ก","storey":"สอง"}', "event.invalid"),
        (f"{TYPE}3", '{"place":"ก","storey":1,"more":2}', "event.invalid"),
    ],
)
def test_what_cannot_be_read_says_why(history: Registry, event_type: str, data: str, code: str) -> None:
    with pytest.raises(ContractError) as error:
        history.read(event_type, data)
    assert error.value.code == code


def test_a_version_that_nothing_lifts_is_an_error_with_a_code() -> None:
    register = Registry()

    class Moved(Event, owner="committee", aggregate="office", version=2, register=register):
        place: str

    with pytest.raises(ContractError) as error:
        register.read("th.go.obec.cluster.Moved.v1", "{}")
    assert error.value.code == "event.no_upcaster"


def test_a_type_is_declared_once() -> None:
    register = Registry()

    class Moved(Event, owner="committee", aggregate="office", register=register):
        place: str

    with pytest.raises(ValueError, match="declared twice"):
        register.add(Moved)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("  ครบวาระ  ", "ครบวาระ"), ("e\u0301", "\u00e9"), ("\u0e19\u0e49\u0e33", "\u0e19\u0e49\u0e33")],
)
def test_text_is_kept_in_nfc_and_never_in_nfkc_which_splits_sara_am(reason: str, kept: str) -> None:
    assert _dissolved(reason).reason == kept


def test_a_null_character_is_refused() -> None:
    with pytest.raises(ValueError, match="U\\+0000"):
        _dissolved("a\x00b")


@pytest.mark.parametrize("year", ["0001", "1899", "2300", "9999"])
def test_a_day_of_no_year_that_anything_is_told_of_is_refused(year: str) -> None:
    for kind, text in ((Day, f"{year}-01-01"), (Instant, f"{year}-01-01T00:01:00+01:01")):
        with pytest.raises(ValueError, match="the year must be from 1900 to 2299"):
            TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00+07:00", "2299-12-31T23:59:59-00:30"])
def test_an_instant_that_is_taken_can_be_read_again(text: str) -> None:
    with pytest.raises(ValueError, match="the year must be from 1900 to 2299"):
        TypeAdapter(Instant).validate_python(text)


def _dissolved(reason: str) -> CommitteeDissolved:
    return CommitteeDissolved.model_validate(
        {"programme": "2560-cluster", "region": "R07", "dissolved_on": "2017-01-12", "reason": reason}
    )


VISIT = RecordSupervisionVisit(
    programme="2560-cluster", region="R07", visited_on=date(2017, 1, 12), visited_by="สพฐ.", findings=("ยังไม่มีห้องประชุม",)
)


def test_an_event_that_says_what_a_command_says_is_as_if_it_had_been_validated() -> None:
    made, validated = SupervisionVisited.of(VISIT), SupervisionVisited(**dict(VISIT))
    assert made == validated
    assert (made.to_json(), made.model_fields_set, made.id) == (validated.to_json(), validated.model_fields_set, None)
    assert made.identified(UUID(int=1)).id == UUID(int=1)
    assert made.id is None


def test_an_event_that_breaks_a_rule_of_its_own_is_not_made_of_a_command() -> None:
    with pytest.raises(ValidationError, match="a visit has findings"):
        SupervisionVisited.of(VISIT.model_copy(update={"findings": ()}))


def test_what_was_not_held_to_the_event_s_own_fields_is_validated() -> None:
    class Loose(Contract):
        programme: str
        region: str
        visited_on: date
        visited_by: str
        findings: tuple[str, ...] = ()
        no_findings: bool = False
        evidence: tuple[Any, ...] = ()

    loose = Loose.model_validate({**dict(VISIT), "region": "R99"})
    with pytest.raises(ValidationError, match="region"):
        SupervisionVisited.of(loose)
    assert SupervisionVisited.of(loose.model_copy(update={"region": "R07"})) == SupervisionVisited.of(VISIT)
