"""Conditions of the system, judged from readings of machine, database, broker and services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.reporting.alarms.kinds import Condition, condition, of_day
from shared.streams.declared import DeclaredTopic

FULL_PERCENT = 90.0
"""From this part of a disk on it is nearly full."""
SKEW_SECONDS = 2.0
"""By how much the machine's clock may differ from the database's."""
EXPIRY_DAYS = 14
"""How long before its last day a credential is told of."""
TAKEN_PERCENT = 85.0
"""From this part of a database server's connections on they are nearly exhausted."""
SILENT_SECONDS = 60.0
"""How long a relay, which announces its head every two seconds, may announce nothing."""
MISSED_CANARIES = 3
"""So many of a store's canaries may fail to come before it is told of."""


@dataclass(frozen=True, slots=True)
class Disk:
    """How full the disk of a folder is; ``percent``: 0 to 100."""

    folder: str
    percent: float


@dataclass(frozen=True, slots=True)
class Credential:
    """A publisher's credential that is not revoked; ``expires_on``: its last day in Bangkok, None: it has none."""

    publisher: str
    credential: str
    kind: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker has it; None of a partition count: there is no such topic."""

    name: str
    partitions: int | None
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parked:
    """How many events a consumer has set aside undecided."""

    service: str
    consumer: str
    count: int


@dataclass(frozen=True, slots=True)
class Head:
    """What a store announced last."""

    store: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """How long ago the newest canary of a store came to the views, by the database's clock."""

    store: str
    ago: timedelta


@dataclass(frozen=True, slots=True)
class Judged:
    """What a service says of one of its processes (``role``), relays or consumers; verdicts of shared.operating."""

    service: str
    of: str
    name: str
    verdict: str


STATES: Mapping[str, tuple[str, str]] = {
    "stalled": ("ไม่คืบหน้า", "does not move"),
    "stopped": ("หยุดทำงาน", "has stopped"),
}
"""Verdicts that are alarms, in words."""
_OF: Mapping[str, tuple[str, str]] = {
    "role": ("process.not_working", "process"),
    "relay": ("relay.not_moving", "shard"),
    "consumer": ("consumer.not_moving", "consumer"),
}


def full_disks(disks: Iterable[Disk]) -> Iterator[Condition]:
    """Disks that are nearly full."""
    for disk in disks:
        if disk.percent >= FULL_PERCENT:
            what = disk.folder.strip("/") or "root"
            yield condition("disk.nearly_full", what, folder=disk.folder, percent=f"{disk.percent:.0f}")


def skewed_clock(ahead: float, uncertain: float) -> Iterator[Condition]:
    """A machine whose clock is ahead of the database's by so many seconds (negative: behind), give or take some."""
    if abs(ahead) - uncertain > SKEW_SECONDS:
        yield condition("clock.skewed", "machine", seconds=f"{ahead:.1f}")


def expiring(credentials: Sequence[Credential], today: date) -> Iterator[Condition]:
    """Credentials that expire soon, or did, unless their publisher has another of the kind that lasts longer."""
    for each in credentials:
        if _expires(each, today) and not any(_succeeds(other, each, today) for other in credentials):
            assert each.expires_on is not None
            named = {"publisher": each.publisher, "credential": each.credential}
            yield condition("credential.expiring", ":".join(named.values()), **named, **of_day(each.expires_on))


def few_connections(used: int, most: int) -> Iterator[Condition]:
    """A database server of which nearly all connections are taken."""
    if used * 100 >= most * TAKEN_PERCENT:
        yield condition("connections.nearly_exhausted", "reporting", used=used, most=most)


def changed_topics(declared: Iterable[DeclaredTopic], found: Mapping[str, Topic]) -> Iterator[Condition]:
    """Topics that are not as declared. What is not declared may be anything; a topic not found may not be seen."""
    for wanted in declared:
        differences = [*_differences(wanted, found[wanted.name])] if wanted.name in found else []
        if differences:
            yield condition("topic.changed", wanted.name, topic=wanted.name, differences=", ".join(differences))


