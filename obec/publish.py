"""``obec publish``: send a file of events as a publisher, with progress; stopped, it goes on where it was."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from obec.output import console, fail

if TYPE_CHECKING:
    from collections import Counter

    from shared.kit.files import Mapped


def publish(
    file: Annotated[Path, typer.Argument(help="CloudEvents, one JSON object a line; or CSV, with --map.")],
    key: Annotated[str, typer.Option(envvar="OBEC_API_KEY", help="The publisher's API key.")] = "",
    token: Annotated[str, typer.Option(envvar="OBEC_TOKEN", help="A token of the publisher's client instead.")] = "",
    to: Annotated[str, typer.Option(help="A service that takes facts; by default committee on this machine.")] = "",
    mapping: Annotated[Path | None, typer.Option("--map", help="How a CSV row becomes an event (TOML).")] = None,
) -> None:
    """Send a file of events; what became of each is written to FILE.receipts.jsonl, and not sent again.

    Exits 1 when anything of the file was refused, in this run or in an earlier one. Stopped, the same again goes on.
    """
    from shared.kit.files import BadFile, Mapped
    from shared.kit.sending import CannotSend

    if not key and not token:
        raise fail("who sends? --key or OBEC_API_KEY, else --token or OBEC_TOKEN")
    headers = {"X-API-Key": key} if key else {"Authorization": f"Bearer {token}"}
    try:
        start = to or f"http://{HOST}:{Ports.of_environment(os.environ).committee}"
        mapped = Mapped.read(mapping) if mapping else None
        outcomes = asyncio.run(_send(file, mapped, start, headers))
    except (BadFile, CannotSend, StackError) as error:
        raise fail(str(error)) from error
    except OSError as error:
        raise fail(f"what becomes of the events cannot be written down: {error}") from error
    console.print(_table(outcomes))
    if set(outcomes) - {"accepted", "waiting"}:
        raise fail(f"not all was taken: {_receipts_of(file)} says why; what is right is sent under a new id")


async def _send(file: Path, mapped: Mapped | None, start: str, headers: dict[str, str]) -> Counter[str]:
    """What became of the file's events, in this run and earlier ones. Raises BadFile, CannotSend, OSError."""
    from collections import Counter

    import stamina

    from shared.kit.files import events_of
    from shared.kit.sending import Receipts, Sender

    next(events_of(file, mapped), None)  # beside a file that cannot be read nothing is made
    receipts = Receipts(_receipts_of(file))
    receipts.load()
    known = Counter(receipts.outcome(event) for event in events_of(file, mapped))
    total = known.pop(None, 0)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    stamina.instrumentation.set_on_retry_hooks(())  # what is waited for stands beside the bar, in words
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(file.name, total=total)
        sender = Sender(start, headers, waits=lambda why: bar.update(task, description=f"{file.name} waits: {why}"))
        try:
            async for count in sender.send(events_of(file, mapped), receipts):
                bar.update(task, description=file.name, advance=count)
        finally:
            await sender.close()
            stamina.instrumentation.set_on_retry_hooks(None)
    return sender.outcomes + Counter({outcome: count for outcome, count in known.items() if outcome})


def _receipts_of(file: Path) -> Path:
    """Where what became of a file's events is written."""
    return file.with_name(f"{file.name}.receipts.jsonl")


def _table(outcomes: Counter[str]) -> Table:
    table = Table("outcome", "events")
    for outcome, count in sorted(outcomes.items()):
        table.add_row(outcome, f"{count:,}")
    return table
