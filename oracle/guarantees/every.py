"""All guarantees that raw data can show, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oracle.guarantees.chain import chain_faults
from oracle.guarantees.claims import claim_faults
from oracle.guarantees.places import place_faults
from oracle.guarantees.raw import SentRecord, StoredRow, envelopes
from oracle.guarantees.topics import topic_faults
from oracle.rules.every import rule_faults
from oracle.told import Told, tell


def told_by(stores: Mapping[str, Sequence[StoredRow]]) -> list[Told]:
    """The events of several stores; those that were redacted can be read no longer and are left out."""
    return tell(
        envelope
        for rows in stores.values()
        for row, envelope in zip(_ordered(rows), envelopes(rows), strict=True)
        if row.data is not None
    )


def _ordered(rows: Sequence[StoredRow]) -> list[StoredRow]:
    return sorted(rows, key=lambda row: (row.shard, row.position))


def guarantee_faults(
    stores: Mapping[str, Sequence[StoredRow]], topics: Mapping[str, Sequence[SentRecord]], *, complete: bool = True
) -> list[str]:
    """I1, I2, I3, I7, I11, I12 and the rules of the domain; empty when all hold.

    ``complete``: everything has had time to reach the topics, so what is missing there is a fault (I1).
    """
    lines = []
    for store, rows in stores.items():
        lines += [*place_faults(rows), *chain_faults(rows)]
        if store in topics:
            lines += topic_faults(topics[store], rows, complete=complete)
    told = told_by(stores)
    return [*lines, *claim_faults(told), *rule_faults(told)]
