"""The made-up programme of fiscal year 2563, by public HTTP on the product that has lived through 2560.

Four regions; committees count half-yearly (K1), visits monthly (K2, of which a quarter is told), and a rubric for the
nation (K3). A meeting needs more than two thirds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from demo import example
from demo.client import Offices, all_of, until
from demo.example import CENTRE, SECRETARY_GENERAL, paper
from deploy.local.supervisor import ROOT
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.types import BANGKOK
from tests.scenarios.product import Answer, Product

FILE = ROOT / "programmes" / "2563-example.toml"
PROGRAMME = "2563-example"
REGIONS = ("CTR", "R02", "R13", "R14")
IN_THE_FIRST_HALF = REGIONS[:3]
LATE = "R14"
INQUORATE = "R02"
MONTHS = (1, 2, 3)
LAST_DAY = "2020-10-31"
AT_THE_END = ("national", "regions", "activities", "indicators", "indicators/K1", "indicators/K2", "meetings")


def definition(**changes: Any) -> dict[str, Any]:
    """The programme's definition as it is sent."""
    made = ProgrammeDefinition.model_validate(tomllib.loads(FILE.read_text("utf-8")))
    return {**made.model_dump(mode="json"), **changes}


def visits(region: str, month: int) -> int:
    """What a region reports of a month: CTR 3, 4, 5; R02 4, 5, 6; and so on."""
    return 2 + REGIONS.index(region) + month


@dataclass(frozen=True)
class Lived:
    """The year that was lived."""

    product: Product
    ended: Mapping[str, Answer]
    """What was answered at its end, by question."""

    def indicator(self, code: str) -> Answer:
        """An indicator at the end of the year."""
        return next(each for each in self.ended["indicators"]["indicators"] if each["code"] == code)

    def activity(self, code: str) -> Answer:
        """An activity at the end of the year."""
        return next(each for each in self.ended["activities"]["activities"] if each["code"] == code)


async def live_second(product: Product) -> Lived:
    """Live through the year, then wait until all is at rest, and ask."""
    async with product.offices() as offices:
        year = _Year(offices)
        for at, happens in YEAR:
            await offices.set_clock(datetime.fromisoformat(at).replace(tzinfo=BANGKOK))
            await happens(year)
    await product.at_rest()
    return Lived(product, {path: await product.ask(path, PROGRAMME) for path in AT_THE_END})


