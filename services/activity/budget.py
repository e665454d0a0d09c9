"""The programme's money, in satang: allocated, transferred, paid out by voucher, and what came back.

At no time has an activity, or the programme, paid out more than it had been given by then. Days lie in the fiscal year,
unless a payment is made out of money carried over from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.activity.rules import (
    definition_of,
    reads_programme,
    require_activity,
    require_region,
    said,
    told,
)
from shared.contracts import Aggregate, Claim, Command, Context, Event, Read, Rejected, require
from shared.contracts.activity import (
    BudgetAllocated,
    BudgetTransferred,
    DisbursementReversed,
    FundsDisbursed,
    Voucher,
)
from shared.contracts.types import ActivityCode, Day, Line, PositiveSatang, ProgrammeId, Prose, RegionCode

BE_OFFSET = 543
"""B.E. year minus C.E. year."""
_ARABIC = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
OCTOBER = 10
"""Month in which the next fiscal year begins."""


class _OfProgramme(Command):
    """A command about a programme's money."""

    programme: ProgrammeId

    def stream(self) -> str:
        """A programme has one budget."""
        return f"budget:{self.programme}"


class AllocateBudget(_OfProgramme, effective="allocated_on"):
    """Give money to an activity."""

    activity: ActivityCode
    amount_satang: PositiveSatang
    allocated_on: Day
    document: Line


class TransferBudget(_OfProgramme, effective="transferred_on"):
    """Move money that was not paid out from one activity to another."""

    from_activity: ActivityCode
    to_activity: ActivityCode
    amount_satang: PositiveSatang
    transferred_on: Day
    document: Line


class DisburseFunds(_OfProgramme, effective="paid_on"):
    """Tell that money was paid out; ``region`` None: by the centre."""

    activity: ActivityCode
    region: RegionCode | None = None
    amount_satang: PositiveSatang
    paid_on: Day
    voucher: Voucher
    carried_over: bool = False


class ReverseDisbursement(_OfProgramme, effective="reversed_on"):
    """Tell that what a voucher paid came back, whole or in part."""

    voucher: Voucher
    amount_satang: PositiveSatang
    reversed_on: Day
    reason: Prose


@dataclass(frozen=True, slots=True)
class Payment:
    """What a voucher paid, and what of it came back."""

    paid: FundsDisbursed
    reversals: tuple[DisbursementReversed, ...] = ()

    @property
    def outstanding(self) -> int:
        """Satang that did not come back."""
        return self.paid.amount_satang - sum(each.amount_satang for each in self.reversals)


@dataclass(frozen=True, slots=True)
class Budget:
    """A programme's money as its events tell it; satang by activity, payments by voucher."""

    allocated: Mapping[str, int] = field(default_factory=dict)
    """After transfers."""
    disbursed: Mapping[str, int] = field(default_factory=dict)
    """After reversals."""
    payments: Mapping[str, Payment] = field(default_factory=dict)
    grants: tuple[BudgetAllocated | BudgetTransferred, ...] = ()
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""

    def free(self, activity: str) -> int:
        """Satang that an activity was given and has not paid out."""
        return self.allocated.get(activity, 0) - self.disbursed.get(activity, 0)


Known = BudgetAllocated | BudgetTransferred | FundsDisbursed | DisbursementReversed


def fiscal_year_of(day: date) -> int:
    """Fiscal year (B.E.) in which a day lies; it begins in October."""
    return day.year + BE_OFFSET + (day.month >= OCTOBER)


def voucher_key(voucher: Voucher) -> str:
    """What tells vouchers apart, however they are written: a unit numbers them anew every fiscal year."""
    number = "".join(voucher.number.split()).translate(_ARABIC)
    return f"{voucher.unit}/{fiscal_year_of(voucher.date)}/{number}"


def _require_fit(budget: Budget, event: Known) -> None:
    """Rejected unless the event can follow on what has happened."""
    match event:
        case BudgetAllocated():
            pass
        case BudgetTransferred(from_activity=activity, amount_satang=amount):
            _require_free(budget, activity, amount, "budget.too_little_to_transfer")
        case FundsDisbursed(activity=activity, amount_satang=amount, voucher=voucher):
            new = voucher_key(voucher) not in budget.payments
            require(new, "budget.voucher_used", pointer="/voucher", voucher=voucher.number)
            _require_free(budget, activity, amount, "budget.over_allocation")
        case DisbursementReversed(voucher=voucher, amount_satang=amount):
            left = _payment(budget, voucher).outstanding
            require(amount <= left, "budget.more_than_paid", pointer="/amount_satang", amount=amount, left=left)


def _require_free(budget: Budget, activity: str, amount: int, code: str) -> None:
    free = budget.free(activity)
    require(amount <= free, code, pointer="/amount_satang", activity=activity, amount=amount, free=free)


def _payment(budget: Budget, voucher: Voucher) -> Payment:
    """What the voucher paid; Rejected ``budget.voucher_not_known``."""
    found = budget.payments.get(voucher_key(voucher))
    if found is None or found.paid.voucher.date != voucher.date:
        raise Rejected("budget.voucher_not_known", pointer="/voucher", voucher=voucher.number)
    return found


