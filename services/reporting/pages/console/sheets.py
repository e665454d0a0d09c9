"""The console's pages: what each asks of the services, and what its template is given."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.pages.console.services import SERVICES, Services, Told
from services.reporting.pages.language import marked as _
from shared.thai.regions import CODES
from shared.web.problems import Language

WRITING = ("committee", "activity", "evaluation")
REPORTING = "reporting"
VERDICTS = ("stopped", "stalled", "unknown", "lagging", "paused", "ok")
"""The worst first."""
TONES: Mapping[str, str] = {
    "ok": "done",
    "lagging": "attention",
    "paused": "planned",
    "unknown": "attention",
    "stalled": "late",
    "stopped": "late",
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks: their token, their language, and what they ask the page for."""

    services: Services
    token: str
    language: Language
    query: Mapping[str, str]

    async def ask(self, path: str, service: str = REPORTING, query: Mapping[str, str] | None = None) -> Told:
        """One service."""
        return await self.services.ask(service, path, self.token, self.language, query)

    async def ask_all(
        self, path: str, services: Sequence[str] = SERVICES, query: Mapping[str, str] | None = None
    ) -> list[Told]:
        """Several services."""
        return await self.services.ask_all(path, self.token, self.language, query, services)


Make = Callable[[Operator], Awaitable[dict[str, Any]]]


async def overview(operator: Operator) -> dict[str, Any]:
    """Every service, role, relay and consumer, one line each; what is parked, waits, rings."""
    statuses, alarms, proofs, monitor = await asyncio.gather(
        operator.ask_all("status"), operator.ask("alarms"), operator.ask("proofs"), operator.ask("monitor")
    )
    return {
        "statuses": statuses,
        "lines": [line for told in statuses for line in lines_of(told)],
        "alarms": alarms,
        "proofs": proofs,
        "monitor": monitor,
    }


def lines_of(told: Told) -> list[dict[str, Any]]:
    """A service's lines, the worst first: its name, what it is, a verdict, how far it is and what is said of it."""
    service = told.service
    if told.body is None:
        return [{"service": service, "kind": "service", "name": service, "verdict": "stopped", "message": ""}]
    found = [
        *({"kind": "role", "name": each["process"], "since": each["seen_at"], **each} for each in told.body["roles"]),
        *({"kind": "relay", "name": f"relay:{each['shard']}", **each} for each in told.body["relays"]),
        *(
            {"kind": "consumer", "name": f"{each['consumer']} ← {each['store']}/{each['shard']}", **each}
            for each in told.body["consumers"]
        ),
    ]
    return sorted(
        ({**each, "service": service} for each in found),
        key=lambda each: (VERDICTS.index(each["verdict"]), each["kind"], each["name"]),
    )


async def parked(operator: Operator) -> dict[str, Any]:
    """What is parked in every service, by cause, then one by one."""
    asked = {name: operator.query[name] for name in ("consumer", "code", "stream", "after") if name in operator.query}
    services = [each for each in SERVICES if operator.query.get("service", each) == each] or SERVICES
    found, replays, proposals = await asyncio.gather(
        operator.ask_all("parked", services, asked),
        operator.ask_all("replays", services, {"limit": "10"}),
        operator.ask_all("proposals", services),
    )
    return {"found": found, "replays": replays, "proposals": proposals, "asked": operator.query}


async def record(operator: Operator) -> dict[str, Any]:
    """One parked record with what is in it."""
    given = operator.query
    service = given.get("service", "")
    path = "/".join(("parked", *(given.get(name, "") for name in ("consumer", "topic", "shard", "record"))))
    told = await operator.ask(path, service if service in SERVICES else REPORTING)
    return {"told": told, "service": service}


async def waiting(operator: Operator) -> dict[str, Any]:
    """Facts that wait for what comes before them, and those in quarantine."""
    return {"found": await operator.ask_all("waiting", WRITING)}


async def streams(operator: Operator) -> dict[str, Any]:
    """Events that a search finds, and how busy the streams are."""
    names = ("type", "stream", "correlation", "person", "since", "until", "cursor")
    asked = {name: operator.query[name] for name in names if name in operator.query}
    found, monitor = await asyncio.gather(operator.ask("events", query=asked), operator.ask("monitor"))
    return {"found": found, "monitor": monitor, "asked": asked}


async def way(operator: Operator) -> dict[str, Any]:
    """One fact's way through all services."""
    asked = operator.query.get("id", "")
    return {"asked": asked, "told": await operator.ask(f"trace/{asked}") if asked else None}


async def rebuilds(operator: Operator) -> dict[str, Any]:
    """Versions of the views; with ``schema``, the rows of one that differ."""
    schema = operator.query.get("schema")
    told = await operator.ask("rebuilds")
    return {"told": told, "one": await operator.ask(f"rebuilds/{schema}") if schema else None}


async def publishers(operator: Operator) -> dict[str, Any]:
    """Who sends, when they were last heard, and what became of what they sent."""
    monitor, found, receipts = await asyncio.gather(
        operator.ask("monitor"), operator.ask_all("waiting", WRITING), operator.ask_all("receipts", WRITING)
    )
    counts: dict[str, Counter[str]] = {}
    for told in found:
        for kind in ("waiting", "quarantined") if told.is_well else ():
            for fact in told.body[kind]["facts"]:
                counts.setdefault(fact["publisher"] or "", Counter(waiting=0, quarantined=0))[kind] += 1
    return {"monitor": monitor, "waiting": found, "counts": counts, "receipts": receipts}


async def alarms(operator: Operator) -> dict[str, Any]:
    """Alarms that ring, and those that rang last."""
    return {"told": await operator.ask("alarms", query={"cleared": "50"})}


async def proofs(operator: Operator) -> dict[str, Any]:
    """What the last verifications found, and the newest checkpoints."""
    return {"told": await operator.ask("proofs")}


async def periods(operator: Operator) -> dict[str, Any]:
    """Periods, closed and open, and who may send later."""
    return {"told": await operator.ask("periods"), "regions": CODES}


async def audit(operator: Operator) -> dict[str, Any]:
    """What operators did, in all services, newest first."""
    found = await operator.ask_all("audit")
    lines = [{**line, "service": told.service} for told in found if told.is_well for line in told.body]
    return {"found": found, "lines": sorted(lines, key=lambda line: line["at"], reverse=True)}


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page of the console: its path, template, and name in the navigation (None: it stands not there)."""

    path: str
    template: str
    make: Make
    name: str | None = None


PAGES: Sequence[ConsolePage] = (
    ConsolePage("", "console/overview.html", overview, _("Overview")),
    ConsolePage("alarms", "console/alarms.html", alarms, _("Alarms")),
    ConsolePage("streams", "console/streams.html", streams, _("Streams and events")),
    ConsolePage("parked", "console/parked.html", parked, _("Parked")),
    ConsolePage("parked/record", "console/record.html", record),
    ConsolePage("waiting", "console/waiting.html", waiting, _("Waiting")),
    ConsolePage("rebuilds", "console/rebuilds.html", rebuilds, _("Rebuilds")),
    ConsolePage("publishers", "console/publishers.html", publishers, _("Publishers")),
    ConsolePage("periods", "console/periods.html", periods, _("Periods")),
    ConsolePage("proofs", "console/proofs.html", proofs, _("Verification")),
    ConsolePage("trace", "console/trace.html", way, _("Way of a fact")),
    ConsolePage("audit", "console/audit.html", audit, _("Audit")),
)
