"""The AsyncAPI documents: current, whole, and true to what the services take and say."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from obec.contracts import pages
from shared.contracts import REGISTRY
from shared.contracts.asyncapi import HEADERS

DOCS = Path(__file__).parents[3] / "docs"
PUBLISHED = Path(sys.prefix) / "npm" / "node_modules" / "@asyncapi" / "specs" / "schemas"
PAGES = dict(pages())
DOCUMENTS = {name: json.loads(text) for name, text in PAGES.items() if name.startswith("asyncapi/")}


@pytest.mark.parametrize("name", PAGES)
def test_what_is_committed_is_current(name: str) -> None:
    """``python -m obec.contracts`` writes it."""
    assert (DOCS / name).read_text("utf-8") == PAGES[name]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_reference_leads_somewhere(name: str) -> None:
    document = DOCUMENTS[name]
    for reference in references(document):
        if reference.startswith("#/"):
            here: Any = document
            for part in reference[2:].split("/"):
                here = here[part]
        else:
            assert (DOCS / reference).exists(), reference


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_example_fits_the_schema_that_its_message_names(name: str) -> None:
    for message in DOCUMENTS[name]["components"]["messages"].values():
        for shown in message.get("examples", ()):
            schema = json.loads((DOCS / message["payload"]["schema"]["$ref"]).read_text("utf-8"))
            jsonschema.Draft202012Validator(schema).validate(shown["payload"])


def test_every_event_is_said_by_who_owns_it() -> None:
    said = {each["name"] for document in DOCUMENTS.values() for each in document["components"]["messages"].values()}
    assert {event.spec.type for event in REGISTRY} <= said


def test_every_operation_s_messages_are_its_channel_s() -> None:
    for document in DOCUMENTS.values():
        for operation in document["operations"].values():
            channel = document["channels"][operation["channel"]["$ref"].rpartition("/")[2]]
            assert {each["$ref"].rpartition("/")[2] for each in operation["messages"]} == set(channel["messages"])


def test_every_address_has_its_parameters() -> None:
    for document in DOCUMENTS.values():
        for channel in document["channels"].values():
            named = {part.partition("}")[0] for part in channel["address"].split("{")[1:]}
            assert named == set(channel.get("parameters", ()))


def test_the_headers_that_are_required_are_described() -> None:
    assert set(HEADERS["required"]) <= set(HEADERS["properties"])


def references(value: Any) -> Iterator[str]:
    match value:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


@pytest.fixture(scope="module")
def specification() -> Any:
    """A validator by the schema that the AsyncAPI initiative publishes, from its npm package."""
    schema = json.loads((PUBLISHED / "3.0.0.json").read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_valid_by_the_published_schema(specification: Any, name: str) -> None:
    assert [error.message for error in specification.iter_errors(DOCUMENTS[name])] == []


@pytest.mark.parametrize("broken", [{"asyncapi": "2.6.0"}, {"channels": {"x": {"address": 7}}}, {"servers": []}])
def test_what_is_not_valid_by_it_is_found(specification: Any, broken: dict[str, Any]) -> None:
    assert list(specification.iter_errors({**DOCUMENTS["asyncapi/committee.json"], **broken}))
