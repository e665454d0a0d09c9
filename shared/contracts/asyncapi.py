"""What a service says and hears on Kafka, as an AsyncAPI 3.0 document made from the contracts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.document import event_example, example
from shared.contracts.event import REGISTRY, Event

VERSION = "3.0.0"
JSON = "application/json"
SCHEMA_FORMAT = "application/schema+json;version=draft-07"
EVENTS, INGRESS, RECEIPTS = "events", "ingress", "receipts"

_TEXT = {"type": "string"}
HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode: attributes as headers, the data as the value.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {**_TEXT, "description": "Id of the event; the sender's own, for ever."},
        "ce_source": {**_TEXT, "description": "/obec/cluster/<service>, of publishers /ext/<publisher>/…"},
        "ce_type": {**_TEXT, "description": "th.go.obec.cluster.<Name>.v<N>"},
        "ce_subject": {**_TEXT, "description": "Stream, <aggregate>:<key>."},
        "ce_time": {**_TEXT, "format": "date-time", "description": "When it took effect."},
        "content-type": {**_TEXT, "const": JSON},
    },
}
USER = {
    "type": "scramSha512",
    "description": "A credential of a publisher; it writes its ingress topic and reads its receipts, and nothing else.",
}
RECEIPT = {
    "type": "object",
    "required": ["source", "id", "type", "outcome", "serial"],
    "properties": {
        "serial": {"type": "integer", "description": "Rises with each receipt of a service."},
        "source": _TEXT,
        "id": _TEXT,
        "type": _TEXT,
        "outcome": {"enum": ["accepted", "rejected", "waiting", "quarantined", "conflict"]},
        "stream": _TEXT,
        "version": {"type": "integer"},
        "position": {"type": ["string", "null"]},
        "events": {"type": "array", "items": {"type": "object"}},
        "reason": {"type": ["object", "null"], "description": "code, th, en, pointer, errors"},
    },
}


def document(service: str, facts: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The document of one service. ``facts``: JSON Schema of the data of each type that publishers may send it."""
    own = [event for event in REGISTRY if event.spec.owner in (service, "any")]
    sent = {_key(event): _event_message(event) for event in own}
    taken = {f"{name}Fact": _fact_message(name, schema) for name, schema in facts.items()}
    channels = {EVENTS: _channel(f"obec.cluster.{service}", f"Every event of {service}, in order of position.", sent)}
    operations = {"sendEvents": _operation("send", EVENTS, sent)}
    if taken:
        publisher = {"publisher": {"description": "Name of the publisher.", "examples": ["e-meeting"]}}
        told = {
            "Receipt": {"name": "Receipt", "contentType": JSON, "payload": {"$ref": "#/components/schemas/Receipt"}}
        }
        what = "What one publisher sends; whoever may write it is the publisher."
        channels[INGRESS] = _channel("obec.cluster.ingress.{publisher}", what, taken, publisher)
        what = "What became of a publisher's facts, each outcome as it is decided."
        channels[RECEIPTS] = _channel("obec.cluster.receipts.{publisher}", what, told, publisher)
        operations["receiveFacts"] = _operation("receive", INGRESS, taken)
        operations["sendReceipts"] = _operation("send", RECEIPTS, told)
        taken = {**taken, **told}
    return {
        "asyncapi": VERSION,
        "id": f"urn:obec:asyncapi:{service}",
        "info": {
            "title": f"OBEC CLUSTER: {service}",
            "version": version,
            "description": "Events of the programme on Kafka, CloudEvents 1.0. Names and rules: docs/events.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The installation's brokers.",
                "variables": {"bootstrap": {"default": "localhost:8492", "description": "host:port"}},
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            }
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {**sent, **taken},
            "schemas": {"Headers": HEADERS, "Receipt": RECEIPT},
            "securitySchemes": {"user": USER},
        },
    }


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event type, with its own name."""
    spec = event.spec
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:obec:schema:{spec.name}:{spec.version}",
        **event.model_json_schema(),
    }


def _key(event: type[Event]) -> str:
    return f"{event.spec.name}V{event.spec.version}"


def _event_message(event: type[Event]) -> dict[str, Any]:
    spec = event.spec
    deprecated = {"x-deprecated": spec.deprecated} if spec.deprecated else {}
    return {
        "name": spec.type,
        "title": spec.name,
        "summary": _one_line(event.__doc__),
        **deprecated,
        "contentType": JSON,
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"schemas/{spec.name}.v{spec.version}.json"}},
        "examples": [{"payload": event_example(event)}],
    }


def _fact_message(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    spec = REGISTRY.newest()[name].spec
    return {
        "name": spec.type,
        "title": f"{name}, as a publisher sends it",
        "summary": _one_line(REGISTRY.newest()[name].__doc__),
        "contentType": JSON,
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"schemas/facts/{name}.json"}},
        "examples": [{"payload": example(schema)}],
    }


def _channel(
    address: str, description: str, messages: Iterable[str], parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": address,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }
    if parameters:
        found["parameters"] = dict(parameters)
    return found


def _operation(action: str, channel: str, messages: Iterable[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
