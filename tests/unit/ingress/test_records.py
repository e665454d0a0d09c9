"""Facts by Kafka without a broker: what is answered by which service, and what a failure takes with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from shared.contracts import Rejected
from shared.ingress.cloudevents import Incoming
from shared.ingress.records import RecordIngress
from shared.ingress.register import Publisher
from shared.streams.topics import Topics

FACT = Incoming("1", "/ext/a/b", "th.go.obec.cluster.MeetingHeld.v1", "", None, {}, {})
RECORD: Any = SimpleNamespace(topic="t", partition=0, offset=7, value=b"{}", headers=())


class Facts:
    """Facts of a service that refuses whatever comes."""

    def __init__(self, service: str, refusal: Exception) -> None:
        self.store, self.refusal = SimpleNamespace(name=service), refusal
        self.kept: list[tuple[str, str, str]] = []

    async def take(self, _incoming: Incoming, _publisher: Publisher) -> None:
        raise self.refusal

    async def turn_away(
        self, _publisher: Publisher, place: str, outcome: str, refusal: Rejected, _body: bytes | None = None
    ) -> None:
        self.kept.append((place, outcome, refusal.code))


async def decided(service: str, refusal: Exception) -> list[tuple[str, str, str]]:
    """What the service keeps of a fact that it refuses so."""
    facts: Any = Facts(service, refusal)
    broker: Any = None
    await RecordIngress(facts, None, broker, Topics(""))._decide(Publisher("a"), RECORD, FACT)  # type: ignore[arg-type]
    kept: list[tuple[str, str, str]] = facts.kept
    return kept


@pytest.mark.parametrize("service", ["committee", "activity"])
async def test_what_corrects_nothing_is_answered_by_who_takes_it(service: str) -> None:
    assert await decided(service, Rejected("fact.corrects_nothing")) == [("0/7", "rejected", "fact.corrects_nothing")]


@pytest.mark.parametrize("code", ["publisher.not_admitted", "publisher.source_not_allowed"])
async def test_who_may_not_send_is_answered_once_though_every_service_refuses(code: str) -> None:
    assert await decided("committee", Rejected(code)) == [("0/7", "rejected", code)]
    assert await decided("activity", Rejected(code)) == []


async def test_what_the_database_refuses_for_good_is_kept_and_not_tried_for_ever() -> None:
    for refused in (asyncpg.ProgramLimitExceededError("index row"), asyncpg.DataError("a character")):
        assert await decided("activity", refused) == [("0/7", "quarantined", "fact.rule_failed")]
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await decided("activity", asyncpg.DeadlockDetectedError("again"))
