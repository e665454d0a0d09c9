"""A publisher, another system that sends facts: what it may send, and the credentials it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from shared.contracts import REGISTRY, Aggregate, Claim, Command, Context, Event, Rejected, require
from shared.contracts.committee import (
    CredentialIssued,
    CredentialRevoked,
    PublisherChanged,
    PublisherName,
    PublisherRegistered,
    PublisherRights,
    PublisherSuspended,
)
from shared.contracts.types import BANGKOK, Day, Line, Office, Prose, Sha256

OWN = "obec"
"""How the names of the services' own consumer groups begin: a publisher of that name might read in them."""
OF_NOBODY = frozenset({"publisher", "programme", "canary", "report", "alarm"})
"""What no other system tells."""


class RegisterPublisher(Command):
    """Admit another system as a publisher."""

    publisher: PublisherName
    office: Office
    rights: PublisherRights

    def stream(self) -> str:
        """The publisher's stream."""
        return f"publisher:{self.publisher}"


class ChangePublisher(Command):
    """Set its office and rights anew; a suspended publisher is admitted again by that."""

    office: Office
    rights: PublisherRights
    reason: Prose


class SuspendPublisher(Command):
    """Take nothing more from it until its rights are set anew."""

    reason: Prose


class IssueCredential(Command):
    """Give it a credential, of which only the fingerprint is kept."""

    credential: Line
    kind: Literal["api_key", "oauth2_client", "scram"]
    fingerprint: Sha256
    expires_on: Day | None = None


class RevokeCredential(Command):
    """Make a credential invalid."""

    credential: Line
    reason: Prose


PublisherCommand = RegisterPublisher | ChangePublisher | SuspendPublisher | IssueCredential | RevokeCredential


class Status(StrEnum):
    """Whether facts are taken from a publisher."""

    NONE = "none"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of a credential; never the secret."""

    kind: str
    fingerprint: str
    expires_on: date | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher as its events make it."""

    status: Status = Status.NONE
    name: str = ""
    office: str = ""
    rights: PublisherRights | None = None
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    """By id, revoked ones included."""
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""


def _require_fit(publisher: Publisher, event: Event) -> None:
    """Rejected unless ``event`` can follow on what has happened."""
    match event:
        case PublisherRegistered(publisher=name):
            require(publisher.status is Status.NONE, "publisher.already_registered", publisher=name)
        case PublisherChanged() | PublisherSuspended():
            _require_registered(publisher)
        case CredentialIssued(credential=credential):
            _require_registered(publisher)
            require(publisher.status is Status.ACTIVE, "publisher.suspended", publisher=publisher.name)
            require(credential not in publisher.credentials, "publisher.credential_exists", credential=credential)
        case CredentialRevoked(credential=credential):
            _require_registered(publisher)
            require(credential in publisher.credentials, "publisher.credential_unknown", credential=credential)
        case _:
            pass


def _require_registered(publisher: Publisher) -> None:
    require(publisher.status is not Status.NONE, "publisher.not_registered")


def evolve(publisher: Publisher, event: Event) -> Publisher:
    """The publisher after ``event``."""
    try:
        _require_fit(publisher, event)
    except Rejected as misfit:
        return replace(publisher, broken=publisher.broken or misfit.code)
    match event:
        case PublisherRegistered(publisher=name, office=office, rights=rights):
            return replace(publisher, status=Status.ACTIVE, name=name, office=office, rights=rights)
        case PublisherChanged(office=office, rights=rights):
            return replace(publisher, status=Status.ACTIVE, office=office, rights=rights)
        case PublisherSuspended():
            return replace(publisher, status=Status.SUSPENDED)
        case CredentialIssued():
            return _with_credential(publisher, event.credential, _credential(event))
        case CredentialRevoked(credential=credential):
            revoked = replace(publisher.credentials[credential], revoked=True)
            return _with_credential(publisher, credential, revoked)
        case _:
            return publisher


def _credential(event: CredentialIssued) -> Credential:
    return Credential(event.kind, event.fingerprint, event.expires_on)


def _with_credential(publisher: Publisher, name: str, credential: Credential) -> Publisher:
    return replace(publisher, credentials={**publisher.credentials, name: credential})


def invariant(publisher: Publisher) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not publisher.broken, publisher.broken)


def decide(command: PublisherCommand, publisher: Publisher, context: Context) -> list[Event]:
    """What a command makes; nothing when the publisher already is so."""
    event = _event(command, publisher)
    if _says(publisher, event):
        return []
    _require_fit(publisher, event)
    _require_rules(event, context)
    return [event]


def _event(command: PublisherCommand, publisher: Publisher) -> Event:
    """The command in the past tense."""
    fields = dict(command)
    if isinstance(command, RegisterPublisher):
        return PublisherRegistered(**fields)
    _require_registered(publisher)
    match command:
        case ChangePublisher():
            return PublisherChanged(publisher=publisher.name, **fields)
        case SuspendPublisher():
            return PublisherSuspended(publisher=publisher.name, **fields)
        case IssueCredential():
            return CredentialIssued(publisher=publisher.name, **fields)
        case RevokeCredential():
            return CredentialRevoked(publisher=publisher.name, **fields)


def _says(publisher: Publisher, event: Event) -> bool:
    """Whether the publisher already is what ``event`` would make it."""
    match event:
        case PublisherRegistered(office=office, rights=rights) | PublisherChanged(office=office, rights=rights):
            return (publisher.status, publisher.office, publisher.rights) == (Status.ACTIVE, office, rights)
        case PublisherSuspended():
            return publisher.status is Status.SUSPENDED
        case CredentialIssued():
            return publisher.credentials.get(event.credential) == _credential(event)
        case CredentialRevoked(credential=credential):
            return credential in publisher.credentials and publisher.credentials[credential].revoked
        case _:
            return False


def _require_rules(event: Event, context: Context) -> None:
    """Rejected when ``event`` breaks a rule of its own."""
    if isinstance(event, PublisherRegistered):
        require(event.publisher != OWN, "publisher.name_reserved", pointer="/publisher", publisher=event.publisher)
    match event:
        case PublisherRegistered(publisher=name, rights=rights) | PublisherChanged(publisher=name, rights=rights):
            _require_own_sources(name, rights)
            _require_sendable(rights)
        case CredentialIssued(expires_on=day):
            today = context.now.astimezone(BANGKOK).date()
            require(day is None or day >= today, "publisher.credential_expired", pointer="/expires_on", day=day)
        case _:
            pass


def _require_own_sources(name: str, rights: PublisherRights) -> None:
    prefix = f"/ext/{name}/"
    own = all(source.startswith(prefix) and len(source) > len(prefix) for source in rights.sources)
    require(own, "publisher.foreign_source", pointer="/rights/sources", prefix=prefix)


def _require_sendable(rights: PublisherRights) -> None:
    """What others may report is what happens in the programme, not who may report it."""
    newest = REGISTRY.newest()
    for name in rights.types:
        known = name in newest and newest[name].spec.aggregate not in OF_NOBODY
        require(known, "publisher.not_sendable", pointer="/rights/types", type=name)


def claims(publisher: Publisher) -> frozenset[Claim]:
    """What callers show of themselves: whose it is must be beyond doubt. A broker's user bears its publisher's name."""
    shown = {id_: each for id_, each in publisher.credentials.items() if not each.revoked and each.kind != "scram"}
    return frozenset(
        Claim(each.kind, each.fingerprint if each.kind == "api_key" else id_) for id_, each in shown.items()
    )


PUBLISHER = Aggregate("publisher", Publisher(), evolve, decide, invariant, claims=claims)
