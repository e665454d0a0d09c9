"""Rules of money: never more paid out than there is, at any position and at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from oracle.days import fiscal_year
from oracle.rules.streams import by_stream, growing
from oracle.told import Told
from shared.contracts.activity import (
    BudgetAllocated,
    BudgetTransferred,
    DisbursementReversed,
    FundsDisbursed,
    Voucher,
)


def money_faults(told: Iterable[Told]) -> list[str]:
    """What breaks the rules of money, as known at any position and in effect at any time."""
    lines: dict[str, None] = {}
    for stream, history in by_stream(told, "budget").items():
        for newest, facts in growing(history):
            for fault in (*_overdrawn(facts), *_misdated(facts)):
                lines.setdefault(f"{stream} known at {newest.position}: {fault}")
    return list(lines)


def _overdrawn(facts: Sequence[Told]) -> Iterable[str]:
    """Activities that paid more than they had, and vouchers that came back for more than they paid."""
    left: Counter[str] = Counter()
    outstanding: Counter[tuple[str, str, object]] = Counter()
    for each in facts:
        match each.event:
            case BudgetAllocated() as event:
                left[event.activity] += event.amount_satang
            case BudgetTransferred() as event:
                left[event.from_activity] -= event.amount_satang
                left[event.to_activity] += event.amount_satang
            case FundsDisbursed() as event:
                left[event.activity] -= event.amount_satang
                outstanding[_key(event.voucher)] += event.amount_satang
            case DisbursementReversed() as event:
                left[event.activity] += event.amount_satang
                outstanding[_key(event.voucher)] -= event.amount_satang
        yield from (
            f"activity {code} is {-sum_} satang short after {each.id}" for code, sum_ in left.items() if sum_ < 0
        )
        yield from (
            f"voucher {key[0]} has {sum_} satang after {each.id}" for key, sum_ in outstanding.items() if sum_ < 0
        )


def _key(voucher: Voucher) -> tuple[str, str, object]:
    return voucher.number, voucher.unit, voucher.date


def _misdated(facts: Sequence[Told]) -> Iterable[str]:
    for each in facts:
        match each.event:
            case (
                BudgetAllocated(programme=programme, allocated_on=day)
                | BudgetTransferred(programme=programme, transferred_on=day)
            ):
                if fiscal_year(day) != int(programme[:4]):
                    yield f"{each.id}: {day} is not of the programme's fiscal year"
            case FundsDisbursed(programme=programme, paid_on=day, carried_over=carried_over):
                if carried_over != (fiscal_year(day) > int(programme[:4])) or fiscal_year(day) < int(programme[:4]):
                    yield f"{each.id}: paid on {day}, carried over: {carried_over}"
