"""The shape of every aggregate: pure functions that fold events into a state and decide commands on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from shared.contracts.common import FactVoided
from shared.contracts.event import Event
from shared.contracts.types import Contract

S = TypeVar("S")
T = TypeVar("T")


class Command(Contract):
    """Something somebody wants done; its name is the imperative twin of the event.

    ``class AppointCommittee(Command, effective="effective_from", may_be_future=True)``: ``effective`` names the field
    that says when it takes effect (None: now), ``may_be_future`` allows that to lie ahead.
    """

    effective: ClassVar[str | None] = None
    may_be_future: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Takes the keywords that ``__pydantic_init_subclass__`` reads once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, effective: str | None = None, may_be_future: bool = False, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if effective is not None:  # else as its base, of which it may be a form with more fields
            cls.effective = effective
            cls.may_be_future = may_be_future

    def moment(self) -> date | datetime | None:
        """When it takes effect: a day in Bangkok or an instant; None: when the service gets it."""
        return getattr(self, self.effective) if self.effective else None


class Claim(NamedTuple):
    """Something that one stream at a time may hold, such as (active-committee, 2560-cluster/R07)."""

    scope: str
    key: str


class Read(NamedTuple):
    """Another stream that a decision reads: the aggregate's state class, the stream, and as of when (None: now)."""

    state: type
    stream: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class On:
    """An event that a decision appends to another stream than its own; that stream is among its reads."""

    stream: str
    event: Event


class Context(NamedTuple):
    """What a decision may know besides its command and its own stream."""

    now: datetime
    """Business clock, UTC."""
    actor: str = ""
    """Opaque id of who commands."""
    roles: frozenset[str] = frozenset()
    stream: str = ""
    """Stream the decision is about."""
    states: Mapping[str, Any] = MappingProxyType({})
    """States of the streams it reads, by stream."""
    versions: Mapping[str, int] = MappingProxyType({})
    """Versions those streams were read at; 0 when a stream has no event."""

    def state(self, kind: type[T], stream: str) -> T:
        """State of a stream that the decision declared to read."""
        found = self.states[stream]
        if not isinstance(found, kind):
            raise TypeError(f"{stream} was read as {type(found).__name__}, not {kind.__name__}")
        return found


def _reads_nothing(_command: Any, _state: Any) -> Sequence[Read]:
    return ()


def _holds_nothing(_state: Any) -> frozenset[Claim]:
    return frozenset()


def _always(_state: Any) -> None:
    return None


def _whatever(_state: Any, _fact: FactVoided, _context: Context) -> None:
    return None


def _by_itself(_state: Any) -> Sequence[Read]:
    return ()


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S]):
    """One kind of stream, as the command pipeline needs to know it."""

    name: str
    """First part of its streams' names."""
    initial: S
    evolve: Callable[[S, Event], S]
    """Total: an event that does not fit leaves the state as it is."""
    decide: Callable[[Any, S, Context], Sequence[Event | On]]
    """Events that the command makes; [] when there is nothing to do. Raises Rejected."""
    invariant: Callable[[S], None] = _always
    """Raises Rejected when the state may not be; checked after every event that follows a back-dated one."""
    reads: Callable[[Any, S], Sequence[Read]] = _reads_nothing
    """Other streams that deciding this command on this state needs."""
    claims: Callable[[S], frozenset[Claim]] = _holds_nothing
    """What a stream in this state holds; the difference that a decision makes is taken or released with it."""
    voidable: Callable[[S, FactVoided, Context], None] = _whatever
    """Raises Rejected when of a stream in this state that fact may not be voided any more."""
    reads_to_void: Callable[[S], Sequence[Read]] = _by_itself
    """Other streams that ``voidable`` needs."""
    steps: bool = False
    """Whether its events are steps on one way, of which only the last may be voided."""

    @property
    def holds_claims(self) -> bool:
        """Whether its streams ever hold any."""
        return self.claims is not _holds_nothing
