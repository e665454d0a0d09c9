"""The commands of periods: which are closed, closing, reopening, extending for a region. Each order is an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

import typer

from deploy.local.errors import StackError
from obec.asking import ask, order
from obec.ops.telling import AsJson, Cell, Reason, at, coloured, reasoned, tell, told_in_one_line
from obec.output import console

Programme = Annotated[str, typer.Argument(help="Such as 2560-cluster.")]
Period = Annotated[str, typer.Argument(help="Such as 2560-Q1.")]

app = typer.Typer(help="Periods of figures.")


@app.callback()
def periods() -> None:
    """Periods of figures."""


@app.command("list")
@told_in_one_line
def listed(programme: Annotated[str, typer.Argument(help="Only of this one.")] = "", as_json: AsJson = False) -> None:
    """Every period in which something is measured: closed or open, and for whom it is extended."""
    found = [each for each in ask("reporting", "ops/periods") if programme in ("", each["programme"])]
    columns = ("programme", "period", "state", "since", "extended for", "ordered last")
    tell(as_json, found, "periods", columns, lambda: [_row(each) for each in found])


def _row(each: Mapping[str, Any]) -> Sequence[Cell]:
    extended = ", ".join(f"{one['region']} until {one['until']}" for one in each["extensions"])
    state = coloured("closed" if each["closed"] else "open")
    return each["programme"], each["period"], state, at(each["changed_at"]), extended, _ordered(each["orders"])


def _ordered(orders: Sequence[Mapping[str, Any]]) -> str:
    if not orders:
        return ""
    last = orders[0]
    return " ".join(filter(None, (last["name"], at(last["at"]), last["actor"], last["reason"])))


@app.command()
@told_in_one_line
def close(programme: Programme, period: Period, reason: Reason = "", as_json: AsJson = False) -> None:
    """Make the figures of a period that is over final."""
    _command("close-period", programme, {"period": period, "reason": reasoned(reason)}, as_json)


@app.command()
@told_in_one_line
def reopen(programme: Programme, period: Period, reason: Reason = "", as_json: AsJson = False) -> None:
    """Have figures of a closed period taken again."""
    _command("reopen-period", programme, {"period": period, "reason": reasoned(reason)}, as_json)


@app.command()
@told_in_one_line
def extend(
    programme: Programme,
    period: Period,
    region: Annotated[str, typer.Argument(help="Such as R07.")],
    until: Annotated[str, typer.Argument(help="The last day, such as 2017-03-31.")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Let a region send its figures of a period until the end of a later day."""
    body = {"period": period, "region": region, "until": until, "reason": reasoned(reason)}
    _command("extend-period", programme, body, as_json)


def _command(verb: str, programme: str, body: Mapping[str, Any], as_json: bool) -> None:
    """Send it to the stream of the programme's indicators."""
    stream = next((each["stream"] for each in ask("reporting", "ops/periods") if each["programme"] == programme), None)
    if stream is None:
        raise StackError(f"no indicator of a programme {programme} is defined")
    told = order("evaluation", f"indicators/{stream}/{verb}", body, key=str(uuid4()))
    if as_json:
        console.print_json(data=told)
    else:
        said = "[green]done[/]" if told["events"] else "it was so already"
        console.print(f"{said}: position {told['position']}", highlight=False)
