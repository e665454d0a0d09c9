"""CloudEvents 1.0 as they come over HTTP and Kafka: structured, binary and in batches.

Read by hand and not by the CloudEvents SDK, which has no batches, takes what the specification forbids, and does not
say where an event is wrong; the tests hold what is read here against the SDK.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import orjson

from shared.contracts.coded import CodedError
from shared.web.validation import writable

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"

LONGEST_ATTRIBUTE = 1024
"""Characters of an attribute at most."""
LONGEST_NAME = 2400
"""Bytes of source and id together at most: under both a fact is found again, and no index takes much more."""
_NAME = re.compile(r"[a-z0-9]{1,40}")
_CORE = frozenset({"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"})
_DATA = ("data", "data_base64")
_REQUIRED = ("specversion", "id", "source", "type")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_BLANK = re.compile(r"\s")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


class Unreadable(CodedError):
    """Not an event that can be read; ``code`` is ``cloudevent.*``, ``pointer`` the attribute in question."""

    def __init__(self, code: str, message: str, pointer: str = "") -> None:
        super().__init__(code, message)
        self.pointer = pointer


class Incoming(NamedTuple):
    """One event as it was received; ``data`` is its JSON, read, and None when it has none."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime | None
    data: Any
    extensions: Mapping[str, str]

    @property
    def content(self) -> dict[str, Any]:
        """What tells another content under the same id: type, subject, time and data as received."""
        time = self.time.isoformat() if self.time else None
        return {"type": self.type, "subject": self.subject, "time": time, "data": self.data}

    def within(self, traceparent: str, correlation: str = "") -> Incoming:
        """The event as part of what it came with, where it does not say itself what it is part of."""
        given = {"traceparent": traceparent, "correlationid": correlation}
        return self._replace(extensions={**{name: text for name, text in given.items() if text}, **self.extensions})


def structured(body: bytes) -> Incoming:
    """An event in JSON format. Raises Unreadable."""
    return from_object(read_json(body))


