"""Spans are an extra: without OpenTelemetry, or without an endpoint, everything runs as it does."""

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import tracing_otel

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def passed_on() -> str:
    """What is passed on below a span and below the spans of a batch."""
    with (
        tracing_otel.span("react", "CONSUMER", GIVEN) as traceparent,
        tracing_otel.spans("send", "PRODUCER", [GIVEN, ""]),
    ):
        return traceparent


def test_without_an_endpoint_the_trace_is_passed_on_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tracing_otel.ENDPOINT, raising=False)
    tracing_otel.start("committee")
    assert not tracing_otel.wanted()
    assert passed_on() == GIVEN


def test_without_the_package_the_product_runs_and_makes_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing_otel.ENDPOINT, "http://127.0.0.1:9")
    for name in [*sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter"]:
        if name.startswith("opentelemetry"):
            monkeypatch.setitem(sys.modules, name, None)
    tracing_otel.start("committee")
    assert not tracing_otel.wanted()
    assert passed_on() == GIVEN


def test_spans_stand_below_the_trace_that_came_and_what_follows_below_them() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing_otel.use(provider)
    try:
        passed = passed_on()
        with tracing_otel.spans("project", "CONSUMER", [GIVEN] * (tracing_otel.MOST_OF_A_BATCH + 50)):
            pass
    finally:
        tracing_otel.use(None)
        provider.shutdown()
    sent, reacted, *projected = exporter.get_finished_spans()
    assert (sent.name, reacted.name) == ("send", "react")
    assert passed == f"00-{GIVEN[3:35]}-{reacted.context.span_id:016x}-01"
    assert all(each.parent and f"{each.parent.span_id:016x}" == GIVEN[36:52] for each in (sent, reacted, *projected))
    assert len(projected) == tracing_otel.MOST_OF_A_BATCH
