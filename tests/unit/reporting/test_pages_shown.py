"""How days, periods, numbers and names are shown, in either language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.reporting.pages.address import address_of
from services.reporting.pages.dates import day_in, moment_in, period_in, short_period_in
from services.reporting.pages.numbers import FORMS, exact
from services.reporting.pages.sheets import pictures
from services.reporting.pages.showing import Showing
from services.reporting.pages.states import EVENTS
from shared.contracts import REGISTRY
from shared.thai.regions import YEARS
from shared.web.problems import Language

DAY = date(2017, 1, 12)
NIGHT = datetime(2017, 1, 12, 17, 5, tzinfo=UTC)
"""Already the next day in Bangkok."""


def show(language: Language = "th", **query: str) -> Showing:
    return Showing(language, address_of("2560-cluster", "regions", query))


def test_a_day_is_shown_in_the_buddhist_era_in_thai_with_arabic_digits_and_in_the_common_era_in_english() -> None:
    assert day_in("th", DAY) == "12 ม.ค. 2560"
    assert day_in("en", DAY) == "12 Jan 2017"
    assert show().day(DAY) == '<time datetime="2017-01-12">12 ม.ค. 2560</time>'


def test_a_moment_is_shown_by_bangkok_s_clock() -> None:
    assert moment_in("th", NIGHT) == "13 ม.ค. 2560 00:05 น."
    assert moment_in("en", NIGHT) == "13 Jan 2017, 00:05"
    assert 'datetime="2017-01-13T00:05:00+07:00"' in show().moment(NIGHT)


@pytest.mark.parametrize(
    ("code", "thai", "english", "short"),
    [
        ("2560-Q1", "ไตรมาส 1/2560", "Quarter 1, B.E. 2560", "Q1"),
        ("2560-H2", "ครึ่งปีที่ 2/2560", "Half 2, B.E. 2560", "Half 2"),
        ("2560-Y", "ปีงบประมาณ 2560", "Fiscal year B.E. 2560", "Year"),
        ("2560-M01", "ต.ค. 2559", "Oct 2016", "Oct"),
    ],
)
def test_a_period_has_a_name(code: str, thai: str, english: str, short: str) -> None:
    assert (period_in("th", code), period_in("en", code), short_period_in("en", code)) == (thai, english, short)


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("count", 1234, "1,234"),
        ("number", Decimal("0.8000"), "0.8"),
        ("number", Decimal("0.666666666666"), "0.6667"),
        ("number", Decimal("0E-10"), "0"),
        ("number", Decimal("0.00005"), "0.0001"),
        ("number", Decimal("-2.50025"), "-2.5003"),
        ("number", Decimal("1E+3"), "1,000"),
        ("score", Decimal("3.8"), "3.80"),
        ("score", Decimal("3.845"), "3.85"),
        ("percent", Decimal("0.8750"), "87.5%"),
        ("percent", Decimal("1.0000"), "100%"),
        ("percent", Decimal("0.0000"), "0%"),
        ("baht", 123_456_789, "1,234,567.89"),
        ("baht", -5, "-0.05"),
        ("text", 2560, "2560"),
    ],
)
def test_a_number_is_shown_as_people_write_it(form: str, value: Any, text: str) -> None:
    assert FORMS[form](value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("0.50"), "0.50"), (7, "7"), ("16/19", "16/19"), ('a "b"', 'a "b"'), (DAY, "2017-01-12"), (True, "true")],
)
def test_the_exact_value_is_the_one_of_the_programming_interface(value: Any, text: str) -> None:
    assert exact(value) == text


def test_a_figure_leads_to_what_is_behind_it_and_keeps_the_question() -> None:
    row = {"appointed": 16, "lineage": "committees"}

    shown = show("en", as_of="2017-01-24").figure(row, "appointed")

    assert 'href="/2560-cluster/lineage?as_of=2017-01-24&amp;figure=committees"' in shown
    assert '<data value="16" data-figure="committees" data-member="appointed">16</data>' in shown


def test_a_figure_without_a_value_says_why() -> None:
    shown = show("en").figure({"score": None, "lineage": "score/QN2/TH/2560-Y"}, "score", why="not_scored")

    assert shown == '<span class="why">Not scored yet</span>'


def test_what_was_written_elsewhere_is_escaped() -> None:
    row = {"text": "<script>", "lineage": '"><b>'}

    assert "<script>" not in show().figure(row, "text", "text")
    assert "<b>" not in show().figure(row, "text", "text")


def test_figures_and_streams_have_names() -> None:
    assert show("en").figure_name("cell/QN2/R07/2560-Q1") == "Figure · QN2 · Region 7 · Quarter 1, B.E. 2560"
    assert show("en").about("committee:2560-cluster:R07:1") == "Committee · Region 7"
    assert show("en").about("meeting:018f") == "Meeting"
    assert show("th").figure_name("budget/region/centre") == "งบประมาณ · ส่วนกลางของโครงการ"


FIGURES = (
    *("activity", "briefing", "budget", "cell", "committee", "committees", "completeness", "meetings", "nation"),
    *("national", "recommendations", "regions", "score", "total", "visits"),
)
"""Kinds of figures that stand below one another on a page."""


@pytest.mark.parametrize("language", ["th", "en"])
def test_kinds_of_figures_that_stand_on_one_page_can_be_told_apart(language: Language) -> None:
    assert len({show(language).figure_name(kind) for kind in FIGURES}) == len(FIGURES)


def test_what_is_due_is_told_by_its_kind_and_what_tells_it_from_others_in_its_region() -> None:
    figure = {"kind": "measurement", "about": "measurement:2560-cluster:QN2:R11:2560-Q2"}
    assert show("en").due(figure) == "Figure of an indicator · QN2 · Quarter 2, B.E. 2560"
    assert show("en").due({"kind": "minutes", "about": "meeting:018f"}) == "Minutes of a meeting"
    assert show("en").due({"kind": "appointment", "about": "committee:2560-cluster:R07:1"}) == "Appointment order"


def test_only_figures_lead_to_what_is_behind_them_and_places_in_an_answer_do_not() -> None:
    assert "lineage?figure=nation%2FQN3%2F2560-Q1" in show("en").figure_link("nation/QN3/2560-Q1")
    assert show("en").figure_link("regions/R07/due") == "Regions · Region 7 · What is due"
    assert show("en").to_lineage("national", "Overdue") == "Overdue"


def test_every_event_of_the_product_that_belongs_to_a_programme_has_a_name() -> None:
    named = {name for name, event in REGISTRY.newest().items() if "programme" in event.model_fields}

    assert named <= set(EVENTS)


def test_links_keep_filters_and_time_and_drop_what_belongs_to_one_page() -> None:
    address = address_of("2560-cluster", "changes", {"since": "2017-01-01", "as_of": "2017-02-01", "region": " "})

    assert address.to("budget") == "/2560-cluster/budget?as_of=2017-02-01"
    assert address.here(lang="en") == "/2560-cluster/changes?as_of=2017-02-01&since=2017-01-01&lang=en"
    assert address.now() == "/2560-cluster/changes?since=2017-01-01"
    assert dict(address.hidden) == {"since": "2017-01-01"}


def test_an_address_outside_of_every_programme_stays_on_this_site() -> None:
    assert address_of("", "stray", {}).here() == "/stray"
    assert address_of("", "", {}).to() == "/"


def test_a_field_for_a_day_shows_the_day_that_was_asked_for_in_whichever_era() -> None:
    assert show(as_of="2560-01-24").date_value("as_of") == "2017-01-24"
    assert show(as_of="2017-01-24T20:00:00Z").date_value("as_of") == "2017-01-25"
    assert show(as_of="yesterday").date_value("as_of") == ""


def test_the_maps_of_all_lists_of_regions_can_be_drawn_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(pictures, "regions_drawn", drawn.append)
    pictures.draw_ahead()
    assert drawn == list(YEARS)
