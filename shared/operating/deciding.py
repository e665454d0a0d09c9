"""How an operator's action is decided: with a reason, confirmed where it destroys, perhaps by two persons, audited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import orjson

from shared.contracts import Rejected, require
from shared.operating import audit
from shared.operating.sql import statement
from shared.web.auth import OPERATOR, Caller

_PROPOSE, _PROPOSAL, _DECIDE, _PROPOSALS = (statement(name) for name in ("propose", "proposal", "decide", "proposals"))

LAPSES = timedelta(hours=24)
"""How long a proposal waits for a second operator, by the database's clock."""
MOST_PROPOSALS = 200
LONGEST_REASON = 1000
"""Characters."""

Act = Callable[[Any, Mapping[str, Any], Caller], Awaitable[str]]
"""Does an action inside the transaction of the connection (asyncpg) that it is given; returns the outcome in words.

May raise Rejected: then nothing was done.
"""
Seconding = Callable[[Any, Caller, UUID, Any], Awaitable[Any]]
"""Answers the request (and what its body says) with which an operator seconds a proposal."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of an action that was asked for."""

    status: Literal["done", "proposed"]
    outcome: str = ""
    audit: int | None = None
    """Id of its line in the audit; None while it waits for a second operator."""
    proposal: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Action:
    act: Act
    destructive: bool
    untold: frozenset[str]


class Operators:
    """The actions of a service that operators may ask for; ``app.state.operators``.

    ``two_person``: what destroys waits for a second operator.
    """

    def __init__(self, service: str, pool: Callable[[], Any], *, two_person: bool) -> None:
        self.service, self.pool, self.two_person = service, pool, two_person
        self._actions: dict[str, _Action] = {}
        self._seconding: dict[str, Seconding] = {}

    def on(self, action: str, act: Act, *, destructive: bool = False, untold: Collection[str] = ()) -> None:
        """Have ``act`` do what is asked for under a name, such as ``skip``.

        ``untold``: which of its params nobody is shown while it waits for a second operator.
        """
        self._actions[action] = _Action(act, destructive, frozenset(untold))

    def seconded_by(self, action: str, seconding: Seconding) -> None:
        """Have ``seconding`` see to proposals of an action that is more than its act; it calls ``second`` itself."""
        self._seconding[action] = seconding

    async def ask(
        self,
        caller: Caller,
        action: str,
        target: str,
        params: Mapping[str, Any],
        *,
        reason: str,
        typed: str | None = None,
    ) -> Decided:
        """Do an action, or keep it as a proposal until another operator seconds it.

        ``params`` is what JSON can hold. Raises Rejected ``ops.reason_missing``, ``ops.reason_too_long``,
        ``ops.not_confirmed`` (an action that destroys is confirmed by typing its target), and what the action raises.
        """
        known = self._actions[action]
        reason = reason.strip()
        require(reason, "ops.reason_missing")
        require(len(reason) <= LONGEST_REASON, "ops.reason_too_long", limit=LONGEST_REASON)
        require(not known.destructive or typed == target, "ops.not_confirmed", target=target)
        async with self.pool().acquire() as connection, connection.transaction():
            if known.destructive and self.two_person:
                proposal = uuid4()
                request = orjson.dumps(dict(params)).decode()
                await connection.execute(_PROPOSE, proposal, LAPSES, caller.id, action, target, reason, request)
                return Decided("proposed", proposal=proposal)
            outcome = await known.act(connection, params, caller)
            line = await audit.record(connection, caller.id, action, target, reason, outcome=outcome)
        return Decided("done", outcome, line)

    async def seconding(self, proposal: UUID) -> Seconding | None:
        """What sees to a proposal, where that is more than ``second``. Raises Rejected ``ops.proposal_not_found``."""
        return self._seconding.get((await self.proposal(proposal))["action"])

    async def proposal(self, proposal: UUID) -> Mapping[str, Any]:
        """A proposal as it stands: ``target``, ``reason``, ``request`` … Raises Rejected ``ops.proposal_not_found``."""
        return self._known(await self.pool().fetchrow(_PROPOSAL, proposal), proposal)

    async def second(
        self, caller: Caller, proposal: UUID, typed: str | None, given: Mapping[str, Any] | None = None
    ) -> Decided:
        """Do what another operator proposed, in the transaction that marks it decided.

        ``given`` is added to what the action is told. Raises Rejected ``ops.proposal_not_found``,
        ``ops.proposal_decided``, ``ops.proposal_lapsed``, ``ops.same_operator``, ``ops.not_confirmed``, and what the
        action raises.
        """
        async with self.pool().acquire() as connection, connection.transaction():
            row = self._known(await connection.fetchrow(_PROPOSAL, proposal), proposal)
            require(not row["decided"], "ops.proposal_decided", proposal=str(proposal))
            require(not row["lapsed"], "ops.proposal_lapsed", proposal=str(proposal))
            require(row["actor"] != caller.id, "ops.same_operator")
            require(typed == row["target"], "ops.not_confirmed", target=row["target"])
            proposer, params = Caller(row["actor"], OPERATOR), {**orjson.loads(row["request"]), **(given or {})}
            outcome = await self._actions[row["action"]].act(connection, params, proposer)
            line = await audit.record(
                connection,
                proposer.id,
                row["action"],
                row["target"],
                row["reason"],
                seconded_by=caller.id,
                outcome=outcome,
            )
            await connection.execute(_DECIDE, proposal)
        return Decided("done", outcome, line, proposal)

    def _known(self, row: Any, proposal: UUID) -> Mapping[str, Any]:
        if row is None or row["action"] not in self._actions:
            raise Rejected("ops.proposal_not_found", proposal=str(proposal))
        known: Mapping[str, Any] = row
        return known

    async def proposals(self) -> Sequence[dict[str, Any]]:
        """What waits for a second operator, newest first, at most MOST_PROPOSALS."""
        rows = await self.pool().fetch(_PROPOSALS, MOST_PROPOSALS)
        return [{**dict(row), "request": self._told(row)} for row in rows]

    def _told(self, row: Any) -> dict[str, Any]:
        """What was asked for, as far as it is told; nothing of an action that this release does not know."""
        known, request = self._actions.get(row["action"]), orjson.loads(row["request"])
        return {} if known is None else {name: each for name, each in request.items() if name not in known.untold}
