"""Whatever is sent comes to the same receipts, fact by fact or in one batch, where many are decided together."""

from __future__ import annotations

import contextlib
from random import Random
from typing import Any
from uuid import uuid5

import pytest

from services.committee.mandate import AdoptMandate, DraftMandate
from services.committee.programme import RegisterProgramme
from shared.contracts import ContractError, Rejected
from shared.contracts.committee import PublisherRights
from shared.eventstore.append import OtherContent
from shared.eventstore.commands import CAUSED
from shared.ingress.handler import NotOurs
from shared.ingress.http import Ingress
from shared.ingress.register import Publisher, Register
from tests.conftest import NewDatabase
from tests.integration.ingress.desk import SOURCE, TYPES, Desk, appointed, desk, event, proposed
from tests.unit.committee.examples import PROGRAMME_ID, definition, mandate_text

MANY = 120
REGIONS = {"R01": ("R01", "เขตตรวจราชการที่ ๑"), "R02": ("R02", " r02"), "R03": ("R03",), "R04": ("R04",)}
RIGHTS = PublisherRights(
    sources=(SOURCE,), types=tuple(each for each in TYPES if each != "MemberEnded"), regions=("R01", "R02", "R03")
)
SENDER = Publisher("personnel", "สำนักงาน ก.ค.ศ.", RIGHTS)


def some_facts(random: Random) -> list[dict[str, Any]]:
    """Facts of four regions, a third of them not as they should be."""
    facts: list[dict[str, Any]] = []
    for number in range(MANY):
        code = random.choice(list(REGIONS))
        region, name = random.choice(REGIONS[code]), f"f-{number}"
        place = {"programme": PROGRAMME_ID, "region": region}
        stream = f"committee:{PROGRAMME_ID}:{code}:{random.choice((1, 1, 2))}"
        earlier = random.choice(facts)["id"] if facts else "none"
        again = random.choice(facts) if facts else proposed(name)
        event_id = str(uuid5(CAUSED, f"committee\n{SOURCE}\n{earlier}\n0"))
        withdrawn = {**place, "withdrawn_on": "2016-12-20", "reason": "เสนอใหม่"}
        dissolved = {**place, "dissolved_on": "2017-02-01", "reason": "ปรับโครงสร้าง"}
        facts.append(
            random.choice(
                (
                    proposed(name, region),
                    proposed(name, region, proposed_by="สํานักงาน"),
                    appointed(name, region, number + 1),
                    appointed(name, region, number + 1),
                    event("CommitteeProposalWithdrawn", name, withdrawn),
                    event("CommitteeDissolved", name, dissolved),
                    event("FactVoided", name, {"event_id": event_id, "reason": "ส่งผิด"}, subject=stream),
                    event("FactVoided", name, {"event_id": event_id, "reason": "ส่งผิด"}, subject=stream),
                    again,
                    {**again, "data": {**again["data"], "more": number}},
                    {**proposed(name, region), "corrects": f"{SOURCE} {earlier}"},
                    random.choice(
                        (
                            proposed(name, "R99"),
                            proposed(name, region, proposed_by="นายสมชาย ใจดี"),
                            event("MemberEnded", name, place),
                            event("MeetingHeld", name, place),
                            event("Nonsense", name, place),
                            {**proposed(name, region), "source": "/ext/other/x"},
                        )
                    ),
                )
            )
        )
    return facts


async def one_by_one(on: Desk, facts: list[dict[str, Any]]) -> None:
    for each in facts:
        with contextlib.suppress(Rejected, NotOurs, ContractError, OtherContent):
            await on.send(each, SENDER)


async def in_one_batch(on: Desk, facts: list[dict[str, Any]]) -> None:
    await Ingress(on.facts, Register(on.store), {})._batch(facts, SENDER, "", dry_run=False)


async def comes_to(on: Desk) -> list[tuple[Any, ...]]:
    """Of each fact what became of it, once nothing moves any more."""
    await on.drainer.drain()
    rows = await on.store.pool.fetch(
        "SELECT DISTINCT ON (id) id, outcome, reason::jsonb ->> 'code' AS code, stream, stream_version, events "
        "FROM receipts ORDER BY id, serial DESC"
    )
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("seed", [7])
async def test_a_batch_comes_to_the_same_as_its_facts_one_by_one(database: NewDatabase, seed: int) -> None:
    facts = some_facts(Random(seed))
    came = []
    for send in (one_by_one, in_one_batch):
        async with desk(await database("committee"), shards=1 + seed % 3) as on:
            await on.command("programmes", RegisterProgramme(definition=definition()))
            drafted = {"programme": PROGRAMME_ID, "version": 1, "text": mandate_text(), "drafted_on": "2016-10-10"}
            await on.command("mandates", DraftMandate.model_validate(drafted))
            adopted = AdoptMandate.model_validate({"adopted_on": "2016-12-01", "resolution": "มติ 1/2560"})
            await on.command("mandates", adopted, stream=f"mandate:{PROGRAMME_ID}:1")
            await send(on, facts)
            came.append(await comes_to(on))
    assert {outcome for _, outcome, *_ in came[0]} >= {"accepted", "rejected"}
    assert came[0] == came[1]
