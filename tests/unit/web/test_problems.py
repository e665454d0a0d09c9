"""How refusals are told: language, places, sentences, and nothing that was sent."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, field_validator
from starlette.requests import Request

from shared.contracts import Rejected
from shared.contracts.types import Bilingual, Contract, Day, Line
from shared.thai.digits import to_arabic
from shared.thai.fiscal import Period
from shared.web import problems, tracing
from shared.web.problems import of_code, of_invalid, preferred
from shared.web.validation import MOST, Invalid, pointer_to, read_json, validated


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "th"),
        ("th", "th"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("th,en;q=0.9", "th"),
        ("en;q=0.3, th-TH;q=0.8", "th"),
        ("fr, en;q=0.5", "en"),
        ("de", "th"),
        ("*", "th"),
        ("en;q=0", "th"),
        ("en;q=high", "th"),
        (";;;,,", "th"),
    ],
)
def test_the_language_is_the_one_liked_best_and_thai_by_default(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_a_sentence_is_filled_in_both_languages() -> None:
    problem = of_code("stream.version_mismatch", {"stream": "committee:1", "actual": 3, "expected": 2})
    assert problem.status == 412
    assert problem.en == "Stream committee:1 is at version 3, not 2"
    assert "committee:1" in problem.th
    assert "3" in problem.th


def test_a_sentence_that_lacks_something_is_told_all_the_same() -> None:
    assert "…" in of_code("stream.version_mismatch", {}).en


def test_a_code_without_a_sentence_is_told_as_a_code() -> None:
    problem = of_code("nobody.knows")
    assert (problem.status, problem.code) == (422, "nobody.knows")
    assert "nobody.knows" in problem.en


def test_a_problem_has_the_members_of_rfc_9457_and_both_sentences() -> None:
    scope: dict[str, Any] = {"type": "http", "query_string": b"", "headers": [(b"accept-language", b"en")]}
    tracing.attach(scope, tracing.Trace("t" * 32, "", ""))
    answer = problems.respond(Request(scope), of_code("stream.not_found", {"stream": "x:1"}, pointer="/a"))
    assert (answer.status_code, answer.media_type) == (404, "application/problem+json")
    assert answer.headers["content-language"] == "en"
    assert bytes(answer.body).startswith(
        b'{"type":"urn:obec:problem:stream.not_found","title":"Not found","status":404'
    )
    assert b'"pointer":"/a"' in answer.body
    assert b'"instance":"urn:obec:trace:tttt' in answer.body


class Seat(Contract):
    """Somebody's place."""

    name: Line
    since: Day


class Roll(Contract):
    """What tests send."""

    title: Bilingual
    seats: tuple[Seat, ...] = Field(min_length=1)
    kind: Seat | int | None = None
    period: str = "2560-Q1"

    @field_validator("period")
    @classmethod
    def _read(cls, value: str) -> str:
        return str(Period.parse(to_arabic(value)))


def errors_of(sent: Any, body: bytes) -> dict[str, dict[str, Any]]:
    with pytest.raises(Invalid) as refusal:
        validated(Roll, body, sent)
    return {each["pointer"]: dict(each) for each in refusal.value.errors}


def test_every_place_is_told_by_a_json_pointer() -> None:
    sent = {"title": {"th": "ก"}, "seats": [{"name": "x", "since": "never"}, {"since": "2017-01-01"}], "a/b~c": 1}
    body = b'{"title":{"th":"x"},"seats":[{"name":"x","since":"never"},{"since":"2017-01-01"}],"a/b~c":1}'
    found = errors_of(sent, body)
    assert set(found) == {"/title/en", "/seats/0/since", "/seats/1/name", "/a~1b~0c"}
    assert found["/title/en"]["code"] == "missing"
    assert found["/title/en"]["th"] == "ขาดค่าที่จำเป็น"


def test_the_branches_of_a_union_are_not_part_of_the_pointer() -> None:
    found = errors_of(
        {"title": {"th": "ก", "en": "a"}, "seats": [{"name": "x", "since": "2017-01-01"}], "kind": {"name": 3}},
        '{"title":{"th":"ก","en":"a"},"seats":[{"name":"x","since":"2017-01-01"}],"kind":{"name":3}}'.encode(),
    )
    assert set(found) == {"/kind/name", "/kind/since", "/kind"}


def test_an_error_of_thai_conventions_keeps_its_code_and_sentences() -> None:
    found = errors_of(
        {"title": {"th": "ก", "en": "a"}, "seats": [{"name": "x", "since": "2017-01-01"}], "period": "2560-Q9"},
        (b'{"title":{"th":"a","en":"a"},"seats":[{"name":"x","since":"2017-01-01"}],"period":"2560-Q9"}'),
    )
    assert found["/period"]["code"] == "period.unreadable"
    assert found["/period"]["th"].startswith("อ่านงวด")


def test_the_first_place_leads_the_problem() -> None:
    problem = of_invalid(Invalid([{"pointer": "/a", "code": "missing", "th": "ขาด", "en": "Field required"}]))
    assert (problem.status, problem.pointer) == (422, "/a")
    assert problem.en.endswith("Field required")
    assert problem.th.endswith("ขาด")


def test_what_was_sent_is_not_repeated() -> None:
    body = '{"title":"นายทดสอบ","seats":"นายทดสอบ","kind":"นายทดสอบ","period":3,"name":"นายทดสอบ"}'
    assert "นายทดสอบ" not in str(errors_of({}, body.encode()))


@pytest.mark.parametrize(
    ("place", "sent", "pointer"),
    [
        ((), {}, ""),
        (("a",), {"a": 1}, "/a"),
        (("a", 0, "b"), {"a": [{"b": 1}]}, "/a/0/b"),
        (("a", "function-after[x]", "b"), {"a": {"b": 1}}, "/a/b"),
        (("a", 5), {"a": []}, "/a"),
        (("a", "b"), {"a": 3}, "/a"),
        (("a",), [], ""),
        (("a", "int"), {"a": {}}, "/a"),
    ],
)
def test_a_pointer_leads_through_what_was_sent(place: tuple[int | str, ...], sent: Any, pointer: str) -> None:
    assert pointer_to(place, sent) == pointer


def test_a_missing_field_is_part_of_the_pointer() -> None:
    assert pointer_to(("a", "b"), {"a": {}}, missing=True) == "/a/b"


def test_no_more_is_told_of_what_is_wrong_than_a_receipt_holds() -> None:
    wrong = [{"pointer": "/" + "a" * 500_000, "code": "extra", "th": "เกิน", "en": "extra"}] * 1_000
    errors = Invalid(wrong).errors
    assert len(errors) == MOST
    assert {len(each["pointer"]) for each in errors} == {500}


def test_a_body_nested_deeper_than_it_can_be_written_again_is_not_json() -> None:
    with pytest.raises(Rejected) as refusal:
        read_json(b"[" * 260 + b"]" * 260)
    assert refusal.value.code == "request.not_json"
