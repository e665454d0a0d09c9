"""The year, chapter by chapter: what the offices send on which day. Dates and values are examples (ตัวอย่าง)."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from demo import example
from demo.client import Offices, all_of, until
from demo.example import CENTRE, PROGRAMME, REGIONS, paper
from demo.senders import Event, Receipt, Senders
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.types import BANGKOK

DEFINITION = Path(__file__).parents[1] / "programmes" / "2560-cluster.toml"
INDICATORS = ("QN2", "QN3", "QN4")
EARLY = 4
"""Notices that are told before their meetings."""


@dataclass
class Year:
    """What the offices remember in the course of the year."""

    offices: Offices
    senders: Senders
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    committees: dict[str, str] = field(default_factory=dict)
    meetings: dict[str, str] = field(default_factory=dict)
    measured: dict[tuple[str, str, str], str] = field(default_factory=dict)
    recommendations: dict[str, str] = field(default_factory=dict)
    appointed: int = 0
    wrong_payment: str = ""
    vouchers: count[int] = field(default_factory=lambda: count(1))

    async def begin(self) -> None:
        """The programme, its plan and its money."""
        await self.offices.send("committee", "programmes", {"definition": definition()})
        await self.offices.send("evaluation", "indicators", {"programme": PROGRAMME})
        await self.senders.begin()
        await all_of(self._plan(code, *days) for code, days in example.ACTIVITIES.items())
        for code, amount in example.ALLOCATIONS.items():
            await self._allocate(code, amount)
        await all_of(self._register(region) for region in REGIONS)

    async def _plan(self, code: str, opens: str, closes: str, deadline: str) -> None:
        body = {"programme": PROGRAMME, "code": code, "opens": opens, "closes": closes, "deadline": deadline}
        await self.offices.send("activity", "activities", body)

    async def _allocate(self, code: str, amount: int) -> None:
        body = {"programme": PROGRAMME, "activity": code, "amount_satang": amount, "allocated_on": "2016-10-03"}
        await self.offices.send("activity", "budgets", {**body, "document": f"ใบจัดสรร {code}/2560"})

    async def _register(self, region: str) -> None:
        refs = [f"{region}-{place}" for place in range(len(example.SEATS))]
        people = await all_of(self._person(ref, ref) for ref in refs)
        self.members[region] = example.committee(region, people)

    async def _person(self, ref: str, name: str) -> str:
        """The personnel system registers a person; events speak of the id."""
        return await self.offices.person(ref, f"บุคคลตัวอย่าง {name}", self.senders.personnel_key)

    async def start(self, code: str, day: str) -> None:
        """Work on an activity begins."""
        await self.offices.send("activity", f"activities/activity:{PROGRAMME}:{code}/start", {"started_on": day})

    async def complete(self, code: str, day: str, *outputs: str) -> None:
        """An activity is done."""
        path = f"activities/activity:{PROGRAMME}:{code}/complete"
        await self.offices.send("activity", path, {"completed_on": day, "outputs": list(outputs)})

    async def central_meeting(self) -> None:
        """The centre calls its first meeting."""
        await self.start("1", "2016-10-10")
        await self.start("1.1", "2016-10-10")
        await self._call("1/2560", "1", {None: "2016-10-20T09:00:00+07:00"}, "2016-10-10")

    async def central_meeting_held(self) -> None:
        """It is held and adopts guidelines; its roll is whoever came."""
        offices = [CENTRE, example.SECRETARY_GENERAL, "สำนักนโยบายและแผนการศึกษาขั้นพื้นฐาน"]
        came = [{"office": office, "attendance": "present"} for office in offices]
        await self.senders.e_meeting.tell(self._record(None, "1/2560", "1", "2016-10-20T09:00:00+07:00", came))

    async def mandate(self) -> None:
        """The mandate is drafted."""
        body = {"programme": PROGRAMME, "version": 1, "text": example.MANDATE, "drafted_on": "2016-10-24"}
        await self.offices.send("committee", "mandates", body)

    async def mandate_adopted(self) -> None:
        """A resolution adopts it: activity 1.1 is done."""
        body = {"adopted_on": "2016-11-07", "resolution": "มติที่ประชุมครั้งที่ 1/2560 ข้อ 1 (ตัวอย่าง)"}
        await self.offices.send("committee", f"mandates/mandate:{PROGRAMME}:1/adopt", body)
        await self.complete("1.1", "2016-11-07", "กรอบภารกิจการกระจายอำนาจแบบ CLUSTER (ตัวอย่าง)")
        await self._pay("1", None, 32_500_000, "2016-11-07")

    async def proposals(self, regions: Sequence[str], day: str) -> None:
        """Committees are proposed; when every region is, activity 1.2 is done by rule."""
        await all_of(self._propose(region, day) for region in regions)
        state = "completed" if len(self.committees) == len(REGIONS) else "started"

        async def the_plan_has_moved_by_rule() -> bool:
            answer = await self.offices.ask(f"/v1/programmes/{PROGRAMME}/activities")
            return any(each["code"] == "1.2" and each["state"] == state for each in answer["activities"])

        await until(the_plan_has_moved_by_rule)

    async def _propose(self, region: str, day: str) -> None:
        body = {"programme": PROGRAMME, "region": region, "proposed_on": day, "proposed_by": CENTRE}
        told = await self.offices.send("committee", "committees", {**body, "members": self.members[region]})
        self.committees[region] = told.stream

    async def orders(self, regions: Sequence[str], day: str) -> None:
        """Orders appoint committees with effect from ``day``; QN1 counts them by rule."""
        await self.senders.personnel.tell(*(self._order(region, day) for region in regions))
        self.appointed += len(regions)
        await self._scored({"QN1"}, counted=self.appointed)

    async def six_more_orders(self, regions: Sequence[str], day: str) -> None:
        """Orders, and three that cannot stand: one of another's, one with two chairs, one whose number is used."""
        await self.orders(regions, day)
        personnel, region = self.senders.personnel, example.LATE_ORDER
        foreign = self._order(region, day, fact="foreign", source="/ext/fiscal/gfmis")
        await personnel.tell_wrongly(foreign, "publisher.source_not_allowed")
        members = self.members[region]
        chairs = [members[0], {**members[1], "seat": "chair"}, *members[2:]]
        await personnel.tell_wrongly(self._order(region, day, fact="two-chairs", members=chairs), "committee.one_chair")
        used = {"unit": CENTRE, "number": 201, "year": 2559}
        await personnel.tell_wrongly(self._order(region, day, fact="used-number", order=used), "claim.taken")

    def _order(
        self, region: str, day: str, *, fact: str = "", source: str = "/ext/personnel/central", **changes: Any
    ) -> Event:
        data = {
            "programme": PROGRAMME,
            "region": region,
            "order": {"unit": CENTRE, "number": 201 + example.number_of(region), "year": 2559},
            "order_date": day,
            "signatory_office": example.SECRETARY_GENERAL,
            "effective_from": day,
            "mandate_version": 1,
            "members": self.members[region],
            **changes,
        }
        name = fact or f"order-{201 + example.number_of(region)}-2559"
        return self.senders.personnel.event("CommitteeAppointed", name, data, source=source)

    async def notices(self, number: str, activity: str, day: str, starts: str) -> None:
        """Every committee calls a meeting, region after region an hour later."""
        await self._call(number, activity, {region: _hour(starts, region) for region in REGIONS}, day)

    async def _call(self, number: str, activity: str, starts: Mapping[str | None, str], day: str) -> None:
        """The notices of the first come before the meetings that they call to: they wait for these."""
        e_meeting = self.senders.e_meeting
        agenda = {"issued_on": day, "agenda": ["รับรองรายงานการประชุม", "แนวทางการดำเนินงาน (ตัวอย่าง)"]}
        where = {"activity": activity, "place": "ห้องประชุมตัวอย่าง", "scheduled_on": day}
        notices = [self._of_meeting("MeetingNoticeIssued", region, number, agenda) for region in starts]
        calls = [
            self._of_meeting("MeetingScheduled", region, number, {**where, "starts_at": start})
            for region, start in starts.items()
        ]
        early = await e_meeting.tell_early(*notices[:EARLY])
        await e_meeting.tell(*calls, *notices[EARLY:])
        await e_meeting.came_in(early)

    def _of_meeting(self, name: str, region: str | None, number: str, told: Mapping[str, Any]) -> Event:
        """A fact of the e-meeting system about a meeting, which has its number for a key."""
        key = {"programme": PROGRAMME, "number": number, **({"region": region} if region else {})}
        return self.senders.e_meeting.event(name, f"{name}-{region or 'TH'}-{number}", {**key, **told})

    async def meetings_held(self, number: str, activity: str, starts: str, regions: Sequence[str]) -> None:
        """The meetings of these regions are reported."""
        await self.senders.e_meeting.tell(*(self._meeting(region, number, activity, starts) for region in regions))

    async def inquorate_meeting(self, region: str, number: str, activity: str, starts: str) -> None:
        """One region's meeting has no quorum; and two reports that cannot stand: too many votes, and a phone number."""
        e_meeting = self.senders.e_meeting
        await e_meeting.tell(self._meeting(region, number, activity, starts, present=3))
        wrong = self._meeting(region, "9/2560", activity, starts, present=5)
        wrong["data"]["resolutions"][0]["votes_for"] = 9
        await e_meeting.tell_wrongly({**wrong, "id": "too-many-votes"}, "meeting.too_many_votes")
        personal = self._meeting(region, "9/2560", activity, starts, present=5)
        personal["data"]["resolutions"][0]["text"] = f"ให้ติดต่อฝ่ายเลขานุการ โทร {example.TELEPHONE}"
        await e_meeting.tell_wrongly({**personal, "id": "a-phone-number"}, "text.personal_data")

    def _meeting(self, region: str, number: str, activity: str, starts: str, *, present: int = 0) -> Event:
        """The report of a meeting; ``present`` of the members came (0: most)."""
        came = present or 5 + example.number_of(region) % 4
        listed = example.attendance(region, self.members[region], present=came)
        return self._record(region, number, activity, _hour(starts, region), listed)

    def _record(self, region: str | None, number: str, activity: str, starts: str, came: list[dict[str, Any]]) -> Event:
        voting = sum(each["attendance"] == "present" for each in came[:6]) + (came[-1]["attendance"] == "present")
        quorate = region is None or voting >= 4
        resolution = {"number": 1, "text": "เห็นชอบแนวทางการดำเนินงาน (ตัวอย่าง)", "votes_for": min(voting, 3)}
        begins = datetime.fromisoformat(starts)
        told = {
            "activity": activity,
            "started_at": begins.isoformat(),
            "ended_at": (begins + timedelta(hours=2)).isoformat(),
            "attendance": came,
            "resolutions": [resolution] if quorate else [],
        }
        return self._of_meeting("MeetingHeld", region, number, told)

    async def minutes(self, number: str, day: str, keys: Sequence[str | None]) -> None:
        """Minutes are approved."""
        told = {"approved_on": day, "evidence": paper("รายงานการประชุม")}
        await self.senders.e_meeting.tell(
            *(self._of_meeting("MinutesApproved", region, number, told) for region in keys)
        )

    async def measure(self, quarter: int) -> None:
        """Area offices report a quarter; one region is silent in the second."""
        cells = [
            (code, region)
            for code in INDICATORS
            for region in REGIONS
            if not (region == example.SILENT and quarter == 2)
        ]
        period = f"2560-Q{quarter}"
        await self._report(
            [self._figure(code, region, period, example.reading(code, region, quarter)) for code, region in cells]
        )
        if quarter == 1:
            await self._figures_that_cannot_stand(period)

    async def _figures_that_cannot_stand(self, period: str) -> None:
        """A second figure of one cell, a place that is none of the programme's, and what area offices do not send."""
        area, reading = self.senders.area, example.reading("QN3", "R01", 2)
        second = {**self._figure("QN3", "R01", period, reading), "id": "second-figure"}
        await area.tell_wrongly(second, "measurement.second")
        place = {**self._figure("QN3", "R01", period, reading), "id": "no-such-region"}
        place["data"] = {**place["data"], "scope": "เขตตรวจราชการที่ 19"}
        await area.tell_wrongly(place, "region.unreadable")
        meeting = {**self._meeting("R01", "9/2560", "1", FIRST), "id": "not-theirs", "source": area.system.sources[1]}
        await area.tell_wrongly(meeting, "publisher.type_not_allowed")

    async def _report(self, figures: Sequence[Event]) -> None:
        for receipt in await self.senders.area.tell(*figures):
            _, code, scope, period = receipt["stream"].split(":")[1:5]
            self.measured[code, scope, period] = receipt["events"][0]["id"]

    def _figure(self, code: str, region: str, period: str, reading: dict[str, Any], **more: Any) -> Event:
        """A figure of a region; half of the area offices write the region's name and not its code."""
        place = example.number_of(region)
        scope = f"เขตตรวจราชการที่ {place}" if place % 2 else region
        data = {"programme": PROGRAMME, "indicator": code, "scope": scope, "period": period, "reading": reading}
        again = "-again" if more else ""
        return self.senders.area.event(
            "IndicatorMeasured",
            f"{code}-{region}-{period}{again}",
            {**data, "evidence": [paper(f"หลักฐาน {code} {region} {period}")], **more},
            source=f"/ext/area-offices/{region}",
        )

    async def _judge(self, code: str, period: str, level: int) -> None:
        """The centre's own figure of the nation."""
        body = {"programme": PROGRAMME, "indicator": code, "scope": "TH", "period": period, "reading": {"level": level}}
        evidence = [paper(f"หลักฐาน {code} TH {period}")]
        told = await self.offices.send("evaluation", "measurements", {**body, "evidence": evidence})
        self.measured[code, "TH", period] = told.events[0]

    async def return_one(self) -> None:
        """One figure of the first quarter is returned, and reported anew."""
        stream = _measurement("QN2", example.RETURNED, "2560-Q1")
        reason = {"reason": "หลักฐานไม่ตรงกับงวด (ตัวอย่าง)"}
        await self.offices.send("evaluation", f"measurements/{stream}/return", reason, user="approver")
        again = {
            "supersedes": self.measured["QN2", example.RETURNED, "2560-Q1"],
            "reason": "แนบหลักฐานของงวดที่ถูกต้อง (ตัวอย่าง)",
        }
        reading = {"numerator": "9", "denominator": "15"}
        await self._report([self._figure("QN2", example.RETURNED, "2560-Q1", reading, **again)])

    async def verify(self, period: str) -> None:
        """Another than the reporter verifies every figure of the period; the scores follow by themselves."""
        cells = [(code, scope) for code, scope, of in self.measured if of == period]
        await all_of(self._verify(code, scope, period) for code, scope in cells)
        await self._scored({code for code, _ in cells})

    async def _verify(self, code: str, scope: str, period: str) -> None:
        path = f"measurements/{_measurement(code, scope, period)}/verify"
        await self.offices.send("evaluation", path, {}, user="approver")

    async def _scored(self, codes: Collection[str], *, counted: int = 0) -> None:
        """Wait until the rules have answered every verification, so that their scores are of the same day.

        ``counted``: of how many regions there must be a figure, where no command told one.
        """
        for code in codes:

            async def all_verified_figures_are_scored(code: str = code) -> bool:
                answer = await self.offices.ask(f"/v1/programmes/{PROGRAMME}/indicators/{code}")
                verified = [cell for cell in answer["cells"] if cell["status"] == "verified"]
                in_nation = sum(cell.get("regions_counted") or 0 for cell in answer["indicator"]["nation"])
                regional = [cell for cell in verified if cell["scope"] in REGIONS]
                scored = all(cell["score"] is not None for cell in verified)
                return scored and in_nation == len(regional) >= counted

            await until(all_verified_figures_are_scored)

    async def close_period(self, period: str) -> None:
        """Figures of a period are final."""
        path = f"indicators/indicators:{PROGRAMME}/close-period"
        await self.offices.send("evaluation", path, {"period": period})

    async def workshop(self) -> None:
        """The workshop of activity 1.3 is held."""
        await self.start("1.3", "2017-02-14")
        body = {
            "programme": PROGRAMME,
            "activity": "1.3",
            "title": "ประชุมปฏิบัติการจัดทำข้อเสนอและแนวทาง (ตัวอย่าง)",
            "started_on": "2017-02-14",
            "ended_on": "2017-02-15",
            "place": "กรุงเทพมหานคร",
            "regions": list(REGIONS),
            "participants": 95,
        }
        self.meetings["workshop"] = (await self.offices.send("activity", "workshops", body)).stream
        await self._pay("1.3", None, 48_750_000, "2017-02-15")

    async def workshop_summarised(self) -> None:
        """Its four papers are made."""
        papers = {"proposal": "ข้อเสนอ", "guideline": "แนวทาง", "form": "รูปแบบ", "results_report": "รายงานผล"}
        body = {"summarised_on": "2017-03-10", **{name: paper(title) for name, title in papers.items()}}
        await self.offices.send("activity", f"workshops/{self.meetings['workshop']}/summarise", body)
        await self.complete("1.3", "2017-03-10", "ข้อเสนอ แนวทาง รูปแบบ และรายงานผล (ตัวอย่าง)")

    async def briefing(self) -> None:
        """The policy is explained to all committees."""
        await self.start("2", "2017-02-20")
        body = {
            "programme": PROGRAMME,
            "activity": "2",
            "title": "ประชุมชี้แจงและมอบนโยบาย (ตัวอย่าง)",
            "briefed_on": "2017-02-20",
            "regions": list(REGIONS),
            "policy": paper("นโยบาย CLUSTER"),
        }
        self.meetings["briefing"] = (await self.offices.send("activity", "briefings", body)).stream
        await self._pay("2", None, 41_200_000, "2017-02-20")

    async def acknowledged(self, regions: Sequence[str], day: str) -> None:
        """Committees acknowledge the policy."""
        path = f"briefings/{self.meetings['briefing']}/acknowledge"
        for region in regions:
            await self.offices.send("activity", path, {"region": region, "acknowledged_on": day})

    async def regional_spending(self, day: str, share: int) -> None:
        """Every committee's working meeting is paid for."""
        shares = {region: share + 12_500 * (example.number_of(region) % 5) for region in REGIONS}
        await self.senders.fiscal.tell(*(self._payment("3", region, satang, day) for region, satang in shares.items()))

    async def _pay(self, activity: str, region: str | None, satang: int, day: str) -> Receipt:
        [told] = await self.senders.fiscal.tell(self._payment(activity, region, satang, day))
        return told

    def _payment(self, activity: str, region: str | None, satang: int, day: str) -> Event:
        """A payment as the fiscal system writes it: B.E. days in Thai digits."""
        number = next(self.vouchers)
        written = example.thai_day(day)
        data = {
            "programme": PROGRAMME,
            "activity": activity,
            "amount_satang": satang,
            "paid_on": written,
            **({"region": region} if region else {}),
            "voucher": {"number": f"ขบ {number}/2560", "unit": CENTRE, "date": written},
        }
        return self.senders.fiscal.event("FundsDisbursed", f"voucher-{number}-2560", data)

    async def pay_the_wrong_region(self) -> None:
        """A payment is recorded for a region that it was not made for; one over the budget comes back."""
        told = await self._pay("4", example.WRONG_PAYMENT, 1_250_000, "2017-06-01")
        self.wrong_payment = told["events"][0]["id"]
        fiscal = self.senders.fiscal
        over = self._payment("1.2", "R01", 9_900_000_000, "2017-06-01")
        await fiscal.tell_wrongly(over, "budget.over_allocation")
        other = {**self._payment("4", "R01", 1_000, "2017-06-01"), "id": told["id"]}
        await fiscal.tell_wrongly(other, "fact.conflict")

    async def void_the_payment(self) -> None:
        """It is voided, and recorded anew for the region that it was made for."""
        body = {"event_id": self.wrong_payment, "reason": "บันทึกผิดเขตตรวจราชการ (ตัวอย่าง)"}
        fiscal = self.senders.fiscal
        await fiscal.tell(fiscal.event("FactVoided", "void-1", body, subject=f"budget:{PROGRAMME}"))
        await self._pay("4", "R12", 1_250_000, "2017-06-01")

    async def revise_target(self) -> None:
        """The target of QN4 is revised; closed periods keep their scores."""
        body = {
            "code": "QN4",
            "target": "25",
            "bands": ["65", "50", "35", "25", "15"],
            "revised_on": "2017-05-02",
            "reason": "ปรับตามปฏิทินการประชุมของเขตตรวจราชการ (ตัวอย่าง)",
        }
        await self.offices.send("evaluation", f"indicators/indicators:{PROGRAMME}/revise-target", body)

    async def restate(self) -> None:
        """A verified figure turns out wrong: it is restated with a reason, and verified again."""
        restated = {
            "supersedes": self.measured["QN3", example.RESTATED, "2560-Q2"],
            "reason": "นับซ้ำสองรายการ (ตัวอย่าง)",
        }
        await self._report([self._figure("QN3", example.RESTATED, "2560-Q2", {"value": "24"}, **restated)])
        await self._verify("QN3", example.RESTATED, "2560-Q2")
        await self._scored({"QN3"})

    async def visits(self) -> None:
        """Every region is visited; some visits find nothing, and say so."""
        await all_of(self._visit(region) for region in REGIONS)
        await all_of(self._recommend(region) for region in ("R01", "R06", "R11", "R17"))

    async def _visit(self, region: str) -> None:
        found = example.number_of(region) % 4 == 1
        said = {"findings": ["ผู้แทนบางหน่วยงานไม่เข้าประชุม (ตัวอย่าง)"]} if found else {"no_findings": True}
        body = {"programme": PROGRAMME, "region": region, "visited_on": "2017-06-12", "visited_by": CENTRE, **said}
        await self.offices.send("evaluation", "supervision-visits", body)

    async def _recommend(self, region: str) -> None:
        body = {
            "programme": PROGRAMME,
            "region": region,
            "issued_on": "2017-06-14",
            "text": "กำหนดผู้แทนสำรองของแต่ละหน่วยงาน (ตัวอย่าง)",
            "owner": f"ศึกษาธิการภาค {example.name_of(region)}",
            "due_on": "2017-08-31",
        }
        done = await self.offices.send("evaluation", "recommendations", body)
        self.recommendations[region] = done.stream

    async def follow_up(self) -> None:
        """Recommendations are followed up; half of them are carried out and closed."""
        body = {"followed_up_on": "2017-08-15", "progress": "อยู่ระหว่างแต่งตั้งผู้แทนสำรอง (ตัวอย่าง)"}
        # In order of region: which of several sent at once comes first is another thing every year.
        in_order = [self.recommendations[region] for region in sorted(self.recommendations)]
        for stream in in_order:
            await self.offices.send("evaluation", f"recommendations/{stream}/follow-up", body)
        closing = {"closed_on": "2017-08-25", "evidence": [paper("คำสั่งแต่งตั้งผู้แทนสำรอง")]}
        for stream in in_order[:2]:
            path = f"recommendations/{stream}/close"
            await self.offices.send("evaluation", path, closing, user="approver")

    async def chair_leaves(self) -> None:
        """A chair's membership ends: a vacancy."""
        holder = {"person_id": self.members[example.VACATED][0]["person_id"]}
        body = {"holder": holder, "ended_on": "2017-08-01", "reason": "เกษียณอายุราชการ (ตัวอย่าง)"}
        await self._tell_of_the_vacated("MemberEnded", body)

    async def chair_follows(self) -> None:
        """Another takes the seat."""
        person = await self._person(f"{example.VACATED}-new", "ใหม่")
        member = {**self.members[example.VACATED][0], "person_id": person}
        body = {"member": member, "effective_from": "2017-08-21"}
        await self._tell_of_the_vacated("MemberAppointed", body)
        self.members[example.VACATED][0] = member

    async def _tell_of_the_vacated(self, name: str, told: Mapping[str, Any]) -> None:
        personnel, region = self.senders.personnel, example.VACATED
        key = {"programme": PROGRAMME, "region": region}
        await personnel.tell(personnel.event(name, f"{name}-{region}", {**key, **told}))

    async def judge(self, half: int, period_of: Callable[[str], str]) -> None:
        """The centre judges the qualitative indicators against their rubrics."""
        for code in ("QL1", "QL2", "QL3") if half == 2 else ("QL1", "QL2"):
            await self._judge(code, period_of(code), example.level(code, half))

    async def conclude(self) -> None:
        """Conclusions, recommendations and guidelines (QL3)."""
        body = {
            "programme": PROGRAMME,
            "concluded_on": "2017-09-25",
            "conclusions": ["คณะกรรมการครบทุกเขตตรวจราชการและดำเนินงานตามกรอบภารกิจ (ตัวอย่าง)"],
            "recommendations": ["ให้กำหนดผู้แทนสำรองของทุกหน่วยงาน (ตัวอย่าง)"],
            "guidelines": ["จัดประชุมอย่างน้อยไตรมาสละครั้ง (ตัวอย่าง)"],
        }
        await self.offices.send("evaluation", "evaluations", body)


