"""A year as facts of five publishers, and what each fact builds on; regions one beside the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from demo import example
from demo.example import CENTRE, PROGRAMME, REGIONS, SECRETARY_GENERAL, paper
from shared.contracts.types import BANGKOK
from shared.eventstore.commands import CAUSED

SOURCES = {
    "bureau": "/ext/bureau/central",
    "personnel": "/ext/personnel/central",
    "e-meeting": "/ext/e-meeting/central",
    "fiscal": "/ext/fiscal/gfmis",
    "area-offices": "/ext/area-offices/all",
}
TYPES = {
    "bureau": (
        *("MandateDrafted", "MandateAdopted", "CommitteeProposed", "ActivityStarted"),
        *("ActivityCompleted", "BudgetAllocated", "MeasurementVerified", "SupervisionVisited", "WorkshopHeld"),
    ),
    "personnel": ("CommitteeAppointed", "MemberEnded", "MemberAppointed"),
    "e-meeting": ("MeetingScheduled", "MeetingNoticeIssued", "MeetingHeld", "MinutesApproved"),
    "fiscal": ("FundsDisbursed",),
    "area-offices": ("IndicatorMeasured",),
}
OWNERS = {
    **dict.fromkeys(("MandateDrafted", "MandateAdopted", "CommitteeProposed", *TYPES["personnel"]), "committee"),
    **dict.fromkeys(("MeasurementVerified", "SupervisionVisited", "IndicatorMeasured"), "evaluation"),
}
"""Service that takes a type; activity takes the others."""
PEOPLE = {region: [str(uuid5(CAUSED, f"{region} {place}")) for place in range(9)] for region in REGIONS}
QUARTER = "2560-Q1"
THE_FIRST_DAY = datetime(2016, 10, 3, 9, tzinfo=BANGKOK)
"""When the activities are planned: none begins before its plan."""
AT_THE_END = datetime(2017, 10, 31, 18, tzinfo=BANGKOK)
"""When all of it is sent."""


@dataclass(frozen=True)
class Story:
    """A fact, what it can wait for, and what must have been accepted before, or it is refused.

    ``wave``: how many facts that it cannot wait for lie before it, at most; a fact of a later wave is sent once the
    waves before it stand. ``spoiled_by``: accepted before, it has this one refused. ``day``: when it took effect.
    """

    publisher: str
    name: str
    id: str
    data: Mapping[str, Any]
    day: str
    waits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    spoiled_by: tuple[str, ...] = ()
    refusal: str = ""
    """Code of the refusal."""
    wave: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def event(self) -> dict[str, Any]:
        """As a CloudEvent."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": SOURCES[self.publisher],
            "type": f"th.go.obec.cluster.{self.name}.v1",
            "data": dict(self.data),
            **self.more,
        }

    @property
    def owner(self) -> str:
        """The service that takes it."""
        return OWNERS.get(self.name, "activity")

    @property
    def event_id(self) -> str:
        """Id of the event that it becomes."""
        return str(uuid5(CAUSED, f"{self.owner}\n{SOURCES[self.publisher]}\n{self.id}\n0"))


def plans() -> list[dict[str, Any]]:
    """The plan, as the commands that make it."""
    return [
        {"programme": PROGRAMME, "code": code, "opens": opens, "closes": closes, "deadline": deadline}
        for code, (opens, closes, deadline) in example.ACTIVITIES.items()
    ]


def year(regions: Sequence[str] = REGIONS) -> list[Story]:
    """The facts of a year, in an order in which none waits."""
    return [*_centre(), *(each for region in regions for each in _region(region))]


def rivals(region: str) -> list[Story]:
    """Two first figures of one cell: whichever comes first stands, and has the other refused."""
    cell = {"programme": PROGRAMME, "indicator": "QN2", "scope": region, "period": "2560-Q2"}
    evidence = [paper("หลักฐาน (ตัวอย่าง)")]
    names = f"rival-{region}-a", f"rival-{region}-b"
    return [
        Story(
            "area-offices",
            "IndicatorMeasured",
            name,
            {**cell, "reading": example.reading("QN2", region, quarter), "evidence": evidence},
            "2017-10-31",
            spoiled_by=(other,),
            refusal="measurement.second",
        )
        for name, other, quarter in zip(names, names[::-1], (2, 3), strict=True)
    ]


def _centre() -> Iterator[Story]:
    draft = {"programme": PROGRAMME, "version": 1, "text": example.MANDATE, "drafted_on": "2016-10-24"}
    yield Story("bureau", "MandateDrafted", "mandate", draft, "2016-10-24")
    adopted = {"programme": PROGRAMME, "version": 1, "adopted_on": "2016-11-07", "resolution": "มติครั้งที่ 1 (ตัวอย่าง)"}
    yield Story("bureau", "MandateAdopted", "adopted", adopted, "2016-11-07", waits=("mandate",))
    for code, day in (("1", "2016-10-10"), ("1.3", "2017-02-14"), ("2", "2017-02-20"), ("3", "2017-03-16")):
        key = {"programme": PROGRAMME, "code": code}
        started, done = {**key, "started_on": day}, {**key, "completed_on": "2017-09-08", "outputs": ["ผล (ตัวอย่าง)"]}
        yield Story("bureau", "ActivityStarted", f"start-{code}", started, day, wave=1)
        waits = (f"start-{code}",)
        yield Story("bureau", "ActivityCompleted", f"done-{code}", done, "2017-09-08", waits=waits, wave=1)
    for code, amount in example.ALLOCATIONS.items():
        money = {"programme": PROGRAMME, "activity": code, "amount_satang": amount, "allocated_on": "2016-10-03"}
        paper_of = {**money, "document": f"ใบจัดสรร {code}/2560"}
        yield Story("bureau", "BudgetAllocated", f"money-{code}", paper_of, "2016-10-03")


