"""Money by activity and region, summed over a programme's budget: what an event adds, its voiding takes away again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from services.reporting.projections.fact import Fact
from services.reporting.projections.tables import Row

CENTRE = ""
"""Stands for the centre where a region is part of a key."""

_SUMS = ("allocated", "transferred_in", "transferred_out", "disbursed", "payments", "reversed", "reversals")
_ALLOCATED, _IN, _OUT, _DISBURSED, _PAYMENTS, _REVERSED, _REVERSALS = range(len(_SUMS))


class Money:
    """What a set of events adds to ``budget``."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(_SUMS))

    def add(self, facts: Iterable[Fact], sign: int = 1) -> None:
        """Add events, or with ``sign`` -1 take them out again; other than money's change nothing.

        Raises KeyError, TypeError.
        """
        for fact in facts:
            match fact.name if fact.body else None:
                case "FundsDisbursed":
                    sums = self._of(fact, "activity", fact.body.get("region") or CENTRE)
                    sums[_DISBURSED] += sign * fact.body["amount_satang"]
                    sums[_PAYMENTS] += sign
                case "DisbursementReversed":
                    sums = self._of(fact, "activity", fact.body.get("region") or CENTRE)
                    sums[_REVERSED] += sign * fact.body["amount_satang"]
                    sums[_REVERSALS] += sign
                case "BudgetAllocated":
                    self._of(fact, "activity")[_ALLOCATED] += sign * fact.body["amount_satang"]
                case "BudgetTransferred":
                    self._of(fact, "to_activity")[_IN] += sign * fact.body["amount_satang"]
                    self._of(fact, "from_activity")[_OUT] += sign * fact.body["amount_satang"]

    def rows(self) -> list[Row]:
        """The sums in order of key; those of nothing are left out."""
        return [(*key, *sums) for key, sums in sorted(self._sums.items()) if any(sums)]

    def _of(self, fact: Fact, activity: str, region: str = CENTRE) -> list[int]:
        return self._sums[fact.body["programme"], fact.body[activity], region]