def definition() -> dict[str, Any]:
    """The programme's definition as it is sent."""
    made = ProgrammeDefinition.model_validate(tomllib.loads(DEFINITION.read_text("utf-8")))
    return made.model_dump(mode="json")


def _measurement(code: str, scope: str, period: str) -> str:
    return f"measurement:{PROGRAMME}:{code}:{scope}:{period}"


def _hour(starts: str, region: str) -> str:
    """The first meeting begins at ``starts``, each region's an hour after the one before, seven a day."""
    days, hours = divmod(example.number_of(region), 7)
    return (datetime.fromisoformat(starts) + timedelta(days=days, hours=hours)).isoformat()


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happens at one moment of the simulated clock (Bangkok)."""

    at: str
    title: str
    happens: Callable[[Year], Awaitable[object]]

    @property
    def moment(self) -> datetime:
        """The moment, with its zone."""
        return datetime.fromisoformat(self.at).replace(tzinfo=BANGKOK)


ON_TIME = tuple(region for region in REGIONS if region != example.LATE_ORDER)
MET = tuple(region for region in ON_TIME if region != example.INQUORATE)
FIRST, SECOND, THIRD = "2017-01-16T09:00:00+07:00", "2017-03-20T09:00:00+07:00", "2017-08-28T09:00:00+07:00"
DAY_BEFORE_LATE_ORDER = "2017-01-24"
"""As of its end the system knew nothing of the late order, which had been in effect since 15 December."""
EVALUATED = ("ตัวชี้วัดพร้อมค่าเป้าหมายและน้ำหนัก (ตัวอย่าง)", "ผลการนิเทศ ติดตาม และประเมินผล (ตัวอย่าง)")
TOLD = ("รายงานผลการดำเนินงาน ปีงบประมาณ พ.ศ. 2560 (ตัวอย่าง)",)


CHAPTERS = (
    Chapter("2016-10-03T09:00", "programme, plan, budget, persons", lambda y: y.begin()),
    Chapter("2016-10-10T09:00", "the centre calls its meeting", lambda y: y.central_meeting()),
    Chapter("2016-10-20T13:00", "central meeting held", lambda y: y.central_meeting_held()),
    Chapter("2016-10-24T10:00", "mandate drafted", lambda y: y.mandate()),
    Chapter("2016-10-28T10:00", "minutes approved", lambda y: y.minutes("1/2560", "2016-10-28", [None])),
    Chapter("2016-11-01T10:00", "activity 4 begins", lambda y: y.start("4", "2016-11-01")),
    Chapter("2016-11-07T10:00", "mandate adopted", lambda y: y.mandate_adopted()),
    Chapter("2016-11-14T10:00", "ten committees proposed", lambda y: y.proposals(REGIONS[:10], "2016-11-14")),
    Chapter("2016-11-21T10:00", "nine more proposed", lambda y: y.proposals(REGIONS[10:], "2016-11-21")),
    Chapter("2016-12-01T10:00", "twelve appointed", lambda y: y.orders(REGIONS[:12], "2016-12-01")),
    Chapter(
        "2016-12-15T10:00",
        "six more appointed; one order does not arrive",
        lambda y: y.six_more_orders([region for region in REGIONS[12:] if region in ON_TIME], "2016-12-15"),
    ),
    Chapter("2017-01-06T10:00", "first meetings called", lambda y: y.notices("1/2560", "1", "2017-01-06", FIRST)),
    Chapter("2017-01-11T10:00", "first quarter reported", lambda y: y.measure(1)),
    Chapter("2017-01-12T10:00", "a figure returned", lambda y: y.return_one()),
    Chapter("2017-01-18T18:00", "first meetings held", lambda y: y.meetings_held("1/2560", "1", FIRST, MET)),
    Chapter(
        "2017-01-18T18:30",
        "one without a quorum",
        lambda y: y.inquorate_meeting(example.INQUORATE, "1/2560", "1", FIRST),
    ),
    Chapter("2017-01-20T10:00", "first quarter verified and scored", lambda y: y.verify("2560-Q1")),
    Chapter("2017-01-25T10:00", "the late order arrives", lambda y: y.orders([example.LATE_ORDER], "2016-12-15")),
    Chapter(
        "2017-01-25T11:00",
        "its meeting is told at last",
        lambda y: y.meetings_held("1/2560", "1", FIRST, [example.LATE_ORDER]),
    ),
    Chapter("2017-02-10T10:00", "minutes approved", lambda y: y.minutes("1/2560", "2017-02-10", MET[:12])),
    Chapter("2017-02-15T18:00", "workshop held", lambda y: y.workshop()),
    Chapter("2017-02-20T18:00", "policy briefed", lambda y: y.briefing()),
    Chapter("2017-02-24T10:00", "policy acknowledged", lambda y: y.acknowledged(REGIONS[:12], "2017-02-24")),
    Chapter("2017-03-10T10:00", "workshop summarised", lambda y: y.workshop_summarised()),
    Chapter("2017-03-13T10:00", "working meetings called", lambda y: y.notices("2/2560", "3", "2017-03-13", SECOND)),
    Chapter(
        "2017-03-14T10:00",
        "acknowledged by all but one",
        lambda y: y.acknowledged([r for r in REGIONS[12:] if r != example.UNACKNOWLEDGED], "2017-03-14"),
    ),
    Chapter("2017-03-15T10:00", "activity 2 completed", lambda y: y.complete("2", "2017-03-15", "นโยบายที่ชี้แจงแล้ว")),
    Chapter("2017-03-16T10:00", "activity 3 begins", lambda y: y.start("3", "2017-03-16")),
    Chapter("2017-03-22T18:00", "working meetings held", lambda y: y.meetings_held("2/2560", "3", SECOND, REGIONS)),
    Chapter("2017-03-30T10:00", "meetings paid", lambda y: y.regional_spending("2017-03-30", 2_000_000)),
    Chapter("2017-03-31T10:00", "activity 1 completed", lambda y: y.complete("1", "2017-03-31", "แนวทางการดำเนินงาน")),
    Chapter("2017-04-11T10:00", "second quarter reported, one region silent", lambda y: y.measure(2)),
    Chapter("2017-04-12T10:00", "half-year judged", lambda y: y.judge(1, lambda _code: "2560-H1")),
    Chapter("2017-04-20T10:00", "second quarter verified", lambda y: y.verify("2560-Q2")),
    Chapter("2017-04-21T10:00", "half-year verified", lambda y: y.verify("2560-H1")),
    Chapter("2017-04-30T10:00", "first quarter closed", lambda y: y.close_period("2560-Q1")),
    Chapter("2017-05-02T10:00", "a target revised", lambda y: y.revise_target()),
    Chapter("2017-05-22T10:00", "a figure restated", lambda y: y.restate()),
    Chapter("2017-06-01T18:00", "a payment booked wrongly", lambda y: y.pay_the_wrong_region()),
    Chapter("2017-06-14T18:00", "regions visited", lambda y: y.visits()),
    Chapter("2017-06-19T10:00", "the payment voided and booked anew", lambda y: y.void_the_payment()),
    Chapter("2017-07-11T10:00", "third quarter reported", lambda y: y.measure(3)),
    Chapter("2017-07-20T10:00", "third quarter verified", lambda y: y.verify("2560-Q3")),
    Chapter("2017-08-01T10:00", "a chair leaves", lambda y: y.chair_leaves()),
    Chapter("2017-08-18T10:00", "last meetings called", lambda y: y.notices("3/2560", "3", "2017-08-18", THIRD)),
    Chapter("2017-08-21T10:00", "another chair", lambda y: y.chair_follows()),
    Chapter("2017-08-25T10:00", "recommendations followed up", lambda y: y.follow_up()),
    Chapter("2017-08-30T18:00", "last meetings held", lambda y: y.meetings_held("3/2560", "3", THIRD, REGIONS)),
    Chapter("2017-08-31T10:00", "meetings paid", lambda y: y.regional_spending("2017-08-31", 2_500_000)),
    Chapter("2017-09-08T10:00", "activity 3 completed", lambda y: y.complete("3", "2017-09-08", "ผลการปฏิบัติงาน")),
    Chapter("2017-09-25T10:00", "evaluation concluded", lambda y: y.conclude()),
    Chapter("2017-09-25T11:00", "activity 5 begins", lambda y: y.start("5", "2017-09-25")),
    Chapter("2017-10-10T10:00", "fourth quarter reported", lambda y: y.measure(4)),
    Chapter(
        "2017-10-11T10:00",
        "the year judged",
        lambda y: y.judge(2, lambda code: "2560-Y" if code == "QL3" else "2560-H2"),
    ),
    Chapter("2017-10-13T10:00", "fourth quarter verified", lambda y: y.verify("2560-Q4")),
    Chapter("2017-10-14T10:00", "half-year verified", lambda y: y.verify("2560-H2")),
    Chapter("2017-10-14T11:00", "year verified", lambda y: y.verify("2560-Y")),
    Chapter("2017-10-14T11:30", "old facts are sent again", lambda y: y.senders.repeat()),
    Chapter("2017-10-14T12:00", "activity 4 completed", lambda y: y.complete("4", "2017-10-14", *EVALUATED)),
    Chapter(
        "2017-10-31T18:00", "the year is over, activity 5 completed", lambda y: y.complete("5", "2017-10-31", *TOLD)
    ),
)
