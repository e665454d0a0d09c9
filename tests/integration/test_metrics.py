"""A process without an API tells on a port of its own whether it lives, whether it works, and its metrics."""

from __future__ import annotations

import signal
from pathlib import Path

import asyncpg
import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.ports import HOST
from shared.operating.heartbeats import Vitals, Work
from shared.web.bare import bare_app
from tests.conftest import NewDatabase, NewTopics
from tests.contract.process import environment_of, free_port, process
from tests.eventually import eventually

BEAT = "SELECT ready, message FROM heartbeats WHERE process = 'reporting-projector'"


async def test_a_projector_has_a_door_of_its_own(database: NewDatabase, topics: NewTopics, tmp_path: Path) -> None:
    made, names, port = await database("reporting"), await topics(), free_port()
    environment = {
        **environment_of(made, OBEC_TOPIC_PREFIX=names.prefix, OBEC_REPORTING_PROJECTOR_PORT=port),
        **names.broker_of("reporting").environment(),
    }
    with process("reporting", environment, tmp_path / "log", "projector") as projector:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as http:
            await eventually(lambda: answers(http, "/readyz"), 30)
            assert (await http.get("/livez")).json() == {"status": "live"}
            assert (await http.get("/readyz")).json()["checks"]["work"]["reporting"] == {"ready": True, "halted": {}}
            families = {each.name for each in text_string_to_metric_families((await http.get("/metrics")).text)}
            assert families >= {"obec_consumed_events", "obec_batch_seconds", "process_start_time_seconds"}
            await eventually(lambda: says(made.app_dsn, True, ""), 10)
            with process("reporting", environment, tmp_path / "second", "projector") as second:
                assert await second.ended() == 1
                assert second.lines[-1].startswith(f"reporting projector: port {port} on {HOST} is taken:")
                assert second.lines[-1].endswith("set OBEC_REPORTING_PROJECTOR_PORT")
        projector.signal(signal.SIGTERM)
        assert await projector.ended() == 0
    assert await says(made.app_dsn, False, "ended")


async def answers(http: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await http.get(path)).is_success
    except httpx.TransportError:
        return False


async def says(dsn: str, ready: bool, message: str) -> bool:
    """Whether the projector's last beat said that; a second one has another name."""
    connection = await asyncpg.connect(dsn)
    try:
        return (ready, message) in [tuple(row) for row in await connection.fetch(BEAT)]
    finally:
        await connection.close()


async def test_a_process_is_not_ready_before_it_has_come_to_its_work() -> None:
    vitals = Vitals()
    vitals.works_on("reporting", lambda: Work(ready=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_app(vitals)), base_url="http://bare") as http:
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
        assert (await http.get("/livez")).status_code == 200
        vitals.become(ready=True)
        assert (await http.get("/readyz")).json()["checks"] == {"work": {"reporting": {"ready": False, "halted": {}}}}
