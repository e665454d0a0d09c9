"""I11: what one stream alone may hold is held by at most one at every position, recounted from the events.

Active committee of a region, number of an order within its unit and year, number of a meeting within its body, voucher.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from oracle.days import fiscal_year
from oracle.rows.committees import intervals
from oracle.told import Told
from shared.contracts.activity import FundsDisbursed, MeetingAdjourned, MeetingHeld, MeetingScheduled
from shared.contracts.committee import AppointmentOrderCorrected, CommitteeAppointed, CommitteeReconstituted
from shared.contracts.common import FactVoided
from shared.contracts.types import OrderNumber

Held = tuple[str, str]


def claim_faults(told: Iterable[Told]) -> list[str]:
    """Every claim that a second stream came to hold, with the place at which it did; in order of recording."""
    lines = []
    streams: dict[str, list[Told]] = defaultdict(list)
    holders: dict[Held, set[str]] = defaultdict(set)
    for each in sorted(told, key=lambda each: (each.recorded_at, each.store, each.shard, each.position)):
        streams[each.stream].append(each)
        held = held_by(each.stream, _living(streams[each.stream]))
        for claim in [claim for claim, by in holders.items() if each.stream in by and claim not in held]:
            holders[claim].discard(each.stream)
        for claim in held:
            if holders[claim] and each.stream not in holders[claim]:
                lines.append(f"I11 {each.place}: {each.stream} takes {claim} from {sorted(holders[claim])}")
            holders[claim].add(each.stream)
    return lines


def _living(history: Sequence[Told]) -> list[Told]:
    voided = {str(each.event.event_id) for each in history if isinstance(each.event, FactVoided)}
    living = [each for each in history if not isinstance(each.event, FactVoided) and each.id not in voided]
    return sorted(living, key=lambda each: (each.occurred_at, each.position))


def held_by(stream: str, living: Sequence[Told]) -> set[Held]:
    """What a stream with these living events holds."""
    if not living:
        return set()
    if stream.startswith("committee:"):
        return {*_active_committee(stream, living), *_orders(living)}
    if stream.startswith("meeting:"):
        return set(_meeting_number(living))
    if stream.startswith("budget:"):
        return set(_vouchers(living))
    return set()


def _active_committee(stream: str, living: Sequence[Told]) -> Iterable[Held]:
    row = intervals(stream, living)[-1]
    if row["state"] == "appointed":
        yield "active committee", f"{row['programme']}/{row['region']}"


def _orders(living: Sequence[Told]) -> Iterable[Held]:
    """The orders that made the committee what it is, each as it was last corrected."""
    orders: dict[object, OrderNumber] = {}
    for told in living:
        event = told.event
        if isinstance(event, CommitteeAppointed | CommitteeReconstituted | AppointmentOrderCorrected):
            orders[event.effective_from] = event.order
    for order in orders.values():
        yield "order", f"{order.unit}/{order.year}/{order.number}"


def _meeting_number(living: Sequence[Told]) -> Iterable[Held]:
    """One that was cancelled keeps it: its number is given to no other."""
    named = [told for told in living if isinstance(told.event, MeetingScheduled | MeetingHeld | MeetingAdjourned)]
    if named:
        sent = named[-1].payload
        yield "meeting number", f"{sent['programme']}/{sent.get('region', '')}/{sent['number']}"


def _vouchers(living: Sequence[Told]) -> Iterable[Held]:
    """What a unit pays by: it numbers them anew in October."""
    for told in living:
        if isinstance(told.event, FundsDisbursed):
            voucher = told.event.voucher
            yield "voucher", f"{voucher.unit}/{fiscal_year(voucher.date)}/{''.join(voucher.number.split())}"
