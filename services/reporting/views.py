"""What each question is answered with, put together from the figures; each carries its lineage's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from services.reporting.queries.asked import Answering
from services.reporting.queries.evidence import definitions, evidence
from services.reporting.queries.figures import Figure, Figures
from services.reporting.queries.lineage import CENTRE, NATION
from services.reporting.working import working
from shared.contracts import require

Answer = dict[str, Any]


async def national(answer: Answering) -> Answer:
    """The nation, "19/19" first."""
    figures = answer.figures
    counts = await figures.one("committee_counts")
    return {
        "committees": {"text": f"{counts['appointed']}/{counts['regions']}", **counts, "lineage": "committees"},
        "programme": await figures.one("definition"),
        "completeness": {**await figures.one("completeness_total"), "lineage": "completeness"},
        "total": await _total(figures, NATION),
        "indicators": await _indicators(figures),
        "activities": await _activities(figures),
        "meetings": {**await figures.one("meeting_total"), "lineage": "meetings"},
        "budget": {**await figures.one("budget_total"), "lineage": "budget"},
        "recommendations": {**await figures.one("recommendation_total"), "lineage": "recommendations"},
        "visits": {**await figures.one("visit_total"), "lineage": "visits"},
        "briefings": await _briefings(figures),
        "due": await figures.one("due_total"),
    }


async def regions(answer: Answering) -> Answer:
    """Every region in short, in the programme's order, and the centre."""
    figures = answer.figures
    meetings = _by_region(await figures.all("meeting_counts"))
    money = _by_region(await figures.all("budget_by_region"))
    advice = _by_region(await figures.all("recommendation_counts"))
    due = _by_region(await figures.all("due_counts"))
    visits = _by_region(await figures.all("visit_counts"))
    complete = _by_region(await figures.all("completeness"))
    totals = {row["scope"]: row for row in await figures.all("weighted_totals")}

    def common(region: str | None) -> Answer:
        name = region or CENTRE
        return {
            "meetings": {**meetings[region], "lineage": f"meetings/{name}"},
            "budget": {**money[region], "lineage": f"budget/region/{name}"},
            "recommendations": {**advice[region], "lineage": f"recommendations/{name}"},
            "due": due[region],
        }

    def summary(row: Figure) -> Answer:
        region = row["region"]
        return {
            "region": region,
            "committee": {**_committee_in_short(row), "lineage": f"committee/{region}"},
            "completeness": {**complete[region], "lineage": f"completeness/{region}"},
            "total": {**totals[region], "lineage": f"total/{region}"},
            **common(region),
            "visits": {**visits[region], "lineage": f"visits/{region}"},
        }

    rows = await figures.all("committees")
    return {"regions": [summary(row) for row in rows], "centre": common(None)}


async def region(answer: Answering, code: str) -> Answer:
    """One region in full. Raises Rejected ``programme.unknown_region``."""
    figures = answer.figures
    found = next((row for row in (await regions(answer))["regions"] if row["region"] == code), None)
    require(found, "programme.unknown_region", programme=answer.question.programme, region=code[:100])
    committee = next(row for row in await figures.all("committees") if row["region"] == code)
    scores = await figures.all("year_scores")
    return {
        **(found or {}),
        "committee": {**committee, "lineage": f"committee/{code}"},
        "cells": [_cell(row) for row in await figures.all("cells") if row["scope"] == code],
        "year_scores": [_score(row) for row in scores if row["scope"] == code],
        "meeting_list": [row for row in await figures.all("meetings") if row["region"] == code],
        "money_by_activity": [_money(row) for row in await figures.all("budget") if row["region"] == code],
        "recommendation_list": [row for row in await figures.all("recommendations") if row["region"] == code],
        "visit_list": [row for row in await figures.all("visits") if row["region"] == code],
        "acknowledgements": [row for row in await figures.all("acknowledgements") if row["region"] == code],
        "due_list": [row for row in await figures.all("due") if row["region"] == code],
    }


