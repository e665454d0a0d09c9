"""Rows of ``committee``: one for every interval in which nothing was told of a committee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    Holder,
    Member,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
)

Row = dict[str, Any]

KINDS = (
    CommitteeProposed,
    CommitteeAppointed,
    CommitteeReconstituted,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    MemberAppointed,
    MemberRoleChanged,
    MemberEnded,
    AppointmentOrderCorrected,
)

SEATS = {
    "chairs": "chair",
    "vice_chairs": "vice_chair",
    "ordinary_members": "member",
    "secretaries": "secretary",
    "assistant_secretaries": "assistant_secretary",
}


def committee(world: World) -> Iterable[Row]:
    """The intervals of every committee's stream."""
    for stream, facts in world.of(*KINDS).items():
        rows = intervals(stream, facts)
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            yield {**row, "valid_to": following["valid_from"] if following else None}


def intervals(stream: str, facts: Sequence[Told]) -> list[Row]:
    """The state after all events up to and including each instant at which something happened."""
    state = _nothing(stream)
    rows = []
    for instant, together in groupby(facts, key=lambda each: each.occurred_at):
        for told in together:
            state = _after(state, told)
        rows.append({**state, **_counts(state["members"]), "valid_from": instant})
    return rows


def _nothing(stream: str) -> Row:
    return {
        "stream": stream,
        "programme": None,
        "region": None,
        "ordinal": int(stream.rpartition(":")[2]),
        "state": None,
        "proposed_on": None,
        "proposed_by": None,
        "order_unit": None,
        "order_number": None,
        "order_year": None,
        "order_date": None,
        "signatory_office": None,
        "effective_from": None,
        "mandate_version": None,
        "withdrawn_on": None,
        "dissolved_on": None,
        "members": [],
    }


def _after(state: Row, told: Told) -> Row:
    event = told.event
    state = {**state, "programme": told.payload["programme"], "region": told.payload["region"]}
    match event:
        case CommitteeProposed():
            return {
                **state,
                "state": "proposed",
                "proposed_on": event.proposed_on,
                "proposed_by": event.proposed_by,
                "members": [_shown(each) for each in event.members],
            }
        case CommitteeAppointed() | CommitteeReconstituted():
            return {
                **state,
                **_order(event),
                "state": "appointed",
                "effective_from": event.effective_from,
                "mandate_version": event.mandate_version,
                "members": [_shown(each) for each in event.members],
            }
        case AppointmentOrderCorrected():
            return {**state, **_order(event)}
        case CommitteeProposalWithdrawn():
            return {**state, "state": "withdrawn", "withdrawn_on": event.withdrawn_on}
        case CommitteeDissolved():
            return {**state, "state": "dissolved", "dissolved_on": event.dissolved_on}
        case MemberAppointed():
            return {**state, "members": _with(state["members"], _shown(event.member))}
        case MemberRoleChanged():
            return {**state, "members": [_moved(each, event) for each in state["members"]]}
        case MemberEnded():
            ended = _key_of(event.holder)
            return {**state, "members": [each for each in state["members"] if _key(each) != ended]}
        case _:
            return state


def _order(event: CommitteeAppointed | CommitteeReconstituted | AppointmentOrderCorrected) -> Row:
    return {
        "order_unit": event.order.unit,
        "order_number": event.order.number,
        "order_year": event.order.year,
        "order_date": event.order_date,
        "signatory_office": event.signatory_office,
    }


def _shown(member: Member) -> Row:
    return {
        "person_id": str(member.person_id) if member.person_id else None,
        "office": member.office,
        "seat": member.seat.value,
        "voting": member.voting,
    }


def _key(shown: Row) -> tuple[str, str]:
    """What tells members apart: the person, or the office of a seat that belongs to an office."""
    return ("person", shown["person_id"]) if shown["person_id"] else ("office", shown["office"])


def _key_of(holder: Holder) -> tuple[str, str]:
    return ("person", str(holder.person_id)) if holder.person_id else ("office", str(holder.office))


def _with(members: Sequence[Row], new: Row) -> list[Row]:
    if any(_key(each) == _key(new) for each in members):
        return [new if _key(each) == _key(new) else each for each in members]
    return [*members, new]


def _moved(member: Row, event: MemberRoleChanged) -> Row:
    if _key(member) != _key_of(event.holder):
        return member
    return {**member, "seat": event.seat.value, "voting": event.voting}


def _counts(members: Sequence[Row]) -> Row:
    seats = {column: sum(each["seat"] == seat for each in members) for column, seat in SEATS.items()}
    return {**seats, "voting": sum(each["voting"] for each in members)}
