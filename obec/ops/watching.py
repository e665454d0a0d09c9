"""The commands that only look: status, monitor, events, waiting facts, the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.local.errors import StackError
from obec.asking import SERVICES, ask, require_service
from obec.ops.telling import AsJson, Cell, Service, at, coloured, event_name, tell, told_in_one_line

NOT_WELL = 3
"""Exit code of ``status`` unless every verdict is ok."""
Services = Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SERVICES)}; all when none is named.")]


@told_in_one_line
def status(services: Services = None, as_json: AsJson = False) -> None:
    """Every service, process, relay and consumer with a verdict; exit code 3 unless all is well."""
    found = asyncio.run(_every([require_service(each) for each in services or SERVICES]))
    columns = ("service", "what", "verdict", "behind", "position", "said of it")
    tell(as_json, found, "status", columns, lambda: [line for each in found for line in _lines(each)])
    if any(each["verdict"] != "ok" for each in found):
        raise typer.Exit(NOT_WELL)


async def _every(services: Sequence[str]) -> list[Any]:
    return list(await asyncio.gather(*(asyncio.to_thread(_status, each) for each in services)))


def _status(service: str) -> Any:
    try:
        return ask(service, "ops/status")
    except StackError as error:
        return {
            "service": service,
            "verdict": "stopped",
            "roles": [],
            "relays": [],
            "consumers": [],
            "message": str(error),
        }


def _lines(told: Mapping[str, Any]) -> Iterator[Sequence[Cell]]:
    service = told["service"]
    yield Text(service, "bold"), "", coloured(told["verdict"]), "", "", told["message"]
    for each in told["roles"]:
        yield "", each["process"], coloured(each["verdict"]), "", "", each["message"]
    for each in told["relays"]:
        name = f"relay:{each['shard']}{' (leads)' if each['leading'] else ''}"
        behind, position = str(each["backlog_events"]), str(each["position"])
        yield "", name, coloured(each["verdict"]), behind, position, each["error"]
    for each in told["consumers"]:
        lag = "?" if each["lag"] is None else str(each["lag"])
        said = " ".join(filter(None, (each["halted"], f"parked {each['parked']}" if each["parked"] else "")))
        name = f"{each['consumer']} ← {each['store']}/{each['shard']}"
        yield "", name, coloured(each["verdict"]), lag, str(each["position"]), said


@told_in_one_line
def monitor(as_json: AsJson = False) -> None:
    """Rates of the last hour, publishers that are silent, and how long canaries take."""
    told = ask("reporting", "ops/monitor")
    columns = ("event", "service", "publisher", "hour", "a minute", "late")
    tell(as_json, told, "rates", columns, lambda: [_rate(each) for each in told["rates"]])
    if not as_json:
        tell(False, told, "publishers", ("publisher", "verdict", "events", "last heard"),
             lambda: [_publisher(each) for each in told["publishers"]])  # fmt: skip
        tell(False, told, "canaries", ("service", "last", "p50", "p99"),
             lambda: [_canary(each) for each in told["canaries"]])  # fmt: skip


def _rate(each: Mapping[str, Any]) -> Sequence[Cell]:
    numbers = (str(each["hour_events"]), f"{each['per_minute']:.2f}", str(each["late"]))
    return event_name(each["type"]), each["store"], each["publisher"], *numbers


def _publisher(each: Mapping[str, Any]) -> Sequence[Cell]:
    return each["publisher"], coloured(each["verdict"]), str(each["events"]), at(each["last_at"])


def _canary(each: Mapping[str, Any]) -> Sequence[Cell]:
    return each["service"], *(_seconds(each[name]) for name in ("last_seconds", "p50_seconds", "p99_seconds"))


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f} s"


@told_in_one_line
def events(
    type: Annotated[str, typer.Option(help="Name of an event, such as MeetingHeld.")] = "",
    stream: Annotated[str, typer.Option(help="Only of this stream.")] = "",
    correlation: Annotated[str, typer.Option(help="Correlation id.")] = "",
    person: Annotated[str, typer.Option(help="Id of a person that the data names.")] = "",
    since: Annotated[str, typer.Option(help="Recorded then or later.")] = "",
    until: Annotated[str, typer.Option(help="Recorded then or before.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Search the events of all services, the newest first."""
    query = {"type": type, "stream": stream, "correlation": correlation, "person": person, "since": since,
             "until": until, "limit": limit}  # fmt: skip
    found = ask("reporting", "ops/events", query)
    columns = ("recorded", "event", "stream", "position", "id")
    tell(as_json, found, "events", columns, lambda: [_event(each) for each in found])


def _event(each: Mapping[str, Any]) -> Sequence[Cell]:
    position = f"{each['store']}:{each['shard']}:{each['position']}"
    return at(each["recorded_at"]), each["name"], each["stream"], position, str(each["event_id"])


@told_in_one_line
def waiting(service: Service, as_json: AsJson = False) -> None:
    """Facts that wait for what comes before them, and those in quarantine."""
    told = ask(service, "ops/waiting")
    columns = ("publisher", "fact", "stream", "why", "received")
    for kind in ("waiting",) if as_json else ("waiting", "quarantined"):
        tell(as_json, told, f"{kind} in {service}", columns, partial(_facts, told[kind]))


def _facts(told: Mapping[str, Any]) -> Sequence[Sequence[Cell]]:
    return [_fact(each) for each in told["facts"]]


def _fact(each: Mapping[str, Any]) -> Sequence[Cell]:
    why = ", ".join(each.get("waits_for") or ()) or each["reason"].get("code", "")
    return each["publisher"] or "", f"{each['source']}/{each['id']}", each["stream"] or "", why, at(each["received_at"])


@told_in_one_line
def receipts(service: Service, as_json: AsJson = False) -> None:
    """What became of each publisher's newest facts, and how many were refused of as many before."""
    told = ask(service, "ops/receipts")
    columns = ("publisher", "newest", "accepted", "waiting", "refused", "before", "commonest reason", "last")
    tell(as_json, told, f"receipts of {service}", columns, lambda: [_receipts(each) for each in told])


def _receipts(each: Mapping[str, Any]) -> Sequence[Cell]:
    refused = each["rejected"] + each["quarantined"] + each["conflict"]
    counts = (str(each[name]) for name in ("receipts", "accepted", "waiting"))
    now, before = _share(refused, each["receipts"]), _share(each["refused_before"], each["receipts_before"])
    return each["publisher"], *counts, now, before, each["code"] or "", at(each["last_at"])


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


@told_in_one_line
def audit(
    service: Service,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What operators did in a service, the newest first."""
    lines = ask(service, "ops/audit", {"limit": limit})
    columns = ("line", "at", "who", "action", "of what", "reason", "outcome")
    tell(as_json, lines, f"audit of {service}", columns, lambda: [_line(each) for each in lines])


def _line(each: Mapping[str, Any]) -> Sequence[Cell]:
    who = f"{each['actor']} with {each['seconded_by']}" if each["seconded_by"] else each["actor"]
    return str(each["id"]), at(each["at"]), who, each["action"], each["target"], each["reason"], each["outcome"]
