"""A worker of reactions that dies in the middle of its answers: each event is answered, and answered once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from tests.conftest import NewDatabase
from tests.eventually import eventually
from tests.faults.office import REGIONS
from tests.faults.stage import Stage
from tests.unit.committee.examples import PROGRAMME_ID

COMMANDS = 54
"""A proposal, a try and an appointment for each of 18 regions."""
REST_SECONDS = 60.0
ANSWERED = {"evaluation.learner": ("committee",), "evaluation.reactions": ("committee", "evaluation")}
"""Stores of which each consumer must have read everything before the rules are at rest."""
COUNTED = "SELECT count(*) AS n FROM events WHERE type LIKE '%.IndicatorScored.v_'"


async def test_figures_and_scores_by_rule_survive_a_worker_that_is_killed_between_two_answers(
    stage: Stage, database: NewDatabase
) -> None:
    """The appointments of the committees make indicator QN1 of every region and period, and that makes the scores."""
    stage.stores["evaluation"] = await database("evaluation")
    worker = stage.process("worker", "services.evaluation", "reactions")
    async with stage.desk() as office, stage.desk("evaluation") as evaluation, stage.projecting(), stage.witness():
        await asyncio.gather(worker.start(), office.open())
        await eventually(lambda: has_learned(stage), 30)
        await evaluation.tell("indicators", {"programme": PROGRAMME_ID})
        worker.arm("reaction.after_reply", "KILL")
        await office.work(COMMANDS, REGIONS)
        await worker.killed()
        async with stage.watching("evaluation") as console:
            await console.sees("consumer", "evaluation.reactions", "stopped")
        await worker.start()
        await eventually(lambda: at_rest(stage), REST_SECONDS, pause=0.1)
        await stage.check(office, evaluation, settled_at=datetime.now(UTC))
        assert await scores(stage) >= 18


async def has_learned(stage: Stage) -> bool:
    read = await stage.read(stage.stores["evaluation"].app_dsn, "evaluation.learner")
    return read.get(("committee", 0), 0) > 0


async def at_rest(stage: Stage) -> bool:
    """Whether everything was answered, and nothing more came of it."""
    heads = await stage.heads()
    for consumer, stores in ANSWERED.items():
        read = await stage.read(stage.stores["evaluation"].app_dsn, consumer)
        if any(read.get(place, 0) < position for place, position in heads.items() if place[0] in stores):
            return False
    return await stage.heads() == heads


async def scores(stage: Stage) -> int:
    """How many scores there are."""
    return int((await stage.ask(stage.stores["evaluation"].app_dsn, COUNTED))[0]["n"])
