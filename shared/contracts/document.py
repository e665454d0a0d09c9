"""Makes the published documents from the contracts: a JSON Schema of every event type, and ``docs/events.md``.

``python -m shared.contracts.document`` writes them; a test says when they are out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import shared.contracts  # noqa: F401  registers every event
from shared.contracts.event import REGISTRY, Event

Schema = Mapping[str, Any]

ROOT = Path(__file__).parents[2]
_BY_FORMAT = {"date": "2017-01-12", "date-time": "2017-01-12T02:00:00Z", "uuid": "018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f"}
_BY_TYPE: Mapping[str, Any] = {"string": "ข้อความ", "integer": 1, "number": 1, "boolean": True}
_RULES = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches `{}`",
}
_OWNERS = ("committee", "activity", "evaluation", "reporting", "any")

HEAD = """# Events

Made from `shared/contracts` by `python -m shared.contracts.document`; the JSON Schema of each type is in
[`schemas/`](schemas/). On Kafka an event travels in CloudEvents 1.0 binary mode: attributes as `ce_*` headers, the data
as the JSON value, the stream as the key. Of the envelope:

| attribute | what it says |
|---|---|
| `id` | UUID of the event: version 7, or version 5 where it derives from its cause |
| `source` | `/obec/cluster/<service>`, the store it stands in |
| `type` | `th.go.obec.cluster.<Name>.v<N>` |
| `subject` | its stream, `<aggregate>:<key>` |
| `time` | when it took effect (UTC): the field named below, else when the service got it |
| `recordedtime` | when the store recorded it; rises with the position |
| `receivedtime` | when the service got it; timeliness is judged by it |
| `shard`, `position` | its place: positions of a shard have no gap |
| `streamversion` | its place in its stream, from 1 |
| `hash`, `previoushash` | SHA-256 chain over the shard, lower-case hexadecimal |
| `correlationid`, `causationid` | what it belongs to, and what it follows from |
| `traceparent` | W3C trace context, when there is one |

Besides these, `obec_metadata` (JSON: actor, command and what else its append wrote) and `obec_salt` (hexadecimal)
are what the hash covers. Decimals travel as JSON strings, money as whole satang, instants in UTC, days as C.E. dates in
Bangkok. A field without a value is left out.
"""


def example(schema: Schema, definitions: Mapping[str, Schema] | None = None) -> Any:
    """A value that the schema takes, made of the examples that its parts carry."""
    known = definitions if definitions is not None else schema.get("$defs", {})
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example(known[schema["$ref"].rpartition("/")[2]], known)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(next(each for each in schema["anyOf"] if each.get("type") != "null"), known)
    return _by_type(schema, known)


def _by_type(schema: Schema, known: Mapping[str, Schema]) -> Any:
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            return {name: example(schema["properties"][name], known) for name in required}
        case "array":
            if "prefixItems" in schema:
                return [example(each, known) for each in schema["prefixItems"]]
            return [example(schema["items"], known)] if schema.get("minItems") else []
        case "string" if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        case str() as simple:
            return _BY_TYPE[simple]
        case _:
            raise ValueError(f"no example for {schema}")


def event_example(event: type[Event]) -> dict[str, Any]:
    """Data of an event of this type."""
    made: dict[str, Any] = example(event.model_json_schema())
    return made


def schemas() -> Iterator[tuple[str, str]]:
    """File name and text of every event type's JSON Schema."""
    for event in REGISTRY:
        spec = event.spec
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:obec:schema:{spec.name}:{spec.version}",
            **event.model_json_schema(),
        }
        yield f"{spec.name}.v{spec.version}.json", json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def page() -> str:
    """The text of ``docs/events.md``."""
    parts = [HEAD]
    values: dict[str, Schema] = {}
    for owner in _OWNERS:
        events = [event for event in REGISTRY if event.spec.owner == owner]
        parts.append(f"\n## {'Every service' if owner == 'any' else owner}\n")
        for event in events:
            schema = event.model_json_schema()
            values.update(schema.get("$defs", {}))
            parts.append(_event_section(event, schema))
    parts.append("\n## Values\n\nWhat the fields above are made of.\n")
    parts.extend(_value_section(name, values[name]) for name in sorted(values))
    return "".join(parts)


def _event_section(event: type[Event], schema: Schema) -> str:
    spec = event.spec
    effect = f"`{spec.occurred}`" if spec.occurred else "when the service got it"
    shown = json.dumps(event_example(event), ensure_ascii=False, indent=1)
    stream = "any" if spec.aggregate == "any" else f"`{spec.aggregate}:…`"
    newest = REGISTRY.newest()[spec.name] is event
    heading = spec.name if newest else f"{spec.name}, version {spec.version}"
    warning = f"**Deprecated** since {spec.deprecated}.\n\n" if spec.deprecated else ""
    return (
        f"\n### {heading}\n\n{_one_line(event.__doc__)}\n\n{warning}"
        f"`{spec.type}` · owner {spec.owner} · stream {stream} · takes effect: {effect}\n\n{_table(schema)}\n"
        f"<details><summary>Example</summary>\n\n```json\n{shown}\n```\n\n</details>\n"
    )


def _value_section(name: str, schema: Schema) -> str:
    heading = f'\n### <a id="{name.lower()}"></a>{name}\n\n{_one_line(schema.get("description"))}\n\n'
    if "enum" in schema:
        return heading + "One of " + ", ".join(f"`{each}`" for each in schema["enum"]) + ".\n"
    return heading + _table(schema)


def _table(schema: Schema) -> str:
    rows = ["| field | type | unit | rule | what it is | example |\n|---|---|---|---|---|---|\n"]
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        rules = _rules(field) + ([] if name in required else ["may be left out"])
        cells = (f"`{name}`", _type(field), _unit(field), "; ".join(rules), _about(field), _shown(field))
        rows.append("| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |\n")
    return "".join(rows)


def _parts(field: Schema) -> list[Schema]:
    """The field and, where it may be left empty or is a list, what else it can be."""
    return [field, *field.get("anyOf", ()), *([field["items"]] if isinstance(field.get("items"), dict) else [])]


def _type(field: Schema) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(each) for each in field["anyOf"] if each.get("type") != "null"))
    if "prefixItems" in field:
        return f"{len(field['prefixItems'])} × {_type(field['prefixItems'][0])}"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if "const" in field or "enum" in field:
        return "one of " + ", ".join(f"`{each}`" for each in field.get("enum", [field.get("const")]))
    return str(field.get("format") or field.get("type", ""))


def _unit(field: Schema) -> str:
    return next((str(each["unit"]) for each in _parts(field) if "unit" in each), "")


def _rules(field: Schema) -> list[str]:
    found = [text.format(each[key]) for each in _parts(field) for key, text in _RULES.items() if key in each]
    return list(dict.fromkeys(found))


def _about(field: Schema) -> str:
    return next((_one_line(each["description"]) for each in _parts(field) if "description" in each), "")


def _shown(field: Schema) -> str:
    found = next((each["examples"][0] for each in _parts(field) if each.get("examples")), None)
    return "" if found is None else f"`{json.dumps(found, ensure_ascii=False)}`"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def write(root: Path = ROOT) -> None:
    """Write ``docs/events.md`` and ``docs/schemas/``, leaving nothing of what was there before."""
    folder = root / "docs" / "schemas"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, text in schemas():
        (folder / name).write_text(text, "utf-8")
    (root / "docs" / "events.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
