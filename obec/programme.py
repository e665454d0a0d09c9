"""The commands that send a programme's definition to the committee service."""

from __future__ import annotations

import asyncio
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from obec.local import token_of
from obec.output import console, fail

if TYPE_CHECKING:
    from shared.web.client import Done

PATIENCE = 5.0
"""Seconds for which a service that does not answer is asked again."""

app = typer.Typer(help="Programmes and their definitions.")


@app.callback()
def programmes() -> None:
    """Programmes and their definitions."""


@app.command()
def register(
    file: Annotated[Path, typer.Argument(help="The definition, such as programmes/2560-cluster.toml.")],
    address: Annotated[str, typer.Option(help="Where the committee service is; by default on this machine.")] = "",
    token: Annotated[str, typer.Option(envvar="OBEC_TOKEN", help="An officer's; by default this machine's.")] = "",
) -> None:
    """Register a programme with the definition in a file; told twice, nothing new happens."""
    try:
        definition = _read(file)
        address = address or f"http://{HOST}:{Ports.of_environment(os.environ).committee}"
        done = asyncio.run(_send(address, token or token_of("officer"), {"definition": definition}))
    except StackError as error:
        raise fail(str(error)) from error
    said = "registered" if done.events else "was registered already"
    console.print(f"{done.stream} {said}: version {done.version}, position {done.position}", highlight=False)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise StackError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StackError(f"{file} is not TOML: {error}") from error


async def _send(address: str, token: str, body: dict[str, Any]) -> Done:
    from shared.web.client import Client, NotAnswered, Refused

    try:
        async with Client(address, token, patience=PATIENCE) as committee:
            return await committee.command("/v1/programmes", body)
    except (Refused, NotAnswered) as error:
        raise StackError(str(error)) from error
