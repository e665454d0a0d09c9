"""Programmes, mandates and committees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.types import BANGKOK
from tests.histories.teller import OFFICES, PERSONS, Fields, Teller

SEATS = ("vice_chair", "member", "member", "assistant_secretary")


def register(teller: Teller, definition: ProgrammeDefinition) -> None:
    """Register a programme."""
    teller.say(
        f"programme:{definition.programme}",
        "ProgrammeRegistered",
        programme=definition.programme,
        version=1,
        definition=definition.model_dump(mode="json", exclude_none=True),
        digest=definition.digest(),
    )


def amend(teller: Teller) -> None:
    """Amend it: other deadlines, another quorum, another name."""
    programme = teller.programme()
    stream = f"programme:{programme.programme}"
    changed = {
        **programme.model_dump(mode="json", exclude_none=True),
        "quorum": {
            "numerator": teller.number(1, 2),
            "denominator": teller.number(2, 3),
            "comparison": teller.pick(("at_least", "more_than")),
        },
        "deadlines": {"appointment_days": teller.number(1, 60), "minutes_days": teller.number(1, 30)},
        "name": {"th": teller.words(), "en": teller.words()},
    }
    definition = ProgrammeDefinition.model_validate(changed)
    teller.say(
        stream,
        "ProgrammeAmended",
        programme=programme.programme,
        version=len(teller.streams[stream]) + 1,
        definition=changed,
        digest=definition.digest(),
        reason=teller.words(),
    )


def mandate(teller: Teller) -> None:
    """Draft, adopt or supersede a mandate."""
    programme = teller.programme().programme
    stream = f"mandate:{programme}:1"
    text = dict.fromkeys(("form", "composition", "scope", "duties", "mission_frame"), teller.words())
    said: Fields = {"programme": programme, "version": 1}
    match teller.names(stream)[-1:]:
        case ["MandateDrafted"]:
            teller.say(stream, "MandateAdopted", **said, adopted_on=teller.day(), resolution="ข้อ 3", digest="0" * 64)
        case ["MandateAdopted"]:
            teller.say(stream, "MandateSuperseded", **said, superseded_on=teller.day(), by_version=2)
        case _:
            teller.say(stream, "MandateDrafted", **said, text=text, drafted_on=teller.day())


def members(teller: Teller) -> list[Fields]:
    """A chair, a secretary, and some more; nobody twice."""
    persons = teller.random.sample(PERSONS, 5)
    seats = ["chair", "secretary", *(teller.pick(SEATS) for _ in range(teller.number(0, 3)))]
    return [_member(teller, person, seat) for person, seat in zip(persons, seats, strict=False)]


def _member(teller: Teller, person: str, seat: str) -> Fields:
    given: Fields = {"office": teller.pick(OFFICES), "seat": seat, "voting": teller.chance(0.8)}
    if teller.chance(0.25):
        return {**given, "office": f"{given['office']} {person[-2:]}"}
    return {**given, "person_id": person}


def _holder(teller: Teller, stream: str) -> Fields:
    """Mostly somebody who is or was on the committee, sometimes nobody that anybody knows."""
    known: list[Fields] = []
    for each in teller.living(stream):
        sent = teller.event(each).model_dump(mode="json", exclude_none=True)
        known += [*sent.get("members", []), *([sent["member"]] if "member" in sent else [])]
    if not known or teller.chance(0.1):
        return {"person_id": teller.pick(PERSONS)}
    member = teller.pick(known)
    return {"person_id": member["person_id"]} if "person_id" in member else {"office": member["office"]}


def _order(teller: Teller) -> Fields:
    return {
        "order": {"unit": teller.pick(OFFICES), "number": teller.number(1, 99_999), "year": teller.number(2559, 2560)},
        "order_date": teller.day(),
        "signatory_office": teller.pick(OFFICES),
    }


def change_committee(teller: Teller) -> None:
    """What may happen next to a region's newest committee; now and then what may not.

    Committees of a region follow one another: no two are ever in office at the same time.
    """
    definition = teller.programme()
    region = teller.pick(definition.regions)
    stream = newest(teller, definition.programme, region)
    said: Fields = {"programme": definition.programme, "region": region}
    if teller.chance(0.05):
        teller.pick((*LATER, _propose, _appoint, _withdraw))(teller, stream, said)
        return
    match [name for name in teller.names(stream) if name in TURNS][-1:]:
        case []:
            _propose(teller, stream, said)
        case ["CommitteeProposed"]:
            teller.pick((_appoint, _appoint, _appoint, _withdraw))(teller, stream, said)
        case ["CommitteeAppointed" | "CommitteeReconstituted"]:
            teller.pick(LATER)(teller, stream, said)
        case _:
            _propose(teller, f"{stream.rpartition(':')[0]}:{int(stream.rpartition(':')[2]) + 1}", said)


def newest(teller: Teller, programme: str, region: str) -> str:
    """The stream of a region's newest committee; earlier ones are history."""
    place = f"committee:{programme}:{region}:"
    ordinals = [int(stream.rpartition(":")[2]) for stream in teller.begun("committee") if stream.startswith(place)]
    return f"{place}{max(ordinals, default=1)}"


