"""I12: every shard's chain of hashes, computed anew from the published formula; the first bad place is named.

hash = SHA-256(previous hash ‖ columns ‖ SHA-256(salt ‖ data)), the columns joined by U+001F.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from oracle.guarantees.raw import NO_HASH, StoredRow
from shared.contracts.envelope import wire_time


def chain_faults(rows: Sequence[StoredRow]) -> list[str]:
    """Where one store's chain does not hold: per shard the first place, for what follows rests on it."""
    lines = []
    for shard in sorted({row.shard for row in rows}):
        previous = NO_HASH
        for row in sorted((each for each in rows if each.shard == shard), key=lambda each: each.position):
            fault = _fault(row, previous)
            if fault:
                lines.append(f"I12 {row.place} {row.event_id}: {fault}")
                break
            previous = row.hash
    return lines


def computed_hash(row: StoredRow, previous: bytes) -> bytes:
    """The hash that a row has behind another."""
    columns = "\x1f".join(
        [
            str(row.shard),
            str(row.position),
            row.stream,
            str(row.stream_version),
            row.event_id,
            row.type,
            wire_time(row.occurred_at),
            wire_time(row.recorded_at),
            wire_time(row.received_at),
            row.metadata,
        ]
    )
    return sha256(previous + columns.encode() + row.data_hash).digest()


def _fault(row: StoredRow, previous: bytes) -> str | None:
    if (row.data is None) != (row.salt is None):
        return "data and salt are not redacted together"
    if row.data is not None and row.salt is not None:
        if sha256(row.salt + row.data.encode()).digest() != row.data_hash:
            return "the data are not those that were hashed"
        if not row.salt:
            return "the salt is empty"
    if computed_hash(row, previous) != row.hash:
        return "the hash does not follow from the row and the hash before it"
    if row.type.rpartition(".v")[2] != str(row.schema_version):
        return f"schema version {row.schema_version} is not that of {row.type}"
    return None
