"""How operators' commands tell: as tables for people, as JSON for programs, one line for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from deploy.local.errors import StackError
from obec.asking import SERVICES
from obec.output import console, fail, table

P = ParamSpec("P")
R = TypeVar("R")

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit.")]
Typed = Annotated[str | None, typer.Option("--yes", metavar="TARGET", help="The target, typed to confirm it.")]

COLOURS: Mapping[str, str] = {
    "ok": "green",
    "lagging": "yellow",
    "paused": "cyan",
    "unknown": "yellow",
    "stalled": "red",
    "stopped": "red",
    "live": "green",
    "failed": "red",
    "raised": "red",
    "acknowledged": "yellow",
    "silent": "red",
}


def told_in_one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Have what a service refuses, or that it is silent, told in one line; exit code 1."""

    @wraps(command)
    def told(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return command(*arguments, **options)
        except StackError as error:
            raise fail(str(error)) from error

    return told


def coloured(word: str) -> str:
    """A word in the colour that it has on terminals."""
    return f"[{COLOURS[word]}]{word}[/]" if word in COLOURS else word


def tell(
    as_json: bool, told: Any, title: str, columns: Sequence[str], rows: Callable[[], Sequence[Sequence[str]]]
) -> None:
    """Print an answer: as it is, or as a table of ``rows``."""
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
    else:
        table(title, columns, rows())


def confirmed(typed: str | None, target: str) -> str:
    """What was typed to confirm, asked for on a terminal when it was not given."""
    if typed is not None:
        return typed
    answer: str = typer.prompt(f"This cannot be undone. Type {target} to confirm")
    return answer


def reasoned(reason: str) -> str:
    """Why, asked for on a terminal when it was not given."""
    answer: str = reason or typer.prompt("Reason, for the audit")
    return answer


def decided(told: Mapping[str, Any], as_json: bool) -> None:
    """Print what became of an order."""
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
    elif told["status"] == "proposed":
        console.print(f"waits for a second operator: proposal {told['proposal']}", highlight=False)
    else:
        console.print(f"[green]done[/], line {told['audit']} of the audit: {told['outcome']}", highlight=False)
