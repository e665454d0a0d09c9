"""The commands that mend: parked events, consumers and relays, proposals of others."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.local.errors import StackError
from obec.asking import PATIENT_SECONDS, ask, order
from obec.ops.telling import (
    AsJson,
    Cell,
    Reason,
    Service,
    Typed,
    at,
    confirmed,
    decided,
    event_name,
    first_line,
    reasoned,
    tell,
    told_in_one_line,
)
from obec.output import console

Consumer = Annotated[str, typer.Argument(help="A consumer, such as activity.progress, or relay:<shard>.")]
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 600.0
"""How long a replay is watched."""


@told_in_one_line
def parked(
    service: Service,
    consumer: Annotated[str, typer.Option(help="Only what this consumer parked.")] = "",
    code: Annotated[str, typer.Option(help="Only of this cause.")] = "",
    stream: Annotated[str, typer.Option(help="Only of this stream.")] = "",
    as_json: AsJson = False,
) -> None:
    """Events that a consumer could not apply, by cause and one by one."""
    told = ask(service, "ops/parked", {"consumer": consumer, "code": code, "stream": stream})
    causes = ("consumer", "cause", "events", "left out", "streams", "oldest")
    if not as_json:
        tell(False, told, f"causes in {service}", causes, lambda: [_cause(each) for each in told["causes"]])
    columns = ("record", "consumer", "stream", "event", "cause", "message", "since")
    tell(as_json, told, "parked", columns, lambda: [_parked(each) for each in told["parked"]])


def _cause(each: Mapping[str, Any]) -> Sequence[Cell]:
    numbers = (str(each[name]) for name in ("count", "skipped", "streams"))
    return each["consumer"], each["code"], *numbers, at(each["oldest"])


def _parked(each: Mapping[str, Any]) -> Sequence[Cell]:
    record = f"{each['store']} {each['shard']} {each['record']}"
    code = Text.assemble(each["code"], (" (left out)", "dim") if each["skipped"] else "")
    stream, name, said = each["stream"] or "", event_name(each["type"]), first_line(each["message"])
    return record, each["consumer"], stream, name, code, said, at(each["parked_at"])


@told_in_one_line
def skip(
    service: Service,
    store: Annotated[str, typer.Argument(help="Store whose topic it is.")],
    shard: Annotated[int, typer.Argument(min=0, help="Partition of the topic.")],
    record: Annotated[int, typer.Argument(min=0, help="Offset of the record.")],
    reason: Reason = "",
    yes: Typed = None,
    as_json: AsJson = False,
) -> None:
    """Leave a record out, for good and for every rebuild."""
    body = {"store": store, "shard": shard, "record": record, "reason": reasoned(reason)}
    decided(order(service, "ops/skip", {**body, "typed": confirmed(yes, f"{store}/{shard}/{record}")}), as_json)


@told_in_one_line
def replay(
    service: Service,
    consumer: Consumer,
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    code: Annotated[str | None, typer.Option(help="Only what is parked for this cause.")] = None,
    record: Annotated[str | None, typer.Option(metavar="STORE/SHARD/RECORD", help="Only this one.")] = None,
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have a consumer try parked events again, in order, and watch; exit code 1 when something is parked still."""
    what = {"consumer": consumer, "stream": stream, "code": code, **_record(record)}
    if dry_run:
        _preview(order(service, "ops/replay", {**what, "dry_run": True}), as_json)
        return
    told = order(service, "ops/replay", {**what, "reason": reasoned(reason)})
    if as_json:
        decided(told, as_json)
    else:
        _watch(service, int(told["outcome"].removeprefix("replay ")))


