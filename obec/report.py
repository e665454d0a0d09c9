"""The commands about published reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deploy.local.errors import StackError
from obec.asking import ask
from obec.output import console, fail, table

SECONDS = 120.0
"""How long making a report again may take."""

_ID = re.compile(r"(?:report:)?(?P<programme>[^:/\s]+)[:/](?P<edition>[0-9]{1,3})")

app = typer.Typer(help="Published reports.")


@app.callback()
def reports() -> None:
    """Published reports."""


@app.command()
def reproduce(
    report: Annotated[str, typer.Argument(metavar="ID", help="The report, such as report:2560-cluster:1.")],
    address: Annotated[str, typer.Option(help="Where the reporting service is; by default on this machine.")] = "",
    token: Annotated[str, typer.Option(envvar="OBEC_TOKEN", help="A reader's; by default this machine's.")] = "",
) -> None:
    """Have a published report made again from its frozen positions, and say whether it comes out the same."""
    try:
        with console.status("making it again"):
            told = ask("reporting", _path_of(report), address=address, token=token, user="reader", seconds=SECONDS)
    except StackError as error:
        raise fail(str(error)) from error
    _tell(told)
    if told["verdict"] == "differs":
        raise typer.Exit(1)


def _path_of(report: str) -> str:
    found = _ID.fullmatch(report.strip())
    if found is None:
        raise StackError(f"{report!r} names no report: report:<programme>:<edition>, such as report:2560-cluster:1")
    return f"programmes/{found['programme']}/reports/{int(found['edition'])}/reproduction"


def _tell(told: Mapping[str, Any]) -> None:
    rows = [
        ("content", told["content"], told["archive"], told["content_hash"]),
        *((each["name"], each["made_again"], each["archive"], each["sha256"]) for each in told["files"]),
        *((f"digest of {of}", compared, "", "") for of, compared in told["digests"].items()),
    ]
    title = f"edition {told['edition']} of {told['programme']}"
    table(title, ("what", "made again", "archive", "published sha256"), rows)
    console.print(f"{told['verdict']} ({told['renderer']} renderer)", highlight=False)
