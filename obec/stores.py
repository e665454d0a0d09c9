"""The commands that check event stores, and bring back what one lost.

What they use is imported when they run: it would double the time that every other command takes to begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer
from aiokafka.errors import KafkaError

from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.local.topics import SERVICES
from obec.local import local_stack
from obec.output import console, fail, progress, table
from shared.streams.topics import Topics

if TYPE_CHECKING:
    from shared.eventstore.restore import Restored
    from shared.eventstore.verify import Verdict

Services = Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SERVICES)}; all when none is named.")]


def verify(services: Services = None) -> None:
    """Check every event and hash of the stores; names the first position that is not what was recorded."""
    try:
        stack, names = local_stack(), _known(services or SERVICES)
        with console.status("verifying"):
            verdicts = [(name, verdict) for name in names for verdict in _verify(stack, name)]
    except StackError as error:
        raise fail(str(error)) from error
    table("event stores", ("store", "shard", "events", "verdict"), [_line(*each) for each in verdicts])
    if any(verdict.bad_position for _, verdict in verdicts):
        raise typer.Exit(1)


def restore(service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]) -> None:
    """Copy back from Kafka what a store lacks that was restored from a backup; the services must be down."""
    try:
        stack, [name] = local_stack(), _known([service])
        if any(state.state in ("running", "starting") for state in stack.process_states()):
            raise StackError("services are running: `obec down` first")
        with progress("starting the servers") as report:
            stack.start_servers(report)
        with console.status("restoring"):
            restored = _restore(stack, name)
    except StackError as error:
        raise fail(str(error)) from error
    rows = [(name, str(each.shard), str(each.events), str(each.position)) for each in restored]
    table("restored", ("store", "shard", "events", "up to position"), rows)


def _known(services: Sequence[str]) -> Sequence[str]:
    for service in services:
        if service not in SERVICES:
            raise StackError(f"no service is called {service!r}: {', '.join(SERVICES)}")
    return services


def _verify(stack: Stack, service: str) -> list[Verdict]:
    from shared.eventstore.verify import verify as verify_store

    try:
        return asyncio.run(verify_store(stack.dsn(service)))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(f"the database of {service} cannot be read: {error}; does the stack run?") from error


def _restore(stack: Stack, service: str) -> list[Restored]:
    from shared.eventstore.restore import CannotRestore
    from shared.eventstore.restore import restore as restore_store

    topics = Topics(stack.settings.get("OBEC_TOPIC_PREFIX", ""))
    try:
        return asyncio.run(restore_store(stack.dsn(service, "owner"), stack.broker, topics))
    except CannotRestore as error:
        raise StackError(f"{error} ({error.code})") from error
    except (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(f"the store of {service} could not be restored: {error}") from error


def _line(service: str, verdict: Verdict) -> tuple[str, str, str, str]:
    said = f"[red]position {verdict.bad_position}: {verdict.reason}[/]" if verdict.bad_position else "[green]whole[/]"
    return service, str(verdict.shard), str(verdict.verified), said
