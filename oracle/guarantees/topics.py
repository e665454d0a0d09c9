"""I1, I2 and I3: what a topic holds against what its store holds.

First occurrences stand in order of position without a gap; each is in the store, byte for byte; nothing else is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from oracle.guarantees.raw import NO_HASH, SentRecord, StoredRow, expected_attributes


def topic_faults(records: Sequence[SentRecord], rows: Sequence[StoredRow], *, complete: bool = True) -> list[str]:
    """What is wrong with one store's topic; ``complete``: the relay has had time to send everything (I1)."""
    lines = []
    stored = {(row.shard, row.position): row for row in rows}
    for partition in sorted({record.partition for record in records} | {row.shard for row in rows}):
        sent = sorted((each for each in records if each.partition == partition), key=lambda each: each.offset)
        lines += _order_faults(sent)
        for record in sent:
            lines += _record_faults(record, stored)
        if complete:
            positions = {record.position for record in sent}
            missing = sorted(row.position for row in rows if row.shard == partition and row.position not in positions)
            lines += [f"I1 {rows[0].store}/{partition}@{position}: is not in the topic" for position in missing]
    return lines


def _order_faults(sent: Sequence[SentRecord]) -> list[str]:
    lines = []
    last = 0
    for record in sent:
        position = record.position
        if position is None:
            continue
        if position > last + 1:
            lines.append(f"I3 {record.place}: position {position} comes after {last}")
        last = max(last, position)
    return lines


def _record_faults(record: SentRecord, stored: dict[tuple[int, int], StoredRow]) -> list[str]:
    if record.position is None:
        return [f"I2 {record.place}: is no event"]
    row = stored.get((record.partition, record.position))
    if row is None:
        return [f"I2 {record.place}: position {record.position} is not in the store"]
    if record.attributes.get("ce_id") != row.event_id:
        return [f"I2 {record.place}: says {record.attributes.get('ce_id')}, at {row.place} stands {row.event_id}"]
    lines = []
    if record.key != row.stream.encode():
        lines.append(f"I2 {record.place}: its key is {record.key!r}, not its stream {row.stream}")
    # A redacted row has neither data nor salt any more; what was sent before the redaction still has them.
    if row.data is not None and record.value != row.data.encode():
        lines.append(f"I2 {record.place}: its value is not the data of {row.place}")
    before = stored.get((row.shard, row.position - 1))
    wanted = expected_attributes(row, before.hash if before else NO_HASH)
    if row.salt is None:
        del wanted["obec_salt"]
    return [
        *lines,
        *(
            f"I2 {record.place}: {name} is {record.attributes.get(name)!r}, at {row.place} it is {value!r}"
            for name, value in wanted.items()
            if record.attributes.get(name) != value
        ),
    ]
