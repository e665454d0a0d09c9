"""The commands of alarms: what rings, acknowledging, silencing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from deploy.local.errors import StackError
from obec.asking import ask, order
from obec.ops.telling import AsJson, Cell, Reason, at, coloured, decided, reasoned, tell, told_in_one_line
from shared.thai.fiscal import BANGKOK

Alarm = Annotated[str, typer.Argument(help="Id of an alarm, such as alarm:2560-cluster:committee.without_chair:R07.")]

app = typer.Typer(help="Alarms.")


@app.callback()
def alarms() -> None:
    """Alarms."""


@app.command("list")
@told_in_one_line
def listed(
    cleared: Annotated[int, typer.Option(min=0, help="So many cleared ones too.")] = 0, as_json: AsJson = False
) -> None:
    """Open alarms, the newest first."""
    told = ask("reporting", "ops/alarms", {"cleared": cleared})
    columns = ("alarm", "state", "since", "says")
    tell(as_json, told, "alarms", columns, lambda: [_row(each) for each in (*told["open"], *told["cleared"])])


def _row(each: Mapping[str, Any]) -> Sequence[Cell]:
    return each["id"], coloured(each["state"]), at(each["raised_at"]), each["en"]


@app.command()
@told_in_one_line
def acknowledge(alarm: Alarm, reason: Reason = "", as_json: AsJson = False) -> None:
    """Say that somebody sees to it: it is not told again."""
    decided(order("reporting", f"ops/alarms/{alarm}/acknowledge", {"reason": reasoned(reason)}), as_json)


@app.command()
@told_in_one_line
def silence(
    alarm: Alarm,
    until: Annotated[str, typer.Option(help="Until when, such as 2017-03-01T08:00:00+07:00.")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Have nobody told of it until then."""
    body = {"until": _moment(until).isoformat(), "reason": reasoned(reason)}
    decided(order("reporting", f"ops/alarms/{alarm}/silence", body), as_json)


def _moment(text: str) -> datetime:
    """A moment; without a zone it is Bangkok's. Raises StackError."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise StackError(f"{text!r} is no moment, such as 2017-03-01T08:00:00+07:00") from error
    return told if told.tzinfo else told.replace(tzinfo=BANGKOK)
