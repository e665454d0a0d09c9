"""How operators' commands tell: as tables for people, as JSON for programs, one line for what went wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.markup import escape
from rich.text import Text

from deploy.local.errors import StackError
from obec.asking import SERVICES, refused, require_service
from obec.output import console, fail, table
from shared.contracts import Rejected
from shared.thai.fiscal import BANGKOK

P = ParamSpec("P")
R = TypeVar("R")


def _known(service: str) -> str:
    try:
        return require_service(service)
    except StackError as error:
        raise fail(str(error)) from error


Cell = str | Text
"""What stands in a table: text as it is, or with a colour."""
Service = Annotated[str, typer.Argument(callback=_known, help=f"One of {', '.join(SERVICES)}.")]
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
    "closed": "green",
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


def coloured(word: str) -> Text:
    """A word in the colour that it has on terminals."""
    return Text(word, COLOURS.get(word, ""))


def tell(
    as_json: bool, told: Any, title: str, columns: Sequence[str], rows: Callable[[], Sequence[Sequence[Cell]]]
) -> None:
    """Print an answer: as it is, or as a table of ``rows``; where there are none, that."""
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
    elif found := rows():
        table(title, columns, [[escape(cell) if isinstance(cell, str) else cell for cell in row] for row in found])
    else:
        console.print(f"{title}: none", highlight=False)


def at(moment: str | None) -> str:
    """A moment as people read it, by Bangkok's clock; empty for none."""
    return "" if moment is None else f"{datetime.fromisoformat(moment).astimezone(BANGKOK):%Y-%m-%d %H:%M:%S}"


def first_line(message: str) -> str:
    """What goes into a table of a message that may have many lines."""
    return message.partition("\n")[0]


def event_name(type_: str | None) -> str:
    """An event's name out of its whole type; of none nothing."""
    return type_.split(".")[-2] if type_ and type_.count(".") > 1 else type_ or ""


def confirmed(typed: str | None, target: str) -> str:
    """What was typed to confirm, asked for on a terminal when it was not given. Raises StackError elsewhere."""
    if typed is not None:
        return typed
    otherwise = f"ต้องยืนยันด้วย --yes {target} · confirm it: --yes {target}"
    return _asked(f"This cannot be undone. Type {target} to confirm", otherwise)


def require_typed(typed: str | None, target: str) -> None:
    """Have what is done on this machine, and asked of no service, confirmed by typing its target. Raises StackError."""
    if confirmed(typed, target) != target:
        raise refused(Rejected("ops.not_confirmed", target=target))


def reasoned(reason: str) -> str:
    """Why, asked for on a terminal when it was not given. Raises StackError elsewhere."""
    return reason.strip() or _asked("Reason, for the audit", "ต้องระบุเหตุผล: --reason · say why: --reason")


def _asked(question: str, otherwise: str) -> str:
    if not sys.stdin.isatty():
        raise StackError(otherwise)
    answer: str = typer.prompt(question)
    return answer


def decided(told: Mapping[str, Any], as_json: bool) -> None:
    """Print what became of an order."""
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
    elif told["status"] == "proposed":
        console.print(f"waits for a second operator: proposal {told['proposal']}", highlight=False)
    else:
        console.print(f"[green]done[/], line {told['audit']} of the audit: {escape(told['outcome'])}", highlight=False)
