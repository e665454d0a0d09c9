"""Events from a file: CloudEvents as JSON Lines, or rows of a CSV file by a mapping."""

from __future__ import annotations

import codecs
import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

TYPE_PREFIX = "th.go.obec.cluster."
LONGEST_TOLD = 200
"""Characters of a file that a message repeats at most."""
NO_EVENT = "not an event with an id and a source, as one JSON object on a line of its own"


class BadFile(Exception):
    """The file, or the mapping, cannot be read; the message names the line and says why."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """How a row becomes an event.

    ``source`` and ``type`` are its attributes, ``id`` a text with ``{column}`` in it, ``data`` by JSON path with dots
    (``voucher.number``) either a text with ``{column}`` in it or any other value. ``numbers`` are the paths whose text
    is a whole number. A value that comes out empty is left out.
    """

    source: str
    type: str
    id: str
    data: Mapping[str, Any]
    numbers: frozenset[str] = field(default_factory=frozenset)
    subject: str = ""

    @classmethod
    def read(cls, path: Path) -> Mapped:
        """The mapping in a TOML file. Raises BadFile."""
        try:
            told = tomllib.loads(path.read_text("utf-8-sig"))
            made = cls(
                told["source"], told["type"], told["id"], told["data"], frozenset(told.get("numbers", ())),
                told.get("subject", ""),
            )  # fmt: skip
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadFile(f"{path} is not TOML: {error}") from error
        except KeyError as error:
            raise BadFile(f"{path}: {error.args[0]} is missing; a mapping has source, type, id and data") from error
        except TypeError as error:
            raise BadFile(f"{path}: numbers is no list of paths") from error
        texts = (made.source, made.type, made.id, made.subject)
        if not all(isinstance(each, str) for each in texts) or not isinstance(made.data, dict):
            raise BadFile(f"{path}: source, type, id and subject are texts, data is a table")
        return made

    def event(self, row: Mapping[str, str]) -> dict[str, Any]:
        """The event of a row.

        Raises KeyError for a column that is not there, ValueError for a number that is none, or an id that is empty.
        """
        data: dict[str, Any] = {}
        for path, wanted in self.data.items():
            value = wanted.format_map(row).strip() if isinstance(wanted, str) else wanted
            if value != "":
                _put(data, path, _whole(path, value) if path in self.numbers else value)
        kind = self.type if "." in self.type else f"{TYPE_PREFIX}{self.type}.v1"
        identity = self.id.format_map(row)
        if not identity.strip():
            raise ValueError("its id is empty")
        made = {"specversion": "1.0", "id": identity, "source": self.source, "type": kind}
        if self.subject:
            made["subject"] = self.subject.format_map(row)
        return {**made, "data": data}


def events_of(path: Path, mapped: Mapped | None = None) -> Iterator[dict[str, Any]]:
    """The events of a file, in its order: CSV with a mapping, JSON Lines without. Raises BadFile."""
    try:
        yield from _rows(path, mapped) if mapped else _lines(path)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not UTF-8") from error


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, written in enumerate(file, 1):
            line = written.removeprefix(codecs.BOM_UTF8) if number == 1 else written
            if not line.strip():
                continue
            try:
                event = orjson.loads(line.decode())
            except orjson.JSONDecodeError as error:
                raise BadFile(f"{path}, line {number}: {NO_EVENT}; CSV is sent with --map") from error
            if not isinstance(event, dict) or not (_is_text(event.get("id")) and _is_text(event.get("source"))):
                raise BadFile(f"{path}, line {number}: {NO_EVENT}")
            yield event


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _rows(path: Path, mapped: Mapped) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, restkey="", strict=True)
        try:
            for row in rows:
                made = _event(mapped, row)
                if made is not None:
                    yield made
        except UnicodeDecodeError:
            raise
        except KeyError as error:
            there = ", ".join(rows.fieldnames or ())[:LONGEST_TOLD]
            raise BadFile(
                f"{path}, line {rows.line_num}: there is no column {error.args[0]}; what commas part is: {there}"
            ) from error
        except (csv.Error, ValueError) as error:
            raise BadFile(f"{path}, line {rows.line_num}: {error}") from error
        except (AttributeError, TypeError) as error:
            raise BadFile(f"{path}, line {rows.line_num}: the mapping does not fit: {error}") from error


def _event(mapped: Mapped, row: dict[str, Any]) -> dict[str, Any] | None:
    """The event of a row; None of one in which nothing stands. Raises ValueError for more values than columns."""
    beyond = row.pop("", None)
    if any(each.strip() for each in (beyond if isinstance(beyond, list) else ())):
        raise ValueError('more values than columns; a value with a comma in it stands in "…"')
    told = {name: value or "" for name, value in row.items()}
    return mapped.event(told) if any(value.strip() for value in told.values()) else None


def _whole(path: str, value: Any) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ValueError(f"“{value}”, meant for {path}, is no whole number (1200, and not 1,200)") from error


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        data = data.setdefault(name, {})
    data[last] = value
