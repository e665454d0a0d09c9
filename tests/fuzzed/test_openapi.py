"""Whatever is sent to whichever operation is answered as its OpenAPI says, and never with a failure of the service."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from demo.client import Offices
from demo.example import PROGRAMME
from demo.senders import SANDBOX
from demo.year import definition
from shared.contracts.types import BANGKOK
from tests.scenarios.product import Product, running_product
from tests.servers import Servers

SERVICES = ("committee", "activity", "evaluation", "reporting")
CAMPAIGN = os.environ.get("OBEC_EXAMPLES")
EXAMPLES = int(CAMPAIGN or 2)
"""Of each operation; the campaign asks for more, and for others each time."""
DAY = "2016-12-01"
STREAMS = {
    "programmes": f"programme:{PROGRAMME}",
    "committees": f"committee:{PROGRAMME}:R07:1",
    "publishers": f"publisher:{SANDBOX.name}-2",
    "activities": f"activity:{PROGRAMME}:1",
    "budgets": f"budget:{PROGRAMME}",
    "indicators": f"indicators:{PROGRAMME}",
}
"""Streams that there are, by collection."""
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def product(servers: Servers) -> Iterator[Product]:
    with running_product(servers, "fuzzed") as made:
        yield made


@pytest.fixture(scope="module")
def credentials(product: Product) -> Mapping[str, str]:
    """Headers of one who may do everything: an officer's token, and a publisher's key."""

    async def begin() -> Mapping[str, str]:
        async with Offices(product.addresses) as offices:
            await offices.set_clock(datetime(2017, 10, 1, tzinfo=BANGKOK))
            await offices.send("committee", "programmes", {"definition": definition()})
            await offices.send("evaluation", "indicators", {"programme": PROGRAMME})
            plan = {"programme": PROGRAMME, "code": "1", "opens": DAY, "closes": DAY, "deadline": DAY}
            await offices.send("activity", "activities", plan)
            seats = [{"office": "ก", "seat": "chair"}, {"office": "ข", "seat": "secretary"}]
            proposal = {
                "programme": PROGRAMME,
                "region": "R07",
                "proposed_on": DAY,
                "proposed_by": "ก",
                "members": seats,
            }
            await offices.send("committee", "committees", proposal)
            body = {"publisher": SANDBOX.name, "office": SANDBOX.office, "rights": SANDBOX.rights}
            await offices.send("committee", "publishers", body)
            key = (await offices.issue(SANDBOX.name, "api-key"))["api_key"]
            tokens = {user: f"Bearer {offices._tokens[user]}" for user in ("officer", "operator")}
            return {**tokens, "X-API-Key": key}

    return asyncio.run(begin())


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_answers_as_it_says(product: Product, credentials: Mapping[str, str], service: str) -> None:
    document = schemathesis.openapi.from_url(f"{product.addresses[service]}/openapi.json")
    statuses: Counter[int] = Counter()
    for found in document.get_all_operations():
        fuzz(found.ok(), credentials, statuses)  # type: ignore[union-attr]
    assert min(statuses[2], statuses[4]) > 10, statuses


def fuzz(operation: Any, credentials: Mapping[str, str], statuses: Counter[int]) -> None:
    """Send generated requests to one operation. Raises what a check finds."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=CAMPAIGN is None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        if "stream" in (case.path_parameters or {}):
            kind = operation.path.split("/")[2]
            case.path_parameters["stream"] = STREAMS.get(kind, case.path_parameters["stream"])
        key = {"X-API-Key": credentials["X-API-Key"]} if _takes_a_key(operation) else {}
        headers = {"Authorization": credentials[_role(operation)], **key}
        response = case.call(headers=headers, timeout=20)
        case.validate_response(response, checks=list(CHECKS))
        statuses[response.status_code // 100] += 1

    send()


def _takes_a_key(operation: Any) -> bool:
    return any("api_key" in each for each in operation.definition.raw.get("security", ()))


def _role(operation: Any) -> str:
    return "operator" if operation.path == "/v1/clock" or operation.path.startswith("/v1/ops/") else "officer"
