"""The commands that start, stop and show the stack of this machine."""

import json
import os
from pathlib import Path
from typing import Annotated
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import typer

from deploy.local.errors import StackError
from deploy.local.given import Given
from deploy.local.ports import HOST, Ports, variable
from deploy.local.stack import Stack
from deploy.local.supervisor import ROOT
from deploy.local.users import USERS
from obec.output import console, fail, progress, table

SETTINGS = (
    "OBEC_TOPIC_PREFIX",
    "OBEC_SHARDS",
    "OBEC_REPLICATION",
    "OBEC_CLOCK",
    "OBEC_ISSUERS",
    "OBEC_CANARY_SECONDS",
    "OBEC_ALARM_FOLDERS",
)
CANARY_SECONDS = "60"
"""How often the services that `up` starts send a canary, unless the environment says otherwise."""
COLOURS = {"running": "green", "given": "green", "starting": "yellow", "not answering": "red", "stopped": "dim"}


def home() -> Path:
    """The folder of all data on this machine: OBEC_HOME, or `.obec` in the checkout."""
    return Path(os.environ.get("OBEC_HOME") or ROOT / ".obec").absolute()


def local_stack() -> Stack:
    """The stack of `obec up`, as the environment sets it. Raises StackError."""
    told = {name: os.environ[name] for name in SETTINGS if os.environ.get(name)}
    settings = {"OBEC_CANARY_SECONDS": CANARY_SECONDS, **told}
    ports, given = Ports.of_environment(os.environ), Given.of_environment(os.environ)
    return Stack(home() / "local", ports, given=given, settings=settings)


def up() -> None:
    """Start Kafka, PostgreSQL and the services; nothing when they run."""
    try:
        stack = local_stack()
        with progress("starting") as report:
            stack.start(report)
    except StackError as error:
        raise fail(str(error)) from error
    tell_addresses(stack)


def down() -> None:
    """Stop what `up` started; servers that were given are left alone."""
    try:
        with progress("stopping") as report:
            local_stack().stop(report)
    except StackError as error:
        raise fail(str(error)) from error


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and delete this machine's data."""
    try:
        stack = local_stack()
        if not yes and not typer.confirm(f"Delete all data in {stack.home}?"):
            raise fail("nothing was deleted")
        with progress("resetting") as report:
            stack.reset(report)
    except StackError as error:
        raise fail(str(error)) from error


def status() -> None:
    """Show what runs, and whether it answers."""
    try:
        stack = local_stack()
    except StackError as error:
        raise fail(str(error)) from error
    states = stack.status()
    rows = [
        (line.name, f"[{COLOURS[line.state]}]{line.state}[/]", str(line.pid or ""), line.address) for line in states
    ]
    table(str(stack.home), ("process", "state", "pid", "address"), rows)
    if any(line.state not in ("running", "given") for line in states):
        raise typer.Exit(3)


def token(
    user: Annotated[str, typer.Argument(help=f"One of {', '.join(USERS)}.")],
) -> None:
    """Print a bearer token of a demonstration user."""
    try:
        console.print(token_of(user), soft_wrap=True, highlight=False)
    except StackError as error:
        raise fail(str(error)) from error


def token_of(user: str) -> str:
    """A bearer token of a demonstration user from this machine's issuer. Raises StackError."""
    address = f"http://{HOST}:{Ports.of_environment(os.environ).issuer}/token"
    try:
        with urlopen(address, urlencode({"username": user}).encode(), timeout=5) as answer:
            return str(json.load(answer)["access_token"])
    except HTTPError as error:
        raise StackError(f"no user is called {user!r}: {', '.join(USERS)}") from error
    except OSError as error:
        raise StackError(f"the token issuer does not answer at {address}: run `obec up` first") from error


def tell_addresses(stack: Stack) -> None:
    """Print where the services answer and how to get a token."""
    for name in ("reporting", "committee", "activity", "evaluation"):
        console.print(f"{name:<11} http://{HOST}:{getattr(stack.ports, name)}/docs", highlight=False)
    issuer = Ports.of_environment(os.environ).issuer
    where = "" if stack.ports.issuer == issuer else f"{variable('issuer')}={stack.ports.issuer} "
    console.print(f"a token:    {where}.venv/bin/obec token {'|'.join(USERS)}", highlight=False)