def parked_events(parked: Iterable[Parked]) -> Iterator[Condition]:
    """Consumers that have set events aside about which nobody has decided."""
    for each in parked:
        if each.count:
            named = {"service": each.service, "consumer": each.consumer}
            yield condition("consumer.parked", ":".join(named.values()), count=each.count, **named)


def silent_relays(heads: Iterable[Head], now: datetime) -> Iterator[Condition]:
    """Stores whose relay has announced nothing for long; ``now`` by the business clock, which must be the real one."""
    for head in heads:
        seconds = (now - head.time).total_seconds()
        if seconds > SILENT_SECONDS:
            yield condition("relay.silent", head.store, store=head.store, seconds=f"{seconds:.0f}")


def missing_canaries(arrived: Iterable[Arrived], every: int) -> Iterator[Condition]:
    """Stores whose canaries, one ``every`` so many seconds (0: none), come to the views no more."""
    for each in arrived if every else ():
        seconds = each.ago.total_seconds()
        if seconds > every * MISSED_CANARIES:
            yield condition("canary.missing", each.store, store=each.store, seconds=f"{seconds:.0f}")


def silent_publishers(publishers: Iterable[Mapping[str, Any]]) -> Iterator[Condition]:
    """Publishers that the monitor calls silent: each {publisher, verdict, quiet_seconds}."""
    for each in publishers:
        if each["verdict"] == "silent":
            days = f"{each['quiet_seconds'] / 86_400:.1f}"
            yield condition("publisher.silent", each["publisher"], publisher=each["publisher"], days=days)


def failed_proofs(differences: Iterable[Mapping[str, Any]]) -> Iterator[Condition]:
    """What the last verification found wrong, one alarm for each part: {part, service, of, place, message} each."""
    for each in differences:
        yield condition("proof.failed", f"{each['part']}:{each['service']}:{each['of']}", **each)


def unfinished_proof(error: str | None) -> Iterator[Condition]:
    """A last verification that could not be finished; None: there was none."""
    if error:
        yield condition("proof.unfinished", "last", error=error)


def not_working(judged: Iterable[Judged]) -> Iterator[Condition]:
    """Processes, relays and consumers that their services call stalled or stopped; each once, by the worst of them."""
    worst = {(each.service, each.of, each.name): each for each in sorted(judged, key=lambda each: each.verdict)}
    for each in worst.values():
        if each.verdict in STATES:
            kind, called = _OF[each.of]
            named = {"service": each.service, called: each.name}
            yield condition(kind, ":".join(named.values()), **named, **_state(each.verdict))


def unreachable(services: Iterable[str]) -> Iterator[Condition]:
    """Services that do not answer."""
    for service in services:
        yield condition("service.unreachable", service, service=service)


def untold(services: Iterable[str]) -> Iterator[Condition]:
    """Services that answer, and do not tell how they are: nothing that goes wrong in them would ring."""
    for service in services:
        yield condition("service.untold", service, service=service)


def _expires(credential: Credential, today: date) -> bool:
    return credential.expires_on is not None and credential.expires_on - today <= timedelta(days=EXPIRY_DAYS)


def _succeeds(other: Credential, credential: Credential, today: date) -> bool:
    return (other.publisher, other.kind) == (credential.publisher, credential.kind) and not _expires(other, today)


def _differences(wanted: DeclaredTopic, found: Topic) -> Iterator[str]:
    if found.partitions is None:
        yield "missing"
        return
    if found.partitions != wanted.partitions:
        yield f"partitions = {found.partitions} ({wanted.partitions})"
    for name, value in wanted.settings.items():
        actual = found.settings.get(name)
        if actual is not None and actual != value:
            yield f"{name} = {actual} ({value})"


def _state(verdict: str) -> dict[str, str]:
    th, en = STATES[verdict]
    return {"state_th": th, "state_en": en}
