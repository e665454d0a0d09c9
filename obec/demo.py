"""`obec demo`: the year 2560 on a stack of its own, made new on each run."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.client import DemoFailed, Offices, until
from demo.example import PROGRAMME
from demo.play import play
from demo.reporting import fetch_report, publish_report
from demo.tables import all_tables, sender_tables, thai_day
from demo.year import CHAPTERS, DAY_BEFORE_LATE_ORDER, Chapter
from deploy.local.errors import StackError
from deploy.local.kafka import SHORT_LIVED
from deploy.local.ports import DEMO_PORTS, HOST, Ports, variable
from deploy.local.stack import Stack
from obec.local import home, tell_addresses
from obec.output import console, fail, progress
from shared.kit.sending import CannotSend

SETTINGS = {"OBEC_CLOCK": "simulated", "OBEC_PUBLIC_READ": "1", "OBEC_CANARY_SECONDS": "0"}
WITHOUT_DISK_FLUSH = {"fsync": "off"}
"""The data are made new on each run and need not survive a power cut; what is killed still finds what it had."""

REPORT_FOLDER = "demo-report"
"""Where the published report is written, below the folder of this machine's data."""
WIDTH = 120
"""Cells of a line where no terminal says how many it has."""
PATH = f"/v1/programmes/{PROGRAMME}"
TIMES: Sequence[tuple[Mapping[str, str], str, str]] = (
    (
        {"as_of": DAY_BEFORE_LATE_ORDER},
        f"เท่าที่รู้เมื่อสิ้นวันที่ {thai_day(DAY_BEFORE_LATE_ORDER)}",
        f"known at the end of {DAY_BEFORE_LATE_ORDER}, the day before the late order came (as_of)",
    ),
    (
        {"effective_at": DAY_BEFORE_LATE_ORDER},
        "มีผลในวันนั้น เท่าที่รู้วันนี้",
        "in effect that day, as is known today (effective_at)",
    ),
)
"""What is asked of the committees of one day, in two ways, and what the answer is."""


def demo() -> None:
    """Live through fiscal year 2560 on a stack made new, and show its tables; stays until Ctrl-C, or ONCE=1 ends it."""
    began, lived = time.monotonic(), False
    for number in (signal.SIGTERM, signal.SIGHUP):  # a terminal that is closed must not leave a stack behind
        signal.signal(number, signal.default_int_handler)
    try:
        stack = demo_stack()
    except StackError as error:
        raise fail(str(error)) from error
    try:
        with progress("making a new stack") as report:
            stack.reset()
            stack.start(report, background=False)
        asyncio.run(_live(addresses_of(stack)))
        lived = True
        console.print(f"\n{time.monotonic() - began:.0f} s from the first line to here", style="dim")
        tell_addresses(stack)
        if os.environ.get("ONCE") != "1":
            stack.start_background()
            console.print("\nCtrl-C ends the demonstration and its stack.")
            signal.pause()
    except StackError as error:
        raise fail(str(error)) from error
    except (DemoFailed, CannotSend) as error:
        raise fail(f"the demonstration stopped: {error}") from error
    except KeyboardInterrupt:
        console.print()
        if not lived:
            raise typer.Exit(130) from None
    finally:
        with progress("stopping"):
            stack.stop()


def demo_stack() -> Stack:
    """The stack of the demonstration, as the environment sets it. Raises StackError."""
    return Stack(
        home() / "demo",
        Ports.of_environment(os.environ, DEMO_PORTS),
        settings=SETTINGS,
        postgres_settings=WITHOUT_DISK_FLUSH,
        java_options=SHORT_LIVED,
    )


def addresses_of(stack: Stack) -> Mapping[str, str]:
    """Where the services and the issuer of a stack answer."""
    names = ("issuer", "committee", "activity", "evaluation", "reporting")
    return {name: f"http://{HOST}:{getattr(stack.ports, name)}" for name in names}


async def _live(addresses: Mapping[str, str]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=len(CHAPTERS))

        def report(chapter: Chapter) -> None:
            bar.update(task, description=f"{chapter.at[:10]} {chapter.title:<44}", advance=1)

        year = await play(addresses, report)
    async with Offices(addresses) as offices:
        await _all_heads_have_passed(offices, CHAPTERS[-1])
        national, regions = await offices.ask(f"{PATH}/national"), await offices.ask(f"{PATH}/regions")
        times = [(await _committees(offices, when), thai, english) for when, thai, english in TIMES]
    width = console.width if console.is_terminal or "COLUMNS" in os.environ else WIDTH
    for each in all_tables(national, regions, times, width):
        console.print(each, width=width, crop=False)
    for each in sender_tables(year.senders.ledgers, width):
        console.print(each, width=width, crop=False)
    console.print(f"\nboard:      {addresses['reporting']}/{PROGRAMME}", highlight=False)
    async with Offices(addresses) as offices:
        with console.status("publishing the report"):
            published = await publish_report(offices)
            files = await fetch_report(offices, home() / REPORT_FOLDER)
    _tell_report(published, files, addresses)
    _tell_sandbox(year.senders.sandbox_key, addresses["committee"])


def _tell_report(report: str, files: Sequence[Path], addresses: Mapping[str, str]) -> None:
    """Print where the published report was written, and how it is made again."""
    for file in files:
        console.print(f"report:     {file}", highlight=False, soft_wrap=True)
    issuer = f"{variable('issuer')}={addresses['issuer'].rpartition(':')[2]}"
    command = f"{issuer} .venv/bin/obec report reproduce {report} --address {addresses['reporting']}"
    console.print(f"made again: {command}", highlight=False, soft_wrap=True)


def _tell_sandbox(key: str, committee: str) -> None:
    """Print the credential of the publisher that is there to try things with."""
    command = f"curl -H 'X-API-Key: {key}' {committee}/v1/publishers/me"
    console.print(f"\nsandbox:    {command}", highlight=False, soft_wrap=True)
    console.print("            a publisher to try things with: docs/publishing.md", style="dim")


async def _all_heads_have_passed(offices: Offices, last: Chapter) -> None:
    """Wait until every store has said that nothing more came before the year's last moment."""

    async def the_views_are_complete() -> bool:
        meta = (await offices.ask(f"{PATH}/activities"))["meta"]
        complete = meta["complete_up_to"]
        return complete is not None and datetime.fromisoformat(complete) >= last.moment

    await until(the_views_are_complete)


async def _committees(offices: Offices, when: Mapping[str, str]) -> str:
    text: str = (await offices.ask(f"{PATH}/national", **when))["committees"]["text"]
    return text
