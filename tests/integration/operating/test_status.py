"""What operators see of a consumer that parks, is paused, is halted and ends, while it really does all that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from shared.operating.heartbeats import Heart, Vitals
from shared.operating.watcher import Watcher
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.streams.working import work_of
from tests.eventually import eventually
from tests.faults.issuer import RunningIssuer, running_issuer
from tests.faults.seen import Console, watching
from tests.integration.streams.test_runner import Seen, Stage, chain
from tests.integration.streams.test_runner import stage as stage

PAUSE = """
INSERT INTO consumer_control (consumer, paused) VALUES ('test.seen', $1)
ON CONFLICT (consumer) DO UPDATE SET paused = excluded.paused
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path_factory.mktemp("issuer")) as made:
        yield made


@asynccontextmanager
async def beating(stage: Stage, runner: Runner) -> AsyncIterator[None]:
    """The heart of a process that runs a consumer."""
    vitals, stop = Vitals(), asyncio.Event()
    vitals.works_on("test.seen", partial(work_of, runner))
    vitals.become(ready=True)
    beats = asyncio.create_task(Heart(stage.database.app_dsn, "activity-reactions", "one", vitals).run(stop))
    try:
        yield
    finally:
        stop.set()
        await beats


async def order(stage: Stage, *, paused: bool) -> None:
    connection = await asyncpg.connect(stage.database.app_dsn)
    await connection.execute(PAUSE, paused)
    await connection.close()


async def parked(console: Console) -> bool:
    """Whether the first stream's events are seen as parked, in the status and in the metrics."""
    told = await console.status()
    return told["parked"] == 2 and await console.shows("obec_parked_events", 2.0, {"consumer": "test.seen"})


async def test_what_a_consumer_does_is_seen(stage: Stage, issuer: RunningIssuer) -> None:
    """It parks, stands still when it is told to, is halted by a gap, and ends."""
    events = chain(14)
    await stage.send(events[:9])
    runner = stage.runner(Seen(refuse="committee:1"))
    async with watching("activity", stage.database.app_dsn, stage.broker, stage.topics, issuer) as console:
        async with stage.running(runner), beating(stage, runner):
            await console.sees("role", "activity-reactions", "ok", instance="one", ready=True)
            await console.sees("consumer", "test.seen", "ok", next_offset=9, lag=0, position=9)
            await eventually(lambda: parked(console), 15)
            await order(stage, paused=True)
            await console.sees("consumer", "test.seen", "paused", paused=True)
            await stage.send(events[10:])
            await console.sees("consumer", "test.seen", "paused", lag=4)
            await order(stage, paused=False)
            await console.sees("consumer", "test.seen", "stalled", halted="stream.gap")
            labels = {"consumer": "test.seen", "store": "committee", "shard": "0"}
            assert await console.shows("obec_consumer_lag_events", 4.0, labels)
            assert await console.shows("obec_consumer_halted", 1.0, {**labels, "code": "stream.gap"})
        await console.sees("role", "activity-reactions", "stopped", message="ended")
        await console.sees("consumer", "test.seen", "stopped")
        assert (await console.status())["verdict"] == "stopped"


async def test_the_status_is_for_operators(stage: Stage, issuer: RunningIssuer) -> None:
    async with watching("activity", stage.database.app_dsn, stage.broker, stage.topics, issuer) as console:
        asked = [await console.http.get("/v1/ops/status", headers=issuer.bearer("officer"))]
        asked += [await console.http.get("/v1/ops/status", headers={"Authorization": ""})]
        assert [(each.status_code, each.json()["code"]) for each in asked] == [
            (403, "auth.forbidden"),
            (401, "auth.required"),
        ]
        assert (await console.status())["service"] == "activity"


@pytest.mark.parametrize(("starting", "verdict"), [(30.0, "unknown"), (0.0, "stopped")])
async def test_a_process_is_missed_that_was_not_heard_of_once_it_had_time_to_start(
    stage: Stage, starting: float, verdict: str
) -> None:
    expected = ["activity-reactions"]
    watcher = Watcher("activity", stage.database.app_dsn, None, Topics(), expected=expected, starting=starting)
    await watcher.look()
    assert [(each.process, each.verdict) for each in watcher.status.roles] == [("activity-reactions", verdict)]
    assert (watcher.status.verdict, watcher.status.message) == (verdict, "")
    await watcher.close()


async def test_a_service_whose_database_does_not_answer_is_unknown(stage: Stage, tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@/nothing?host={tmp_path}"
    watcher = Watcher("activity", nowhere, None, Topics())
    await watcher.look()
    assert watcher.status.verdict == "unknown"
    assert watcher.status.message.startswith("the database does not answer")
    await watcher.close()
