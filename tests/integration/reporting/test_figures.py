"""The figures over HTTP: what each question is answered with, now and as of a time."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from shared.contracts.committee import Member, Seat
from shared.contracts.evaluation import IndicatorClosed, MeasurementReturned, PeriodExtended
from tests.conftest import NewDatabase
from tests.integration.reporting.site import Site, open_site
from tests.unit.reporting.log import MEMBERS, PROGRAMME, Log, definition

REGIONS = definition().regions


async def test_the_nation_counts_its_regions_first(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-03-01").appoint("R07", "2017-01-10")
    await site.project(log)

    national = await site.get("national")
    assert next(iter(national)) == "committees"
    assert national["committees"]["text"] == "1/19"


async def test_the_nation_is_complete_when_every_region_has_its_committee(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-01-20")
    for number, region in enumerate(REGIONS, 1):
        log.propose(region, "2016-11-01")
        log.appoint(region, "2017-01-10", number)
    await site.project(log)

    national = await site.get("national")

    assert national["committees"]["text"] == "19/19"
    (proposing,) = [each for each in national["activities"] if each["code"] == "1.2"]
    assert (proposing["counted"], proposing["needed"]) == (19, 19)


async def test_a_committee_shows_its_members_by_office_and_what_is_vacant(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-01-20").propose("R07", "2016-11-01")
    log.appoint("R07", "2017-01-10", members=[each for each in MEMBERS if each.seat is not Seat.CHAIR])
    await site.project(log)

    committee = (await site.get("regions/R07"))["committee"]

    assert [member["office"] for member in committee["members"]] == ["ศึกษาธิการภาค", "ผู้อำนวยการกลุ่ม", "ผู้ช่วย"]
    assert committee["vacant"] == ["chair"]


async def test_an_empty_cell_says_why(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-01-10")
    log.measure("QN3:R01:2560-Q1", "42")
    log.verify(log.measure("QN3:R02:2560-Q1", "42"))
    back = log.measure("QN3:R03:2560-Q1", "42")
    returned = MeasurementReturned(
        programme=PROGRAMME, measured=UUID(back.event_id), reason="ขาดหลักฐาน", reviewer="usr-reviewer"
    )
    log.tell(back.stream, returned)
    log.at("2017-02-01").tell(
        f"indicators:{PROGRAMME}", IndicatorClosed(programme=PROGRAMME, code="QN4", reason="เลิกวัด")
    )
    await site.project(log)

    cells = {(c["scope"], c["period"]): c["status"] for c in (await site.get("indicators/QN3"))["cells"]}
    assert [cells[region, "2560-Q1"] for region in ("R01", "R02", "R03", "R04")] == [
        "waiting",
        "verified",
        "returned",
        "not_reported",
    ]
    assert cells["R01", "2560-Q2"] == "not_due"
    closed = {c["period"]: c["status"] for c in (await site.get("indicators/QN4"))["cells"] if c["scope"] == "R01"}
    assert (closed["2560-Q1"], closed["2560-Q2"]) == ("not_reported", "not_applicable")


async def test_nothing_expected_is_not_due_and_not_a_hundred_percent(site: Site) -> None:
    log = Log()
    log.register()
    await site.project(log)

    complete = (await site.get("national"))["completeness"]

    assert (complete["state"], complete["completeness"], complete["timeliness"]) == ("not_due", None, None)


async def test_timeliness_goes_by_the_first_receipt_and_an_extension_moves_the_day(site: Site) -> None:
    log = Log()
    log.register()
    extended = PeriodExtended(
        programme=PROGRAMME, period="2560-Q1", region="R02", until=date(2017, 1, 31), reason="น้ำท่วม"
    )
    log.tell(f"indicators:{PROGRAMME}", extended)
    log.at("2017-01-15T23:58:00+07:00")
    log.measure("QN3:R01:2560-Q1", "42")
    log.at("2017-01-16T00:00:00+07:00")
    for region in ("R02", "R03"):
        log.measure(f"QN3:{region}:2560-Q1", "42")
    log.at("2017-02-10")
    await site.project(log)

    cells = {c["scope"]: c for c in (await site.get("indicators/QN3"))["cells"] if c["period"] == "2560-Q1"}

    assert [cells[region]["timely"] for region in ("R01", "R02", "R03")] == [True, True, False]
    assert [cells[region]["due_on"] for region in ("R01", "R02")] == ["2017-01-15", "2017-01-31"]


async def test_a_weighted_total_says_on_which_weight(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-10-10")
    cause = log.verify(log.measure("QN3:R07:2560-Q4", "42"))
    log.score("QN3:TH:2560-Y", "800", "4.21", cause, weight="15")
    log.score("QN2:TH:2560-Y", "0.8", "3.00", cause, weight="20")
    await site.project(log)

    total = (await site.get("indicators"))["total"]

    assert total["text"] == "3.52 on 35 of 100"


async def test_a_meeting_shows_what_is_known_now_only_where_it_differs(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    order = log.at("2016-12-20").appoint("R07", "2016-12-10")
    log.at("2017-01-20").hold("a", "R07", "2017-01-12T02:00:00+00:00", present=2)
    await site.project(log)
    (judged,) = (await site.get("meetings"))["meetings"]

    log.void(order)
    log.appoint("R07", "2016-12-10", members=[*MEMBERS, *(Member(office=f"ครู {n}", seat=Seat.MEMBER) for n in (1, 2))])
    await site.project(log)
    (known_now,) = (await site.get("meetings"))["meetings"]

    assert (judged["voting"], judged["present"], judged["quorate"]) == (3, 2, True)
    assert (judged["voting_now"], judged["present_now"], judged["quorate_now"]) == (None, None, None)
    assert (known_now["voting"], known_now["quorate"]) == (3, True)
    assert (known_now["voting_now"], known_now["present_now"], known_now["quorate_now"]) == (5, 2, False)


async def test_what_is_due_next_and_what_is_overdue(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2016-12-31").hold("a", "R07", "2016-12-12T02:00:00+00:00")
    log.at("2017-01-01")
    await site.project(log)

    found = await site.get("regions/R07")

    assert found["due"]["next_due"] == "2017-01-11"
    assert found["due"]["overdue"] == 1
    assert [(each["kind"], each["due_on"]) for each in found["due_list"][:2]] == [
        ("appointment", "2016-12-31"),
        ("minutes", "2017-01-11"),
    ]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("regions/R99", 404, "programme.unknown_region"),
        ("indicators/QN9", 404, "programme.unknown_indicator"),
        ("national?as_of=yesterday", 400, "query.unreadable"),
        ("national?effective_at=2017-13-01", 400, "query.unreadable"),
        ("national?after=committee:0", 400, "query.unreadable"),
        ("lineage", 400, "query.unreadable"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_with_its_code(
    site: Site, path: str, status: int, code: str
) -> None:
    log = Log()
    log.register()
    await site.project(log)

    answer = await site.client.get(f"/v1/programmes/{PROGRAMME}/{path}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_programme_that_nobody_registered_is_not_found(site: Site) -> None:
    answer = await site.client.get("/v1/programmes/2560-nothing/national")

    assert (answer.status_code, answer.json()["code"]) == (404, "programme.unknown")


async def test_views_need_a_token_unless_they_are_open(database: NewDatabase) -> None:
    async with open_site(database, public_read=False) as site:
        answer = await site.client.get(f"/v1/programmes/{PROGRAMME}/national")

    assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")
