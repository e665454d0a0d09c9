"""What a service says of each fact that others may send it: which command it is, and how its stream is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import create_model

from shared.contracts import Aggregate, Claim, Command, Event, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.event import split_type
from shared.eventstore.commands import CommandHandler
from shared.ingress.cloudevents import Incoming
from shared.ingress.places import may_be_left_out, names_places, place_of, programme_of
from shared.web.collection import Lookup
from shared.web.door import Change, door_of

CORRECTS = "corrects"
"""The CloudEvents attribute that names, as <source> <id>, the refused fact in whose place another is sent."""
PATIENCE = timedelta(days=30)
"""How long a fact waits for its predecessor, in business time, unless its type says otherwise."""


class Sent(NamedTuple):
    """What a fact says, validated: ``data`` has the fields of command and natural key; ``subject`` may be empty."""

    data: Any
    subject: str


Locate = Callable[[Sent, CommandHandler], Awaitable[str | Claim]]
"""The fact's stream; or the claim that its predecessor will hold, when no stream does yet."""


@dataclass(frozen=True)
class Fact:
    """One type that others may send. It is decided as its command, on the stream that its natural key names.

    ``key``: fields of the natural key that the command does not have, as ``pydantic.create_model`` wants them.
    ``waits``: codes of the refusals that mean that something before it has not come yet.
    """

    event: type[Event]
    aggregate: Aggregate[Any]
    command: type[Command] | type[FactVoided]
    locate: Locate
    key: Mapping[str, Any] = field(default_factory=dict)
    waits: frozenset[str] = frozenset()
    patience: timedelta = PATIENCE
    alone: bool = False
    """It always begins a stream, whose name nobody can know before: nothing else can concern it yet."""

    @property
    def name(self) -> str:
        """Name of the event."""
        return self.event.spec.name

    @cached_property
    def model(self) -> type[Command] | type[FactVoided]:
        """What its data must be."""
        if not self.key:
            return self.command
        base: Any = self.command
        return create_model(self.name, __base__=base, __doc__=self.event.__doc__, **self.key)  # type: ignore[no-any-return]

    @cached_property
    def placed(self) -> bool:
        """Whether its data says of which places it speaks; else its stream does."""
        return names_places(self.model)

    @cached_property
    def national_without(self) -> Sequence[str]:
        """Fields for a place without which it speaks of the whole nation."""
        return may_be_left_out(self.model)

    @cached_property
    def change(self) -> Change:
        """What its data goes through before it is validated."""
        return door_of(self.model)

    def commanded(self, data: Any) -> Command | FactVoided:
        """The command that validated data means: the natural key has done its work."""
        if not self.key:
            found: Command | FactVoided = data
            return found
        return self.command.model_construct(**{name: getattr(data, name) for name in self.command.model_fields})


class Facts:
    """The facts that one service takes, by name."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._by_name = {fact.name: fact for fact in facts}

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def schemas(self) -> dict[str, Any]:
        """JSON Schema of each fact's data, by event name."""
        return {name: fact.model.model_json_schema() for name, fact in self._by_name.items()}

    def of_type(self, event_type: str, subject: str = "") -> Fact | None:
        """The fact that a CloudEvents type stands for here; None when another service takes it.

        Every service takes ``FactVoided``, of its own streams. Raises ContractError for a type that is none of ours.
        """
        name = split_type(event_type)[0]
        fact = self._by_name.get(name)
        if fact is not None and fact.event is FactVoided:
            return self._voiding(fact, subject)
        return fact

    def voiding(self, event_type: str) -> Fact | None:
        """``FactVoided`` of any kind of stream here; None of another type."""
        fact = self._by_name.get(split_type(event_type)[0])
        return fact if fact is not None and fact.event is FactVoided else None

    def _voiding(self, fact: Fact, subject: str) -> Fact | None:
        kind = subject.partition(":")[0]
        aggregate = next((each.aggregate for each in self if each.aggregate.name == kind), None)
        if aggregate is None:
            return None
        return Fact(FactVoided, aggregate, FactVoided, by_subject(kind))

    def lane_of(self, incoming: Incoming) -> Hashable:
        """What may concern the same stream has the same lane: its programme and place, or the stream that it names.

        But of what names another fact it is not known: see ``refers``.
        """
        fact = self._by_name.get(incoming.type.rpartition(".")[0].rpartition(".")[2])
        if fact is not None and fact.alone:
            return incoming.source, incoming.id
        data = incoming.data if isinstance(incoming.data, dict) else {}
        return programme_of(data), place_of(data), incoming.subject

    def refers(self, incoming: Incoming) -> bool:
        """Whether it names another fact, which it takes out or is sent in place of: that may be of any lane."""
        name = incoming.type.rpartition(".")[0].rpartition(".")[2]
        return name == FactVoided.spec.name or CORRECTS in incoming.extensions


def by_subject(kind: str) -> Locate:
    """The stream that ``subject`` names, for what has no natural key."""

    async def locate(sent: Sent, _lookup: Lookup) -> str:
        if not sent.subject.startswith(f"{kind}:"):
            raise Rejected("fact.no_subject", pointer="/subject", kind=kind)
        return sent.subject

    return locate


async def by_own_name(sent: Sent, _lookup: Lookup) -> str:
    """The stream that the command itself names."""
    name: str = sent.data.stream()
    return name


def or_claim(claim: Callable[[Any], Claim]) -> Locate:
    """The stream that holds what ``claim`` makes of the data; until one does, the claim."""

    async def locate(sent: Sent, lookup: Lookup) -> str | Claim:
        wanted = claim(sent.data)
        return await lookup.holder(wanted) or wanted

    return locate


def voiding(aggregate: Aggregate[Any]) -> Fact:
    """``FactVoided``, which every service takes of its own streams: of which one says the subject."""
    return Fact(FactVoided, aggregate, FactVoided, by_subject(aggregate.name))
