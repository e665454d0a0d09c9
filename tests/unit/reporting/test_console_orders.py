"""The console's orders: each says what it does and what it is about, and gives back what was written when refused."""

from services.reporting.pages.console.actions import ACTIONS, target_of, written_in
from services.reporting.pages.operating import WORDS


def test_every_order_has_a_name_and_says_what_it_does() -> None:
    assert set(ACTIONS) == set(WORDS["effect"])
    assert set(ACTIONS) <= set(WORDS["action"])


def test_an_order_is_about_what_is_typed_to_confirm_it() -> None:
    around = {"csrf": "a", "service": "reporting", "reason": "why"}
    assert target_of({**around, "store": "activity", "shard": "0", "record": "281"}) == "activity/0/281"
    assert target_of({**around, "schema": "reporting_v2", "differences": "0"}) == "reporting_v2"
    assert target_of({**around, "shard": "0"}) == "relay:0"
    assert target_of({**around, "consumer": "activity.progress"}) == "activity.progress"
    assert target_of({**around, "stream": "indicators:2560-cluster", "period": "2560-Q3"}).endswith(" 2560-Q3")
    assert target_of({**around, "id": "4c1d", "target": "reporting_v1"}) == "reporting_v1"
    assert target_of(around) == ""


def test_what_was_written_into_a_form_is_told_from_what_stands_in_it() -> None:
    form = {"id": "alarm:a", "until": "2026-11-01T10:00", "reason": " ", "csrf": "a", "key": "b"}
    assert written_in(ACTIONS["silence"], form) == {"until": "2026-11-01T10:00", "reason": " "}
    assert written_in(ACTIONS["compare"], {"schema": "reporting_v2", "reason": "again"}) == {"reason": "again"}
    assert written_in(ACTIONS["replay"], {"consumer": "reporting", "dry_run": "yes"}) == {}
