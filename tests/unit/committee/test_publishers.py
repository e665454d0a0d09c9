"""Rules of a publisher: registered once, changed, suspended; credentials issued and revoked, never the secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.committee.publishers import (
    PUBLISHER,
    ChangePublisher,
    IssueCredential,
    Publisher,
    RegisterPublisher,
    RevokeCredential,
    Status,
    SuspendPublisher,
)
from shared.contracts import Command, Context, Event
from shared.contracts.committee import (
    CredentialIssued,
    CredentialRevoked,
    PublisherChanged,
    PublisherRegistered,
    PublisherRights,
    PublisherSuspended,
)
from shared.contracts.common import FactVoided
from tests.given import Scenario, event_id, given
from tests.unit.committee.examples import day
from tests.unit.committee.telling import Told, refused

NAME = "e-meeting"
STREAM = "publisher:e-meeting"
OFFICE = "ศูนย์เทคโนโลยีสารสนเทศ"
FINGERPRINT = "9f" * 32
REASON = "พบการใช้งานผิดปกติ"


def rights(source: str = "/ext/e-meeting/central", *types: str) -> PublisherRights:
    return PublisherRights(sources=(source,), types=types or ("MeetingHeld",))


WIDER = rights("/ext/e-meeting/central", "MeetingHeld", "FactVoided")


def registered() -> PublisherRegistered:
    return PublisherRegistered(publisher=NAME, office=OFFICE, rights=rights())


def changed() -> PublisherChanged:
    return PublisherChanged(publisher=NAME, office=OFFICE, rights=WIDER, reason=REASON)


def suspended() -> PublisherSuspended:
    return PublisherSuspended(publisher=NAME, reason=REASON)


def issued(credential: str = "key-1", fingerprint: str = FINGERPRINT) -> CredentialIssued:
    return CredentialIssued(publisher=NAME, credential=credential, kind="api_key", fingerprint=fingerprint)


def revoked(credential: str = "key-1") -> CredentialRevoked:
    return CredentialRevoked(publisher=NAME, credential=credential, reason=REASON)


def register(allowed: PublisherRights | None = None) -> RegisterPublisher:
    return RegisterPublisher(publisher=NAME, office=OFFICE, rights=allowed or rights())


def change(allowed: PublisherRights = WIDER) -> ChangePublisher:
    return ChangePublisher(office=OFFICE, rights=allowed, reason=REASON)


def suspend() -> SuspendPublisher:
    return SuspendPublisher(reason=REASON)


def issue(credential: str = "key-1", fingerprint: str = FINGERPRINT, expires: str | None = None) -> IssueCredential:
    return IssueCredential(
        credential=credential,
        kind="api_key",
        fingerprint=fingerprint,
        expires_on=day(expires) if expires else None,
    )


def revoke(credential: str = "key-1") -> RevokeCredential:
    return RevokeCredential(credential=credential, reason=REASON)


def publisher(*events: Event) -> Scenario:
    return given(*events).on(STREAM, PUBLISHER)


def test_a_publisher_has_a_stream_of_its_own_name() -> None:
    assert register().stream() == STREAM


@pytest.mark.parametrize("name", ["E-meeting", "e", "1st", "e_meeting", "a" * 32, "ระบบ"])
def test_a_publishers_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(ValueError, match="publisher"):
        RegisterPublisher(publisher=name, office=OFFICE, rights=rights())


def test_no_publisher_has_the_name_that_the_services_groups_begin_with() -> None:
    rights_of_obec = rights("/ext/obec/central")
    command = RegisterPublisher(publisher="obec", office=OFFICE, rights=rights_of_obec)
    given().on(command.stream(), PUBLISHER).when(command).then_rejected("publisher.name_reserved")


def test_a_publisher_is_registered() -> None:
    publisher().when(register()).then(registered())


def test_registering_twice_makes_nothing_new() -> None:
    publisher(registered()).when(register()).then()


def test_registering_a_registered_publisher_otherwise_is_refused() -> None:
    refused(publisher(registered()).when(register(WIDER)), "publisher.already_registered", 409)


def test_its_rights_are_changed() -> None:
    publisher(registered()).when(change()).then(changed())
    assert publisher(registered(), changed()).state().rights == WIDER


def test_changing_to_the_present_rights_makes_nothing_new() -> None:
    publisher(registered(), changed()).when(change()).then()


@pytest.mark.parametrize("make", [register, change])
@pytest.mark.parametrize(
    "source", ["/ext/other/central", "/ext/e-meeting", "/ext/e-meeting/", "/obec/cluster/activity"]
)
def test_a_publisher_speaks_for_its_own_sources_only(make: Any, source: str) -> None:
    history = () if make is register else (registered(),)
    refused(publisher(*history).when(make(rights(source))), "publisher.foreign_source")


@pytest.mark.parametrize("make", [register, change])
@pytest.mark.parametrize(
    "name", ["MeetingDreamt", "CredentialIssued", "PublisherChanged", "ProgrammeAmended", "ReportPublished"]
)
def test_a_publisher_sends_facts_and_no_rights(make: Any, name: str) -> None:
    history = () if make is register else (registered(),)
    refused(publisher(*history).when(make(rights("/ext/e-meeting/a", name))), "publisher.not_sendable")


@pytest.mark.parametrize("name", ["CommitteeAppointed", "MeetingHeld", "FundsDisbursed", "IndicatorMeasured"])
def test_a_publisher_may_send_what_other_systems_know(name: str) -> None:
    allowed = rights("/ext/e-meeting/a", name)
    publisher().when(register(allowed)).then(registered().model_copy(update={"rights": allowed}))


def test_a_publisher_is_suspended() -> None:
    publisher(registered()).when(suspend()).then(suspended())


def test_suspending_twice_makes_nothing_new() -> None:
    publisher(registered(), suspended()).when(suspend()).then()


def test_setting_its_rights_anew_ends_the_suspension() -> None:
    publisher(registered(), changed(), suspended()).when(change()).then(changed())
    assert publisher(registered(), suspended(), changed()).state().status is Status.ACTIVE


@pytest.mark.parametrize("command", [change(), suspend(), issue(), revoke()], ids=lambda each: type(each).__name__)
def test_what_is_not_registered_has_no_rights_and_no_credentials(command: Command) -> None:
    refused(publisher().when(command), "publisher.not_registered", 409)


def test_a_credential_is_issued_by_its_fingerprint() -> None:
    publisher(registered()).when(issue()).then(issued())
    assert "secret" not in IssueCredential.model_fields


def test_issuing_the_same_credential_twice_makes_nothing_new() -> None:
    publisher(registered(), issued()).when(issue()).then()


@pytest.mark.parametrize("history", [(issued(),), (issued(), revoked())])
def test_the_id_of_a_credential_is_used_once(history: tuple[Event, ...]) -> None:
    told = publisher(registered(), *history).when(issue(fingerprint="ab" * 32))
    refused(told, "publisher.credential_exists", 409)


def test_a_revoked_credential_is_not_issued_again() -> None:
    refused(publisher(registered(), issued(), revoked()).when(issue()), "publisher.credential_exists", 409)


def test_a_suspended_publisher_takes_no_credential() -> None:
    refused(publisher(registered(), suspended()).when(issue()), "publisher.suspended", 409)


def test_a_credential_does_not_expire_in_the_past() -> None:
    evening = publisher(registered()).at(datetime(2017, 5, 31, 18, 0, tzinfo=UTC))
    refused(evening.when(issue(expires="2017-05-31")), "publisher.credential_expired")
    [decided] = evening.when(issue(expires="2017-06-01")).decided()
    assert isinstance(decided.event, CredentialIssued)


def test_a_credential_is_revoked() -> None:
    publisher(registered(), issued()).when(revoke()).then(revoked())
    assert publisher(registered(), issued(), revoked()).state().credentials["key-1"].revoked


def test_a_suspended_publishers_credential_may_be_revoked() -> None:
    publisher(registered(), issued(), suspended()).when(revoke()).then(revoked())


def test_revoking_twice_makes_nothing_new() -> None:
    publisher(registered(), issued(), revoked()).when(revoke()).then()


def test_what_was_not_issued_cannot_be_revoked() -> None:
    refused(publisher(registered(), issued()).when(revoke("key-2")), "publisher.credential_unknown", 409)


def test_the_issuing_of_a_revoked_credential_cannot_be_voided() -> None:
    voided = FactVoided(event_id=event_id(1), reason="ผิด")
    refused(publisher(registered(), issued(), revoked()).when(voided), "effective.contradicts_later")


NAMES = st.sampled_from(["key-1", "key-2"])
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from([register(), register(WIDER)]),
    st.sampled_from([change(), change(rights())]),
    st.just(suspend()),
    st.builds(issue, NAMES, st.sampled_from([FINGERPRINT, "ab" * 32])),
    st.builds(revoke, NAMES),
)
EVENTS = st.one_of(
    st.sampled_from([registered(), changed(), suspended()]), st.builds(issued, NAMES), st.builds(revoked, NAMES)
)


@settings(deadline=None)
@generated(st.lists(EVENTS, max_size=8))
def test_folding_takes_any_events_in_any_order(events: list[Event]) -> None:
    state = Publisher()
    for event in events:
        state = PUBLISHER.evolve(state, event)
    assert isinstance(state, Publisher)


class PublisherMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.told = Told(PUBLISHER, STREAM)

    @rule(command=COMMANDS)
    def tell(self, command: Command) -> None:
        before = self.told.state
        if self.told.tell(command):
            context = Context(self.told.now, stream=STREAM)
            assert PUBLISHER.decide(command, before, context) == PUBLISHER.decide(command, before, context)
            assert self.told.state != before
            assert not (isinstance(command, IssueCredential) and before.status is not Status.ACTIVE)

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        if facts := self.told.facts:
            self.told.void(data.draw(st.sampled_from(facts)).id)

    @invariant()
    def every_state_holds(self) -> None:
        self.told.check()

    @invariant()
    def a_credential_was_issued_once_and_only_then_revoked(self) -> None:
        names = [fact.event.credential for fact in self.told.facts if isinstance(fact.event, CredentialIssued)]
        gone = [fact.event.credential for fact in self.told.facts if isinstance(fact.event, CredentialRevoked)]
        assert len(names) == len(set(names))
        assert set(gone) <= set(names)


TestPublisherMachine = PublisherMachine.TestCase
TestPublisherMachine.settings = settings(deadline=None, max_examples=80, stateful_step_count=20)