async def activities(answer: Answering) -> Answer:
    """Activities of the definition, with their progress by evidence."""
    figures = answer.figures
    return {"activities": await _activities(figures), "briefings": await _briefings(figures)}


async def indicators(answer: Answering) -> Answer:
    """Indicators with targets and their revisions, the nation's figures and scores, and the weighted total."""
    figures = answer.figures
    return {"indicators": await _indicators(figures), "total": await _total(figures, NATION)}


async def indicator(answer: Answering, code: str) -> Answer:
    """One indicator in every region and period. Raises Rejected ``programme.unknown_indicator``."""
    figures = answer.figures
    found = next((row for row in await _indicators(figures) if row["code"] == code), None)
    require(found, "programme.unknown_indicator", programme=answer.question.programme, indicator=code[:100])
    scores = [_score(row) for row in await figures.all("year_scores") if row["indicator"] == code]
    cells = [row for row in await figures.all("cells") if row["indicator"] == code]
    return {
        "indicator": found,
        "cells": [_cell(row) for row in cells],
        "year_scores": [row for row in scores if row["scope"] != NATION],
        "workings": await _workings(answer, code),
        "evidence": await evidence(answer, cells),
    }


async def _workings(answer: Answering, code: str) -> list[Answer]:
    """How each score of an indicator came about, the nation's first."""
    known = await definitions(answer, code)
    rows = [row for row in await answer.figures.all("scores") if row["indicator"] == code]
    return [
        {**working(known[row["indicator_version"]], row), "lineage": _score(row)["lineage"]}
        for row in sorted(rows, key=lambda row: (row["scope"] != NATION, row["scope"], row["period"]))
        if row["indicator_version"] in known
    ]


async def cells(answer: Answering) -> list[Answer]:
    """Every indicator in every region and period."""
    return [_cell(row) for row in await answer.figures.all("cells")]


async def committees(answer: Answering) -> Answer:
    """The committee of every region, members by office and seat."""
    figures = answer.figures
    counts = await figures.one("committee_counts")
    rows = await figures.all("committees")
    return {
        "counts": {"text": f"{counts['appointed']}/{counts['regions']}", **counts, "lineage": "committees"},
        "committees": [{**row, "lineage": f"committee/{row['region']}"} for row in rows],
    }


async def committee(answer: Answering, code: str) -> Answer:
    """One region's committee with its roll. Raises Rejected ``programme.unknown_region``."""
    figures = answer.figures
    found = next((row for row in await figures.all("committees") if row["region"] == code), None)
    require(found, "programme.unknown_region", programme=answer.question.programme, region=code[:100])
    assert found is not None
    return {
        "committee": {
            **{name: value for name, value in found.items() if name != "members"},
            "lineage": f"committee/{code}",
        },
        "members": found["members"] or [],
        "meetings": [row for row in await figures.all("meetings") if row["region"] == code],
    }


async def completeness(answer: Answering) -> Answer:
    """How many figures are due, and how many of them came and came in time, in all and by region."""
    figures = answer.figures
    rows = await figures.all("completeness")
    return {
        "total": {**await figures.one("completeness_total"), "lineage": "completeness"},
        "by_region": [{**row, "lineage": f"completeness/{row['region']}"} for row in rows],
    }


async def due(answer: Answering) -> Answer:
    """What is due, by day, and of it what is overdue."""
    return {"total": await answer.figures.one("due_total"), "due": await answer.figures.all("due")}


async def meetings(answer: Answering) -> Answer:
    """Every meeting, and counts by region."""
    figures = answer.figures
    counts = await figures.all("meeting_counts")
    return {
        "total": {**await figures.one("meeting_total"), "lineage": "meetings"},
        "by_region": [{**row, "lineage": f"meetings/{row['region'] or CENTRE}"} for row in counts],
        "meetings": await figures.all("meetings"),
    }


