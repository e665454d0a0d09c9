"""The programme's money: its rules, and a stream driven at random and checked against plain sums."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from services.activity.budget import (
    BUDGET,
    AllocateBudget,
    Budget,
    DisburseFunds,
    ReverseDisbursement,
    TransferBudget,
    fiscal_year_of,
    voucher_key,
)
from shared.contracts import Claim, Command, Event, KnownProgramme, Rejected
from shared.contracts.activity import (
    BudgetAllocated,
    BudgetTransferred,
    DisbursementReversed,
    FundsDisbursed,
    Voucher,
)
from shared.contracts.common import FactVoided
from shared.eventstore.history import fold, living
from tests.given import Scenario, event_id, given
from tests.unit.activity.driving import AGO, Driven
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, day, known, moment

STREAM = "budget:2560-cluster"
BAHT = 100


def voucher(number: int = 1, on: date | None = None) -> Voucher:
    return Voucher(number=f"ขบ {number}/2560", unit="สพร.", date=on or day(2, 1))


allocated = BudgetAllocated(
    programme=PROGRAMME,
    activity="3",
    amount_satang=1000 * BAHT,
    allocated_on=day(10, 10, 2016),
    document="ที่ ศธ 04009/1",
)
transferred = BudgetTransferred(
    programme=PROGRAMME,
    from_activity="3",
    to_activity="2",
    amount_satang=400 * BAHT,
    transferred_on=day(1, 10),
    document="ที่ ศธ 04009/2",
)
paid = FundsDisbursed(
    programme=PROGRAMME, activity="3", region="R07", amount_satang=700 * BAHT, paid_on=day(2, 1), voucher=voucher()
)
returned = DisbursementReversed(
    programme=PROGRAMME,
    activity="3",
    region="R07",
    voucher=voucher(),
    amount_satang=200 * BAHT,
    reversed_on=day(3, 1),
    reason="เงินเหลือจ่าย",
)


def _command(kind: type[Any], event: Event, changes: dict[str, Any]) -> Any:
    return kind(**{**{name: getattr(event, name) for name in kind.model_fields}, **changes})


def allocate(**changes: Any) -> AllocateBudget:
    return _command(AllocateBudget, allocated, changes)  # type: ignore[no-any-return]


def transfer(**changes: Any) -> TransferBudget:
    return _command(TransferBudget, transferred, changes)  # type: ignore[no-any-return]


def pay(**changes: Any) -> DisburseFunds:
    return _command(DisburseFunds, paid, changes)  # type: ignore[no-any-return]


def take_back(**changes: Any) -> ReverseDisbursement:
    return _command(ReverseDisbursement, returned, changes)  # type: ignore[no-any-return]


def budget(*events: Event) -> Scenario:
    return given(*events).on(STREAM, BUDGET).where(PROGRAMME_STREAM, known())


def test_a_programme_has_one_budget() -> None:
    for command in (allocate(), transfer(), pay(), take_back()):
        assert command.stream() == STREAM


def test_a_budget_takes_nothing_of_another_programme() -> None:
    elsewhere = budget().where("programme:2561-cluster", known())
    elsewhere.when(allocate(programme="2561-cluster")).then_rejected("budget.other_programme")


def test_money_is_allocated_to_an_activity() -> None:
    budget().when(allocate()).then(allocated)
    assert budget(allocated).state().free("3") == 1000 * BAHT


def test_money_is_allocated_again() -> None:
    more = allocate(document="ที่ ศธ 04009/9")
    assert len(budget(allocated).when(more).decided()) == 1


def test_whatever_is_told_twice_is_nothing_new() -> None:
    everything = (allocated, transferred, paid.model_copy(update={"amount_satang": 600 * BAHT}), returned)
    again: list[Command] = [allocate(), transfer(), pay(amount_satang=600 * BAHT), take_back()]
    for command in again:
        budget(*everything).when(command).then()


def test_a_transfer_that_resembles_an_allocation_is_not_taken_for_it() -> None:
    alike = transfer(amount_satang=allocated.amount_satang, document=allocated.document)
    assert len(budget(allocated).when(alike).decided()) == 1


def test_money_goes_to_activities_and_regions_of_the_programme_alone() -> None:
    budget().when(allocate(activity="9")).then_rejected("activity.unknown")
    budget(allocated).when(transfer(from_activity="9")).then_rejected("activity.unknown")
    budget(allocated).when(transfer(to_activity="9")).then_rejected("activity.unknown")
    budget(allocated).when(pay(activity="9")).then_rejected("activity.unknown")
    budget(allocated).when(pay(region="R18")).then_rejected("activity.unknown_region")


def test_no_money_is_told_of_before_the_programme_is_known() -> None:
    unknown = KnownProgramme()
    commands: list[Command] = [allocate(document="x"), transfer(), pay(voucher=voucher(2)), take_back()]
    for command in commands:
        story = budget(allocated, paid).where(PROGRAMME_STREAM, unknown)
        story.when(command).then_rejected("programme.not_known")


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100"])
def test_money_is_a_whole_positive_number_of_satang(amount: object) -> None:
    with pytest.raises(ValueError, match="amount_satang"):
        allocate(amount_satang=amount)


# Transfers


def test_money_is_transferred_between_activities() -> None:
    budget(allocated).when(transfer()).then(transferred)
    after = budget(allocated, transferred).state()
    assert (after.free("3"), after.free("2")) == (600 * BAHT, 400 * BAHT)


def test_an_activity_does_not_transfer_to_itself() -> None:
    budget(allocated).when(transfer(to_activity="3")).then_rejected("budget.transfer_to_itself")


def test_what_was_not_allocated_or_is_paid_out_is_not_transferred() -> None:
    budget(allocated).when(transfer(amount_satang=1000 * BAHT + 1)).then_rejected("budget.too_little_to_transfer")
    after = budget(allocated, paid)
    after.when(transfer(transferred_on=day(2, 2))).then_rejected("budget.too_little_to_transfer")


def test_a_transfer_before_a_payment_that_needed_the_money_contradicts_it() -> None:
    budget(allocated, paid).when(transfer()).then_rejected("effective.contradicts_later")


# Payments


def test_money_is_paid_out_by_voucher() -> None:
    budget(allocated).when(pay()).then(paid)


def test_the_centre_pays_too() -> None:
    budget(allocated).when(pay(region=None)).then(paid.model_copy(update={"region": None}))


def test_an_activity_pays_out_all_it_has_and_not_a_satang_more() -> None:
    assert len(budget(allocated).when(pay(amount_satang=1000 * BAHT)).decided()) == 1
    budget(allocated).when(pay(amount_satang=1000 * BAHT + 1)).then_rejected("budget.over_allocation")
    second = pay(amount_satang=300 * BAHT + 1, voucher=voucher(2))
    budget(allocated, paid).when(second).then_rejected("budget.over_allocation")


def test_what_another_activity_has_does_not_help() -> None:
    budget(allocated).when(pay(activity="2")).then_rejected("budget.over_allocation")
    taken = pay(activity="2", amount_satang=400 * BAHT)
    assert len(budget(allocated, transferred).when(taken).decided()) == 1


def test_nothing_is_paid_before_it_was_allocated() -> None:
    early = pay(paid_on=day(10, 9, 2016))
    budget(allocated).when(early).then_rejected("budget.over_allocation")


def test_a_payment_told_late_leaves_enough_for_those_after_it() -> None:
    late = pay(amount_satang=400 * BAHT, paid_on=day(1, 20), voucher=voucher(2))
    budget(allocated, paid).when(late).then_rejected("effective.contradicts_later")
    assert len(budget(allocated, paid).when(late.model_copy(update={"amount_satang": 300 * BAHT})).decided()) == 1


def test_what_was_allocated_later_does_not_pay_for_what_came_before() -> None:
    """Told in another order than it took effect: the second allocation was known before the payment."""
    more = allocated.model_copy(update={"allocated_on": day(4, 1), "document": "ที่ ศธ 04009/3"})
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    budget(allocated, more, paid).when(void).then_rejected("effective.contradicts_later")
    earlier = more.model_copy(update={"allocated_on": day(1, 1)})
    budget(allocated, earlier, paid).when(void).then(void)


def test_an_allocation_that_was_paid_out_is_not_voided() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    budget(allocated, paid).when(void).then_rejected("effective.contradicts_later")
    budget(allocated).when(void).then(void)


def test_a_transfer_that_the_receiver_paid_out_is_not_voided() -> None:
    of_receiver = paid.model_copy(update={"activity": "2", "amount_satang": 400 * BAHT})
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    budget(allocated, transferred, of_receiver).when(void).then_rejected("effective.contradicts_later")


def test_a_voucher_pays_once() -> None:
    again = pay(amount_satang=1 * BAHT)
    budget(allocated, paid).when(again).then_rejected("budget.voucher_used")
    earlier = pay(amount_satang=1 * BAHT, paid_on=day(1, 1))
    budget(allocated, paid).when(earlier).then_rejected("effective.contradicts_later")


def test_a_voucher_of_another_unit_number_or_year_is_another() -> None:
    ours = voucher()
    others = [
        ours.model_copy(update={"unit": "สพป."}),
        ours.model_copy(update={"number": "ขบ 2/2560"}),
        ours.model_copy(update={"date": day(9, 30, 2016)}),
    ]
    for other in others:
        assert len(budget(allocated, paid).when(pay(voucher=other, amount_satang=1)).decided()) == 1
    same = ours.model_copy(update={"date": day(10, 1, 2016)})
    budget(allocated, paid).when(pay(voucher=same, amount_satang=1)).then_rejected("budget.voucher_used")


def test_a_voucher_is_the_same_in_thai_digits() -> None:
    thai = Voucher(number="ขบ  ๑/๒๕๖๐", unit="สพร.", date=day(2, 1))
    budget(allocated, paid).when(pay(voucher=thai, amount_satang=1)).then_rejected("budget.voucher_used")
    assert len(budget(allocated, paid).when(take_back(voucher=thai)).decided()) == 1


def test_a_voucher_is_claimed_across_programmes() -> None:
    assert BUDGET.claims(budget(allocated, paid).state()) == {Claim("voucher", "สพร./2560/ขบ1/2560")}
    assert BUDGET.claims(budget(allocated).state()) == frozenset()


def test_a_voided_payment_frees_its_money_and_its_voucher() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    budget(allocated, paid).when(void).then(void)
    after = budget(allocated, paid, void)
    assert after.state().free("3") == 1000 * BAHT
    assert BUDGET.claims(after.state()) == frozenset()


def test_a_budget_in_which_more_is_paid_than_given_may_not_be() -> None:
    BUDGET.invariant(Budget(allocated={"3": 5}, disbursed={"3": 5}))
    for state in (Budget(allocated={"2": 9, "3": 5}, disbursed={"3": 6}), Budget(allocated={"3": -1})):
        with pytest.raises(Rejected) as refusal:
            BUDGET.invariant(state)
        assert refusal.value.code == "budget.over_allocation"


# Reversals


def test_a_payment_comes_back_in_part_and_may_be_spent_again() -> None:
    budget(allocated, paid).when(take_back()).then(returned)
    after = budget(allocated, paid, returned)
    assert after.state().free("3") == 500 * BAHT
    assert len(after.when(pay(voucher=voucher(2), amount_satang=500 * BAHT, paid_on=day(3, 2))).decided()) == 1


def test_not_more_comes_back_than_the_voucher_paid() -> None:
    assert len(budget(allocated, paid).when(take_back(amount_satang=700 * BAHT)).decided()) == 1
    budget(allocated, paid).when(take_back(amount_satang=700 * BAHT + 1)).then_rejected("budget.more_than_paid")
    rest = take_back(amount_satang=500 * BAHT + 1, reversed_on=day(3, 2))
    budget(allocated, paid, returned).when(rest).then_rejected("budget.more_than_paid")


def test_two_reversals_told_in_either_order_are_at_most_what_was_paid() -> None:
    earlier = take_back(amount_satang=600 * BAHT, reversed_on=day(2, 20))
    budget(allocated, paid, returned).when(earlier).then_rejected("effective.contradicts_later")


def test_what_was_not_paid_does_not_come_back() -> None:
    budget(allocated, paid).when(take_back(voucher=voucher(2))).then_rejected("budget.voucher_not_known")
    early = take_back(reversed_on=day(1, 31))
    budget(allocated, paid).when(early).then_rejected("budget.voucher_not_known")
    misdated = voucher(on=day(2, 2))
    budget(allocated, paid).when(take_back(voucher=misdated)).then_rejected("budget.voucher_not_known")


def test_a_reversal_whose_money_was_spent_again_is_not_voided() -> None:
    again = paid.model_copy(update={"voucher": voucher(2), "amount_satang": 500 * BAHT, "paid_on": day(3, 2)})
    void = FactVoided(event_id=event_id(2), reason="ผิด")
    budget(allocated, paid, returned, again).when(void).then_rejected("effective.contradicts_later")


def test_a_payment_that_came_back_is_not_voided_before_its_reversal() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    budget(allocated, paid, returned).when(void).then_rejected("effective.contradicts_later")


# The fiscal year


@pytest.mark.parametrize(
    ("on", "year"),
    [(day(9, 30, 2016), 2559), (day(10, 1, 2016), 2560), (day(9, 30), 2560), (day(10, 1), 2561)],
)
def test_the_fiscal_year_begins_in_october(on: date, year: int) -> None:
    assert fiscal_year_of(on) == year


@pytest.mark.parametrize("on", [day(9, 30, 2016), day(10, 1)])
def test_days_lie_in_the_fiscal_year(on: date) -> None:
    before = [allocated.model_copy(update={"allocated_on": day(9, 1, 2016), "document": "x"})]
    payment = paid.model_copy(update={"paid_on": day(9, 2, 2016)})
    story = budget(*before, payment).at(moment(12, 1))
    commands: list[Command] = [
        allocate(allocated_on=on),
        transfer(transferred_on=on, amount_satang=1),
        pay(paid_on=on, voucher=voucher(2), amount_satang=1),
        take_back(reversed_on=on),
    ]
    for command in commands:
        story.when(command).then_rejected("budget.outside_fiscal_year")


def test_money_carried_over_is_paid_after_the_year_and_may_come_back() -> None:
    late = pay(paid_on=day(10, 20), carried_over=True)
    story = budget(allocated).at(moment(12, 1))
    of_late = paid.model_copy(update={"paid_on": day(10, 20), "carried_over": True})
    story.when(late).then(of_late)
    back = take_back(reversed_on=day(11, 1))
    assert len(budget(allocated, of_late).at(moment(12, 1)).when(back).decided()) == 1


def test_money_is_not_carried_over_within_the_year() -> None:
    budget(allocated).when(pay(carried_over=True)).then_rejected("budget.not_carried_over")


def test_what_is_not_yet_paid_cannot_be_told() -> None:
    budget(allocated).when(pay(paid_on=day(6, 2))).then_rejected("effective.in_future")


# Driven at random

activities = st.sampled_from(["2", "3"])
amounts = st.integers(1, 8)


class DrivenBudget(Driven):
    aggregate = BUDGET
    stream = STREAM
    states: ClassVar = {PROGRAMME_STREAM: known()}

    @initialize()
    def begin(self) -> None:
        assert self.tell(allocate(amount_satang=20, allocated_on=day(2, 15)))

    @rule(ago=AGO, activity=activities, amount=amounts)
    def allocate_some(self, ago: int, activity: str, amount: int) -> None:
        self.tell(allocate(allocated_on=self.days_ago(ago), activity=activity, amount_satang=amount))

    @rule(ago=AGO, giver=activities, taker=activities, amount=amounts)
    def transfer_some(self, ago: int, giver: str, taker: str, amount: int) -> None:
        self.tell(
            transfer(transferred_on=self.days_ago(ago), from_activity=giver, to_activity=taker, amount_satang=amount)
        )

    @rule(ago=AGO, activity=activities, amount=amounts, number=st.integers(1, 5))
    def pay_some(self, ago: int, activity: str, amount: int, number: int) -> None:
        self.tell(pay(paid_on=self.days_ago(ago), activity=activity, amount_satang=amount, voucher=voucher(number)))

    @precondition(lambda self: self.state.payments)
    @rule(ago=AGO, amount=amounts, choice=st.integers(0, 9))
    def take_some_back(self, ago: int, amount: int, choice: int) -> None:
        vouchers = [each.paid.voucher for each in self.state.payments.values()]
        by = vouchers[choice % len(vouchers)]
        self.tell(take_back(reversed_on=self.days_ago(ago), amount_satang=amount, voucher=by))

    @invariant()
    def at_no_time_more_is_paid_than_given(self) -> None:
        given_to: Counter[str] = Counter()
        paid_by: Counter[str] = Counter()
        vouchers: set[str] = set()
        for each in living(self.history):
            match each.event:
                case BudgetAllocated(activity=activity, amount_satang=amount):
                    given_to[activity] += amount
                case BudgetTransferred(from_activity=giver, to_activity=taker, amount_satang=amount):
                    given_to[giver] -= amount
                    given_to[taker] += amount
                case FundsDisbursed(activity=activity, amount_satang=amount, voucher=by):
                    paid_by[activity] += amount
                    assert voucher_key(by) not in vouchers
                    vouchers.add(voucher_key(by))
                case DisbursementReversed(activity=activity, amount_satang=amount):
                    paid_by[activity] -= amount
            for activity in set(given_to) | set(paid_by):
                assert 0 <= paid_by[activity] <= given_to[activity]
        state: Budget = fold(BUDGET, self.history)
        assert {name: amount for name, amount in state.allocated.items() if amount} == +given_to
        assert {name: amount for name, amount in state.disbursed.items() if amount} == +paid_by


TestDrivenBudget = DrivenBudget.TestCase
TestDrivenBudget.settings = settings(deadline=None, max_examples=100, stateful_step_count=25)
