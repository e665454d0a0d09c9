"""``obec reread``: has every consumer begin at the first record of a topic that was made anew."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from deploy.local.stack import Stack
from deploy.local.topics import SERVICES
from obec.local import local_stack
from obec.ops.telling import AsJson, Reason, Service, Typed, reasoned, require_typed, told_in_one_line
from obec.output import console, progress, table
from obec.stores import asked, require_down

if TYPE_CHECKING:
    from shared.operating.rereading import Reread

COLUMNS = ("database", "partitions", "skips lifted", "parked records forgotten")


@told_in_one_line
def reread(service: Service, reason: Reason = "", yes: Typed = None, as_json: AsJson = False) -> None:
    """Have all consumers read a service's topic, which was made anew, from its beginning; the services must be down.

    What they have they recognise, what they lack they take; offsets that were skipped or parked mean nothing any more.
    """
    stack, why = local_stack(), reasoned(reason)
    require_typed(yes, service)
    require_down(stack)
    with progress("starting the servers") as report:
        stack.start_servers(report if not as_json else lambda _done: None)
    done = asked(_reread(stack, service, why), "read anew")
    if as_json:
        console.print_json(json.dumps({name: asdict(each) for name, each in done.items()}, ensure_ascii=False))
        return
    rows = [(name, str(each.partitions), ", ".join(each.skips), _parked(each.parked)) for name, each in done.items()]
    table(f"{service} is read from its first record", COLUMNS, rows)
    for name, each in done.items():
        for consumer in each.lacking:
            remedy = "rebuild begin" if name == "reporting" else f"rewind {name} {consumer}"
            console.print(
                f"[yellow]{consumer} lacks what was parked[/]: obec ops {remedy}", highlight=False, soft_wrap=True
            )


async def _reread(stack: Stack, service: str, reason: str) -> dict[str, Reread]:
    """Database after database; done again, it does nothing but write a line: so none is begun while one is in use."""
    from shared.eventstore.redact import alone
    from shared.operating.rereading import reread as reread_store

    actor, dsns = f"owner:{getpass.getuser()}", {name: stack.dsn(name, "owner") for name in SERVICES}
    for dsn in dsns.values():
        async with alone(dsn):
            pass
    return {name: await reread_store(dsn, service, actor=actor, reason=reason) for name, dsn in dsns.items()}


def _parked(parked: Mapping[str, int]) -> str:
    return ", ".join(f"{consumer} {count}" for consumer, count in parked.items())
