"""Shows what was seen of a service as metrics."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared import telemetry
from shared.operating.status import ConsumerStatus, ServiceStatus
from shared.operating.verdicts import VERDICTS, Verdict


class Gauges:
    """The gauges of one service, as one watcher sets them."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._board = telemetry.Board()

    def clear(self) -> None:
        """Show nothing any more."""
        self._board.clear()

    def show(self, status: ServiceStatus) -> None:
        """Set the gauges to what was seen; of what could not be asked nothing is shown but that."""
        service, show = self._service, self._board.show
        if status.message:
            self._board.clear()
            status = ServiceStatus(service, status.at, status.verdict)
        named: dict[tuple[str, str], Verdict] = {("service", service): status.verdict}
        named |= {("role", f"{each.process} {each.instance}".strip()): each.verdict for each in status.roles}
        named |= {("relay", str(each.shard)): each.verdict for each in status.relays}
        named |= {("consumer", f"{each.consumer} {each.store}/{each.shard}"): each.verdict for each in status.consumers}
        verdicts: dict[tuple[str, ...], float] = {}
        for (kind, name), said in named.items():
            verdicts |= {(service, kind, name, each): float(each == said) for each in VERDICTS}
        show(telemetry.VERDICT, verdicts)
        heard = {(service, each.process, each.instance): each for each in status.roles if each.seen_at is not None}
        now = datetime.now(UTC)
        show(telemetry.HEARTBEAT_AGE_SECONDS, {key: _age(now, each.seen_at) for key, each in heard.items()})
        show(telemetry.STARTED_SECONDS, {key: _timestamp(each.started_at) for key, each in heard.items()})
        relays = {(service, str(each.shard)): each for each in status.relays}
        show(telemetry.RELAY_LEADING, {key: float(each.leading) for key, each in relays.items()})
        show(telemetry.RELAY_BACKLOG_EVENTS, {key: float(each.backlog_events) for key, each in relays.items()})
        show(telemetry.RELAY_BACKLOG_SECONDS, {key: each.backlog_seconds for key, each in relays.items()})
        self._show_consumers({(service, each.consumer, each.store, str(each.shard)): each for each in status.consumers})
        show(telemetry.WATCHED_SECONDS, {(service,): status.at.timestamp()})

    def _show_consumers(self, consumers: Mapping[tuple[str, ...], ConsumerStatus]) -> None:
        show = self._board.show
        lags = {key: float(each.lag) for key, each in consumers.items() if each.lag is not None}
        show(telemetry.CONSUMER_LAG, lags)
        fresh = {key: each.freshness_seconds for key, each in consumers.items() if each.lag is not None}
        show(telemetry.CONSUMER_FRESHNESS_SECONDS, fresh)
        halted = {(*key, each.halted): 1.0 for key, each in consumers.items() if each.halted}
        show(telemetry.CONSUMER_HALTED, halted)
        parked: dict[tuple[str, ...], float] = {}
        for (service, consumer, *_), each in consumers.items():
            parked[service, consumer] = parked.get((service, consumer), 0.0) + each.parked
        show(telemetry.PARKED_EVENTS, parked)

    def show_counts(self, counts: Mapping[str, Any]) -> None:
        """Set the gauges of what waits, and of what database and disk have left."""
        service, show = self._service, self._board.show
        show(telemetry.WAITING_FACTS, {(service,): float(counts["waiting"])})
        show(telemetry.WAITING_SECONDS, {(service,): max(0.0, counts["waiting_seconds"])})
        show(telemetry.QUARANTINED_FACTS, {(service,): float(counts["quarantined"])})
        show(telemetry.DATABASE_CONNECTIONS, {(service,): float(counts["connections"])})
        show(telemetry.DATABASE_CONNECTIONS_FREE, {(service,): float(counts["connections_free"])})
        path = os.environ.get("OBEC_STACK") or os.getcwd()
        usage = shutil.disk_usage(path)
        telemetry.DISK_FREE_RATIO.labels(path).set(usage.free / usage.total)


def _age(now: datetime, seen: datetime | None) -> float:
    return 0.0 if seen is None else max(0.0, (now - seen).total_seconds())


def _timestamp(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()