def evolve(budget: Budget, event: Event) -> Budget:
    """The budget after one more event."""
    if not isinstance(event, Known):
        return budget
    try:
        _require_fit(budget, event)
    except Rejected as misfit:
        return replace(budget, broken=budget.broken or misfit.code)
    match event:
        case BudgetAllocated(activity=activity, amount_satang=amount):
            return replace(budget, allocated=_plus(budget.allocated, activity, amount), grants=(*budget.grants, event))
        case BudgetTransferred(from_activity=giver, to_activity=taker, amount_satang=amount):
            allocated = _plus(_plus(budget.allocated, giver, -amount), taker, amount)
            return replace(budget, allocated=allocated, grants=(*budget.grants, event))
        case FundsDisbursed(activity=activity, amount_satang=amount, voucher=voucher):
            payments = {**budget.payments, voucher_key(voucher): Payment(event)}
            return replace(budget, disbursed=_plus(budget.disbursed, activity, amount), payments=payments)
        case DisbursementReversed(voucher=voucher, amount_satang=amount):
            payment = _payment(budget, voucher)
            returned = replace(payment, reversals=(*payment.reversals, event))
            disbursed = _plus(budget.disbursed, payment.paid.activity, -amount)
            payments = {**budget.payments, voucher_key(voucher): returned}
            return replace(budget, disbursed=disbursed, payments=payments)


def _plus(sums: Mapping[str, int], activity: str, amount: int) -> Mapping[str, int]:
    return {**sums, activity: sums.get(activity, 0) + amount}


def invariant(budget: Budget) -> None:
    """Rejected when an event did not fit, or an activity paid out more than it was given (so in total, too)."""
    require(not budget.broken, budget.broken)
    for activity in budget.allocated.keys() | budget.disbursed.keys():
        _require_free(budget, activity, 0, "budget.over_allocation")


def claims(budget: Budget) -> frozenset[Claim]:
    """Its vouchers: one voucher pays once, whatever the programme."""
    return frozenset(Claim("voucher", key) for key in budget.payments)


def reads(command: Command, _budget: Budget) -> Sequence[Read]:
    """The programme, for its activities, its regions and its fiscal year."""
    return [reads_programme(command.programme)] if isinstance(command, _OfProgramme) else []


def decide(command: Command, budget: Budget, context: Context) -> list[Event]:
    """Events that the command makes; codes ``budget.*``, ``activity.unknown…``, ``programme.not_known``."""
    if isinstance(command, _OfProgramme):
        require(command.stream() == context.stream, "budget.other_programme", pointer="/programme")
    match command:
        case AllocateBudget():
            return _allocate(command, budget, context)
        case TransferBudget():
            return _transfer(command, budget, context)
        case DisburseFunds():
            return _disburse(command, budget, context)
        case ReverseDisbursement():
            return _reverse(command, budget, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a budget")


def _allocate(command: AllocateBudget, budget: Budget, context: Context) -> list[Event]:
    if any(told(each, command) for each in budget.grants):
        return []  # told twice: nothing new
    definition = definition_of(context, command.programme)
    require_activity(definition, command.activity)
    _require_in_year(command.allocated_on, definition.fiscal_year, "/allocated_on")
    return _fitting(budget, BudgetAllocated(**said(command)))


def _transfer(command: TransferBudget, budget: Budget, context: Context) -> list[Event]:
    if any(told(each, command) for each in budget.grants):
        return []
    definition = definition_of(context, command.programme)
    require_activity(definition, command.from_activity, "/from_activity")
    require_activity(definition, command.to_activity, "/to_activity")
    require(command.from_activity != command.to_activity, "budget.transfer_to_itself", pointer="/to_activity")
    _require_in_year(command.transferred_on, definition.fiscal_year, "/transferred_on")
    return _fitting(budget, BudgetTransferred(**said(command)))


def _disburse(command: DisburseFunds, budget: Budget, context: Context) -> list[Event]:
    payment = budget.payments.get(voucher_key(command.voucher))
    if payment and told(payment.paid, command):
        return []
    definition = definition_of(context, command.programme)
    require_activity(definition, command.activity)
    require_region(definition, command.region)
    if command.carried_over:
        later = fiscal_year_of(command.paid_on) > definition.fiscal_year
        require(later, "budget.not_carried_over", pointer="/carried_over", year=definition.fiscal_year)
    else:
        _require_in_year(command.paid_on, definition.fiscal_year, "/paid_on")
    return _fitting(budget, FundsDisbursed(**said(command)))


def _reverse(command: ReverseDisbursement, budget: Budget, context: Context) -> list[Event]:
    payment = _payment(budget, command.voucher)
    if any(told(each, command) for each in payment.reversals):
        return []
    definition = definition_of(context, command.programme)
    if not payment.paid.carried_over:
        _require_in_year(command.reversed_on, definition.fiscal_year, "/reversed_on")
    of = {"activity": payment.paid.activity, "region": payment.paid.region}
    return _fitting(budget, DisbursementReversed(**of, **said(command)))


def _require_in_year(day: date, year: int, pointer: str) -> None:
    require(fiscal_year_of(day) == year, "budget.outside_fiscal_year", pointer=pointer, day=day, year=year)


def _fitting(budget: Budget, event: Known) -> list[Event]:
    _require_fit(budget, event)
    return [event]


BUDGET = Aggregate("budget", Budget(), evolve, decide, invariant, reads, claims)
