"""A programme's ordinary year among those of many other programmes: what answers are read from after some years."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import asyncpg

from services.reporting.projections.projection import ReportingProjection
from shared.contracts.activity import MeetingNoticeIssued, MinutesApproved, PolicyAcknowledged, PolicyBriefed
from shared.contracts.evaluation import RecommendationIssued, SupervisionVisited
from tests.integration.reporting.site import SEARCH_PATH
from tests.servers import psql
from tests.stack import Database
from tests.unit.reporting.log import PAPER, PROGRAMME, Log, definition

QUARTERS = {"2560-Q1": "2017-01-16", "2560-Q2": "2017-04-17", "2560-Q3": "2017-07-17", "2560-Q4": "2017-09-25"}


def year(meetings: int, payments: int) -> Log:
    """A whole year of every region, with so many meetings and payments in each: about 70 events a region beside them.

    A meeting is four events, every fiftieth payment is voided, every tenth figure is restated.
    """
    log = Log()
    log.register()
    log.at("2016-11-01")
    for region in definition().regions:
        log.propose(region, "2016-10-20")
    log.at("2017-01-10")
    for number, region in enumerate(definition().regions, 1):
        log.appoint(region, "2017-01-10", number)
    _briefing(log)
    for n in range(payments):
        _payments(log, n, payments)
    for n in range(meetings):
        _meetings(log, n, meetings)
    for period, told in QUARTERS.items():
        _figures(log.at(told), period)
        _visits(log, period)
    return log


async def fill(database: Database, log: Log, copies: int) -> None:
    """Project the log, and put the years of so many other programmes around it."""
    connection = await asyncpg.connect(database.app_dsn, server_settings=SEARCH_PATH)
    try:
        projection = ReportingProjection()
        for store in projection.stores:
            async with connection.transaction():
                await projection.apply(connection, [each for each in log.sent if each.store == store])
    finally:
        await connection.close()
    await asyncio.to_thread(psql, database.owner_dsn, "many.sql", copies=str(copies))


def _day(n: int, of: int) -> date:
    """The ``n``-th of so many days spread over the year from when the committees stand."""
    return date(2017, 1, 16) + timedelta(days=n * 250 // of)


def _briefing(log: Log) -> None:
    regions = definition().regions
    said = {"activity": "2", "title": "ชี้แจงนโยบาย", "briefed_on": "2017-01-11", "regions": list(regions)}
    log.tell("briefing:a", PolicyBriefed.model_validate({"programme": PROGRAMME, **said, "policy": PAPER}))
    for region in regions:
        acknowledged = {"committee": f"committee:{PROGRAMME}:{region}:1", "region": region, "activity": "2"}
        log.tell(
            "briefing:a",
            PolicyAcknowledged.model_validate(
                {"programme": PROGRAMME, **acknowledged, "acknowledged_on": "2017-01-20"}
            ),
        )


def _payments(log: Log, n: int, of: int) -> None:
    for region in definition().regions:
        paid = log.pay(1_250_000 + n, _day(n, of).isoformat(), region=region, number=f"{n}/{region}")
        if n % 50 == 49:
            log.void(paid)


def _meetings(log: Log, n: int, of: int) -> None:
    for region in definition().regions:
        day, name = _day(n, of), f"{region}-{n}"
        begin = f"{day.isoformat()}T09:00:00+07:00"
        log.schedule(name, region, begin)
        log.tell(f"meeting:{name}", MeetingNoticeIssued(programme=PROGRAMME, issued_on=day, agenda=("เรื่องพิจารณา",)))
        log.hold(name, region, begin)
        log.tell(f"meeting:{name}", MinutesApproved(programme=PROGRAMME, approved_on=day, evidence=PAPER))


def _figures(log: Log, period: str) -> None:
    for indicator in ("QN2", "QN3", "QN4"):
        for place, region in enumerate(definition().regions):
            cell, value = f"{indicator}:{region}:{period}", str(40 + place)
            measured = log.measure(cell, "12")
            if place % 10 == 0:
                measured = log.measure(cell, value, supersedes=measured)
            log.score(cell, value if place % 10 == 0 else "12", "3.85", log.verify(measured))
        log.score(f"{indicator}:TH:{period}", "42", "4.00", measured, regions_counted=19, regions_expected=19)


def _visits(log: Log, period: str) -> None:
    day = log.now.date()
    for region in definition().regions:
        name = f"{region}-{period}"
        visited = {"region": region, "visited_on": day, "visited_by": "สพฐ.", "findings": ["พบ"]}
        log.tell(f"supervision:{name}", SupervisionVisited.model_validate({"programme": PROGRAMME, **visited}))
        advice = {"region": region, "issued_on": day, "text": "ควรติดตาม", "owner": "ศธภ."}
        log.tell(
            f"recommendation:{name}",
            RecommendationIssued.model_validate({"programme": PROGRAMME, **advice, "due_on": day + timedelta(days=60)}),
        )
