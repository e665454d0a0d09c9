"""Quix Streams into PostgreSQL by its own sink: one row an event, with the same typed columns."""

from __future__ import annotations

import json
import sys
import tempfile
from time import perf_counter
from typing import Any

from quixstreams import Application
from quixstreams.kafka import ConnectionConfig
from quixstreams.sinks.community.postgresql import PostgreSQLSink

given = json.load(sys.stdin)
begun = 0.0


def row(value: dict[str, Any], _key: Any, _timestamp: int, headers: list[tuple[str, bytes]]) -> dict[str, Any]:
    """The event copy's columns."""
    global begun
    begun = begun or perf_counter()
    told = {name: content.decode() for name, content in headers}
    return {
        "shard": int(told["ce_shard"]),
        "position": int(told["ce_position"]),
        "stream": told["ce_subject"],
        "stream_version": int(told["ce_streamversion"]),
        "event_id": told["ce_id"],
        "type": told["ce_type"],
        "programme": value.get("programme"),
        "region": value.get("region") or value.get("scope") or "",
        "activity": value.get("activity") or "",
        "amount_satang": value.get("amount_satang") or 0,
        "occurred_at": told["ce_time"],
        "recorded_at": told["ce_recordedtime"],
        "received_at": told["ce_receivedtime"],
        "metadata": told["obec_metadata"],
        "data": json.dumps(value, ensure_ascii=False),
    }


sink = PostgreSQLSink(
    host=given["host"],
    port=given["port"],
    dbname=given["dbname"],
    user=given["user"],
    password=given["password"],
    table_name="quix_events",
    schema_auto_update=True,
    include_metadata=False,
)
with tempfile.TemporaryDirectory() as state:
    application = Application(
        broker_address=ConnectionConfig(
            bootstrap_servers=given["kafka"]["KAFKA_BOOTSTRAP_SERVERS"],
            security_protocol=given["kafka"]["KAFKA_SECURITY_PROTOCOL"],
            sasl_mechanism=given["kafka"]["KAFKA_SASL_MECHANISM"],
            sasl_username=given["kafka"]["KAFKA_SASL_USERNAME"],
            sasl_password=given["kafka"]["KAFKA_SASL_PASSWORD"],
        ),
        consumer_group=given["group"],
        auto_offset_reset="earliest",
        commit_every=10_000,
        state_dir=state,
        loglevel="WARNING",
        auto_create_topics=False,
        consumer_extra_config={"fetch.max.bytes": 50_000_000, "queued.max.messages.kbytes": 200_000},
    )
    topic = application.topic(given["topic"], value_deserializer="json", key_deserializer="str")
    application.dataframe(topic).apply(row, metadata=True).sink(sink)
    application.run(count=given["events"], timeout=120, collect=False)
seconds = perf_counter() - begun
print(json.dumps({"per_second": given["events"] / seconds}))
