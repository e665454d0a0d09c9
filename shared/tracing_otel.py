"""Spans for a collector of traces, where OpenTelemetry is installed (the extra ``otel``) and an endpoint is named.

``OTEL_EXPORTER_OTLP_ENDPOINT`` names it, and OpenTelemetry's other variables say the rest. Without the package or the
endpoint everything here does nothing: the traceparent of each event, and ``obec trace``, need neither.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any, Literal

import structlog

log = structlog.get_logger(__name__)

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
MOST_OF_A_BATCH = 200
"""Spans made for the events of one batch; a rebuild makes no trace of every event there ever was."""

Kind = Literal["SERVER", "INTERNAL", "PRODUCER", "CONSUMER"]
Attributes = Mapping[str, str | int]


class _Spans:
    """Where spans go: a tracer of OpenTelemetry's, None while nobody wants any."""

    tracer: Any = None


def start(service: str) -> None:
    """Send this process's spans to the endpoint that the environment names, if it names one."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("no traces: OpenTelemetry is not installed", endpoint=os.environ[ENDPOINT])
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"obec-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


def use(provider: Any) -> None:
    """Make spans with this tracer provider; None: make none."""
    _Spans.tracer = None if provider is None else provider.get_tracer("obec")


@contextmanager
def span(name: str, kind: Kind, traceparent: str = "", attributes: Attributes | None = None) -> Iterator[str]:
    """A span around the body, below ``traceparent``, else below the span that is open; yields its own traceparent.

    Yields ``traceparent`` as it is where no spans are made.
    """
    if _Spans.tracer is None:
        yield traceparent
        return
    from opentelemetry.trace import SpanKind

    context = _context(traceparent) if traceparent else None
    with _Spans.tracer.start_as_current_span(
        name, context=context, kind=SpanKind[kind], attributes=dict(attributes or {})
    ) as made:
        yield _traceparent(made)


@contextmanager
def spans(name: str, kind: Kind, traceparents: Sequence[str], attributes: Attributes | None = None) -> Iterator[None]:
    """A span around the body for each event of a batch that belongs to a trace, MOST_OF_A_BATCH at most."""
    if _Spans.tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    with ExitStack() as open_spans:
        for traceparent in islice(filter(None, traceparents), MOST_OF_A_BATCH):
            made = _Spans.tracer.start_span(
                name, context=_context(traceparent), kind=SpanKind[kind], attributes=dict(attributes or {})
            )
            open_spans.callback(made.end)
        yield


def wanted() -> bool:
    """Whether spans are made; what they need is not gathered otherwise."""
    return _Spans.tracer is not None


def _context(traceparent: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _traceparent(made: Any) -> str:
    context = made.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
