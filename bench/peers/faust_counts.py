"""Plain Faust: an agent reads every event's JSON and counts by key, in a table or in a plain dictionary."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from time import perf_counter
from typing import Any

import faust

given = json.load(sys.stdin)
state = tempfile.TemporaryDirectory()
app = faust.App(
    given["group"],
    broker=f"kafka://{given['kafka']['KAFKA_BOOTSTRAP_SERVERS']}",
    broker_credentials=faust.SASLCredentials(
        username=given["kafka"]["KAFKA_SASL_USERNAME"],
        password=given["kafka"]["KAFKA_SASL_PASSWORD"],
        mechanism=given["kafka"]["KAFKA_SASL_MECHANISM"],
    ),
    store="memory://",
    web_enabled=False,
    topic_partitions=1,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    stream_wait_empty=False,
    broker_max_poll_records=10_000,
    datadir=state.name,
)
topic = app.topic(given["topic"], key_type=str, value_type=None, value_serializer="json", key_serializer="raw")
counts: Any = app.Table("counts", default=int, partitions=1) if given["table"] else Counter()
measured: dict[str, float] = {}


@app.agent(topic)
async def count(stream: Any) -> None:
    """Count events by key."""
    seen, begun = 0, 0.0
    async for event in stream.events():
        begun = begun or perf_counter()
        key = event.key.decode() if isinstance(event.key, bytes) else event.key
        counts[key] += 1
        assert event.value["programme"]
        seen += 1
        if seen == given["events"]:
            print(json.dumps({"per_second": seen / (perf_counter() - begun)}), flush=True)
            os._exit(0)  # a worker ends slowly, and what was to be measured has been said


if __name__ == "__main__":
    faust.Worker(app, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()
