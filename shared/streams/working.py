"""A process that consumes: runs projections and reactions side by side until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from shared.operating.heartbeats import VITALS, Work
from shared.process import GRACE, StartRefused, ready
from shared.settings import Settings
from shared.starting import loaded
from shared.streams.broker import Broker
from shared.streams.projection import Projection
from shared.streams.runner import Runner
from shared.streams.topics import Topics

Beside = Callable[[asyncio.Event], Awaitable[None]]
"""Other work of the process, until the event is set."""


def broker_of(settings: Settings) -> Broker:
    """Where Kafka is. Raises StartRefused when that is not set."""
    if settings.broker is None:
        raise StartRefused("KAFKA_BOOTSTRAP_SERVERS is not set: there is nothing to consume from")
    return settings.broker


def runner_of(
    settings: Settings,
    service: str,
    projection: Projection,
    *,
    recompute: bool = False,
    connection: dict[str, str] | None = None,
) -> Runner:
    """A runner of the projection on the service's database, with settings of its ``connection`` if given.

    Raises StartRefused when no broker is set.
    """
    topics = Topics(settings.topic_prefix)
    return Runner(
        projection,
        settings.dsn(service),
        broker_of(settings),
        topics,
        instance=settings.instance,
        recompute=recompute,
        settings=connection,
    )


async def work(settings: Settings, stop: asyncio.Event, runners: Sequence[Runner], *beside: Beside) -> None:
    """Run until ``stop``; ready once every runner has joined. What one of them raises ends the process."""
    loaded()
    for each in runners:
        VITALS.works_on(each.projection.name, partial(work_of, each))
    tasks = [asyncio.ensure_future(each.run(stop)) for each in runners]
    tasks += [asyncio.ensure_future(each(stop)) for each in beside]
    joined = asyncio.ensure_future(_all_joined(runners))
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([joined, stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if joined.done():
            with ready(settings):
                await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        joined.cancel()
        _, late = await asyncio.wait(tasks, timeout=GRACE + 5)
        for task in late:
            task.cancel()
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()


def work_of(runner: Runner) -> Work:
    """How a runner does, for the process's heart."""
    return Work(runner.joined.is_set(), {place: halted.code for place, halted in runner.halted_at.items()})


async def _all_joined(runners: Sequence[Runner]) -> None:
    for each in runners:
        await each.joined.wait()