@dataclass
class _Year:
    offices: Offices
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    committees: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        await self.offices.send("committee", "programmes", {"definition": definition()})
        await self.offices.send("evaluation", "indicators", {"programme": PROGRAMME})
        for activity in definition()["activities"]:
            days = {name: activity[name] for name in ("code", "opens", "closes", "deadline")}
            await self.offices.send("activity", "activities", {"programme": PROGRAMME, **days})
        await all_of(self._register(region) for region in REGIONS)
        text = {"programme": PROGRAMME, "version": 1, "text": example.MANDATE, "drafted_on": "2019-10-07"}
        await self.offices.send("committee", "mandates", text)
        adopted = {"adopted_on": "2019-10-07", "resolution": "มติที่ประชุมครั้งที่ 1/2563 (ตัวอย่าง)"}
        await self.offices.send("committee", f"mandates/mandate:{PROGRAMME}:1/adopt", adopted)

    async def _register(self, region: str) -> None:
        refs = [f"2563-{region}-{place}" for place in range(len(example.SEATS))]
        people = await all_of(self.offices.person(ref, f"บุคคลตัวอย่าง {ref}") for ref in refs)
        self.members[region] = example.committee(region, people)

    async def propose(self) -> None:
        for region in REGIONS:
            body = {"programme": PROGRAMME, "region": region, "proposed_on": "2019-11-01", "proposed_by": CENTRE}
            told = await self.offices.send("committee", "committees", {**body, "members": self.members[region]})
            self.committees[region] = told.stream

    async def appoint(self, regions: Sequence[str], day: str) -> None:
        for region in regions:
            body = {
                "order": {"unit": CENTRE, "number": 301 + REGIONS.index(region), "year": 2562},
                "order_date": day,
                "signatory_office": SECRETARY_GENERAL,
                "effective_from": day,
                "mandate_version": 1,
                "members": self.members[region],
            }
            await self.offices.send("committee", f"committees/{self.committees[region]}/appoint", body)

    async def counted(self, half: str, regions: int) -> None:
        """The rule has counted the committees of a half-year, nobody having told a figure."""

        async def committees_are_counted() -> bool:
            answer = await self.offices.ask(f"/v1/programmes/{PROGRAMME}/indicators/K1")
            nation = {each["period"]: each["regions_counted"] for each in answer["indicator"]["nation"]}
            return bool(nation[half] == regions)

        await until(committees_are_counted)

    async def report(self) -> None:
        for month in MONTHS:
            for region in REGIONS:
                reading = {"value": str(visits(region, month))}
                cell = {"indicator": "K2", "scope": region, "period": f"2563-M{month:02}"}
                await self.offices.send(
                    "evaluation", "measurements", {"programme": PROGRAMME, **cell, "reading": reading}
                )

    async def verify(self, *cells: str) -> None:
        for cell in cells:
            path = f"measurements/measurement:{PROGRAMME}:{cell}/verify"
            await self.offices.send("evaluation", path, {}, user="approver")

    async def judge(self) -> None:
        cell = {"indicator": "K3", "scope": "TH", "period": "2563-Y", "reading": {"level": 4}}
        evidence = [paper("ร่างรายงาน"), paper("หนังสือเสนอรายงาน")]
        await self.offices.send("evaluation", "measurements", {"programme": PROGRAMME, **cell, "evidence": evidence})
        await self.verify("K3:TH:2563-Y")

    async def meet(self, number: str, day: str, came: Mapping[str, int]) -> None:
        """Meetings of regions, at each as many voting members of seven as ``came`` says."""
        for region, present in came.items():
            begins = datetime.fromisoformat(f"{day}T09:00:00+07:00")
            resolution = {"number": 1, "text": "เห็นชอบ (ตัวอย่าง)", "votes_for": present}
            body = {
                "programme": PROGRAMME,
                "region": region,
                "number": number,
                "activity": "2",
                "started_at": begins.isoformat(),
                "ended_at": (begins + timedelta(hours=2)).isoformat(),
                "attendance": example.attendance(region, self.members[region], present=present),
                "resolutions": [resolution] if present > 4 else [],
            }
            await self.offices.send("activity", "meeting-records", body)


MONTHLY = tuple(f"K2:{region}:2563-M{month:02}" for month in MONTHS for region in REGIONS)
YEAR: Sequence[tuple[str, Callable[[_Year], Awaitable[None]]]] = (
    ("2019-10-07T10:00", lambda y: y.begin()),
    ("2019-11-01T10:00", lambda y: y.propose()),
    ("2019-11-15T10:00", lambda y: y.appoint(IN_THE_FIRST_HALF, "2019-11-15")),
    ("2020-01-10T10:00", lambda y: y.report()),
    ("2020-01-13T10:00", lambda y: y.verify(*MONTHLY)),
    ("2020-02-03T18:00", lambda y: y.meet("1/2563", "2020-02-03", {"CTR": 5, INQUORATE: 4, "R13": 5})),
    ("2020-04-01T09:00", lambda y: y.counted("2563-H2", 3)),
    ("2020-05-04T10:00", lambda y: y.appoint([LATE], "2020-05-04")),
    ("2020-06-01T18:00", lambda y: y.meet("2/2563", "2020-06-01", dict.fromkeys(REGIONS, 5))),
    ("2020-07-01T18:00", lambda y: y.meet("3/2563", "2020-07-01", dict.fromkeys(REGIONS, 6))),
    ("2020-09-25T10:00", lambda y: y.judge()),
    (f"{LAST_DAY}T18:00", lambda y: y.counted("2563-H2", 4)),
)
