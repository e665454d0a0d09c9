"""The checks of guarantees find nothing in sound stores and topics, and name each error that is planted in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from random import Random

import pytest

from oracle.guarantees.chain import chain_faults, computed_hash
from oracle.guarantees.claims import claim_faults
from oracle.guarantees.consumers import offset_faults
from oracle.guarantees.every import told_by
from oracle.guarantees.places import place_faults
from oracle.guarantees.raw import NO_HASH, SentRecord, StoredRow, envelopes
from oracle.guarantees.topics import topic_faults
from oracle.rows.freshness import Head, complete_up_to
from shared.contracts.envelope import Envelope
from tests.histories import history
from tests.unit.oracle.story import COMMITTEE, THREE, P, Story, utc
from tests.unit.oracle.test_rows_activity import HELD, cancel, schedule


def stored(envelope: Envelope) -> StoredRow:
    """The row of a store that an event would be."""
    salt = bytes.fromhex(envelope.salt)
    return StoredRow(
        store=envelope.store,
        shard=envelope.shard,
        position=envelope.position,
        stream=envelope.stream,
        stream_version=envelope.stream_version,
        event_id=envelope.event_id,
        type=envelope.type,
        schema_version=int(envelope.type.rpartition(".v")[2]),
        occurred_at=envelope.occurred_at,
        recorded_at=envelope.recorded_at,
        received_at=envelope.received_at,
        metadata=envelope.metadata,
        data=envelope.data.decode(),
        salt=salt,
        data_hash=sha256(salt + envelope.data).digest(),
        hash=bytes.fromhex(envelope.hash),
    )


def sent(envelope: Envelope, offset: int) -> SentRecord:
    """The record of a topic that it would be."""
    return SentRecord(
        envelope.store, envelope.shard, offset, envelope.stream.encode(), envelope.headers(), envelope.data
    )


@pytest.fixture
def told() -> list[Envelope]:
    """Six events of one store."""
    story = Story()
    story.propose("R01")
    story.propose("R02")
    story.appoint("R01")
    story.appoint("R02", number=13)
    story.void(COMMITTEE, story.appoint("R01", on="2017-01-01", number=14))
    return story.envelopes


@pytest.fixture
def rows(told: list[Envelope]) -> list[StoredRow]:
    return [stored(each) for each in told]


@pytest.fixture
def records(told: list[Envelope]) -> list[SentRecord]:
    return [sent(each, offset) for offset, each in enumerate(told)]


def with_(rows: Sequence[StoredRow], index: int, **changed: object) -> list[StoredRow]:
    """The rows, one of them changed."""
    return [replace(row, **changed) if number == index else row for number, row in enumerate(rows)]  # type: ignore[arg-type]


def one(lines: Sequence[str]) -> str:
    """The only line."""
    (line,) = lines
    return line


def test_a_random_store_and_its_topics_hold_all_guarantees() -> None:
    for shards in (1, 3):
        told = history(Random(shards), 200, shards=shards)
        for store in {each.store for each in told}:
            its = [each for each in told if each.store == store]
            rows = [stored(each) for each in its]
            assert [*place_faults(rows), *chain_faults(rows)] == []
            assert topic_faults([sent(each, offset) for offset, each in enumerate(its)], rows) == []


def test_a_stores_rows_are_its_events_again(told: list[Envelope], rows: list[StoredRow]) -> None:
    assert [each._replace(correlation_id="") for each in told] == envelopes(rows)
    assert [each.envelope.event_id for each in told_by({"committee": rows})] == [each.event_id for each in told]


# I7


def test_a_hole_in_the_positions_is_found(rows: list[StoredRow]) -> None:
    assert "I7 committee/0: position 3 is missing" in place_faults([*rows[:2], *rows[3:]])


def test_a_position_that_stands_twice_is_found(rows: list[StoredRow]) -> None:
    assert "I7 committee/0: position 2 stands 2 times" in place_faults(with_(rows, 2, position=2))


def test_a_hole_in_the_versions_of_a_stream_is_found(rows: list[StoredRow]) -> None:
    assert f"I7 {COMMITTEE}: version 2 is missing" in place_faults(with_(rows, 2, stream_version=5))


def test_a_version_that_stands_twice_is_found(rows: list[StoredRow]) -> None:
    assert f"I7 {COMMITTEE}: version 1 stands 2 times" in place_faults(with_(rows, 2, stream_version=1))


def test_versions_that_do_not_rise_with_positions_are_found(rows: list[StoredRow]) -> None:
    swapped = with_(with_(rows, 0, stream_version=2), 2, stream_version=1)
    assert one(place_faults(swapped)).startswith(f"I7 {COMMITTEE}: versions in order of position are [2, 1")


def test_a_stream_in_two_shards_is_found(rows: list[StoredRow]) -> None:
    moved = with_(rows, 2, shard=1, position=1)
    assert f"I7 {COMMITTEE}: stands in shards [0, 1]" in place_faults(moved)


def test_an_event_id_that_stands_twice_is_found(rows: list[StoredRow]) -> None:
    assert "stands 2 times" in one(place_faults(with_(rows, 2, event_id=rows[1].event_id)))


def test_a_recording_time_that_does_not_rise_is_found(rows: list[StoredRow]) -> None:
    found = place_faults(with_(rows, 3, recorded_at=rows[2].recorded_at))
    assert one(found).startswith("I7 committee/0@4: recorded at")


# I12


@pytest.mark.parametrize(
    "changed",
    [
        {"data": '{"a":1}'},
        {"salt": b"another salt"},
        {"metadata": "{}"},
        {"stream": "committee:2560-cluster:R09:1"},
        {"type": "th.go.obec.cluster.CommitteeDissolved.v1"},
        {"event_id": "00000000-0000-4000-8000-000000000009"},
        {"stream_version": 9},
        {"hash": b"\x00" * 32},
        {"data_hash": b"\x00" * 32},
        {"schema_version": 2},
        {"data": None},
    ],
)
def test_one_changed_column_is_found_and_named(rows: list[StoredRow], changed: dict[str, object]) -> None:
    assert one(chain_faults(with_(rows, 3, **changed))).startswith("I12 committee/0@4 ")


@pytest.mark.parametrize("column", ["occurred_at", "recorded_at", "received_at"])
def test_one_changed_microsecond_is_found(rows: list[StoredRow], column: str) -> None:
    later = getattr(rows[3], column) + timedelta(microseconds=1)
    assert one(chain_faults(with_(rows, 3, **{column: later}))).startswith("I12 committee/0@4 ")


def test_an_event_that_was_taken_out_with_what_followed_renumbered_is_found(rows: list[StoredRow]) -> None:
    left = [*rows[:2], *(replace(row, position=row.position - 1) for row in rows[3:])]
    assert one(chain_faults(left)).startswith("I12 committee/0@3 ")


def test_the_whole_chain_written_anew_over_one_change_is_another_chain(rows: list[StoredRow]) -> None:
    forged, previous = [], NO_HASH
    for row in with_(rows, 1, metadata="{}"):
        previous = computed_hash(row, previous)
        forged.append(replace(row, hash=previous))
    assert chain_faults(forged) == []
    assert [row.hash for row in forged][1:] != [row.hash for row in rows][1:]
    assert forged[0].hash == rows[0].hash


def test_a_redacted_event_keeps_the_chain(rows: list[StoredRow]) -> None:
    redacted = with_(rows, 3, data=None, salt=None)
    assert chain_faults(redacted) == []
    assert len(told_by({"committee": redacted})) == len(rows) - 1


# I1, I2, I3


def test_a_repeated_suffix_is_no_fault(records: list[SentRecord], rows: list[StoredRow]) -> None:
    again = [replace(each, offset=each.offset + 6) for each in records[3:]]
    assert topic_faults([*records, *again], rows) == []


def test_a_record_that_was_left_out_is_found(records: list[SentRecord], rows: list[StoredRow]) -> None:
    found = topic_faults([*records[:2], *records[3:]], rows)
    assert found == ["I3 committee[0]:3: position 4 comes after 2", "I1 committee/0@3: is not in the topic"]


def test_records_out_of_order_are_found(records: list[SentRecord], rows: list[StoredRow]) -> None:
    swapped = [*records[:2], replace(records[3], offset=2), replace(records[2], offset=3), *records[4:]]
    assert topic_faults(swapped, rows) == ["I3 committee[0]:2: position 4 comes after 2"]


def test_a_lost_end_is_found_once_the_relay_has_had_its_time(records: list[SentRecord], rows: list[StoredRow]) -> None:
    assert topic_faults(records[:-1], rows) == ["I1 committee/0@6: is not in the topic"]
    assert topic_faults(records[:-1], rows, complete=False) == []


def test_a_record_that_is_in_no_store_is_found(records: list[SentRecord], rows: list[StoredRow]) -> None:
    assert topic_faults(records, rows[:-1]) == ["I2 committee[0]:5: position 6 is not in the store"]


def test_another_event_at_the_same_position_is_found(
    records: list[SentRecord], rows: list[StoredRow], told: list[Envelope]
) -> None:
    stranger = sent(told[4]._replace(event_id="00000000-0000-4000-8000-000000000009"), 4)
    found = topic_faults([*records[:4], stranger, *records[5:]], rows)
    assert one(found).startswith("I2 committee[0]:4: says 00000000-0000-4000-8000-000000000009")


def test_one_changed_byte_of_a_value_key_or_header_is_found(records: list[SentRecord], rows: list[StoredRow]) -> None:
    value = replace(records[1], value=(records[1].value or b"").replace(b"bureau", b"Bureau"))
    key = replace(records[1], key=b"committee:other")
    for header in ("ce_time", "ce_hash", "ce_previoushash", "obec_metadata", "ce_streamversion", "ce_correlationid"):
        changed = [(name, b"x" if name == header else text) for name, text in records[1].headers]
        altered = replace(records[1], headers=changed)
        assert header in one(topic_faults([records[0], altered, *records[2:]], rows))
    assert "its value" in one(topic_faults([records[0], value, *records[2:]], rows))
    assert "its key" in one(topic_faults([records[0], key, *records[2:]], rows))


def test_a_record_that_is_no_event_is_found(records: list[SentRecord], rows: list[StoredRow]) -> None:
    stranger = SentRecord("committee", 0, 6, None, [], b"hello")
    assert topic_faults([*records, stranger], rows) == ["I2 committee[0]:6: is no event"]


# I11


def test_committees_of_one_region_follow_one_another() -> None:
    story = Story()
    story.propose(ordinal=1)
    story.appoint(ordinal=1)
    story.propose(ordinal=2)
    story.say(COMMITTEE, "CommitteeDissolved", programme=P, region="R01", dissolved_on="2017-03-01", reason="r")
    story.appoint(ordinal=2, number=20, on="2017-03-02")
    assert claim_faults(story.told) == []


def test_two_active_committees_of_one_region_are_found_at_their_position() -> None:
    story = Story()
    story.propose(ordinal=1)
    story.appoint(ordinal=1)
    story.propose(ordinal=2)
    story.appoint(ordinal=2, number=20, on="2017-03-02")
    assert one(claim_faults(story.told)).startswith("I11 ('committee', 0, 4): committee:2560-cluster:R01:2 takes")


def test_a_voided_appointment_holds_nothing() -> None:
    story = Story()
    story.propose(ordinal=1)
    story.void(COMMITTEE, story.appoint(ordinal=1))
    story.propose(ordinal=2)
    story.appoint(ordinal=2)
    assert claim_faults(story.told) == []


def test_an_order_number_that_two_committees_use_is_found() -> None:
    story = Story()
    for region in ("R01", "R02"):
        story.propose(region)
        story.appoint(region, number=12)
    assert "('order', 'OBEC/2559/12')" in one(claim_faults(story.told))


def test_a_corrected_order_gives_its_number_back() -> None:
    story = Story()
    story.propose("R01")
    story.appoint("R01", number=12)
    correction = {"order_date": "2016-12-01", "signatory_office": "s", "reason": "r"}
    story.say(
        COMMITTEE,
        "AppointmentOrderCorrected",
        programme=P,
        region="R01",
        effective_from="2016-12-01",
        order={"unit": "OBEC", "number": 13, "year": 2559},
        **correction,  # type: ignore[arg-type]
    )
    story.propose("R02")
    story.appoint("R02", number=12)
    assert claim_faults(story.told) == []
    story.propose("CTR")
    story.appoint("CTR", number=13)
    assert len(claim_faults(story.told)) == 1


def test_an_order_of_before_is_still_the_committees_own() -> None:
    story = Story()
    story.propose("R01")
    story.appoint("R01", number=12)
    story.say(
        COMMITTEE,
        "CommitteeReconstituted",
        programme=P,
        region="R01",
        order={"unit": "OBEC", "number": 40, "year": 2560},
        order_date="2017-02-01",
        signatory_office="s",
        effective_from="2017-02-01",
        mandate_version=1,
        members=THREE,
    )
    story.propose("R02")
    story.appoint("R02", number=12)
    assert len(claim_faults(story.told)) == 1


def test_a_meetings_number_is_its_own_also_when_it_was_cancelled() -> None:
    story = Story()
    schedule(story)
    cancel(story)
    assert claim_faults(story.told) == []
    story.say("meeting:two", "MeetingHeld", **HELD)
    assert "('meeting number', '2560-cluster/R01/1/2560')" in one(claim_faults(story.told))


def test_a_voucher_that_pays_twice_is_found_whatever_the_programme() -> None:
    story = Story()
    for programme, number, day in (
        (P, "ขบ 1", "2017-01-12"),
        (P, "ขบ 1", "2017-10-01"),
        ("2560-other", "ขบ1", "2017-02-01"),
    ):
        story.say(
            f"budget:{programme}",
            "FundsDisbursed",
            programme=programme,
            activity="1.1",
            amount_satang=100,
            paid_on=day,
            voucher={"number": number, "unit": "สพร.", "date": day},
        )
    assert "('voucher', 'สพร./2560/ขบ1')" in one(claim_faults(story.told))


# I5 and freshness


def test_offsets_stand_where_the_effects_are() -> None:
    effects = [("committee", 0, position) for position in (1, 2, 4)]
    offsets = [{"store": "committee", "shard": 0, "position": 4}]
    assert offset_faults(offsets, effects, [("committee", 0, 3)]) == []
    assert offset_faults(offsets, effects, []) == ["I5 committee/0: read up to 4, but 3 has no effect"]
    assert offset_faults([{**offsets[0], "position": 2}], effects, []) == [
        "I5 committee/0: read up to 2, but 4 has an effect"
    ]


def test_a_view_is_complete_up_to_the_oldest_newest_head_that_was_applied() -> None:
    applied = [{"store": "a", "shard": 0, "position": 5}, {"store": "b", "shard": 0, "position": 2}]
    one_, two, three = utc(2017, 1, 1), utc(2017, 1, 2), utc(2017, 1, 3)
    heads = [Head("a", 0, 4, one_), Head("a", 0, 5, two), Head("a", 0, 6, three), Head("b", 0, 2, three)]
    assert complete_up_to(applied, heads, ["a", "b"]) == two
    assert complete_up_to(applied, heads, ["a", "b", "c"]) is None
    assert complete_up_to(applied, [*heads, Head("c", 0, 1, one_)], ["a"]) is None
    assert complete_up_to(applied, [*heads, Head("c", 0, 0, one_)], ["a"]) == one_
    assert complete_up_to(applied, [], []) is None
