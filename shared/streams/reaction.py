"""A reaction: consumes events and commands in answer, so that a replay of the whole topic appends nothing.

Reactions answer from the beginning of their topics. The id of each command derives from its cause, and the inbox
answers an id only once; that a cause is answered altogether stands there too, so a replay does not ask the rule again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from shared.contracts import Aggregate, Command, ContractError, Rejected
from shared.contracts.envelope import Envelope
from shared.contracts.event import split_type
from shared.eventstore.append import Append, payload_digest
from shared.eventstore.commands import CommandHandler, Request
from shared.faults import fault_point
from shared.streams.learner import Learner
from shared.streams.projection import Connection
from shared.tracing_otel import span

log = structlog.get_logger(__name__)

TRIES = 5
"""How often a command is tried whose stream others keep changing, and a rule asked of which a command is refused."""
CATCH_UP_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Reply:
    """A command in answer to an event, on a stream of the service's own."""

    aggregate: Aggregate[Any]
    stream: str
    command: Command
    actor: str
    """Account of the rule, such as ``rule:qn1``."""


Respond = Callable[[Envelope], Awaitable[Sequence[Reply] | None]]
"""What a rule commands in answer to an event; at most one command of a kind on a stream. None: it is no cause for it.

It may read. An event that is a cause is asked about once, whether or not anything was due.
"""


class Reaction:
    """Answers events. For the runner it is a projection without rows.

    ``concerns`` names the events that may be causes; None: any.

    ``learner``, if given, is waited for, so that the rule sees at least what its cause has seen.
    """

    def __init__(
        self,
        name: str,
        stores: Sequence[str],
        concerns: Collection[str] | None,
        handler: CommandHandler,
        respond: Respond,
        *,
        learner: Learner | None = None,
    ) -> None:
        self.name = name
        self.stores = stores
        self._concerns = None if concerns is None else frozenset(concerns)
        self._handler, self._respond, self._learner = handler, respond, learner
        self._source = f"/reactions/{name}"

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        """Answer each event in turn. What is appended commits by itself, before the offset does."""
        for event in events:
            await self.answer(event)

    async def answer(self, event: Envelope) -> None:
        """Answer one event, once the learner has come as far; nothing when it was answered before."""
        if self._concerns is not None and self._name_of(event) not in self._concerns:
            return
        done = f"{event.event_id}/answered"
        if await self._handler.store.answered(self._source, done) is not None:
            return
        await self._catch_up(event)
        with span(f"react {self.name}", "CONSUMER", event.traceparent) as traceparent:
            for _ in range(TRIES):
                replies = await self._respond(event)
                if replies is None:
                    return
                if await self.carry_out(event.event_id, replies, event.correlation_id, traceparent):
                    break
            await self._remember(event, done)

    async def replies_to(self, event: Envelope) -> Sequence[Reply]:
        """What would be commanded in answer to an event that was not answered yet, as things stand; nothing is done."""
        concerned = self._concerns is None or self._name_of(event) in self._concerns
        if not concerned or await self._handler.store.answered(self._source, f"{event.event_id}/answered") is not None:
            return ()
        return await self._respond(event) or ()

    async def carry_out(
        self, cause: str, replies: Sequence[Reply], correlation: str = "", traceparent: str = ""
    ) -> bool:
        """Carry out commands in answer to ``cause``: an event's id, or an id that stands for a moment.

        False when one was refused: perhaps the rule saw what was before, and would reply otherwise now.
        """
        taken = True
        for reply in replies:
            taken = await self._carry_out(cause, reply, correlation, traceparent) and taken
            fault_point("reaction.after_reply")
        return taken

    async def event_id_at(self, connection: Connection, store: str, shard: int, position: int) -> str | None:
        """A reaction keeps no events; the inbox knows what it answered."""
        return None

    def forget(self) -> None:
        """Nothing is cached."""

    @staticmethod
    def _name_of(event: Envelope) -> str:
        try:
            return split_type(event.type)[0]
        except ContractError:
            return ""

    async def _catch_up(self, event: Envelope) -> None:
        if self._learner is None or event.store not in self._learner.stores:
            return
        while not await self._learner.reached(self._handler.store.pool, event):  # noqa: ASYNC110  perhaps another process
            await asyncio.sleep(CATCH_UP_SECONDS)

    async def _carry_out(self, cause: str, reply: Reply, correlation: str, traceparent: str) -> bool:
        """Whether it was taken. What is refused however often the rule is asked is logged and passed."""
        request = Request(
            reply.aggregate,
            reply.stream,
            reply.command,
            source=self._source,
            id=f"{cause}/{reply.stream}/{type(reply.command).__name__}",
            payload={"cause": cause},
            actor=reply.actor,
            roles=frozenset({"rule"}),
            correlation=correlation or cause,
            causation=cause,
            traceparent=traceparent,
            ids="cause",
        )
        for _ in range(TRIES):
            try:
                await self._handler.handle(request)
                return True
            except Rejected as refusal:
                refused = refusal
                if refusal.code != "stream.busy":
                    break
        log.warning("reaction refused", reaction=self.name, code=refused.code, stream=reply.stream)
        return False

    async def _remember(self, cause: Envelope, done: str) -> None:
        store = self._handler.store
        digest = payload_digest(store.settings.secret, {"cause": cause.event_id})
        received = await store.clock.now()
        await store.append(Append(self._source, done, digest, f"reaction:{self.name}", (), {}, received))
