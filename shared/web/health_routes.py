"""The operations by which an API says how its process is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from shared.web.api import Api, Operation
from shared.web.health import Check, Health


class HealthTold(BaseModel):
    """How a process is."""

    status: str = Field(examples=["ready"])
    checks: dict[str, Any] = Field(default_factory=dict, description="What is said of each thing that it needs.")


def health_routes(api: Api, checks: Sequence[Check]) -> None:
    """``GET /livez``, ``/readyz`` and ``/metrics``."""
    health = Health(checks)
    answers = {200: ("It is.", HealthTold)}
    live = Operation("GET", "/livez", "Whether it lives", "health", answers, problems=(), public=True, name="get_livez")
    api.add(live, health.live)
    ready = Operation(
        "GET", "/readyz", "Whether it works", "health", answers, problems=(503,), public=True, name="get_readyz"
    )
    api.add(ready, health.ready)
    text = {200: ("Metrics in Prometheus' text format.", str)}
    metrics = Operation(
        "GET",
        "/metrics",
        "Metrics",
        "health",
        text,
        problems=(),
        media_type="text/plain",
        public=True,
        name="get_metrics",
    )
    api.add(metrics, health.metrics)
