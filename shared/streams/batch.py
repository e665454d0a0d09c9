"""A batch of records of one partition, read: what is new, what repeats, what is no event, where it breaks off."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.contracts import ContractError
from shared.contracts.coded import CodedError
from shared.contracts.envelope import Envelope, from_headers


class Halted(CodedError):
    """The partition contradicts what was read from it before; nothing more is read until somebody has looked.

    ``code``: ``stream.gap`` (positions are missing), ``stream.broken_chain`` (the hash does not follow),
    ``stream.fork`` (another event at a position read before). ``record``: offset of the record that does.
    """

    def __init__(self, code: str, message: str, record: int | None = None) -> None:
        super().__init__(code, message)
        self.record = record


@dataclass(frozen=True, slots=True)
class Claimed:
    """How far a partition was read, and the claim under which it is read on."""

    store: str
    shard: int
    next_offset: int
    epoch: int
    position: int
    hash: str


@dataclass(slots=True)
class Batch:
    """What a run of records comes to. ``events`` and ``offsets`` go together, as do the repeated and theirs."""

    next_offset: int
    position: int
    hash: str
    events: list[Envelope] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    repeated: list[Envelope] = field(default_factory=list)
    repeated_offsets: list[int] = field(default_factory=list)
    unreadable: list[tuple[Any, ContractError]] = field(default_factory=list)
    halted: Halted | None = None
    skipped: frozenset[int] = frozenset()
    """Offsets that an operator decided to leave out; known once the offset was moved."""


def read_batch(records: Iterable[Any], after: Claimed, *, recompute: bool, passed_over: Collection[int] = ()) -> Batch:
    """Read records up to the first that contradicts what came before, unless its offset is to be ``passed_over``.

    First occurrences are at ``position + 1`` and name the hash before them; ``recompute`` also recalculates the hash of
    the content, which costs as much again as reading it.
    """
    batch = Batch(after.next_offset, after.position, after.hash)
    for record in records:
        try:
            envelope = from_headers(record.headers, record.value)
        except ContractError as error:
            batch.unreadable.append((record, error))
        else:
            if envelope.position <= batch.position:
                batch.repeated.append(envelope)
                batch.repeated_offsets.append(record.offset)
            elif (halted := _contradiction(envelope, batch, after, recompute=recompute)) is None:
                batch.events.append(envelope)
                batch.offsets.append(record.offset)
                batch.position, batch.hash = envelope.position, envelope.hash
            elif record.offset not in passed_over:
                halted.record = record.offset
                batch.halted = halted
                return batch
        batch.next_offset = record.offset + 1
    return batch


def _contradiction(envelope: Envelope, batch: Batch, after: Claimed, *, recompute: bool) -> Halted | None:
    place = f"{after.store}/{after.shard}"
    if envelope.position != batch.position + 1:
        return Halted("stream.gap", f"{place}: position {envelope.position} came after {batch.position}")
    if envelope.previous_hash != batch.hash:
        return Halted(
            "stream.broken_chain", f"{place}: position {envelope.position} does not follow the hash before it"
        )
    if recompute and envelope.computed_hash() != envelope.hash:
        return Halted("stream.broken_chain", f"{place}: position {envelope.position} does not have the hash it names")
    return None
