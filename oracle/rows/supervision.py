"""Rows of ``visit`` and ``recommendation``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oracle.asked import World
from shared.contracts.evaluation import (
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
    SupervisionVisited,
)

Row = dict[str, Any]


def visit(world: World) -> Iterable[Row]:
    """One row a visit."""
    for stream, facts in world.of(SupervisionVisited).items():
        event = facts[-1].event
        assert isinstance(event, SupervisionVisited)
        yield {
            "stream": stream,
            "programme": event.programme,
            "region": event.region,
            "visited_on": event.visited_on,
            "visited_by": event.visited_by,
            "findings": len(event.findings),
            "no_findings": event.no_findings,
        }


def recommendation(world: World) -> Iterable[Row]:
    """One row for each recommendation that was issued."""
    kinds = (RecommendationIssued, RecommendationFollowedUp, RecommendationClosed)
    for stream, facts in world.of(*kinds).items():
        row: Row = {
            "stream": stream,
            "state": "open",
            "follow_ups": 0,
            "last_followed_up_on": None,
            "closed_on": None,
        }
        issued = False
        for told in facts:
            match told.event:
                case RecommendationIssued() as event:
                    issued = True
                    names = ("programme", "region", "visit", "issued_on", "due_on", "text", "owner")
                    row |= {name: getattr(event, name) for name in names}
                case RecommendationFollowedUp() as event:
                    row |= {"follow_ups": row["follow_ups"] + 1, "last_followed_up_on": event.followed_up_on}
                case RecommendationClosed() as event:
                    row |= {"state": "closed", "closed_on": event.closed_on}
        if issued:
            yield row
