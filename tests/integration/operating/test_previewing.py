"""A dry run of a replay: what would be written, what would be commanded, and nothing is kept."""

from __future__ import annotations

from uuid import uuid4

import orjson

from services.activity.plan import PlanActivity
from shared.contracts import Event
from shared.contracts.committee import ProgrammeRegistered
from shared.contracts.definition import CompletionRule
from shared.contracts.envelope import GENESIS, Envelope
from tests.integration.activity.test_what_others_told import COMMITTEE, Service, appointed, registered
from tests.integration.operating.office import Office
from tests.unit.activity.examples import PROGRAMME, day, definition, moment

PARK = """
INSERT INTO parked (
    consumer, topic, shard, record, store, position, stream, event_id, type, code, message, headers, value
) VALUES ($1, 'obec.cluster.committee', 0, $2, 'committee', $2, $3, $4, $5, 'reaction.failed', 'a bug', $6, $7)
"""
READ = "INSERT INTO consumer_offsets (consumer, store, shard) VALUES ($1, 'committee', 0)"


async def test_rows_of_a_learner_are_shown_and_not_kept(office: Office) -> None:
    await parked(office, "activity.learner", [(f"programme:{PROGRAMME}", registered()), (COMMITTEE, appointed)])
    shown = await office.post("replay", {"consumer": "activity.learner", "dry_run": True})
    assert (shown["events"], shown["stopped"], shown["commands"]) == (2, [], [])
    assert shown["tables"] == [{"table": "learned_events", "inserted": 2, "updated": 0, "deleted": 0}]
    assert [each["key"] for each in shown["rows"]] == [
        {"store": "committee", "shard": 0, "position": position} for position in (1, 2)
    ]
    assert await office.count("learned_events") == await office.count("operator_audit") == 0
    assert await office.count("parked") == 2


async def test_commands_of_a_rule_are_shown_and_not_given(office: Office) -> None:
    ruled = definition(rules={"1.2": CompletionRule(evidence=("CommitteeAppointed",), per="region")})
    known = ProgrammeRegistered(programme=PROGRAMME, version=1, definition=ruled, digest=ruled.digest())
    service = Service(office.app.state.handler)
    await service.learns(f"programme:{PROGRAMME}", known)
    plan = PlanActivity(programme=PROGRAMME, code="1.2", opens=day(1, 1), closes=day(3, 1), deadline=day(4, 1))
    await service.create("activities", plan)
    await parked(office, "activity.progress", [(COMMITTEE, appointed)])
    before = await office.count("events"), await office.count("inbox")
    shown = await office.post("replay", {"consumer": "activity.progress", "stream": COMMITTEE, "dry_run": True})
    assert (shown["events"], shown["tables"], shown["stopped"]) == (1, [], [])
    assert [(each["command"], each["stream"], each["actor"]) for each in shown["commands"]] == [
        ("StartActivity", f"activity:{PROGRAMME}:1.2", "rule:progress")
    ]
    assert (await office.count("events"), await office.count("inbox")) == before


async def test_a_consumer_of_which_no_parts_are_here_cannot_be_shown(office: Office) -> None:
    await parked(office, "activity.other", [(COMMITTEE, appointed)])
    problem = await office.post("replay", {"consumer": "activity.other", "dry_run": True}, 409)
    assert problem["code"] == "ops.no_preview"


async def test_a_dry_run_does_not_wait_long_for_a_consumer_at_work(office: Office) -> None:
    await parked(office, "activity.learner", [(COMMITTEE, appointed)])
    async with office.store.pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE consumer_offsets SET next_offset = 1")
        problem = await office.post("replay", {"consumer": "activity.learner", "dry_run": True}, 503)
    assert problem["code"] == "ops.busy"


async def parked(office: Office, consumer: str, told: list[tuple[str, Event]]) -> None:
    """Park events of the committee service, as the consumer would."""
    await office.store.pool.execute(READ, consumer)
    for position, (stream, event) in enumerate(told, start=1):
        event_id, data = str(uuid4()), event.to_json().encode()
        about = (event_id, event.spec.type, *(moment(1, 12),) * 3, "{}", data)
        envelope = Envelope("committee", 0, position, stream, 1, *about, "00" * 16, GENESIS, GENESIS)
        headers = orjson.dumps([[name, text.decode()] for name, text in envelope.headers()]).decode()
        await office.store.pool.execute(PARK, consumer, position, stream, event_id, event.spec.type, headers, data)
