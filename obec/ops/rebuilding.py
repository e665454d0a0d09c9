"""The commands of rebuilds: the views made anew beside the live ones, compared, swapped, rolled back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from obec.asking import ask, order
from obec.ops.telling import AsJson, Cell, Reason, Typed, coloured, confirmed, decided, reasoned, tell, told_in_one_line
from obec.output import console

Schema = Annotated[str, typer.Argument(help="Version of the views, such as reporting_v2.")]
LOOK_SECONDS = 0.5
UNDER_WAY, FAILED = ("asked", "filling"), "failed"

app = typer.Typer(help="The views made anew beside the live ones.")


@app.callback()
def rebuilds() -> None:
    """The views made anew beside the live ones."""


@app.command("list")
@told_in_one_line
def listed(as_json: AsJson = False) -> None:
    """Every version of the views, the newest first."""
    told = ask("reporting", "ops/rebuilds")
    columns = ("version", "state", "records", "of", "a second", "left", "differences", "said of it")
    tell(as_json, told, "rebuilds", columns, lambda: [_row(each) for each in told["rebuilds"]])


def _row(each: Mapping[str, Any]) -> Sequence[Cell]:
    speed = "" if each["per_second"] is None else f"{each['per_second']:,.0f}"
    left = "" if each["seconds_left"] is None else f"{each['seconds_left']:.0f} s"
    differences = "" if each["differences"] is None else str(each["differences"])
    said = " ".join(filter(None, (each["trouble"], each["message"])))
    return (each["schema"], coloured(each["state"]), str(each["records"]), str(each["goal"]), speed, left, differences,
            said)  # fmt: skip


@app.command()
@told_in_one_line
def begin(reason: Reason = "", as_json: AsJson = False) -> None:
    """Begin to make the views anew, and watch until they are as far as the live ones; exit code 1 when it fails."""
    told = order("reporting", "ops/rebuilds", {"reason": reasoned(reason)})
    decided(told, as_json)
    if not as_json and told["status"] == "done":
        _watch(told["outcome"])


@app.command()
@told_in_one_line
def watch(schema: Schema) -> None:
    """Watch until a version is as far as the live one."""
    _watch(schema)


def _watch(schema: str) -> None:
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    told = ask("reporting", f"ops/rebuilds/{schema}")
    with Progress(*parts, console=console) as progress:
        shown = progress.add_task(schema, total=None)
        while told["state"] in UNDER_WAY:
            progress.update(shown, completed=told["records"], total=told["goal"] or None)
            time.sleep(LOOK_SECONDS)
            told = ask("reporting", f"ops/rebuilds/{schema}")
    console.print(Text.assemble(f"{schema}: ", coloured(told["state"]), f" {told['message']}"))
    if told["state"] == FAILED:
        raise typer.Exit(1)


@app.command()
@told_in_one_line
def compare(schema: Schema, reason: Reason = "", as_json: AsJson = False) -> None:
    """Compare a version with the live views, row by row, at the same positions."""
    decided(order("reporting", f"ops/rebuilds/{schema}/compare", {"reason": reasoned(reason)}), as_json)


@app.command()
@told_in_one_line
def differing(schema: Schema, as_json: AsJson = False) -> None:
    """The rows that the last comparison found different."""
    told = ask("reporting", f"ops/rebuilds/{schema}")
    columns = ("table", "key", "live", "rebuilt")
    tell(
        as_json, told["rows"], schema, columns, lambda: [[str(each[name]) for name in columns] for each in told["rows"]]
    )


@app.command()
@told_in_one_line
def swap(
    schema: Schema,
    differences: Annotated[
        int | None, typer.Option(help="How many differences are known, where there are any.")
    ] = None,
    reason: Reason = "",
    yes: Typed = None,
    as_json: AsJson = False,
) -> None:
    """Have a version take the place of the live views."""
    body = {"reason": reasoned(reason), "typed": confirmed(yes, schema), "differences": differences}
    decided(order("reporting", f"ops/rebuilds/{schema}/swap", body), as_json)


@app.command()
@told_in_one_line
def roll_back(schema: Schema, reason: Reason = "", yes: Typed = None, as_json: AsJson = False) -> None:
    """Give the place back to the views that a version replaced."""
    _destroy(schema, "roll-back", reason, yes, as_json)


@app.command()
@told_in_one_line
def drop(schema: Schema, reason: Reason = "", yes: Typed = None, as_json: AsJson = False) -> None:
    """Drop a version that does not answer."""
    _destroy(schema, "drop", reason, yes, as_json)


def _destroy(schema: str, what: str, reason: str, yes: str | None, as_json: bool) -> None:
    body = {"reason": reasoned(reason), "typed": confirmed(yes, schema)}
    decided(order("reporting", f"ops/rebuilds/{schema}/{what}", body), as_json)