async def budget(answer: Answering) -> Answer:
    """Money in satang."""
    figures = answer.figures
    by_activity = await figures.all("budget_by_activity")
    by_region = await figures.all("budget_by_region")
    return {
        "total": {**await figures.one("budget_total"), "lineage": "budget"},
        "by_activity": [{**row, "lineage": f"budget/activity/{row['activity']}"} for row in by_activity],
        "by_region": [{**row, "lineage": f"budget/region/{row['region'] or CENTRE}"} for row in by_region],
        "by_activity_and_region": [_money(row) for row in await figures.all("budget")],
    }


async def recommendations(answer: Answering) -> Answer:
    """Every recommendation, and counts by region."""
    figures = answer.figures
    counts = await figures.all("recommendation_counts")
    return {
        "total": {**await figures.one("recommendation_total"), "lineage": "recommendations"},
        "by_region": [{**row, "lineage": f"recommendations/{row['region'] or CENTRE}"} for row in counts],
        "recommendations": await figures.all("recommendations"),
    }


async def document(answer: Answering) -> Answer:
    """What a report needs besides the other views: the page's words, the conclusion, and the regions' figures."""
    figures = answer.figures
    scores = [_score(row) for row in await figures.all("year_scores")]
    return {
        **await figures.one("document"),
        "cells": [row for row in await cells(answer) if row["scope"] != NATION],
        "year_scores": [row for row in scores if row["scope"] != NATION],
        "visits": await figures.all("visits"),
    }


async def _indicators(figures: Figures) -> list[Answer]:
    """Indicators with the nation's periods: rolled up from the regions, or measured for the nation."""
    nation: defaultdict[str, list[Answer]] = defaultdict(list)
    for row in await figures.all("national_cells"):
        nation[row["indicator"]].append({**row, "lineage": _name("nation", row["indicator"], row["period"])})
    for row in await figures.all("cells"):
        if row["scope"] == NATION:
            nation[row["indicator"]].append(_cell(row))
    year = {row["indicator"]: _score(row) for row in await figures.all("year_scores") if row["scope"] == NATION}
    return [
        {**row, "nation": nation[row["code"]], "year_score": year.get(row["code"])}
        for row in await figures.all("indicators")
    ]


async def _activities(figures: Figures) -> list[Answer]:
    return [{**row, "lineage": _name("activity", row["code"])} for row in await figures.all("activities")]


async def _briefings(figures: Figures) -> list[Answer]:
    return [{**row, "lineage": _name("briefing", row["stream"])} for row in await figures.all("briefings")]


async def _total(figures: Figures, scope: str) -> Answer:
    """ "3.85 on 60 of 100"."""
    row = next(row for row in await figures.all("weighted_totals") if row["scope"] == scope)
    weight = format(row["weight"].normalize(), "f")
    text = None if row["total"] is None else f"{row['total']} on {weight} of 100"
    return {**row, "text": text, "lineage": _name("total", scope)}


def _cell(row: Figure) -> Answer:
    return {**row, "lineage": _name("cell", row["indicator"], row["scope"], row["period"])}


def _score(row: Figure) -> Answer:
    return {**row, "lineage": _name("score", row["indicator"], row["scope"], row["period"])}


def _money(row: Figure) -> Answer:
    return {**row, "lineage": _name("budget", row["activity"], row["region"] or CENTRE)}


def _committee_in_short(row: Figure) -> Answer:
    columns = ("state", "stream", "ordinal", "order_unit", "order_number", "order_year", "order_date", "effective_from")
    return {**{column: row[column] for column in (*columns, "voting", "vacant")}, "members": len(row["members"] or ())}


def _by_region(rows: Iterable[Figure]) -> dict[str | None, Figure]:
    return {row["region"]: row for row in rows}


def _name(*parts: str) -> str:
    return "/".join(parts)
