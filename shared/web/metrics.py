"""What Prometheus may ask: requests by route, status and time taken, and what became of appends."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("obec_http_requests", "Requests answered.", ["service", "method", "route", "status"])
SECONDS = Histogram(
    "obec_http_request_seconds",
    "Time from the request's head to the answer's last byte.",
    ["service", "method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
APPENDS = Counter(
    "obec_appends",
    "Commands carried out: accepted, nothing (told twice) or repeated.",
    ["service", "collection", "outcome"],
)
EVENTS = Counter("obec_appended_events", "Events appended by commands.", ["service", "collection"])
