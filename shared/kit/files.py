"""Events from a file: CloudEvents as JSON Lines, or rows of a CSV file by a mapping."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

TYPE_PREFIX = "th.go.obec.cluster."


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
            told = tomllib.loads(path.read_text("utf-8"))
            return cls(
                told["source"], told["type"], told["id"], told["data"], frozenset(told.get("numbers", ())),
                told.get("subject", ""),
            )  # fmt: skip
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadFile(f"{path} is not TOML: {error}") from error
        except KeyError as error:
            raise BadFile(f"{path}: {error.args[0]} is missing; a mapping has source, type, id and data") from error

    def event(self, row: Mapping[str, str]) -> dict[str, Any]:
        """The event of a row. Raises KeyError for a column that is not there, ValueError for a number that is none."""
        data: dict[str, Any] = {}
        for path, wanted in self.data.items():
            value = wanted.format_map(row).strip() if isinstance(wanted, str) else wanted
            if value != "":
                _put(data, path, int(value) if path in self.numbers else value)
        kind = self.type if "." in self.type else f"{TYPE_PREFIX}{self.type}.v1"
        made = {"specversion": "1.0", "id": self.id.format_map(row), "source": self.source, "type": kind}
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
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadFile(f"{path}, line {number}: not JSON") from error
            if not isinstance(event, dict) or not event.get("id") or not event.get("source"):
                raise BadFile(f"{path}, line {number}: not an event with an id and a source")
            yield event


def _rows(path: Path, mapped: Mapped) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                yield mapped.event({name: value or "" for name, value in row.items() if name is not None})
            except KeyError as error:
                raise BadFile(f"{path}, line {number}: there is no column {error.args[0]}") from error
            except ValueError as error:
                raise BadFile(f"{path}, line {number}: {error}") from error


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        data = data.setdefault(name, {})
    data[last] = value
