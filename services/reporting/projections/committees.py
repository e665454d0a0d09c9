"""A committee's stream: one row for every interval in which it did not change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from services.reporting.projections.fact import Body, Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import day, json

Member = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Committee:
    programme: str = ""
    region: str = ""
    state: str | None = None
    proposed_on: date | None = None
    proposed_by: str | None = None
    order_unit: str | None = None
    order_number: int | None = None
    order_year: int | None = None
    order_date: date | None = None
    signatory_office: str | None = None
    effective_from: date | None = None
    mandate_version: int | None = None
    withdrawn_on: date | None = None
    dissolved_on: date | None = None
    members: tuple[Member, ...] = ()


class CommitteeFold:
    """Gives the rows of ``committee``."""

    tables: ClassVar[tuple[str, ...]] = ("committee",)
    __slots__ = ("_intervals", "_ordinal", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._ordinal = int(stream.rpartition(":")[2])
        self._intervals: list[tuple[datetime, _Committee]] = []

    def step(self, fact: Fact) -> None:
        """What takes effect at one instant makes one interval."""
        last = self._intervals[-1][1] if self._intervals else _Committee()
        known = replace(last, programme=fact.body["programme"], region=fact.body["region"])
        if self._intervals and self._intervals[-1][0] == fact.occurred_at:
            self._intervals.pop()
        self._intervals.append((fact.occurred_at, _evolve(known, fact)))

    def give(self, rows: Given) -> None:
        """One row an interval."""
        ends: list[datetime | None] = [begins for begins, _ in self._intervals[1:]]
        for (begins, committee), end in zip(self._intervals, [*ends, None], strict=False):
            rows["committee"].append(self._row(begins, end, committee))

    def _row(self, begins: datetime, end: datetime | None, committee: _Committee) -> Row:
        seats = Counter(member["seat"] for member in committee.members)
        return (
            self._stream,
            begins,
            end,
            committee.programme,
            committee.region,
            self._ordinal,
            committee.state,
            committee.proposed_on,
            committee.proposed_by,
            committee.order_unit,
            committee.order_number,
            committee.order_year,
            committee.order_date,
            committee.signatory_office,
            committee.effective_from,
            committee.mandate_version,
            committee.withdrawn_on,
            committee.dissolved_on,
            json(committee.members),
            seats["chair"],
            seats["vice_chair"],
            seats["member"],
            seats["secretary"],
            seats["assistant_secretary"],
            sum(member["voting"] for member in committee.members),
        )


def _evolve(committee: _Committee, fact: Fact) -> _Committee:
    body = fact.body
    match fact.name:
        case "CommitteeProposed":
            return replace(
                committee,
                state="proposed",
                proposed_on=day(body["proposed_on"]),
                proposed_by=body["proposed_by"],
                members=_members(body),
            )
        case "CommitteeAppointed" | "CommitteeReconstituted":
            return replace(
                _ordered(committee, body),
                state="appointed",
                effective_from=day(body["effective_from"]),
                mandate_version=body["mandate_version"],
                members=_members(body),
            )
        case "AppointmentOrderCorrected":
            return _ordered(committee, body)
        case "CommitteeProposalWithdrawn":
            return replace(committee, state="withdrawn", withdrawn_on=day(body["withdrawn_on"]))
        case "CommitteeDissolved":
            return replace(committee, state="dissolved", dissolved_on=day(body["dissolved_on"]))
        case "MemberAppointed":
            return replace(committee, members=_joined(committee.members, _member(body["member"])))
        case "MemberRoleChanged":
            return replace(committee, members=_changed(committee.members, body))
        case "MemberEnded":
            return replace(committee, members=_without(committee.members, _holder(body["holder"])))
        case _:
            return committee


def _ordered(committee: _Committee, body: Body) -> _Committee:
    order = body["order"]
    return replace(
        committee,
        order_unit=order["unit"],
        order_number=order["number"],
        order_year=order["year"],
        order_date=day(body["order_date"]),
        signatory_office=body["signatory_office"],
    )


def _members(body: Body) -> tuple[Member, ...]:
    return tuple(_member(member) for member in body["members"])


def _member(sent: Body) -> Member:
    return {
        "person_id": sent.get("person_id"),
        "office": sent["office"],
        "seat": sent["seat"],
        "voting": sent.get("voting", True),
    }


def _joined(members: tuple[Member, ...], member: Member) -> tuple[Member, ...]:
    holder = _holder(member)
    if any(_holder(each) == holder for each in members):
        return tuple(member if _holder(each) == holder else each for each in members)
    return (*members, member)


def _changed(members: tuple[Member, ...], body: Body) -> tuple[Member, ...]:
    holder, role = _holder(body["holder"]), {"seat": body["seat"], "voting": body["voting"]}
    return tuple({**each, **role} if _holder(each) == holder else each for each in members)


def _without(members: tuple[Member, ...], holder: str) -> tuple[Member, ...]:
    return tuple(each for each in members if _holder(each) != holder)


def _holder(who: Body) -> str:
    person = who.get("person_id")
    return f"person:{person}" if person else f"office:{who['office']}"
