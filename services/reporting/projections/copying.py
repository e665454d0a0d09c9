"""The event copy's rows in the binary form in which PostgreSQL's COPY takes them.

Written out because it runs for every event there ever was: the driver, which looks up how to write each value of each
row, takes four times as long.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from struct import Struct, error
from typing import Any

from services.reporting.projections.fact import Fact
from services.reporting.projections.tables import EVENTS
from shared.contracts.envelope import Envelope

ROWS = 250
"""Rows handed to the connection at once: the server stores them while the next ones are made."""

_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_SIXTEEN = b"\0\0\0\x10"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_REMEMBERED = 20_000

_length = Struct("!i").pack
_columns_and_length = Struct("!hi").pack
_shard_position_and_length = Struct("!iiiqi").pack
_version_and_id = Struct("!iii").pack
_bigint = Struct("!iq").pack
_times_and_length = Struct("!iqiqiqi").pack

_ACTIVITY_EVENTS = frozenset(
    {"ActivityPlanned", "ActivityStarted", "ActivityCompleted", "ActivityCancelled", "DeadlineExtended"}
)
_INDICATOR_EVENTS = frozenset({"TargetRevised", "IndicatorClosed"})


class _Texts(dict[str | None, bytes]):
    """Values of text columns that come again and again, each with its length before it; None is NULL."""

    def __missing__(self, text: str | None) -> bytes:
        made = _NULL if text is None else _text(text)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = made
        return made


_texts = _Texts()


async def in_chunks(rows: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A whole binary COPY of these rows."""
    chunk = [_BEGIN]
    for row in rows:
        chunk.append(row)
        if len(chunk) > ROWS:
            yield b"".join(chunk)
            chunk = []
    yield b"".join((*chunk, _END))


def row_of(fact: Fact, envelope: Envelope) -> bytes:
    """The row of one event; ``data`` and ``metadata`` byte for byte as they were sent.

    Raises ValueError, TypeError, AttributeError, KeyError when a field is of another kind than its column.
    """
    body = fact.body
    name = fact.name
    code = body.get("code")
    indicator = body.get("indicator")
    stream = envelope.stream.encode()
    metadata = envelope.metadata.encode()
    amount = body.get("amount_satang")
    try:
        return b"".join(
            (
                _columns_and_length(len(EVENTS.columns), len(envelope.store)),
                envelope.store.encode(),
                _shard_position_and_length(4, envelope.shard, 8, envelope.position, len(stream)),
                stream,
                _version_and_id(4, envelope.stream_version, 16),
                _uuid(envelope.event_id),
                _texts[envelope.type],
                _texts[name],
                _texts[body.get("programme")],
                _texts[body.get("region") or body.get("scope")],
                _texts[code if name in _ACTIVITY_EVENTS else body.get("activity")],
                _texts[_code_of(code if name in _INDICATOR_EVENTS else indicator)],
                _texts[body.get("period")],
                _NULL if amount is None else _bigint(8, amount),
                _NULL if fact.voids is None else _SIXTEEN + _uuid(fact.voids),
                _times_and_length(
                    8,
                    _micros(envelope.occurred_at),
                    8,
                    _micros(envelope.recorded_at),
                    8,
                    _micros(envelope.received_at),
                    len(metadata),
                ),
                metadata,
                _length(len(envelope.data)),
                envelope.data,
            )
        )
    except error as wrong:
        raise ValueError(str(wrong)) from wrong


def _code_of(indicator: Any) -> Any:
    return indicator["code"] if isinstance(indicator, dict) else indicator


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _length(len(encoded)) + encoded


def _uuid(text: str) -> bytes:
    """Sixteen bytes, of the canonical form alone."""
    made = bytes.fromhex(text.replace("-", ""))
    if len(made) != 16 or len(text) != 36:
        raise ValueError(f"not a UUID: {text!r}")
    return made


def _micros(moment: datetime) -> int:
    """Microseconds since 2000, as PostgreSQL counts time."""
    since = moment - _EPOCH
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
