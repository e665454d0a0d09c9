"""``obec redact``: carries out that one event loses its data, in its store and in every database that copied it."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import asyncpg
import typer

from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.local.topics import SERVICES
from obec.local import local_stack
from obec.ops.telling import AsJson, Service, Typed, require_typed, told_in_one_line
from obec.output import console, progress
from obec.stores import asked, require_down
from services.reporting.sql import statements

if TYPE_CHECKING:
    from shared.eventstore.redact import Redaction

_SQL = statements("obec", "redact.sql")


@told_in_one_line
def redact(
    service: Service,
    position: Annotated[int, typer.Argument(min=1, help="Position of the event in the service's store.")],
    shard: Annotated[int, typer.Option(min=0, help="Its shard.")] = 0,
    yes: Typed = None,
    as_json: AsJson = False,
) -> None:
    """Take the data of one event away for good, as `obec ops redact` ordered it; the services must be down.

    Its topic is to be made anew afterwards.
    """
    from shared.eventstore.redact import target_of

    stack, target = local_stack(), target_of(service, shard, position)
    require_typed(yes, target)
    require_down(stack)
    with progress("starting the servers") as report:
        stack.start_servers(report if not as_json else lambda _done: None)
    copies, made = asked(_redacted(stack, service, shard, position), "redacted")
    if as_json:
        console.print_json(json.dumps({**asdict(made), "copies": copies}, ensure_ascii=False))
        return
    emptied = ", ".join(f"{name} {count}" for name, count in copies.items() if count) or "none"
    console.print(f"{target}: {made.type} of {made.stream} has no data any more; line {made.audit} of the audit",
                  highlight=False)  # fmt: skip
    console.print(f"copies emptied: {emptied}; bodies as received: {made.originals}", highlight=False)
    if made.sent:
        console.print(f"[yellow]the topic of {service} holds the data still[/]: make it anew, then the views")


async def _redacted(stack: Stack, service: str, shard: int, position: int) -> tuple[dict[str, int], Redaction]:
    """Copies first, which can be emptied again: an interrupted run is repeated until the store's own event is done."""
    from shared.eventstore.redact import redact as redact_event
    from shared.eventstore.redact import redact_copies, require_ordered

    event = service, shard, position
    await require_ordered(stack.dsn(service, "owner"), shard, position)
    await _require_one_version(stack)
    copies = {name: await redact_copies(stack.dsn(name, "owner"), *event) for name in SERVICES if name != service}
    if service != "reporting":
        copies["reporting"] += await _ask_reporting(stack, "empty", *event)
    by = f"owner:{getpass.getuser()}"
    return copies, await redact_event(stack.dsn(service, "owner"), shard, position, by=by)


async def _require_one_version(stack: Stack) -> None:
    other = await _ask_reporting(stack, "versions")
    if other is not None:
        raise StackError(f"{other} of the views holds a copy too: drop it first (obec ops rebuild drop {other})")


async def _ask_reporting(stack: Stack, name: str, *given: Any) -> Any:
    connection = await asyncpg.connect(stack.dsn("reporting", "owner"), timeout=10)
    try:
        return await connection.fetchval(_SQL[name], *given)
    finally:
        await connection.close()
