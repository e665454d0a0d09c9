"""Pictures of the answers: which region looks how on the map, activities over the year, indicators against targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from services.reporting.pages.dates import day_in, day_of
from services.reporting.pages.language import marked as _
from services.reporting.pages.numbers import number, score
from services.reporting.pages.showing import Showing
from services.reporting.pages.states import STATES
from services.reporting.pictures.charts import Activity, Bar, Column, bars, columns, timeline
from services.reporting.pictures.colours import STATES as TONES
from services.reporting.pictures.thailand import ATTRIBUTION, LICENCE_URL, Look, region_map, regions_drawn
from shared.thai.fiscal import Period, PeriodKind
from shared.thai.regions import CENTRAL, CODES, YEARS

Row = Mapping[str, Any]

LONGEST_LABEL = 42
"""Characters of an activity's name beside its bar; the table beside it has the whole."""

LEGEND: tuple[tuple[str, str], ...] = (
    ("done", _("Appointed, nothing overdue")),
    ("underway", _("Proposed, nothing overdue")),
    ("attention", _("Appointed with a vacant seat")),
    ("late", _("Something is overdue")),
    ("none", _("No committee")),
)
"""Tones of the map and what they mean."""


def tone_of(summary: Row) -> str:
    """The tone of a region: what is late stands before what stands well."""
    committee = summary["committee"]
    if summary["due"]["overdue"]:
        return "late"
    if committee["vacant"]:
        return "attention"
    return STATES["committee"].get(committee["state"], ("", "none"))[1]


def draw_ahead() -> None:
    """Draw the maps, which takes most of a second once."""
    for year in YEARS:
        regions_drawn(year)


def map_of(show: Showing, summaries: Sequence[Row], fiscal_year: int) -> Markup | None:
    """The map of a programme's regions with its maker's credit; None where the year's list of regions has no map."""
    if fiscal_year not in YEARS:
        return None
    looks = {code: Look(TONES["none"].fill, show.region(code)) for code in CODES}
    looks |= {each["region"]: _look(show, each) for each in summaries}
    drawn = region_map(
        looks,
        region_list=fiscal_year,
        title=show.say("Map of the inspection regions"),
        description=show.say("Each region is coloured by its committee and by whether something is overdue."),
    )
    credit = Markup('<p class="credit">{} · <a href="{}" rel="license">CC BY 4.0</a></p>')
    return Markup(drawn) + credit.format(ATTRIBUTION[show.language], LICENCE_URL)


def _look(show: Showing, summary: Row) -> Look:
    code, committee = summary["region"], summary["committee"]
    tone = tone_of(summary)
    state = show.say(STATES["committee"].get(committee["state"], ("", ""))[0])
    overdue = show.say("overdue: %(number)s") % {"number": summary["due"]["overdue"]}
    label = show.say("BKK") if code == CENTRAL else code[1:].lstrip("0")
    return Look(
        TONES[tone].fill,
        f"{show.region(code)}: {state}, {overdue}",
        show.address.to(f"regions/{code}"),
        f"{label} {TONES[tone].sign}" if tone in ("late", "attention") else label,
    )


def timeline_of(show: Showing, activities: Sequence[Row], fiscal_year: int, at: datetime) -> Markup:
    """Activities over the fiscal year."""
    year = Period(fiscal_year, PeriodKind.YEAR)
    today = day_of(at)
    drawn = timeline(
        [_activity(show, row) for row in activities],
        first=year.start,
        last=year.end,
        today=today if year.contains(today) else None,
        lang=show.language,
        title=show.say("Activities over the fiscal year"),
        description=show.say("The same days stand in the table of activities."),
    )
    return Markup(drawn)


def _activity(show: Showing, row: Row) -> Activity:
    name = show.pick(row["name"])
    short = name if len(name) <= LONGEST_LABEL else f"{name[:LONGEST_LABEL]}…"
    deadline = f"{show.say('Deadline')} {day_in(show.language, row['deadline'])}" if row["deadline"] else ""
    state = show.say(STATES["activity"][row["state"]][0])
    return Activity(
        f"{row['code']} {short}",
        f"{name}. {state}. {deadline}",
        row["opens"],
        row["closes"],
        row["deadline"],
        row["started_on"],
        row["completed_on"],
        late=row["overdue"],
    )


def newest(cells: Iterable[Row]) -> Row | None:
    """Of an indicator's figures in the order of their periods the last one that there is."""
    found = [row for row in cells if row["figure"] is not None]
    return found[-1] if found else None


def bars_of(show: Showing, indicators: Sequence[Row]) -> Markup | None:
    """The nation's newest figure of every indicator against its target; None while there are no figures."""
    drawn = [_bar(show, row) for row in indicators]
    if not any(each.value is not None for each in drawn):
        return None
    return Markup(
        bars(
            drawn,
            title=show.say("Indicators against their targets"),
            description=show.say("The same figures stand in the table of indicators."),
        )
    )


def _bar(show: Showing, row: Row) -> Bar:
    found = newest(row["nation"])
    figure = found["figure"] if found else None
    target = row["national_target"] if row["national_target"] is not None else row["target"]
    told = show.say("no figure yet") if figure is None else number(figure)
    upper = Decimal(5) if row["kind"] == "qualitative" else None
    goal = show.say("target %(target)s") % {"target": number(target)} if target is not None else ""
    return Bar(row["code"], figure, target, f"{told} · {goal}", upper=upper)


def columns_of(show: Showing, scores: Sequence[Row]) -> Markup | None:
    """A score for every region; None while there is none."""
    if not any(row["score"] is not None for row in scores):
        return None
    drawn = [
        Column(
            show.say("BKK") if row["scope"] == CENTRAL else row["scope"][1:].lstrip("0"),
            row["score"],
            row["level"],
            f"{show.region(row['scope'])} {score(row['score']) if row['score'] is not None else ''}",
        )
        for row in scores
    ]
    return Markup(
        columns(
            drawn, title=show.say("Score of every region"), description=show.say("The same scores stand in the table.")
        )
    )
