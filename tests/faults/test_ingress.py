"""Facts of other systems while what takes them is killed: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import httpx
import orjson

from deploy.local.ports import HOST
from tests.eventually import eventually
from tests.faults.office import REGIONS, Office
from tests.faults.process import Process
from tests.faults.stage import SHARDED, Stage
from tests.integration.ingress.desk import SOURCE, TYPES, appointed, event, proposed
from tests.unit.committee.examples import PROGRAMME_ID

PATIENCE = 90.0
LONGEST_PAUSE = 0.8
KILLS = int(os.environ.get("OBEC_FAULT_KILLS", "2"))
"""The campaign kills more often."""
RECEIPTS = "SELECT source, id, outcome FROM receipts ORDER BY serial"


def facts() -> list[dict[str, Any]]:
    """Of every region a proposal, an appointment and a member who leaves."""
    made = []
    for number, region in enumerate(REGIONS, 1):
        ended = {
            "programme": PROGRAMME_ID,
            "region": region,
            "holder": {"person_id": proposed()["data"]["members"][1]["person_id"]},
            "ended_on": "2017-03-01",
            "reason": "เกษียณอายุราชการ",
        }
        made += [
            proposed(f"p-{region}", region),
            appointed(f"a-{region}", region, number),
            event("MemberEnded", f"e-{region}", ended),
        ]
    return made


async def admitted(office: Office, stage: Stage) -> str:
    """Admit the personnel system; its key."""
    rights = {
        "sources": [SOURCE],
        "types": [each for each in TYPES if each != "FactVoided"],
        "limits": {"events_per_minute": 100_000},
    }
    await office.tell("publishers", {"publisher": "personnel", "office": "ก.ค.ศ.", "rights": rights})
    answer = await office.tell("publishers/publisher:personnel/issue-api-key", {"credential": "first"})
    office.acknowledged.pop()  # sent again it does not show the key, as it should
    assert isinstance(answer, Mapping)
    return str(answer["api_key"])


class Publisher:
    """Sends facts to the first of some addresses that answers, until it does."""

    def __init__(self, addresses: Sequence[str], key: str) -> None:
        self.addresses = addresses
        self.headers = {"X-API-Key": key, "Content-Type": "application/cloudevents-batch+json"}

    async def send(self, batches: Sequence[Sequence[dict[str, Any]]]) -> None:
        """Send batches, four at a time."""
        gate = asyncio.Semaphore(4)

        async def one(client: httpx.AsyncClient, batch: Sequence[dict[str, Any]]) -> None:
            async with gate:
                await self._until_answered(client, batch)

        async with httpx.AsyncClient(headers=self.headers, timeout=3.0, trust_env=False) as client:
            await asyncio.gather(*(one(client, batch) for batch in batches))

    async def _until_answered(self, client: httpx.AsyncClient, batch: Sequence[dict[str, Any]]) -> None:
        clock = asyncio.get_running_loop()
        end = clock.time() + PATIENCE
        while clock.time() < end:
            for address in self.addresses:
                try:
                    answer = await client.post(f"{address}/v1/events", content=orjson.dumps(batch))
                except httpx.TransportError:
                    continue
                if answer.is_success:
                    return
                assert answer.status_code >= 500, answer.text
            await asyncio.sleep(0.05)
        raise AssertionError("nobody answered")


async def killed_again_and_again(process: Process, chance: Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.1, LONGEST_PAUSE))
        process.kill()
        await process.start()


@SHARDED
async def test_facts_sent_twice_in_any_order_are_each_counted_once_though_their_taker_is_killed(
    stage: Stage, chance: Random
) -> None:
    api = stage.api()
    await api.start()
    async with stage.office() as office, stage.projecting(), stage.witness():
        await office.open()
        key = await admitted(office, stage)
        sent = facts() * 2
        chance.shuffle(sent)
        batches = [sent[first : first + 7] for first in range(0, len(sent), 7)]
        publisher = Publisher([f"http://{HOST}:{stage.ports['api']}"], key)
        await asyncio.gather(publisher.send(batches), killed_again_and_again(api, chance))
        await nothing_waits(stage)
        await each_is_accepted_once(stage, sent)
        await stage.check(office)


async def nothing_waits(stage: Stage) -> None:
    async def none() -> bool:
        return not await stage.ask(stage.store.app_dsn, "SELECT FROM waiting")

    await eventually(none, PATIENCE)


async def each_is_accepted_once(stage: Stage, sent: Sequence[dict[str, Any]]) -> None:
    """Every fact has one receipt of acceptance, and its event stands once."""
    rows = await stage.ask(stage.store.app_dsn, RECEIPTS)
    ids = {each["id"] for each in sent}
    accepted = Counter(row["id"] for row in rows if row["outcome"] == "accepted")
    assert accepted == Counter(ids)
    assert {row["outcome"] for row in rows} <= {"accepted", "waiting"}
    commands = "SELECT metadata::jsonb ->> 'command' AS command FROM events WHERE metadata::jsonb ->> 'actor' = $1"
    stored = await stage.ask(stage.store.app_dsn, commands, "publisher:personnel")
    assert Counter(row["command"] for row in stored) == Counter(f"{SOURCE} {each}" for each in ids)
