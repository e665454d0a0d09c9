"""What holds for every fact of every service: its model takes what its schema says, and its stream can be found."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from shared.contracts import REGISTRY
from shared.contracts.committee import PublisherRights
from shared.contracts.document import example
from shared.eventstore.commands import CommandHandler
from shared.eventstore.store import EventStore
from shared.ingress.cloudevents import from_object
from shared.ingress.facts import Facts
from shared.ingress.handler import FactHandler
from shared.ingress.register import Publisher
from tests.conftest import NewDatabase

SERVICES = ("committee", "activity", "evaluation")
SOURCE = "/ext/sandbox/tests"


def facts_of(service: str) -> Facts:
    found: Facts = importlib.import_module(f"services.{service}.facts").FACTS
    return found


def sent(name: str, data: dict[str, Any], subject: str) -> dict[str, Any]:
    kind = REGISTRY.newest()[name].spec.type
    return {"specversion": "1.0", "id": name, "source": SOURCE, "type": kind, "subject": subject, "data": data}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_fact_takes_what_its_schema_says(database: NewDatabase, service: str) -> None:
    """It may wait, or be refused by a rule, for nothing has happened here, but not as unreadable."""
    http = importlib.import_module(f"services.{service}.http")
    facts = facts_of(service)
    rights = PublisherRights(sources=(SOURCE,), types=tuple(fact.name for fact in facts))
    store = await EventStore.open((await database(service)).app_dsn, service)
    try:
        handler = FactHandler(CommandHandler(store, [each.aggregate for each in http.COLLECTIONS], http.LEARNED), facts)
        for fact in facts:
            event = sent(fact.name, example(fact.model.model_json_schema()), f"{fact.aggregate.name}:somewhere")
            answer = await handler.take(from_object(event), Publisher("sandbox", "ทดลอง", rights), dry_run=True)
            code = (answer.reason or {}).get("code")
            assert answer.outcome in ("accepted", "rejected", "waiting"), (fact.name, answer)
            assert code != "fact.invalid", (fact.name, answer.reason)
    finally:
        await store.close()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_takes_facts_that_it_owns(service: str) -> None:
    for fact in facts_of(service):
        assert fact.event.spec.owner in (service, "any")


def test_each_fact_is_taken_by_one_service() -> None:
    names = [fact.name for service in SERVICES for fact in facts_of(service) if fact.name != "FactVoided"]
    assert len(names) == len(set(names))


def test_what_only_a_rule_says_is_taken_of_nobody() -> None:
    taken = {fact.name for service in SERVICES for fact in facts_of(service)}
    assert taken.isdisjoint({"IndicatorScored", "MeetingAdjourned", "ProgrammeRegistered", "PublisherRegistered"})
