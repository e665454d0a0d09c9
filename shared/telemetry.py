"""Every metric of the product; labels are the product's words, the help text names OpenTelemetry's where it has one.

Counters on a hot path are counted once for a batch. What is read from a database or from the broker is set by who
watches (``shared.operating.watcher``), never at a scrape. Nothing here takes part in a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When each counter began is a third of what would be sent, and nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

Labels = tuple[str, ...]

FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of what takes milliseconds, in seconds."""

REQUESTS = Counter(
    "obec_http_requests",
    "Requests answered (OpenTelemetry: http.request.method, http.route, http.response.status_code).",
    ["service", "method", "route", "status"],
)
REQUEST_SECONDS = Histogram(
    "obec_http_request_seconds",
    "Time from the request's head to the answer's last byte (http.server.request.duration).",
    ["service", "method", "route"],
    buckets=FAST,
)
APPENDS = Counter(
    "obec_appends",
    "Commands carried out: accepted, nothing (told twice) or repeated.",
    ["service", "collection", "outcome"],
)
APPENDED_EVENTS = Counter("obec_appended_events", "Events appended by commands.", ["service", "collection"])
APPEND_SECONDS = Histogram(
    "obec_append_seconds",
    "Time that a group of appends took from its question to the database's answer (db.client.operation.duration).",
    ["store"],
    buckets=FAST,
)
GROUPED_APPENDS = Counter("obec_grouped_appends", "Appends that groups held.", ["store"])
RECEIPTS = Counter("obec_receipts", "Facts of publishers decided by this process, by outcome.", ["service", "outcome"])
RELAYED_EVENTS = Counter(
    "obec_relayed_events",
    "Events that the broker acknowledged (messaging.client.sent.messages; shard: messaging.destination.partition.id).",
    ["store", "shard"],
)
CONSUMED_EVENTS = Counter(
    "obec_consumed_events",
    "Events applied (messaging.client.consumed.messages; consumer: messaging.consumer.group.name).",
    ["consumer"],
)
BATCH_SECONDS = Histogram(
    "obec_batch_seconds",
    "Time that a batch took from its first statement to its commit (messaging.process.duration).",
    ["consumer"],
    buckets=FAST,
)

VERDICT = Gauge(
    "obec_verdict",
    "1 for the present verdict of a service, role, relay or consumer, 0 for the others.",
    ["service", "kind", "name", "verdict"],
)
HEARTBEAT_AGE_SECONDS = Gauge(
    "obec_heartbeat_age_seconds",
    "Seconds since a process last said that it lives (service.instance.id).",
    ["service", "process", "instance"],
)
STARTED_SECONDS = Gauge(
    "obec_process_started_seconds", "When a process started, Unix time.", ["service", "process", "instance"]
)
RELAY_LEADING = Gauge("obec_relay_leading", "Whether any process leads the shard.", ["service", "shard"])
RELAY_BACKLOG_EVENTS = Gauge(
    "obec_relay_backlog_events", "Events recorded and not acknowledged by the broker yet.", ["service", "shard"]
)
RELAY_BACKLOG_SECONDS = Gauge(
    "obec_relay_backlog_seconds", "Age of the oldest of them, by the business clock.", ["service", "shard"]
)
CONSUMER_LAG = Gauge(
    "obec_consumer_lag_events",
    "Records that a consumer has not read; absent while the broker cannot be asked "
    "(consumer: messaging.consumer.group.name, shard: messaging.destination.partition.id).",
    ["service", "consumer", "store", "shard"],
)
CONSUMER_FRESHNESS_SECONDS = Gauge(
    "obec_consumer_freshness_seconds",
    "Seconds since a consumer was last seen at the end of a partition; 0 while it is there.",
    ["service", "consumer", "store", "shard"],
)
CONSUMER_HALTED = Gauge(
    "obec_consumer_halted",
    "1 where a partition contradicts itself and is left alone, with the code.",
    ["service", "consumer", "store", "shard", "code"],
)
PARKED_EVENTS = Gauge("obec_parked_events", "Events that a consumer could not apply.", ["service", "consumer"])
WAITING_FACTS = Gauge("obec_waiting_facts", "Facts whose predecessor has not come.", ["service"])
WAITING_SECONDS = Gauge(
    "obec_waiting_oldest_seconds", "How long the oldest of them waits, by the business clock.", ["service"]
)
QUARANTINED_FACTS = Gauge(
    "obec_quarantined_facts", "Facts that could not be read, kept, and not corrected yet.", ["service"]
)
DATABASE_CONNECTIONS = Gauge(
    "obec_database_connections", "Connections to the service's database (db.client.connection.count).", ["service"]
)
DATABASE_CONNECTIONS_FREE = Gauge(
    "obec_database_connections_free", "Connections that the database server has left for services.", ["service"]
)
DISK_FREE_RATIO = Gauge(
    "obec_disk_free_ratio",
    "Free share of the disk that the process works on (system.filesystem.utilization).",
    ["path"],
)
WATCHED_SECONDS = Gauge(
    "obec_watched_timestamp_seconds", "When the service was last looked at, Unix time.", ["service"]
)

REBUILD_PROGRESS = Gauge("obec_rebuild_progress_ratio", "Share of a rebuild that is done.", ["schema"])
REBUILD_RATE = Gauge("obec_rebuild_events_per_second", "Events that a rebuild applies in a second.", ["schema"])
CANARY_SECONDS = Gauge(
    "obec_canary_seconds", "Time that a service's last canary took from its command to the views.", ["service"]
)
CANARY_AGE_SECONDS = Gauge(
    "obec_canary_age_seconds", "Seconds since the last canary that came to the views was sent.", ["service"]
)
PUBLISHER_QUIET_SECONDS = Gauge(
    "obec_publisher_quiet_seconds",
    "Seconds since something of a publisher was received, by the business clock.",
    ["publisher"],
)
PUBLISHER_SILENT = Gauge(
    "obec_publisher_silent", "Whether a publisher that should be sending has fallen silent.", ["publisher"]
)
VERIFIED = Gauge("obec_verified", "1 where the last verification found no difference, else 0.", ["service", "part"])
VERIFIED_AT = Gauge("obec_verified_timestamp_seconds", "When that was, Unix time.", ["service", "part"])
ALARMS = Gauge("obec_alarms", "Open alarms: raised, acknowledged or silenced.", ["kind", "state"])
UNTOLD = Gauge("obec_alarm_notices_untold", "Notices of alarms that a channel has not taken yet.", ["channel"])
NOT_SENT = Counter("obec_alarm_sendings_failed", "Attempts to tell notices that a channel did not take.", ["channel"])


class Board:
    """Sets gauges of one watcher; what it no longer says of a gauge is taken away."""

    def __init__(self) -> None:
        self._said: dict[Gauge, set[Labels]] = {}

    def show(self, gauge: Gauge, values: Mapping[Labels, float]) -> None:
        """Show exactly these values, by the gauge's labels, among those that this watcher shows."""
        for gone in self._said.get(gauge, set()) - values.keys():
            gauge.remove(*gone)
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        self._said[gauge] = set(values)

    def clear(self) -> None:
        """Show nothing any more."""
        for gauge in list(self._said):
            self.show(gauge, {})
