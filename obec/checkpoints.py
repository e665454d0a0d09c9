"""The commands about checkpoints: made and signed here, kept elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer

from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.local.topics import SERVICES
from obec.local import local_stack
from obec.output import console, fail
from obec.stores import asked

if TYPE_CHECKING:
    from shared.eventstore.checkpoint import Checkpoint

KEY = "OBEC_CHECKPOINT_KEY"

Signer = Annotated[Path | None, typer.Option(envvar=KEY, help="The private key (PEM) that signs.")]

app = typer.Typer(help="Signed statements of how far each store is, to be kept elsewhere.", invoke_without_command=True)


@app.callback()
def checkpoint(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="File to write them to; else they are printed.")] = None,
    key: Signer = None,
) -> None:
    """Verify all stores, and sign where each stands."""
    if context.invoked_subcommand is not None:
        return
    from shared.contracts.coded import CodedError
    from shared.eventstore.checkpoint import public_key, written

    try:
        signer = _read(key)
        public_key(signer)  # before anything is verified, which takes its time, and before anything is given out
        if out is not None:
            _require_place(out)
        file = written(asked(_signed(local_stack(), signer), "signed"))
        if out is None:
            console.print(file.decode(), end="", soft_wrap=True, highlight=False, markup=False)
        else:
            _write(out, file, 0o644)
    except (StackError, CodedError) as error:
        raise fail(str(error)) from error


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; the public one goes to FILE.pub.")],
) -> None:
    """Make a pair of keys."""
    from shared.eventstore.checkpoint import new_key, public_key

    try:
        made, public = new_key(), file.with_name(f"{file.name}.pub")
        _require_place(public)
        _write(file, made, 0o600)
        _write(public, public_key(made), 0o644)
    except StackError as error:
        raise fail(str(error)) from error
    console.print(f"{KEY}={file} signs; give {file}.pub to whoever keeps checkpoints", highlight=False, soft_wrap=True)


@app.command("public")
def show_public_key(key: Signer = None) -> None:
    """Print the public key that belongs to the private one."""
    from shared.contracts.coded import CodedError
    from shared.eventstore.checkpoint import public_key

    try:
        console.print(public_key(_read(key)).decode(), end="", highlight=False)
    except (StackError, CodedError) as error:
        raise fail(str(error)) from error


async def _signed(stack: Stack, signer: bytes) -> Sequence[Checkpoint]:
    """Checkpoints of all stores, kept in reporting's database too. A store that is not whole is not signed for."""
    from obec.proving import STORES, Where, prove
    from services.reporting.proving.proofs import keep_checkpoints
    from shared.eventstore.checkpoint import places_of, sign
    from shared.streams.topics import Topics

    dsns = {service: stack.dsn(service) for service in SERVICES}
    # Before the stores are verified: what is signed is then part of what was verified.
    places = [place for dsn in dsns.values() for place in await places_of(dsn)]
    async for found in prove(Where(dsns, None, Topics()), [STORES]):
        if not found.whole:
            raise StackError(f"nothing is signed: {found.place}: {found.message}")
    made = sign(places, signer)
    connection = await asyncpg.connect(dsns["reporting"], timeout=10)
    try:
        await keep_checkpoints(connection, made)
    finally:
        await connection.close()
    return made


def _read(key: Path | None) -> bytes:
    if key is None:
        raise StackError(f"no key is named: set {KEY} to the file that `obec checkpoint key FILE` made")
    try:
        return key.read_bytes()
    except OSError as error:
        raise StackError(f"{key} cannot be read: {error.strerror}") from error


def _require_place(file: Path) -> None:
    """Say so before anything is done for a file that cannot be written. Raises StackError."""
    if file.exists():
        raise StackError(f"{file} is there already")
    if not file.absolute().parent.is_dir():
        raise StackError(f"{file} cannot be written: there is no folder {file.absolute().parent}")


def _write(file: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet."""
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as made:
            made.write(content)
    except FileExistsError as error:
        raise StackError(f"{file} is there already") from error
    except OSError as error:
        raise StackError(f"{file} cannot be written: {error.strerror}") from error
