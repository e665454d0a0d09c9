"""The rolled-up figures that stand in the end, made anew from the regions' verified readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from oracle.days import last_day, periods
from oracle.numbers.scores import current_score
from oracle.numbers.subject import Subject, only
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.types import Frequency

Row = Mapping[str, Any]
Figures = Mapping[str, Fraction]


def rollup_faults(subject: Subject) -> list[str]:
    """Where a rolled-up score that stands is not made of what is verified now, or is missing."""
    definition = subject.definition
    if definition is None:
        return []
    scores = list(current_score(subject))
    lines: list[str] = []
    for indicator in subject.rows("indicator"):
        if indicator["measured_at"] == "region":
            for period in periods(definition.fiscal_year, Frequency(indicator["frequency"])):
                rows = _verified(subject, indicator, [period])
                lines += _nation_faults(scores, indicator, period, rows, definition)
        if indicator["frequency"] != "yearly":
            lines += _year_faults(subject, scores, indicator, definition)
    return lines


def _verified(subject: Subject, indicator: Row, of: Sequence[str]) -> list[Row]:
    """The measurements of these periods that have a verified figure, by last day of their period."""
    rows = [
        row
        for row in subject.rows("measurement")
        if row["indicator"] == indicator["code"] and row["period"] in of and row["verified_figure"] is not None
    ]
    return sorted(rows, key=lambda row: last_day(row["period"]))


def _nation_faults(
    scores: list[dict[str, Any]], indicator: Row, period: str, rows: Sequence[Row], definition: ProgrammeDefinition
) -> Iterable[str]:
    place = f"{indicator['code']} TH {period}"
    counted = [row for row in rows if row["scope"] in definition.regions]
    score = only(scores, indicator=indicator["code"], scope="TH", period=period)
    if not counted:
        if score is not None:
            yield f"{place}: scored {score['figure']}, but no region is verified"
        return
    if score is None:
        yield f"{place}: {len(counted)} regions are verified, but nothing is scored"
        return
    expected = nation(indicator["national_rule"], counted)
    if expected is not None and not close(expected, score["figure"]):
        yield f"{place}: the regions make {float(expected)}, scored is {score['figure']}"
    shown = (score["regions_counted"], score["regions_expected"], score["provisional"])
    wanted = (len(counted), len(definition.regions), len(counted) < len(definition.regions))
    if shown != wanted:
        yield f"{place}: counted, expected and provisional are {wanted}, it says {shown}"


def nation(rule: str, rows: Sequence[Row]) -> Fraction | None:
    """The nation's figure; None where the rule cannot be recounted from figures alone."""
    figures = [Fraction(row["verified_figure"]) for row in rows]
    match rule:
        case "sum":
            return sum(figures, Fraction())
        case "mean":
            return sum(figures, Fraction()) / len(figures)
        case "ratio_of_sums":
            return _ratio_of_sums(rows)
        case _:
            return None


def _ratio_of_sums(rows: Sequence[Row]) -> Fraction | None:
    """None when a verified reading is not the current one, whose parts alone are shown."""
    if any(row["denominator"] is None or row["measured_id"] != row["verified_measured"] for row in rows):
        return None
    return Fraction(sum(row["numerator"] for row in rows)) / Fraction(sum(row["denominator"] for row in rows))


def _year_faults(
    subject: Subject, scores: list[dict[str, Any]], indicator: Row, definition: ProgrammeDefinition
) -> Iterable[str]:
    of = periods(definition.fiscal_year, Frequency(indicator["frequency"]))
    rows = _verified(subject, indicator, of)
    for scope in definition.regions if indicator["measured_at"] == "region" else ("TH",):
        place = f"{indicator['code']} {scope} {definition.fiscal_year}-Y"
        own = [row for row in rows if row["scope"] == scope]
        score = only(scores, indicator=indicator["code"], scope=scope, period=f"{definition.fiscal_year}-Y")
        if (score is not None) != bool(own):
            yield f"{place}: {len(own)} periods are verified, scored: {score and score['figure']}"
        if score is not None and own:
            expected = year(indicator["period_rule"], own)
            if expected is not None and not close(expected, score["figure"]):
                yield f"{place}: its periods make {float(expected)}, scored is {score['figure']}"
    if indicator["measured_at"] == "region":
        yield from _nations_year_faults(scores, indicator, rows, definition)


def _nations_year_faults(
    scores: list[dict[str, Any]], indicator: Row, rows: Sequence[Row], definition: ProgrammeDefinition
) -> Iterable[str]:
    """The nation's year is made of the regions' years, each of those of its own periods."""
    place = f"{indicator['code']} TH {definition.fiscal_year}-Y"
    by_region = [[row for row in rows if row["scope"] == region] for region in definition.regions]
    counted = [own for own in by_region if own]
    score = only(scores, indicator=indicator["code"], scope="TH", period=f"{definition.fiscal_year}-Y")
    if (score is not None) != bool(counted):
        yield f"{place}: {len(counted)} regions are verified, scored: {score and score['figure']}"
    if score is None or not counted:
        return
    expected = _nations_year(indicator, counted)
    if expected is not None and not close(expected, score["figure"]):
        yield f"{place}: the regions' years make {float(expected)}, scored is {score['figure']}"
    if (score["regions_counted"], score["regions_expected"]) != (len(counted), len(definition.regions)):
        yield f"{place}: {len(counted)} of {len(definition.regions)} regions count, it says otherwise"
    # A year can be provisional for want of a period, too.
    if len(counted) < len(definition.regions) and not score["provisional"]:
        yield f"{place}: is not provisional, though a region is missing"


def _nations_year(indicator: Row, by_region: Sequence[Sequence[Row]]) -> Fraction | None:
    if indicator["period_rule"] == "last":
        return nation(indicator["national_rule"], [own[-1] for own in by_region])
    years = [year(indicator["period_rule"], own) for own in by_region]
    figures = [figure for figure in years if figure is not None]
    if len(figures) < len(years) or indicator["national_rule"] not in ("sum", "mean"):
        return None
    return sum(figures, Fraction()) / (len(figures) if indicator["national_rule"] == "mean" else 1)


def year(rule: str, rows: Sequence[Row]) -> Fraction | None:
    """A scope's figure of the year; None where parts of ratios would have to be rolled up."""
    figures = [Fraction(row["verified_figure"]) for row in rows]
    if rule == "last":
        return figures[-1]
    if any(row["numerator"] is not None for row in rows):
        return None
    return sum(figures, Fraction()) / (len(figures) if rule == "mean" else 1)


def close(expected: Fraction, found: Any) -> bool:
    """Whether a figure of 28 digits is this number."""
    return abs(expected - Fraction(found)) <= abs(expected) / 10**20
