"""Appends with the library ``eventsourcing`` on PostgreSQL: aggregates trigger an event and are saved, in threads."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

given = json.load(sys.stdin)
os.environ.update(
    PERSISTENCE_MODULE="eventsourcing.postgres",
    POSTGRES_DBNAME=given["dbname"],
    POSTGRES_HOST=given["host"],
    POSTGRES_PORT=str(given["port"]),
    POSTGRES_USER=given["user"],
    POSTGRES_PASSWORD=given["password"],
    POSTGRES_POOL_SIZE=str(given["clients"]),
    POSTGRES_MAX_OVERFLOW="0",
    POSTGRES_PRE_PING="n",
    POSTGRES_ENABLE_DB_FUNCTIONS="y",
)

from eventsourcing.application import Application  # noqa: E402
from eventsourcing.domain import Aggregate, event  # noqa: E402


class Budget(Aggregate):
    """A stream of payments."""

    @event("Opened")
    def __init__(self) -> None:
        self.paid = 0

    @event("FundsDisbursed")
    def disburse(
        self, programme: str, activity: str, region: str, amount_satang: int, paid_on: str, voucher: dict[str, str]
    ) -> None:
        """Pay."""
        self.paid += amount_satang


application = Application()
each = given["appends"] // given["clients"]


def client(_: int) -> None:
    """Append one after the other; opening a stream is an append too."""
    budget = Budget()
    for k in range(each):
        if k % given["per_stream"] == 0:
            budget = Budget()
        else:
            budget.disburse(**given["payload"])
        application.save(budget)


with ThreadPoolExecutor(given["clients"]) as threads:
    list(threads.map(lambda _: application.recorder, range(given["clients"])))
    began = perf_counter()
    list(threads.map(client, range(given["clients"])))
    seconds = perf_counter() - began
application.close()
print(json.dumps({"per_second": each * given["clients"] / seconds}))
