"""The plan, workshops, briefings and money."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.histories.teller import OFFICES, Fields, Teller


def plan(teller: Teller) -> None:
    """Something of the plan; the order is not always that of the world."""
    definition = teller.programme()
    activity = teller.pick(definition.activities)
    stream = f"activity:{definition.programme}:{activity.code}"
    said: Fields = {"programme": definition.programme, "code": activity.code}
    names = ("ActivityPlanned", "ActivityStarted", "DeadlineExtended", "ActivityCompleted", "ActivityCancelled")
    match teller.random.choices(names, (4, 3, 3, 2, 1))[0]:
        case "ActivityPlanned":
            days = {"opens": activity.opens, "closes": activity.closes, "deadline": activity.deadline}
            planned = {"planned_on": teller.day()} if teller.chance(0.6) else {}
            teller.say(stream, "ActivityPlanned", **said, **days, **planned)
        case "ActivityStarted":
            teller.say(stream, "ActivityStarted", **said, started_on=teller.day())
        case "DeadlineExtended":
            teller.say(stream, "DeadlineExtended", **said, deadline=teller.day(ahead=90), reason=teller.words())
        case "ActivityCompleted":
            outputs = ["ข้อเสนอ", "แนวทาง"][: teller.number(1, 2)]
            teller.say(stream, "ActivityCompleted", **said, completed_on=teller.day(), outputs=outputs)
        case _:
            teller.say(stream, "ActivityCancelled", **said, cancelled_on=teller.day(), reason=teller.words())


def workshop(teller: Teller) -> None:
    """A workshop or its papers."""
    definition = teller.programme()
    said: Fields = {"programme": definition.programme, "activity": teller.pick(definition.activities).code}
    stream = teller.stream("workshop", definition.programme, 4)
    if teller.chance(0.7):
        began = teller.day()
        regions = [region for region in definition.regions if teller.chance(0.5)]
        teller.say(
            stream,
            "WorkshopHeld",
            **said,
            title=teller.words()[:9],
            started_on=began,
            ended_on=began,
            place="กรุงเทพฯ",
            regions=regions,
            participants=teller.number(1, 300),
        )
    else:
        papers = {paper: {"title": teller.words()[:9]} for paper in ("proposal", "guideline", "form", "results_report")}
        teller.say(stream, "WorkshopSummarised", **said, summarised_on=teller.day(), **papers)


def briefing(teller: Teller) -> None:
    """A briefing, or a committee that acknowledges it."""
    definition = teller.programme()
    stream = teller.stream("briefing", definition.programme, 4)
    told = teller.last(stream, "PolicyBriefed")
    if told is None or teller.chance(0.1):
        teller.say(
            stream,
            "PolicyBriefed",
            programme=definition.programme,
            activity=teller.pick(definition.activities).code,
            title=teller.words()[:9],
            briefed_on=teller.day(),
            regions=teller.random.sample(definition.regions, teller.number(1, len(definition.regions))),
            policy={"title": "นโยบาย", "sha256": "ab" * 32},
        )
    else:
        sent = teller.event(told).model_dump(mode="json")
        region = teller.pick(sent["regions"])
        teller.say(
            stream,
            "PolicyAcknowledged",
            programme=sent["programme"],
            activity=sent["activity"],
            region=region,
            committee=f"committee:{sent['programme']}:{region}:{teller.number(1, 2)}",
            acknowledged_on=teller.day(),
        )


def money(teller: Teller) -> None:
    """Money comes, moves, goes or comes back."""
    definition = teller.programme()
    stream = f"budget:{definition.programme}"
    codes = [activity.code for activity in definition.activities]
    said: Fields = {"programme": definition.programme, "amount_satang": teller.number(1, 10**11)}
    where = {"region": teller.pick(definition.regions)} if teller.chance(0.6) else {}
    voucher = {"number": f"ขบ {teller.number(1, 50)}/2560", "unit": teller.pick(OFFICES), "date": teller.day()}
    match teller.number(1, 6):
        case 1:
            teller.say(
                stream,
                "BudgetAllocated",
                **said,
                activity=teller.pick(codes),
                allocated_on=teller.day(),
                document="หนังสือ",
            )
        case 2:
            teller.say(
                stream,
                "BudgetTransferred",
                **said,
                from_activity=teller.pick(codes),
                to_activity=teller.pick(codes),
                transferred_on=teller.day(),
                document="หนังสือ",
            )
        case 3:
            teller.say(
                stream,
                "DisbursementReversed",
                **said,
                **where,
                activity=teller.pick(codes),
                voucher=voucher,
                reversed_on=teller.day(),
                reason=teller.words(),
            )
        case _:
            teller.say(
                stream,
                "FundsDisbursed",
                **said,
                **where,
                activity=teller.pick(codes),
                paid_on=teller.day(),
                voucher=voucher,
                carried_over=teller.chance(0.1),
            )


ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = ((8, plan), (3, workshop), (6, briefing), (14, money))
