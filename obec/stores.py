"""The commands that prove stores, topics and views, and that bring back what one of them lost.

What they use is imported when they run: it would double the time that every other command takes to begin.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.markup import escape

from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.local.topics import SERVICES
from obec.asking import refused
from obec.local import local_stack
from obec.output import console, errors, fail, progress, table
from shared.contracts import Rejected
from shared.contracts.coded import CodedError
from shared.streams.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from obec.backups import Backup
    from shared.eventstore.checkpoint import Checkpoint
    from shared.eventstore.finding import Finding
    from shared.eventstore.restore import Restored

T = TypeVar("T")

PARTS = ("stores", "topics", "views", "reports")
UNREACHABLE = (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What databases and brokers answer that are not there, or not what they should be."""

Services = Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SERVICES)}; all when none is named.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def verify(
    services: Services = None,
    part: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(PARTS)}; all when none is named.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoints that were kept elsewhere.")] = None,
    key: Annotated[Path | None, typer.Option(help="The public key that they are signed with (PEM).")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that stores, topics, views and published reports follow from one another; names the first differences."""
    try:
        stack, names, parts = local_stack(), _known(services or SERVICES), _parts(part or PARTS)
        kept = _checkpoints(checkpoint, key)
        with _counted() as tell:
            found = asked(_findings(stack, names, parts, kept, tell), "verified")
    except StackError as error:
        raise fail(str(error)) from error
    whole = all(each.whole for each in found)
    if as_json:
        told = {"whole": whole, "found": [{**asdict(each), "whole": each.whole} for each in found]}
        console.print_json(json.dumps(told, ensure_ascii=False))
    else:
        table("verified", ("part", "of", "checked", "verdict"), [_line(each) for each in found])
        for line in [line for each in found for line in each.explained]:
            console.print(f"left out by decision: {line}", highlight=False, soft_wrap=True, markup=False)
    if not whole:
        raise typer.Exit(1)


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    services: Services = None,
) -> None:
    """Dump the services' databases into a folder, with how far each store was; services may run meanwhile."""
    from obec.backups import back_up

    try:
        stack, names = local_stack(), _known(services or SERVICES)
        with progress("backing up") as report:
            made = asked(back_up(folder, {name: stack.dsn(name, "owner") for name in names}, report), "backed up")
    except StackError as error:
        raise fail(str(error)) from error
    table(str(folder), ("service", "positions", "bytes", "sha256"), _backed_up(made))


def restore(
    what: Annotated[str, typer.Argument(metavar="SERVICE|FOLDER", help=f"Of {', '.join(SERVICES)}, or a backup.")],
) -> None:
    """Bring a backup back and, from Kafka, what stores lack that were restored; the services must be down.

    With a service: its database was restored by other means, and lacks what came after.
    """
    try:
        stack = local_stack()
        names: Sequence[str] = [what]
        brought = _opened(Path(what)) if what not in SERVICES else None
        require_down(stack)
        with progress("starting the servers") as report:
            stack.start_servers(report)
        if brought is not None:
            names = [name for name, dump in brought.dumps.items() if dump.positions]
            _bring_back(stack, brought)
        with console.status("restoring"):
            of_backup = brought is not None
            restored = [(name, each) for name in names for each in _restored(stack, name, of_backup=of_backup)]
        if brought is not None:
            _finish(stack, brought)
    except StackError as error:
        raise fail(str(error)) from error
    rows = [(name, str(each.shard), str(each.events), str(each.position)) for name, each in restored]
    table("restored from the topics", ("store", "shard", "events", "up to position"), rows)


def _known(services: Sequence[str]) -> Sequence[str]:
    for service in services:
        if service not in SERVICES:
            raise StackError(f"no service is called {service!r}: {', '.join(SERVICES)}")
    return services


def _parts(parts: Sequence[str]) -> Sequence[str]:
    for part in parts:
        if part not in PARTS:
            raise StackError(f"no part is called {part!r}: {', '.join(PARTS)}")
    return parts


def asked(work: Coroutine[Any, Any, T], what: str) -> T:
    """What comes of asking databases and the broker; whatever they refuse in one line."""
    try:
        return asyncio.run(work)
    except Rejected as error:
        raise refused(error) from error
    except CodedError as error:
        raise StackError(f"{error} ({error.code})") from error
    except UNREACHABLE as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StackError(f"it could not be {what}: {said}; do the servers run?") from error


async def _findings(
    stack: Stack, names: Sequence[str], parts: Sequence[str], kept: Sequence[Checkpoint], tell: Callable[..., None]
) -> list[Finding]:
    from obec.proving import Where, prove

    dsns = {name: stack.dsn(name) for name in names}
    where = Where(dsns, stack.broker, _topics(stack), skips=stack.dsn("reporting"))
    return [each async for each in prove(where, parts, kept, tell)]


def _checkpoints(file: Path | None, key: Path | None) -> Sequence[Checkpoint]:
    """What a file of checkpoints tells. Raises StackError."""
    from shared.eventstore import checkpoint

    if file is None and key is None:
        return ()
    if file is None or key is None:
        raise StackError("--checkpoint and --key belong together: a checkpoint proves nothing without its key")
    try:
        return checkpoint.read(file.read_bytes(), key.read_bytes())
    except checkpoint.CheckpointError as error:
        raise StackError(f"{error} ({error.code})") from error
    except OSError as error:
        raise StackError(f"{error.filename} cannot be read: {error.strerror}") from error


@contextmanager
def _counted() -> Iterator[Callable[[str, str, int], None]]:
    """Show on a terminal how much was verified, by part; on standard error, which is not what was asked for."""
    if not errors.is_terminal:
        yield lambda _part, _service, _count: None
        return
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    shown = ("{task.description:<8}", "{task.completed:>12,.0f}", "{task.fields[of]}")
    tasks: dict[str, TaskID] = {}
    columns = [SpinnerColumn(), *(TextColumn(each) for each in shown), TimeElapsedColumn()]
    with Progress(*columns, console=errors, transient=True) as bar:

        def tell(part: str, service: str, count: int) -> None:
            if part not in tasks:
                tasks[part] = bar.add_task(part, total=None, of=service)
            bar.update(tasks[part], advance=count, of=service)

        yield tell


def _line(found: Finding) -> tuple[str, str, str, str]:
    verdict = "[green]whole[/]" if found.whole else f"[red]{escape(f'{found.place}: {found.message}')}[/]"
    return found.part, found.of, f"{found.checked:,} {found.unit}", verdict


def _backed_up(made: Backup) -> list[tuple[str, str, str, str]]:
    return [(service, _places(each.positions), f"{each.size:,}", each.sha256) for service, each in made.dumps.items()]


def _places(positions: Mapping[int, int]) -> str:
    return ", ".join(f"{shard}: {position}" for shard, position in positions.items()) or "no store yet"


def _opened(folder: Path) -> Backup:
    from obec.backups import BackupError, opened

    if not folder.exists():
        raise StackError(f"{str(folder)!r} is neither a service ({', '.join(SERVICES)}) nor a folder")
    try:
        return opened(folder)
    except BackupError as error:
        raise StackError(f"{error} ({error.code})") from error


def require_down(stack: Stack) -> None:
    if any(state.state in ("running", "starting") for state in stack.process_states()):
        raise StackError("services are running: `obec down` first")


def _bring_back(stack: Stack, brought: Backup) -> None:
    """Make the topics that a new broker lacks, and put every dump into its database."""
    from obec.backups import bring_back

    shards = max((len(each.positions) for each in brought.dumps.values()), default=1)
    stack.make_topics(max(1, shards))
    with progress("bringing back") as report:
        owners: dict[str, str] = {name: stack.dsn(name, "owner") for name in brought.dumps}
        asked(bring_back(brought, owners, report), "brought back")


def _finish(stack: Stack, brought: Backup) -> None:
    from obec.backups import finish

    asked(finish(brought, {name: stack.dsn(name, "owner") for name in brought.dumps}), "finished")


def _restored(stack: Stack, service: str, *, of_backup: bool) -> list[Restored]:
    from shared.eventstore.restore import restore as restore_store

    owner, topics = stack.dsn(service, "owner"), _topics(stack)
    return asked(restore_store(owner, stack.broker, topics, of_backup=of_backup), f"restored ({service})")


def _topics(stack: Stack) -> Topics:
    return Topics(stack.settings.get("OBEC_TOPIC_PREFIX", ""))
