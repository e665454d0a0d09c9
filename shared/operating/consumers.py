"""What an operator's view knows of a service's consumers: enough to try parked events without keeping the effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.streams.projection import Projection
from shared.streams.reaction import Reaction


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer of a service. Its parts are made when they are needed, each time anew."""

    name: str
    """As in ``consumer_offsets``."""
    projection: Callable[[], Projection] | None = None
    """What writes rows; None for one that only reacts."""
    reactions: Callable[[], Sequence[Reaction]] = lambda: ()
    """What commands in answer to events."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the connection that it works on, such as a search_path."""