def _record(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    store, _, rest = text.partition("/")
    shard, _, record = rest.partition("/")
    if not (store and shard.isdecimal() and record.isdecimal()):
        raise StackError(f"{text!r} names no record: STORE/SHARD/RECORD, such as activity/0/7")
    return {"store": store, "shard": int(shard), "record": int(record)}


def _preview(told: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
        return
    console.print(
        f"{told['events']} events would be applied, {told['skipped']} left out, {len(told['stopped'])} streams would "
        "stop again; nothing was changed",
        highlight=False,
    )
    rows = [
        (each["table"], *(str(each[name]) for name in ("inserted", "updated", "deleted"))) for each in told["tables"]
    ]
    tell(False, told, "rows by table", ("table", "new", "changed", "gone"), lambda: rows)
    for each in told["stopped"]:
        console.print(Text(f"{each['stream']} stops again at record {each['record']}: {each['code']}", "red"))
    for each in told["commands"]:
        console.print(Text(f"{each['command']} to {each['stream']}"))


def _watch(service: str, number: int) -> None:
    """Until this replay has ended, whatever others ask for meanwhile, or patience has."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with console.status("the consumer tries them again") as shown:
        while True:
            [asked] = ask(service, "ops/replays", {"before": number + 1, "limit": 1})
            if asked["finished_at"] or time.monotonic() > deadline:
                break
            shown.update(f"applied {asked['applied']}")
            time.sleep(LOOK_SECONDS)
    colour = "yellow" if asked["still_parked"] or not asked["finished_at"] else "green"
    said = asked["message"] or ("done" if asked["finished_at"] else "not done yet")
    counted = f": {asked['applied']} applied, {asked['still_parked']} still parked"
    console.print(Text.assemble((said, colour), counted))
    if colour == "yellow":
        raise typer.Exit(1)


@told_in_one_line
def pause(service: Service, consumer: Consumer, reason: Reason = "", as_json: AsJson = False) -> None:
    """Have a consumer or a relay stand still; it keeps its place."""
    decided(order(service, "ops/pause", {"consumer": consumer, "reason": reasoned(reason)}), as_json)


@told_in_one_line
def resume(service: Service, consumer: Consumer, reason: Reason = "", as_json: AsJson = False) -> None:
    """Have it go on where it stands."""
    decided(order(service, "ops/resume", {"consumer": consumer, "reason": reasoned(reason)}), as_json)


@told_in_one_line
def hand_over(
    service: Service,
    shard: Annotated[int, typer.Argument(min=0, help="Whose relay it is.")] = 0,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Have a relay let another process lead."""
    decided(order(service, "ops/hand-over", {"shard": shard, "reason": reasoned(reason)}), as_json)


@told_in_one_line
def rewind(
    service: Service, consumer: Consumer, reason: Reason = "", yes: Typed = None, as_json: AsJson = False
) -> None:
    """Have a learner or a reaction read its topics anew; it does nothing twice."""
    if service == "reporting":
        raise StackError("views are made anew instead: obec ops rebuild begin")
    body = {"consumer": consumer, "reason": reasoned(reason), "typed": confirmed(yes, consumer)}
    decided(order(service, "ops/rewind", body), as_json)


@told_in_one_line
def redact(
    service: Service,
    position: Annotated[int, typer.Argument(min=1, help="Position of the event in the service's store.")],
    shard: Annotated[int, typer.Option(min=0, help="Its shard.")] = 0,
    reason: Reason = "",
    yes: Typed = None,
    as_json: AsJson = False,
) -> None:
    """Order that one event loses its data; `obec redact` carries it out once the services are down."""
    body = {"shard": shard, "position": position, "reason": reasoned(reason)}
    decided(order(service, "ops/redact", {**body, "typed": confirmed(yes, f"{service}/{shard}/{position}")}), as_json)


@told_in_one_line
def proposals(service: Service, as_json: AsJson = False) -> None:
    """What waits for a second operator."""
    found = ask(service, "ops/proposals")
    columns = ("proposal", "action", "of what", "reason", "by", "lapses")
    names = ("id", "action", "target", "reason", "actor")
    tell(
        as_json,
        found,
        "proposals",
        columns,
        lambda: [[*(str(each[name]) for name in names), at(each["until"])] for each in found],
    )


@told_in_one_line
def second(
    service: Service,
    proposal: Annotated[str, typer.Argument(help="Id of a proposal.")],
    yes: Typed = None,
    as_json: AsJson = False,
) -> None:
    """Second what another operator proposed; it is done then. Exit code 1 for an erasure that is not complete."""
    target = yes
    if target is None:
        found = {each["id"]: each["target"] for each in ask(service, "ops/proposals")}
        target = confirmed(None, found.get(proposal, proposal))
    told = order(service, f"ops/proposals/{proposal}/second", {"typed": target}, seconds=PATIENT_SECONDS)
    decided(told, as_json)
    certificate = told.get("certificate")
    if certificate is not None and not as_json:
        console.print_json(json.dumps(certificate, ensure_ascii=False))
    if certificate is not None and not certificate["complete"]:
        raise typer.Exit(1)
