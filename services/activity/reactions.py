"""Reactions of the activity service: copies of what is read of others, and the plan that moves by evidence.

``services.activity.progress`` is the rule; here is only what it is told, and that it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.activity.plan import ACTIVITY, Activity, stream_of
from services.activity.progress import Evidence, Fact, due, gather, moves, names, take
from shared.contracts import KNOWN_PROGRAMME, ProgrammeDefinition, Recorded
from shared.contracts.common import FactVoided
from shared.contracts.envelope import Envelope
from shared.contracts.event import REGISTRY
from shared.eventstore.commands import CommandHandler
from shared.eventstore.history import fold, fold_learned
from shared.eventstore.store import EventStore, by_stream, recorded_of
from shared.streams.learner import Learner
from shared.streams.reaction import Reaction, Reply

ACTOR = "rule:progress"
OTHERS = ("committee", "evaluation", "reporting")
COPIED = (
    "programme", "mandate", "committee", "publisher", "indicators", "measurement", "supervision", "evaluation", "report"
)  # fmt: skip
"""Kinds of stream of others that hold definitions, rosters, who may send, or what may be evidence of progress."""
_PROGRAMMES = "programme:"


def learner() -> Learner:
    """Copies what decisions and rules of this service read of others."""
    return Learner("activity", OTHERS, COPIED)


def progress(handler: CommandHandler, learned: Learner) -> Reaction:
    """The reaction that starts and completes activities."""
    rule = ProgressRule(handler.store)
    return Reaction("activity.progress", (*OTHERS, "activity"), None, handler, rule.respond, learner=learned)


class ProgressRule:
    """Asks the rule about one event after another, and keeps in memory what was evidence so far."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._definitions: dict[str, ProgrammeDefinition] = {}
        self._names: frozenset[str] = frozenset()
        self._facts: dict[UUID, Fact | None] | None = None

    async def respond(self, envelope: Envelope) -> Sequence[Reply] | None:
        """What is due of the activities that this event moves; None when it moves none."""
        recorded = recorded_of(envelope)
        facts = await self._facts_with(recorded)
        definition = self._definitions.get(getattr(recorded.event, "programme", ""))
        codes = moves(definition, recorded.event) if definition else ()
        if definition is None or not codes:
            return None
        evidence = Evidence(facts)
        replies: list[Reply] = []
        for code in codes:
            activity = await self._activity(definition.programme, code)
            steps = due(definition, code, activity, evidence)
            replies.extend(Reply(ACTIVITY, step.stream, step.command, ACTOR) for step in steps)
        return replies

    async def _facts_with(self, recorded: Recorded) -> dict[UUID, Fact | None]:
        """The evidence including this event.

        Another definition, also one that was voided, may count what did not count before: all is read anew.
        """
        if self._facts is None or recorded.stream.startswith(_PROGRAMMES):
            self._facts = await self._load()
        if recorded.event.spec.name in self._names or isinstance(recorded.event, FactVoided):
            take(self._facts, recorded)
        return self._facts

    async def _load(self) -> dict[UUID, Fact | None]:
        copied = by_stream(await self._store.learned(f"{_PROGRAMMES}*"))
        known = [fold_learned(KNOWN_PROGRAMME, history) for history in copied.values()]
        definitions = [each.definition for each in known if each.definition is not None]
        self._definitions = {each.programme: each for each in definitions}
        self._names = frozenset().union(*(names(each) for each in definitions))
        counted = [event.spec.type for event in REGISTRY if event.spec.name in {*self._names, "FactVoided"}]
        return dict(gather(await self._store.of_types(counted)).facts)

    async def _activity(self, programme: str, code: str) -> Activity:
        return fold(ACTIVITY, await self._store.history(stream_of(programme, code)))
