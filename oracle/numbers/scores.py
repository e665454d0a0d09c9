"""Which scores hold, what the nation's cells say, the year's scores and the weighted totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from oracle.days import last_day
from oracle.numbers.cells import cell
from oracle.numbers.subject import Subject, only
from oracle.views import Row

SIX_DECIMALS = Decimal("0.000001")
HUNDREDTH = Decimal("0.01")
REASONS = ("waiting", "returned", "not_reported", "verified", "not_due", "not_applicable")


def half_up(number: Decimal, to: Decimal) -> Decimal:
    """Rounded to a step, halves away from nought."""
    return number.quantize(to, ROUND_HALF_UP)


def current_score(subject: Subject) -> Iterable[Row]:
    """One row for each indicator, scope and period that has a score which holds."""
    cells = {(row["indicator"], row["scope"], row["period"]): row for row in cell(subject)}
    newest: dict[tuple[str, str, str], Row] = {}
    for row in sorted(subject.rows("score"), key=lambda each: (each["occurred_at"], each["position"])):
        place = (row["indicator"], row["scope"], row["period"])
        if _figure_holds(row, cells.get(place)):
            newest[place] = row
    return newest.values()


def _figure_holds(score: Row, of: Row | None) -> bool:
    if of is None:
        return True
    if of["verified_figure"] is None:
        return False
    return half_up(of["verified_figure"], SIX_DECIMALS) == half_up(score["figure"], SIX_DECIMALS)


def national_cell(subject: Subject) -> Iterable[Row]:
    """One row for each regional indicator and period: the nation's rolled-up figure, or why there is none."""
    scores = list(current_score(subject))
    regional: dict[tuple[str, str], list[str]] = {}
    for row in cell(subject):
        if row["measured_at"] == "region":
            regional.setdefault((row["indicator"], row["period"]), []).append(row["status"])
    for (indicator, period), statuses in regional.items():
        row = {"programme": subject.programme, "indicator": indicator, "period": period}
        score = only(scores, indicator=indicator, scope="TH", period=period)
        if score is not None:
            shown = ("figure", "score", "regions_counted", "regions_expected", "provisional")
            status = "provisional" if score["provisional"] else "scored"
            yield {**row, **{name: score[name] for name in shown}, "status": status}
        else:
            nothing = dict.fromkeys(("figure", "score", "regions_counted", "regions_expected", "provisional"))
            yield {**row, **nothing, "status": _reason(statuses)}


def _reason(statuses: Sequence[str]) -> str:
    first = min(statuses, key=REASONS.index)
    return "waiting" if first == "verified" else first


def year_score(subject: Subject) -> Iterable[Row]:
    """One row for each indicator and scope that has a score: that of the year, else of the latest period."""
    best: dict[tuple[str, str], Row] = {}
    for row in sorted(
        current_score(subject), key=lambda each: (each["period"].endswith("-Y"), last_day(each["period"]))
    ):
        best[row["indicator"], row["scope"]] = row
    return best.values()


def weighted_total(subject: Subject) -> Iterable[Row]:
    """One row a scope: the weighted mean of its year's scores, and the weight that it is on."""
    scored = list(year_score(subject))
    for scope in ("TH", *subject.regions):
        of_it = [row for row in scored if row["scope"] == scope]
        weight = sum((row["weight"] for row in of_it), Decimal())
        total = sum((row["weight"] * row["score"] for row in of_it), Decimal())
        yield {"scope": scope, "total": half_up(total / weight, HUNDREDTH) if weight else None, "weight": weight}
