"""What an event is, and the register by which a type on the wire becomes its class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

import orjson
from pydantic import PrivateAttr, ValidationError

from shared.contracts.coded import CodedError
from shared.contracts.types import Contract

TYPE_PREFIX = "th.go.obec.cluster."
Owner = Literal["committee", "activity", "evaluation", "reporting", "any"]
Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]


class ContractError(CodedError):
    """A record that cannot be read as an event; ``code`` says why."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """What is known of an event type besides its fields."""

    name: str
    version: int
    owner: Owner
    aggregate: str
    occurred: str | None
    """Field that says when it took effect; None: when the service got it."""
    deprecated: str = ""
    """Since when, and what takes its place; empty while it is not."""

    @property
    def type(self) -> str:
        """CloudEvents type, such as ``th.go.obec.cluster.MeetingHeld.v1``."""
        return f"{TYPE_PREFIX}{self.name}.v{self.version}"


class Event(Contract):
    """Base of every event. A subclass says who owns it: ``class MeetingHeld(Event, owner="activity", ...)``."""

    spec: ClassVar[EventSpec]
    _id: UUID | None = PrivateAttr(default=None)

    @property
    def id(self) -> UUID | None:
        """Id of the stored event; None while it is only decided."""
        return self._id

    def identified(self, event_id: UUID) -> Self:
        """This event with its id, which is part of the envelope and not of its data."""
        known = self.model_copy()
        known._id = event_id
        return known

    @classmethod
    def of(cls, command: Contract) -> Self:
        """The event that says just what a command says. Raises ValidationError for what breaks a rule of the event.

        Its fields are validated anew only where they are not the very fields that the command's values were held to.
        """
        rules = _rules_beyond(cls, type(command))
        if rules is None:
            return cls(**dict(command))
        made = cls.__new__(cls)
        made.__setstate__(
            {
                "__dict__": dict(command.__dict__),
                "__pydantic_extra__": None,
                "__pydantic_fields_set__": set(command.__dict__),
                "__pydantic_private__": {"_id": None},
            }
        )
        try:
            for rule in rules:
                rule(made)
        except (ValueError, AssertionError):
            return cls(**dict(command))  # which says of it what validation says
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Takes the keywords that ``__pydantic_init_subclass__`` reads once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        owner: Owner | None = None,
        aggregate: str = "",
        version: int = 1,
        occurred: str | None = None,
        name: str | None = None,
        register: Registry | None = None,
        deprecated: str = "",
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if owner is None:
            return
        cls.spec = EventSpec(name or cls.__name__, version, owner, aggregate, occurred, deprecated)
        (register if register is not None else REGISTRY).add(cls)

    def moment(self) -> date | datetime | None:
        """What the field says that its type names as its time of effect; None: when the service got it."""
        return getattr(self, self.spec.occurred) if self.spec.occurred else None

    def to_json(self) -> str:
        """The text that is stored, hashed and sent; fields without a value are left out."""
        return self.model_dump_json(exclude_none=True)


@cache
def _rules_beyond(event: type[Event], command: type[Contract]) -> tuple[Callable[[Any], Any], ...] | None:
    """The event's rules beyond those of its fields; None where it has others than the fields of the command."""
    decorators = event.__pydantic_decorators__
    rules = decorators.model_validators.values()
    others = (
        decorators.validators,
        decorators.field_validators,
        decorators.root_validators,
        event.__private_attributes__.keys() - Event.__private_attributes__.keys(),
    )
    if _fields(event) != _fields(command) or any(others) or any(each.info.mode != "after" for each in rules):
        return None
    return tuple(each.func for each in rules)


def _fields(model: type[Contract]) -> tuple[Any, ...]:
    """What values of a model's fields are held to."""
    config = {name: each for name, each in model.model_config.items() if name != "json_schema_extra"}
    return config, {name: (each.annotation, each.metadata) for name, each in model.model_fields.items()}


class Redacted(Event):
    """An event whose data an operator took away: it stands in the log, and has no effect any more.

    It is of no registered type, whatever the type of the event was.
    """

    spec = EventSpec("Redacted", 1, "any", "", None)


class Registry:
    """Every event type by name and version, and how older versions are lifted to the newest."""

    def __init__(self) -> None:
        self._by_type: dict[str, type[Event]] = {}
        self._newest: dict[str, int] = {}
        self._upcasters: dict[tuple[str, int], Upcaster] = {}

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(self._by_type.values())

    def add(self, event: type[Event]) -> None:
        """Register a type; the same type twice is a programming error."""
        spec = event.spec
        if spec.type in self._by_type:
            raise ValueError(f"{spec.type} is declared twice")
        self._by_type[spec.type] = event
        self._newest[spec.name] = max(spec.version, self._newest.get(spec.name, 0))

    def upcaster(self, name: str, version: int) -> Callable[[Upcaster], Upcaster]:
        """Decorator: this function turns a payload of ``version`` into one of ``version + 1``."""

        def register(function: Upcaster) -> Upcaster:
            self._upcasters[name, version] = function
            return function

        return register

    def knows(self, event_type: str) -> bool:
        """Whether a CloudEvents type is one of ours, in a version that there is or was."""
        return event_type in self._by_type

    def newest(self) -> Mapping[str, type[Event]]:
        """The newest version of every event, by name."""
        return {name: self._by_type[f"{TYPE_PREFIX}{name}.v{version}"] for name, version in self._newest.items()}

    def lift(self, event_type: str, payload: Payload) -> tuple[type[Event], Payload]:
        """The newest class of a type, and the payload lifted to it.

        Raises ContractError: ``event.unknown_type``, ``event.newer_version``, ``event.no_upcaster``.
        """
        name, version = split_type(event_type)
        newest = self._newest.get(name)
        if newest is None:
            raise ContractError("event.unknown_type", f"{event_type} is not an event of this programme")
        if version > newest:
            raise ContractError("event.newer_version", f"{event_type} is newer than version {newest}, known here")
        for step in range(version, newest):
            upcast = self._upcasters.get((name, step))
            if upcast is None:
                raise ContractError("event.no_upcaster", f"nothing lifts {name} from version {step}")
            payload = upcast(payload)
        return self._by_type[f"{TYPE_PREFIX}{name}.v{newest}"], payload

    def read(self, event_type: str, data: str | bytes | None) -> Event:
        """The event that ``data`` (JSON) of that type is, lifted to the newest version; Redacted where there is none.

        Raises ContractError: those of ``lift``, ``event.not_json``, ``event.invalid``.
        """
        if not data:
            return Redacted()
        try:
            payload = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise ContractError("event.not_json", f"{event_type}: {error}") from error
        if not isinstance(payload, dict):
            raise ContractError("event.invalid", f"{event_type}: the data is not an object")
        event, lifted = self.lift(event_type, payload)
        try:
            return event.model_validate_json(orjson.dumps(lifted))
        except ValidationError as error:
            raise ContractError("event.invalid", f"{event_type}: {error}") from error


def split_type(event_type: str) -> tuple[str, int]:
    """Name and version of a CloudEvents type; ContractError ``event.unknown_type`` when it is none of ours."""
    stem, _, version = event_type.rpartition(".v")
    if not stem.startswith(TYPE_PREFIX) or not version.isdecimal():
        raise ContractError("event.unknown_type", f"{event_type} is not an event of this programme")
    return stem.removeprefix(TYPE_PREFIX), int(version)


REGISTRY = Registry()
