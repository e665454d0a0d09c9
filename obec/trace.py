"""``obec trace``: one fact's way through all services, with times."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from deploy.local.errors import StackError
from obec.asking import ask
from obec.ops.telling import at
from obec.output import console, fail

STATES = {"applied": "green", "no_view": "dim", "coming": "yellow", "parked": "red", "skipped": "magenta"}


def trace(
    id: Annotated[str, typer.Argument(help="Id of an event, or a correlation id.")],
    address: Annotated[str, typer.Option(help="Where reporting answers; by default on this machine.")] = "",
    token: Annotated[str, typer.Option(envvar="OBEC_TOKEN", help="An operator's; by default this machine's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what a fact has caused, and when each of these events was received, recorded, sent and shown."""
    try:
        told = ask("reporting", f"ops/trace/{quote(id, safe='')}", address=address, token=token)
    except StackError as error:
        raise fail(str(error)) from error
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
        return
    console.print(_table(told))
    if told["elapsed_seconds"] is not None:
        console.print(f"{told['elapsed_seconds']:.3f} s from the first receipt to the last that is known")
    if told["more"]:
        console.print("there are more events than these")


def _table(told: dict[str, Any]) -> Table:
    table = Table("event", "service", "stream", "position", "received", "recorded", "sent", "shown", "state")
    depths: dict[str, int] = {}
    for each in told["events"]:
        depth = depths[each["event_id"]] = depths.get(each["caused_by"] or "", -1) + 1
        colour = STATES[each["state"]]
        table.add_row(
            f"{'  ' * depth}{each['name']}\n[dim]{'  ' * depth}{each['event_id']}[/]",
            each["service"],
            each["stream"],
            f"{each['shard']}:{each['position']}",
            at(each["received_at"]),
            _after(each["seconds"]["recorded"]),
            _after(each["seconds"]["relayed"], each["relayed_at"]),
            _after(each["seconds"]["applied"], each["applied_at"]),
            f"[{colour}]{each['parked']['code'] if each['state'] == 'parked' else each['state']}[/]",
        )
    return table


def _after(seconds: float | None, moment: str | None = None) -> str:
    """So many seconds later; else the time itself, by Bangkok's clock, else nothing known."""
    return f"+{seconds:.3f} s" if seconds is not None else at(moment) or "–"
