"""What a service says of each collection it serves; the routes are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.contracts import Aggregate, Claim, Command, Rejected

OFFICER = frozenset({"officer"})
APPROVER = frozenset({"approver", "officer"})


class Lookup(Protocol):
    """What finding a stream by its natural key may ask the store."""

    async def holder(self, claim: Claim) -> str | None:
        """The stream that holds a claim now."""

    async def streams(self, prefix: str) -> list[str]:
        """Names of the streams that begin with ``prefix``, in order of name."""


Locate = Callable[[Any, Lookup], Awaitable[str]]
Prepare = Callable[[str, Any], Awaitable[Command]]
"""Of a stream and the command that was sent: the command that is decided, with what it takes to have read or made."""


async def by_own_name(command: Any, _lookup: Lookup) -> str:
    """The stream that the command itself names through its method ``stream()``."""
    name: str = command.stream()
    return name


@dataclass(frozen=True)
class Collection:
    """``POST /v1/{name}`` creates, ``POST /v1/{name}/{stream}/{verb}`` commands; each verb with the roles that may.

    ``locate`` finds the stream of a creating command; by default the command's own ``stream()``.
    ``void`` is a verb of every collection.
    """

    name: str
    aggregate: Aggregate[Any]
    create: type[Command] | None = None
    verbs: Mapping[str, type[Command]] = field(default_factory=dict)
    locate: Locate = by_own_name
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By verb, and "create"; what is not named here takes an officer."""
    prepared: Mapping[str, Prepare] = field(default_factory=dict)
    """By verb, where another command is decided than the one that is sent."""

    def may(self, verb: str) -> frozenset[str]:
        """Roles of which one is needed."""
        return self.roles.get(verb, OFFICER)

    def owns(self, stream: str) -> None:
        """Rejected ``stream.wrong_collection`` unless the stream is of this collection's kind."""
        if not stream.startswith(f"{self.aggregate.name}:"):
            raise Rejected("stream.wrong_collection", stream=stream)
