"""Fiscal year 2560 by public HTTP, through stores, Kafka and projection; every number held against the oracle."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo import example
from demo.example import PROGRAMME
from demo.year import DAY_BEFORE_LATE_ORDER
from shared.contracts.envelope import Envelope, from_headers
from tests.oracle_check import check_guarantees, read_topic, view_differences
from tests.scenarios.played import STORES, Played, connected, offices

# Ten processes start and live through a year, on a machine that may have other work.
pytestmark = pytest.mark.timeout(600)


async def envelopes(year: Played) -> list[Envelope]:
    """Everything that the topics hold."""
    found: list[Envelope] = []
    for topic in year.topics.values():
        records = await read_topic(year.stack.bootstrap, topic)
        found += [from_headers(record.headers, record.value) for record in records]
    return found


async def test_the_nation_has_19_of_19_committees(year: Played) -> None:
    answer = await year.ask("/national")
    assert answer["committees"]["text"] == "19/19"
    assert answer["meta"]["parked"] == 0


async def test_every_view_row_is_what_the_oracle_makes_of_the_events(year: Played) -> None:
    assert await view_differences(year.dsn("reporting"), await envelopes(year)) == []


async def test_every_guarantee_holds_after_the_year(year: Played) -> None:
    found = await check_guarantees(year.dsns, year.stack.bootstrap, year.topics, reporting_dsn=year.dsn("reporting"))
    assert found == []


async def test_the_day_before_the_late_order_was_recorded_that_committee_was_not_known(year: Played) -> None:
    known = await year.ask("/national", as_of=DAY_BEFORE_LATE_ORDER)
    assert known["committees"]["text"] == "18/19"
    regions = {
        each["region"]: each["committee"]["state"]
        for each in (await year.ask("/regions", as_of=DAY_BEFORE_LATE_ORDER))["regions"]
    }
    assert regions[example.LATE_ORDER] == "proposed"


async def test_what_was_in_effect_that_day_has_it_all_the_same(year: Played) -> None:
    assert (await year.ask("/national", effective_at=DAY_BEFORE_LATE_ORDER))["committees"]["text"] == "19/19"
    both = await year.ask("/national", as_of=DAY_BEFORE_LATE_ORDER, effective_at=DAY_BEFORE_LATE_ORDER)
    assert both["committees"]["text"] == "18/19"


async def test_an_answer_as_of_a_day_is_the_same_when_asked_again(year: Played) -> None:
    first = await year.ask("/regions", as_of="2017-05-01")
    again = await year.ask("/regions", as_of="2017-05-01")
    assert first["regions"] == again["regions"]
    assert first["meta"]["final"]


async def test_the_silent_region_lacks_its_three_figures(year: Played) -> None:
    complete = {each["region"]: each["completeness"] for each in (await year.ask("/regions"))["regions"]}
    assert (complete[example.SILENT]["verified"], complete[example.SILENT]["expected"]) == (10, 13)
    assert all(each["verified"] == 13 for region, each in complete.items() if region != example.SILENT)


async def test_the_inquorate_meeting_is_counted_apart(year: Played) -> None:
    meetings = (await year.ask("/national"))["meetings"]
    assert (meetings["held"], meetings["inquorate"]) == (57, 1)


async def spent(year: Played, **moment: str) -> dict[str, int]:
    """Satang that each region spent."""
    regions = (await year.ask("/regions", **moment))["regions"]
    return {each["region"]: each["budget"]["net_disbursed"] for each in regions}


async def test_the_voided_payment_is_in_no_sum_and_was_in_them_before(year: Played) -> None:
    before, with_it, after = [await spent(year, as_of=day) for day in ("2017-05-31", "2017-06-18", "2017-06-19")]
    wrong = example.WRONG_PAYMENT
    assert (with_it[wrong] - before[wrong], after[wrong] - before[wrong]) == (1_250_000, 0)
    assert (with_it["R12"] - before["R12"], after["R12"] - before["R12"]) == (0, 1_250_000)


async def test_allocations_add_up(year: Played) -> None:
    assert (await year.ask("/national"))["budget"]["allocated"] == sum(example.ALLOCATIONS.values())


async def test_an_answer_waits_for_what_was_written_and_says_so_when_it_cannot(year: Played) -> None:
    heads = await year.heads()
    fresh = await year.ask("/national", after=f"activity:0:{heads['activity']}")
    stale = await year.ask("/national", after=f"activity:0:{heads['activity'] + 1_000}")
    assert (fresh["meta"]["stale"], stale["meta"]["stale"]) == (False, True)


async def test_a_repeated_command_has_the_same_answer_and_no_new_event(year: Played) -> None:
    async with offices(year) as opened:
        token = opened._tokens["officer"]
    before = await year.heads()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{year.addresses['evaluation']}/v1/recommendations"
    body: dict[str, Any] = {
        "programme": PROGRAMME,
        "issued_on": "2017-10-30",
        "text": "รายงานผลต่อที่ประชุม (ตัวอย่าง)",
        "owner": example.CENTRE,
        "due_on": "2017-12-31",
    }
    async with httpx.AsyncClient(timeout=30) as client:
        first = await client.post(url, json=body, headers=headers)
        again = await client.post(url, json=body, headers=headers)
        other = await client.post(url, json={**body, "due_on": "2018-01-31"}, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "request.key_reused")
    assert (await year.heads())["evaluation"] == before["evaluation"] + 1
    await year.at_rest()


async def test_a_replay_of_all_topics_by_the_reactions_appends_nothing(year: Played) -> None:
    """Offsets begin anew, as if the consumers' memory were lost; what they answered before they do not answer again."""
    before = await year.at_rest()
    for service, consumer in (("activity", "activity.progress"), ("evaluation", "evaluation.reactions")):
        async with connected(year.dsn(service)) as connection:
            await connection.execute(
                "UPDATE consumer_offsets SET next_offset = 0, position = 0, hash = repeat('0', 64), epoch = epoch + 1"
                " WHERE consumer = $1",
                consumer,
            )
    for state in year.stack.status():
        if state.name.endswith("-reactions") and state.pid:
            os.kill(state.pid, signal.SIGTERM)
    assert await year.at_rest() == before


async def test_no_persons_name_is_in_any_store_view_or_log(year: Played) -> None:
    for service in STORES:
        count = await year.value(
            service, "SELECT count(*) FROM events WHERE data LIKE '%บุคคลตัวอย่าง%' OR metadata LIKE '%บุคคลตัวอย่าง%'"
        )
        assert count == 0, service
    assert await year.value("reporting", "SELECT count(*) FROM reporting.events WHERE data LIKE '%บุคคลตัวอย่าง%'") == 0
    logs = Path(year.stack.home / "log").glob("*")
    assert [log.name for log in logs if "บุคคลตัวอย่าง" in log.read_text("utf-8", "replace")] == []