def read_json(body: bytes) -> Any:
    """What JSON says. Raises Unreadable ``cloudevent.not_json``."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("cloudevent.not_json", "the body is not JSON in UTF-8") from error


def from_object(found: Any) -> Incoming:
    """An event of JSON format, read already. Raises Unreadable."""
    if not isinstance(found, dict):
        raise Unreadable("cloudevent.not_an_object", "an event is a JSON object")
    if "data" in found and "data_base64" in found:
        raise Unreadable("cloudevent.two_data", "an event has data or data_base64, not both", "/data_base64")
    said = {name: _simple(name, value) for name, value in found.items() if value is not None and name not in _DATA}
    data = found.get("data")
    if "data_base64" in found:
        data = read_json(_decoded(found["data_base64"]))
    elif not _is_json(said.get("datacontenttype")):
        raise _other_type(said["datacontenttype"])
    return _incoming(said, data)


def batch(body: bytes, most: int) -> list[Any]:
    """The events of a batch, not yet read one by one. Raises Unreadable, also ``cloudevent.batch_too_long``."""
    found = read_json(body)
    if not isinstance(found, list):
        raise Unreadable("cloudevent.not_a_batch", "a batch is a JSON array of events")
    if len(found) > most:
        raise Unreadable("cloudevent.batch_too_long", f"a batch has at most {most} events, not {len(found)}")
    return found


def binary(headers: Iterator[tuple[str, str]], content_type: str | None, body: bytes) -> Incoming:
    """An event of HTTP's binary mode: attributes as ``ce-*`` headers, percent-encoded, the data as the body.

    Raises Unreadable.
    """
    said = {}
    for name, value in headers:
        if name.lower().startswith("ce-"):
            said[name.lower()[3:]] = _header_value(name, value)
    return _binary(said, content_type, body)


def of_record(headers: Iterator[tuple[str, bytes | None]], value: bytes | None) -> Incoming:
    """An event of a Kafka record: structured by its ``content-type``, else binary with ``ce_*`` headers in UTF-8.

    Raises Unreadable.
    """
    said: dict[str, str] = {}
    content_type = None
    for name, raw in headers:
        lower = name.lower()
        if lower != "content-type" and not lower.startswith("ce_"):
            continue
        try:
            text = (raw or b"").decode()
        except UnicodeDecodeError as error:
            raise Unreadable("cloudevent.not_utf8", f"the header {name[:40]} is not UTF-8", f"/{name[:40]}") from error
        if lower == "content-type":
            content_type = text
        else:
            said[lower[3:]] = text
    if (content_type or "").lower().startswith(STRUCTURED):
        return structured(value or b"")
    return _binary(said, content_type, value or b"")


def _binary(said: dict[str, str], content_type: str | None, body: bytes) -> Incoming:
    if not _is_json(content_type):
        raise _other_type(content_type)
    return _incoming(said, read_json(body) if body else None)


def _incoming(said: Mapping[str, str], data: Any) -> Incoming:
    for name in _REQUIRED:
        if not said.get(name):
            raise Unreadable("cloudevent.attribute_missing", f"the attribute {name} is missing", f"/{name}")
    if said["specversion"] != "1.0":
        raise Unreadable("cloudevent.other_version", "specversion must be 1.0", "/specversion")
    if _BLANK.search(said["source"]):
        raise Unreadable("cloudevent.source_unreadable", "source is a URI reference, which has no blanks", "/source")
    for name, value in said.items():
        if name not in _CORE and not _NAME.fullmatch(name):
            raise Unreadable("cloudevent.attribute_name", "attribute names are a–z and 0–9", f"/{name[:40]}")
        if len(value) > LONGEST_ATTRIBUTE or not value.isprintable():
            raise Unreadable(
                "cloudevent.attribute_unreadable",
                f"an attribute is at most {LONGEST_ATTRIBUTE} printable characters",
                f"/{name}",
            )
    whole = said["source"] + said["id"]
    if len(whole) * 4 > LONGEST_NAME and len(whole.encode()) > LONGEST_NAME:
        raise Unreadable(
            "cloudevent.attribute_unreadable", f"source and id are at most {LONGEST_NAME} bytes together", "/id"
        )
    if not writable(data):
        raise Unreadable("cloudevent.not_json", "the data is nested too deep", "/data")
    extensions = {name: value for name, value in said.items() if name not in _CORE}
    subject, time = said.get("subject", ""), _time(said.get("time"))
    return Incoming(said["id"], said["source"], said["type"], subject, time, data, extensions)


def _simple(name: str, value: Any) -> str:
    """An attribute's value as text; booleans and integers have one form in CloudEvents."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise Unreadable(
        "cloudevent.attribute_unreadable", "an attribute is text, an integer or true/false", f"/{name[:40]}"
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise Unreadable(
            "cloudevent.time_unreadable", "time is an instant of RFC 3339, with its offset", "/time"
        ) from error


def _header_value(name: str, value: str) -> str:
    """HTTP carries UTF-8 percent-encoded; a quoted value is taken out of its quotes."""
    quoted = _QUOTED.fullmatch(value.strip())
    plain = _ESCAPED.sub(r"\1", quoted[1]) if quoted else value.strip()
    try:
        return unquote_to_bytes(plain.encode("latin-1")).decode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Unreadable(
            "cloudevent.not_utf8", f"the header {name[:40]} is not UTF-8", f"/{name[3:40].lower()}"
        ) from error


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise Unreadable("cloudevent.not_base64", "data_base64 is not base64", "/data_base64") from error


def _is_json(content_type: str | None) -> bool:
    if not content_type:
        return True
    kind = content_type.partition(";")[0].strip().lower()
    return kind == JSON or kind.endswith("+json")


def _other_type(content_type: str | None) -> Unreadable:
    return Unreadable("cloudevent.not_json_type", "the data must be JSON", "/datacontenttype")
