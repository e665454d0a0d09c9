"""What was released is never broken: each way of breaking a contract is seen, and what is allowed is not."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from shared.contracts.committee import PublisherRegistered
from shared.contracts.event import REGISTRY, Event, Registry
from shared.contracts.evolution import Break, breaks, main, released, snapshot
from shared.contracts.types import Contract


class Kind(StrEnum):
    ONE = "one"
    TWO = "two"


class Fewer(StrEnum):
    ONE = "one"


class Inner(Contract):
    text: str
    count: int = Field(default=1, ge=0, le=10)


BASE: dict[str, Any] = {
    "name": (Annotated[str, Field(min_length=1, max_length=50)], ...),
    "kind": (Kind, ...),
    "inner": (Inner, ...),
    "many": (tuple[Inner, ...], ()),
    "note": (str | None, None),
    "fixed": (Literal["a", "b"], "a"),
}


def registry(changes: dict[str, Any] | None = None, *, version: int = 1, lift: bool = False, **spec: Any) -> Registry:
    """A registry of one event with some fields changed; None removes one."""
    made = Registry()
    if version > 1:
        add(made, BASE, 1, **spec)
    fields = {name: field for name, field in {**BASE, **(changes or {})}.items() if field is not None}
    add(made, fields, version, **spec)
    if lift:
        made.upcaster("Thing", 1)(lambda payload: payload)
    return made


def add(made: Registry, fields: dict[str, Any], version: int, **spec: Any) -> None:
    known = {"owner": "committee", "aggregate": "thing", "name": "Thing", "version": version, "register": made}
    keywords = {**known, **spec}
    create_model("Thing", __base__=Event, __cls_kwargs__=keywords, **fields)


RELEASED = snapshot(registry())


def found(made: Registry) -> list[Break]:
    return list(breaks(RELEASED, made))


class LongText(Contract):
    text: str
    count: int = Field(default=1, ge=2, le=10)


class WithoutText(Contract):
    count: int = 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": None, "title": (str, "")}, "/name"),
        ({"name": (int, ...)}, "/name"),
        ({"name": (Annotated[str, Field(min_length=2, max_length=50)], ...)}, "/name"),
        ({"name": (Annotated[str, Field(min_length=1, max_length=40)], ...)}, "/name"),
        ({"name": (Annotated[str, Field(pattern="^a", min_length=1, max_length=50)], ...)}, "/name"),
        ({"name": (Annotated[str, Field(min_length=1, max_length=50)], "x")}, "/name"),
        ({"kind": (Fewer, ...)}, "/kind"),
        ({"fixed": (Literal["a"], "a")}, "/fixed"),
        ({"inner": (LongText, ...)}, "/inner/count"),
        ({"inner": (WithoutText, ...)}, "/inner/text"),
        ({"many": (tuple[WithoutText, ...], ())}, "/many/*/text"),
        ({"note": (str, ...)}, "/note"),
        ({"note": (int | None, None)}, "/note"),
        ({"added": (str, ...)}, "/added"),
    ],
    ids=str,
)
def test_a_break_is_found_where_it_is(changes: dict[str, Any], pointer: str) -> None:
    assert pointer in [each.pointer for each in found(registry(changes))]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"added": (str | None, None)},
        {"added": (int, 7)},
        {"name": (Annotated[str, Field(min_length=0, max_length=500)], ...)},
        {"note": (str | int | None, None)},
        {"fixed": (Literal["a", "b", "c"], "a")},
    ],
    ids=str,
)
def test_what_breaks_nothing_is_allowed(changes: dict[str, Any]) -> None:
    assert found(registry(changes)) == []


def test_a_type_that_was_removed_is_missed() -> None:
    assert [each.what.partition(";")[0] for each in found(Registry())] == ["the type was removed"]


@pytest.mark.parametrize("spec", [{"owner": "activity"}, {"aggregate": "other"}, {"occurred": "name"}], ids=str)
def test_what_is_known_of_a_type_besides_stays(spec: dict[str, Any]) -> None:
    assert len(found(registry(**spec))) == 1


def test_a_new_version_may_break_everything_if_the_old_one_is_lifted() -> None:
    assert found(registry({"name": None}, version=2, lift=True)) == []
    (missing,) = found(registry({"name": None}, version=2))
    assert "upcaster" in missing.what


def test_the_contracts_break_with_no_release() -> None:
    assert [str(each) for _, known in released() for each in breaks(known)] == []
    assert [version for version, _ in released()]


def test_a_wrong_word_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert "usage" in capsys.readouterr().err
    assert main(["check"]) == 0


def test_what_was_stored_in_version_1_is_read_as_version_2() -> None:
    stored = (
        '{"publisher":"e-meeting","office":"สพร.","rights":{"sources":["/ext/e-meeting/a"],"types":["MeetingHeld"]%s}}'
    )
    kind = "th.go.obec.cluster.PublisherRegistered.v1"
    for pace, expected in ((',"events_per_minute":60', 60), ("", 600)):
        event = REGISTRY.read(kind, stored % pace)
        assert isinstance(event, PublisherRegistered)
        assert event.spec.version == 2
        assert event.rights.limits.events_per_minute == expected


def test_what_is_deprecated_is_told_in_the_changelog() -> None:
    changes = (Path(__file__).parents[3] / "CHANGELOG.md").read_text("utf-8")
    told = " ".join(changes.partition("### Deprecated")[2].partition("###")[0].split())
    for event in REGISTRY:
        if event.spec.deprecated:
            assert f"`{event.spec.name}`" in told
            assert event.spec.deprecated.partition(":")[0] in told
            assert event.spec.version < REGISTRY.newest()[event.spec.name].spec.version