def _region(region: str) -> Iterator[Story]:
    yield from _committee(region)
    yield from _meetings(region)
    yield from _money_and_figures(region)


def _committee(region: str) -> Iterator[Story]:
    key, members = {"programme": PROGRAMME, "region": region}, example.committee(region, PEOPLE[region][:7])
    number = 201 + example.number_of(region)
    proposed = {**key, "proposed_on": "2016-11-14", "proposed_by": CENTRE, "members": members}
    yield Story("bureau", "CommitteeProposed", f"proposed-{region}", proposed, "2016-11-14", wave=1)
    order = {
        **key,
        "order": {"unit": CENTRE, "number": number, "year": 2559},
        "order_date": "2016-12-01",
        "signatory_office": SECRETARY_GENERAL,
        "effective_from": "2016-12-01",
        "mandate_version": 1,
        "members": members,
    }
    yield Story(
        "personnel", "CommitteeAppointed", f"order-{region}", order, "2016-12-01",
        waits=("adopted", f"proposed-{region}"), wave=1,
    )  # fmt: skip
    if example.number_of(region) % 6 == 3:
        ended = {
            **key,
            "holder": {"person_id": PEOPLE[region][0]},
            "ended_on": "2017-08-01",
            "reason": "เกษียณอายุราชการ",
        }
        waits = (f"order-{region}",)
        yield Story("personnel", "MemberEnded", f"left-{region}", ended, "2017-08-01", waits=waits, wave=1)
        follows = {**key, "member": {**members[0], "person_id": PEOPLE[region][8]}, "effective_from": "2017-08-21"}
        yield Story(
            "personnel", "MemberAppointed", f"follows-{region}", follows, "2017-08-21",
            waits=waits, needs=(f"left-{region}",), refusal="committee.one_chair", wave=2,
        )  # fmt: skip


def _meetings(region: str) -> Iterator[Story]:
    starts = datetime(2017, 1, 16, 9, tzinfo=BANGKOK) + timedelta(days=example.number_of(region))
    for number, begins in (("1/2560", starts), ("2/2560", starts + timedelta(days=60))):
        key, day = {"programme": PROGRAMME, "region": region, "number": number}, begins.date().isoformat()
        called = {
            **key,
            "activity": "3",
            "starts_at": begins.isoformat(),
            "place": "ห้อง 1",
            "scheduled_on": "2017-01-06",
        }
        notice = {**key, "issued_on": "2017-01-06", "agenda": ["รับรองรายงานการประชุม (ตัวอย่าง)"]}
        call, held = f"call-{region}-{number[0]}", f"held-{region}-{number[0]}"
        if number[0] == "1":
            yield Story("e-meeting", "MeetingScheduled", call, called, "2017-01-06")
            yield Story("e-meeting", "MeetingNoticeIssued", f"notice-{region}", notice, "2017-01-06", waits=(call,))
        came = example.attendance(region, example.committee(region, PEOPLE[region][:7]), present=6)
        resolutions = [{"number": 1, "text": "เห็นชอบ (ตัวอย่าง)", "votes_for": 3}]
        record = {
            **key,
            "activity": "3",
            "started_at": begins.isoformat(),
            "ended_at": (begins + timedelta(hours=2)).isoformat(),
            "attendance": came,
            "resolutions": resolutions,
        }
        yield Story("e-meeting", "MeetingHeld", held, record, day, waits=(f"order-{region}",), wave=1)
        minutes = {**key, "approved_on": "2017-06-10", "evidence": paper("รายงานการประชุม")}
        name = f"minutes-{region}-{number[0]}"
        yield Story("e-meeting", "MinutesApproved", name, minutes, "2017-06-10", waits=(held,), wave=1)


def _money_and_figures(region: str) -> Iterator[Story]:
    place, key = example.number_of(region), {"programme": PROGRAMME, "region": region}
    voucher = {"number": f"ขบ {place + 1}/2560", "unit": CENTRE, "date": "2017-03-30"}
    paid = {**key, "activity": "3", "amount_satang": 2_000_000 + place, "paid_on": "2017-03-30", "voucher": voucher}
    yield Story(
        "fiscal", "FundsDisbursed", f"paid-{region}", paid, "2017-03-30",
        needs=("money-3",), refusal="budget.over_allocation", wave=1,
    )  # fmt: skip
    visit = {**key, "visited_on": "2017-06-12", "visited_by": CENTRE, "no_findings": True}
    yield Story("bureau", "SupervisionVisited", f"visit-{region}", visit, "2017-06-12", wave=1)
    for code in ("QN2", "QN3", "QN4"):
        yield from _figure(region, code)


def _figure(region: str, code: str) -> Iterator[Story]:
    cell = {"programme": PROGRAMME, "indicator": code, "scope": region, "period": QUARTER}
    told = {**cell, "reading": example.reading(code, region, 1), "evidence": [paper(f"หลักฐาน {code} {region}")]}
    first = Story("area-offices", "IndicatorMeasured", f"{code}-{region}", told, "2017-10-31", wave=1)
    yield first
    verified = Story("bureau", "MeasurementVerified", f"ok-{code}-{region}", cell, "2017-10-31", (first.id,), wave=1)
    yield verified
    if code == "QN3" and example.number_of(region) % 5 == 2:
        again = {**told, "reading": {"value": "24"}, "supersedes": first.event_id, "reason": "นับซ้ำ (ตัวอย่าง)"}
        yield Story(
            "area-offices", "IndicatorMeasured", f"{code}-{region}-again", again, "2017-10-31",
            needs=(first.id,), refusal="measurement.supersedes_nothing", wave=2,
        )  # fmt: skip
