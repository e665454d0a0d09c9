"""Whatever stands on a topic is an event or is none: what no database could keep stops no reader for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from shared.contracts import ContractError
from shared.contracts.envelope import GENESIS, Envelope, from_headers
from shared.streams.heads import Head, read_head

AT = datetime(2017, 1, 12, 2, tzinfo=UTC)
EVENT = Envelope(
    "committee", 0, 1, "programme:2560-cluster", 1, "018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f",
    "th.go.obec.cluster.ProgrammeRegistered.v1", AT, AT, AT, "{}", b"{}", "00", GENESIS, GENESIS,
)  # fmt: skip
HEAD = {"store": "committee", "shard": 0, "position": 7, "time": "2017-01-12T02:00:00.000000Z"}


def test_an_event_is_read_from_its_headers() -> None:
    assert from_headers(EVENT.headers(), EVENT.data) == EVENT


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_position", b"-9223372036854775809"),
        ("ce_position", b"9223372036854775808"),
        ("ce_shard", b"2147483648"),
        ("ce_streamversion", b"-1"),
        ("ce_subject", b"programme:2560\0cluster"),
        ("ce_type", b"\0"),
        ("ce_time", b"2017-01-12T02:00:00"),
    ],
)
def test_what_no_database_could_keep_is_no_event(header: str, value: bytes) -> None:
    headers = [(name, value if name == header else told) for name, told in EVENT.headers()]
    with pytest.raises(ContractError) as refused:
        from_headers(headers, EVENT.data)
    assert refused.value.code == "record.not_an_event"
    assert "\0" not in str(refused.value)


def test_a_head_is_read() -> None:
    assert read_head(orjson.dumps(HEAD)) == Head("committee", 0, 7, AT)


@pytest.mark.parametrize(
    "told",
    [
        {"shard": "0"},
        {"shard": 2**31},
        {"position": None},
        {"position": 1.5},
        {"position": 2**63},
        {"position": -1},
        {"store": 7},
        {"store": "a\0b"},
        {"time": "2017-01-12T02:00:00"},
        {"time": 5},
    ],
)
def test_what_no_database_could_keep_is_no_head(told: dict[str, object]) -> None:
    assert read_head(orjson.dumps({**HEAD, **told})) is None
