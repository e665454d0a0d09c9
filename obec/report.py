"""The commands about published reports."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from obec.local import token_of
from obec.output import console, fail, table

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        path = _path_of(report)
        address = address or f"http://{HOST}:{Ports.of_environment(os.environ).reporting}"
        with console.status("making it again"):
            told = _ask(address, token or token_of("reader"), path)
    except StackError as error:
        raise fail(str(error)) from error
    _tell(told)
    if told["verdict"] == "differs":
        raise typer.Exit(1)


def _path_of(report: str) -> str:
    found = _ID.fullmatch(report.strip())
    if found is None:
        raise StackError(f"{report!r} names no report: report:<programme>:<edition>, such as report:2560-cluster:1")
    return f"/v1/programmes/{found['programme']}/reports/{int(found['edition'])}/reproduction"


def _ask(address: str, token: str, path: str) -> Mapping[str, Any]:
    """What the service says; asked once, for it may take long. Raises StackError."""
    import httpx

    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.get(f"{address.rstrip('/')}{path}", headers=headers, timeout=SECONDS, trust_env=False)
        told = answer.json()
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise StackError(f"{address} does not answer: {error or type(error).__name__}") from error
    except ValueError as error:
        raise StackError(f"{address} answers {answer.status_code} and is no reporting service") from error
    if not isinstance(told, dict) or not (answer.is_success or "code" in told):
        raise StackError(f"{address} answers {answer.status_code} and is no reporting service")
    if not answer.is_success:
        raise StackError(f"{told['code']}: {told.get('en', '')}")
    return told


def _tell(told: Mapping[str, Any]) -> None:
    rows = [
        ("content", told["content"], told["archive"], told["content_hash"]),
        *((each["name"], each["made_again"], each["archive"], each["sha256"]) for each in told["files"]),
        *((f"digest of {of}", compared, "", "") for of, compared in told["digests"].items()),
    ]
    title = f"edition {told['edition']} of {told['programme']}"
    table(title, ("what", "made again", "archive", "published sha256"), rows)
    console.print(f"{told['verdict']} ({told['renderer']} renderer)", highlight=False)
