"""Guards the published contracts: what was released once is never removed, renamed or retyped.

``python -m shared.contracts.evolution check`` compares the contracts with every released version, field by field,
nested ones too; ``… release 0.2.0`` keeps what they are now as released. A break that is meant is a new version of the
event, with an upcaster that lifts the older one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import shared.contracts  # noqa: F401  registers every event
from shared.contracts.event import REGISTRY, ContractError, Event, Registry

Schema = Mapping[str, Any]

AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
EXACTLY = ("pattern", "format", "const", "multipleOf")
SPEC = ("owner", "aggregate", "occurred")


@dataclass(frozen=True, slots=True)
class Break:
    """What a reader or a sender of the released contract would stumble over."""

    type: str
    pointer: str
    what: str

    def __str__(self) -> str:
        return f"{self.type} {self.pointer or '/'}: {self.what}"


def snapshot(registry: Registry = REGISTRY) -> dict[str, Any]:
    """Every event type as it is now: its JSON Schema and what is known of it besides."""
    return {event.spec.type: {"spec": _spec(event), "schema": event.model_json_schema()} for event in registry}


def _spec(event: type[Event]) -> dict[str, Any]:
    return {name: getattr(event.spec, name) for name in SPEC}


def breaks(released: Mapping[str, Any], registry: Registry = REGISTRY) -> Iterator[Break]:
    """Where the contracts break with a released snapshot."""
    now = snapshot(registry)
    for kind, known in released.items():
        if kind not in now:
            yield Break(kind, "", "the type was removed; keep it, and mark it as deprecated")
            continue
        for name, said in known["spec"].items():
            if now[kind]["spec"][name] != said:
                yield Break(kind, "", f"its {name} was {said}; a change needs a new version")
        for pointer, what in differences(known["schema"], now[kind]["schema"]):
            yield Break(kind, pointer, what)
        try:
            registry.lift(kind, {})
        except ContractError as error:
            yield Break(kind, "", f"{error}; write an upcaster for each older version")
        except (KeyError, TypeError, ValueError):
            pass  # it is there, and found nothing to lift


def differences(old: Schema, new: Schema) -> Iterator[tuple[str, str]]:
    """JSON pointer and description of each break between two schemas of one type."""
    yield from _compare(old, new, old.get("$defs", {}), new.get("$defs", {}), "", ())


def _compare(
    old: Schema, new: Schema, old_defs: Schema, new_defs: Schema, at: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    old, new = _resolved(old, old_defs), _resolved(new, new_defs)
    if "anyOf" in old or "anyOf" in new:
        yield from _branches(old, new, old_defs, new_defs, at, seen)
        return
    if old.get("type") != new.get("type"):
        yield at, f"was {old.get('type')}, is {new.get('type')}; add a field, or a new version with an upcaster"
        return
    yield from _limits(old, new, at)
    yield from _fields(old, new, old_defs, new_defs, at, seen)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _compare(old["items"], new["items"], old_defs, new_defs, f"{at}/*", seen)


def _resolved(schema: Schema, defs: Schema) -> Schema:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    return schema


def _branches(
    old: Schema, new: Schema, old_defs: Schema, new_defs: Schema, at: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Each branch that was allowed must be allowed still."""
    wanted, offered = old.get("anyOf", [old]), new.get("anyOf", [new])
    for branch in wanted:
        tried = [list(_compare(branch, each, old_defs, new_defs, at, seen)) for each in offered]
        if all(tried):
            yield at, f"what was allowed is not any more: {min(tried, key=len)[0][1]}"


def _limits(old: Schema, new: Schema, at: str) -> Iterator[tuple[str, str]]:
    for name in AT_LEAST:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield at, f"{name} was {old.get(name, 'not set')}, is {new[name]}: tightened"
    for name in AT_MOST:
        if name in new and new[name] < old.get(name, float("inf")):
            yield at, f"{name} was {old.get(name, 'not set')}, is {new[name]}: tightened"
    for name in EXACTLY:
        if name in new and new[name] != old.get(name):
            yield at, f"{name} was {old.get(name, 'not set')}, is {new[name]}"
    gone = set(old.get("enum", ())) - set(new.get("enum", old.get("enum", ())))
    if gone:
        yield at, f"values were removed: {', '.join(sorted(map(str, gone)))}"
    if "enum" in new and "enum" not in old and "const" not in old:
        yield at, "only some values are allowed now"


def _fields(
    old: Schema, new: Schema, old_defs: Schema, new_defs: Schema, at: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield f"{at}/{name}", "the field was removed or renamed; keep it"
        elif (title := str(schema.get("$ref", ""))) not in seen or not title:
            deeper = (*seen, title) if title else seen
            yield from _compare(schema, after[name], old_defs, new_defs, f"{at}/{name}", deeper)
    was, is_now = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(is_now - was):
        yield f"{at}/{name}", "a new field must be optional" if name not in before else "it was optional"
    for name in sorted((was - is_now) & set(after)):
        yield f"{at}/{name}", "it was always there; readers count on it"


def released() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every released version with its snapshot."""
    for page in sorted((files("shared.contracts") / "released").iterdir(), key=lambda each: each.name):
        if page.name.endswith(".json"):
            yield page.name.removesuffix(".json"), json.loads(page.read_text("utf-8"))


def main(words: list[str]) -> int:
    """Check, or release; returns the exit code."""
    match words:
        case ["check"]:
            found = [(version, each) for version, known in released() for each in breaks(known)]
            for version, each in found:
                sys.stderr.write(f"breaks with {version}: {each}\n")
            return 1 if found else 0
        case ["release", version]:
            folder = Path(__file__).parent / "released"
            text = json.dumps(snapshot(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            (folder / f"{version}.json").write_text(text, "utf-8")
            return 0
        case _:
            sys.stderr.write("usage: python -m shared.contracts.evolution check | release VERSION\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
