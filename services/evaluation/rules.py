"""The service's reactions: which events each concerns, and what it replies; pure, so that any worker can run them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from services.evaluation import qn1, rescoring
from services.evaluation.snapshot import Snapshot
from shared.contracts import Recorded
from shared.streams.reaction import Reply

Respond = Callable[[Recorded, Snapshot, datetime], Awaitable[list[Reply]]]
"""From an event, what can be read and the business clock to commands; at most one command of a kind on a stream."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A reaction: the stores whose topics it reads from their beginning, the names of the events it concerns."""

    name: str
    stores: tuple[str, ...]
    concerns: frozenset[str]
    respond: Respond


async def _rescore(cause: Recorded, snapshot: Snapshot, _now: datetime) -> list[Reply]:
    return await rescoring.respond(cause, snapshot)


RULES: tuple[Rule, ...] = (
    Rule("qn1", ("committee", "evaluation"), qn1.CONCERNS, qn1.respond),
    Rule("scoring", ("evaluation",), rescoring.CONCERNS, _rescore),
)