def is_history(teller: Teller, stream: str) -> bool:
    """Whether a committee has had a successor."""
    aggregate, programme, region, _ = stream.split(":")
    return aggregate == "committee" and newest(teller, programme, region) != stream


def _free_from(teller: Teller, stream: str) -> date:
    """The day from which a committee can take effect: the one after all that its predecessor was told of."""
    place, _, ordinal = stream.rpartition(":")
    before = teller.streams.get(f"{place}:{int(ordinal) - 1}", [])
    return max((each.occurred_at.astimezone(BANGKOK).date() for each in before), default=date.min)


def _propose(teller: Teller, stream: str, said: Fields) -> None:
    teller.say(
        stream,
        "CommitteeProposed",
        **said,
        ordinal=int(stream.rpartition(":")[2]),
        proposed_on=teller.day(),
        proposed_by=teller.pick(OFFICES),
        members=members(teller),
    )


def _appoint(teller: Teller, stream: str, said: Fields) -> None:
    _order_members(teller, stream, "CommitteeAppointed", said)


def _reconstitute(teller: Teller, stream: str, said: Fields) -> None:
    _order_members(teller, stream, "CommitteeReconstituted", said)


def _order_members(teller: Teller, stream: str, name: str, said: Fields) -> None:
    teller.say(
        stream,
        name,
        **said,
        **_order(teller),
        effective_from=max(teller.day(ahead=40), _free_from(teller, stream).isoformat()),
        mandate_version=teller.number(1, 2),
        members=members(teller),
    )


def _withdraw(teller: Teller, stream: str, said: Fields) -> None:
    teller.say(stream, "CommitteeProposalWithdrawn", **said, withdrawn_on=teller.day(), reason=teller.words())


def _dissolve(teller: Teller, stream: str, said: Fields) -> None:
    teller.say(stream, "CommitteeDissolved", **said, dissolved_on=teller.day(ahead=20), reason=teller.words())


def _join(teller: Teller, stream: str, said: Fields) -> None:
    member = _member(teller, teller.pick(PERSONS), teller.pick(SEATS))
    order = {"order": _order(teller)["order"]} if teller.chance(0.5) else {}
    teller.say(stream, "MemberAppointed", **said, member=member, effective_from=teller.day(ahead=20), **order)


def _move(teller: Teller, stream: str, said: Fields) -> None:
    teller.say(
        stream,
        "MemberRoleChanged",
        **said,
        holder=_holder(teller, stream),
        seat=teller.pick(SEATS),
        voting=teller.chance(0.7),
        effective_from=teller.day(),
    )


def _leave(teller: Teller, stream: str, said: Fields) -> None:
    teller.say(
        stream, "MemberEnded", **said, holder=_holder(teller, stream), ended_on=teller.day(), reason=teller.words()
    )


def _correct(teller: Teller, stream: str, said: Fields) -> None:
    orders = teller.living(stream, "CommitteeAppointed", "CommitteeReconstituted")
    since = teller.event(teller.pick(orders)).moment() if orders and teller.chance(0.9) else teller.day()
    teller.say(
        stream, "AppointmentOrderCorrected", **said, **_order(teller), effective_from=since, reason=teller.words()
    )


LATER: Sequence[Callable[[Teller, str, Fields], None]] = (
    *(_reconstitute, _dissolve),
    *(_join, _join, _move, _leave, _leave, _correct),
)
TURNS = (
    *("CommitteeProposed", "CommitteeProposalWithdrawn"),
    *("CommitteeAppointed", "CommitteeReconstituted", "CommitteeDissolved"),
)

ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = ((2, amend), (2, mandate), (20, change_committee))
