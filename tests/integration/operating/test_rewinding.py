"""A consumer reads its topics anew when an operator has it do so."""

from __future__ import annotations

import pytest

from shared.streams.batch import Batch
from shared.streams.offsets import Offsets, Superseded
from tests.integration.operating.office import Office

LEARNER = "activity.learner"
ORDER = {"consumer": LEARNER, "reason": "แก้ข้อบกพร่องแล้ว", "typed": LEARNER}


async def test_a_consumer_that_is_to_read_anew_begins_at_the_first_record_and_parks_nothing_any_more(
    office: Office,
) -> None:
    pool, offsets = office.store.pool, Offsets(LEARNER)
    claimed = await offsets.claim(pool, "committee", 0)
    claimed = await offsets.advance(pool, claimed, Batch(8, 7, "a" * 64))
    await office.park(7, "committee:2560-cluster:R07:1", "event.invalid")
    await offsets.require_held(pool, [claimed])

    decided = await office.post("rewind", ORDER)

    assert decided["outcome"] == "activity.learner reads 1 partitions anew; 1 parked events are tried again"
    assert await office.count("parked") == 0
    with pytest.raises(Superseded):
        await offsets.require_held(pool, [claimed])
    with pytest.raises(Superseded):
        await offsets.advance(pool, claimed, Batch(9, 8, "b" * 64))
    anew = await offsets.claim(pool, "committee", 0)
    assert (anew.next_offset, anew.position, anew.hash) == (0, 0, "0" * 64)
    [line] = await office.get("audit")
    assert (line["action"], line["target"], line["reason"]) == ("rewind", LEARNER, ORDER["reason"])


async def test_a_consumer_that_nobody_knows_or_that_is_not_confirmed_is_not_read_anew(office: Office) -> None:
    await office.read()
    refused = await office.post("rewind", {**ORDER, "typed": None}, status=422)
    assert refused["code"] == "ops.not_confirmed"
    refused = await office.post("rewind", {**ORDER, "consumer": "nobody", "typed": "nobody"}, status=404)
    assert refused["code"] == "ops.consumer_not_found"
    assert await office.store.pool.fetchval("SELECT next_offset FROM consumer_offsets") == 100
