"""The programme files: they are whole definitions, say what the programme page says, and mark what it does not."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.definition import IndicatorKind, MeasuredAt, NationalRule, ProgrammeDefinition
from shared.contracts.types import Direction
from shared.thai.fiscal import Period, PeriodKind, fiscal_year_of, periods
from shared.thai.regions import CODES, region_list

FOLDER = Path(__file__).parents[3] / "programmes"
NAMES = ("2560-cluster", "2563-example")
EXTRACTED = (FOLDER / "source" / "2560-cluster-extracted.txt").read_text("utf-8")
_, PAGE_TH, PAGE_EN = re.split(r"^## .*$", (FOLDER / "source" / "2560-cluster.md").read_text("utf-8"), flags=re.M)

each_programme = pytest.mark.parametrize("name", NAMES)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def defined(name: str) -> ProgrammeDefinition:
    return ProgrammeDefinition.model_validate(read(name))


def letters(text: str) -> str:
    """Only letters, marks and digits: neither blanks nor line breaks, quotation marks nor markup."""
    return re.sub(r"[^ก-ฺเ-๎A-Za-z0-9]", "", text)


def undamaged(text: str) -> str:
    """What damaged and repaired text have in common: ำ as า, and tone marks after their vowel."""
    return re.sub("([่-๋])([ัิ-ู])", r"\2\1", letters(text).replace("ำ", "า"))


@each_programme
def test_a_file_is_a_whole_definition_whose_weights_sum_to_100(name: str) -> None:
    programme = defined(name)
    assert programme.programme == name
    assert sum(indicator.weight for indicator in programme.indicators) == 100


@each_programme
def test_a_definition_survives_the_way_over_http(name: str) -> None:
    programme = defined(name)
    sent_and_read = ProgrammeDefinition.model_validate_json(programme.model_dump_json())
    assert sent_and_read == programme
    assert sent_and_read.digest() == programme.digest()


@each_programme
def test_a_programme_has_the_list_of_its_own_year(name: str) -> None:
    programme = defined(name)
    assert programme.region_list == programme.fiscal_year
    assert set(programme.regions) <= {region.code for region in region_list(programme.region_list)}


@each_programme
def test_activities_lie_in_the_fiscal_year_and_parts_within_their_whole(name: str) -> None:
    programme = defined(name)
    for activity in programme.activities:
        assert {fiscal_year_of(activity.opens), fiscal_year_of(activity.closes)} == {programme.fiscal_year}
        whole = programme.activity(activity.code.split(".")[0])
        assert whole is not None
        assert whole.opens <= activity.opens
        assert activity.closes <= whole.closes
        assert activity.deadline <= whole.deadline


@each_programme
def test_bands_rise_or_fall_strictly(name: str) -> None:
    for indicator in defined(name).indicators:
        for bands in filter(None, (indicator.bands, indicator.national_bands)):
            steps = [after - before for before, after in pairwise(bands)]
            assert all(step > 0 if indicator.direction is Direction.HIGHER else step < 0 for step in steps)


@each_programme
def test_a_national_sum_has_targets_and_bands_of_its_own(name: str) -> None:
    programme = defined(name)
    for indicator in programme.indicators:
        if indicator.national_rule is NationalRule.SUM:
            assert indicator.target is not None
            assert indicator.national_target == indicator.target * len(programme.regions)
            assert indicator.national_bands is not None


@each_programme
def test_no_number_passes_through_binary_floating_point(name: str) -> None:
    def refuse(number: str) -> None:
        pytest.fail(f"{number} is written as a float; write it as a string")

    tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"), parse_float=refuse)


@each_programme
def test_every_item_with_a_value_the_page_does_not_give_is_marked_as_an_example(name: str) -> None:
    programme = defined(name)
    assert all(activity.example for activity in programme.activities)
    assert all(indicator.example for indicator in programme.indicators)
    assert programme.scoring.example
    assert programme.quorum.example
    assert programme.evidence.example
    assert programme.deadlines.example


def test_indicators_that_the_page_does_not_name_call_themselves_examples() -> None:
    for indicator in defined("2560-cluster").indicators:
        on_the_page = indicator.code in {"QN1", "QL1", "QL2", "QL3"}
        assert ("(ตัวอย่าง)" in indicator.name.th) is not on_the_page
        assert ("(example)" in indicator.name.en) is not on_the_page


def test_the_repaired_page_says_what_the_damaged_one_says() -> None:
    slip_of_the_pen, meant = "ปะสิทธิภาพ", "ประสิทธิภาพ"
    assert EXTRACTED.count(slip_of_the_pen) == 1
    assert undamaged(PAGE_TH) == undamaged(EXTRACTED.replace(slip_of_the_pen, meant))


def test_the_extraction_is_kept_as_damaged_as_it_came() -> None:
    assert "ำ" not in EXTRACTED
    assert letters(PAGE_TH).count("ำ") == 35
    assert len(re.findall("[่-๋][ัิ-ู]", EXTRACTED)) == 19
    assert re.findall("[่-๋][ัิ-ู]", PAGE_TH) == []


def test_the_definition_of_2560_has_the_words_of_the_page_in_both_languages() -> None:
    programme = defined("2560-cluster")
    page = programme.page
    texts = [
        *(page.strategy, page.project_set, page.unit, page.committee_name, *programme.expected_results),
        *(activity.name for activity in programme.activities),
        *(indicator.name for indicator in programme.indicators if "(example)" not in indicator.name.en),
    ]
    assert len(texts) == 4 + 3 + 8 + 4
    assert letters(page.source) in letters(PAGE_TH)
    assert [text.th for text in texts if letters(text.th) not in letters(PAGE_TH)] == []
    assert [text.en for text in texts if letters(text.en) not in letters(PAGE_EN)] == []


def test_2560_has_the_activities_of_the_page_and_all_19_regions() -> None:
    programme = defined("2560-cluster")
    assert [activity.code for activity in programme.activities] == ["1", "1.1", "1.2", "1.3", "2", "3", "4", "5"]
    assert programme.regions == CODES


def test_activity_1_2_is_done_when_every_region_is_proposed() -> None:
    ruled = {a.code: a.completed_when for a in defined("2560-cluster").activities if a.completed_when is not None}
    assert list(ruled) == ["1.2"]
    assert (ruled["1.2"].evidence, ruled["1.2"].per, ruled["1.2"].at_least) == (("CommitteeProposed",), "region", 1)


def test_qn1_is_computed_and_its_national_target_is_the_number_on_the_page() -> None:
    qn1 = defined("2560-cluster").indicator("QN1")
    assert qn1 is not None
    assert (qn1.computed_by, qn1.national_rule) == ("qn1", NationalRule.SUM)
    assert (qn1.target, qn1.national_target) == (Decimal(1), Decimal(19))


def test_ql1_to_ql3_are_judged_by_rubrics() -> None:
    qualitative = [i for i in defined("2560-cluster").indicators if i.kind is IndicatorKind.QUALITATIVE]
    assert [indicator.code for indicator in qualitative] == ["QL1", "QL2", "QL3"]


def test_the_examples_of_2560_are_quarterly_by_region_with_three_ways_to_the_nation_and_one_that_is_better_lower() -> (
    None
):
    examples = [i for i in defined("2560-cluster").indicators if i.code in {"QN2", "QN3", "QN4"}]
    assert {(i.measured_at, i.frequency.value) for i in examples} == {(MeasuredAt.REGION, "quarterly")}
    assert [i.national_rule.value for i in examples] == ["ratio_of_sums", "sum", "mean"]
    assert [i.direction.value for i in examples] == ["higher", "higher", "lower"]


def test_the_last_quarter_of_2560_is_due_on_the_fifteenth_of_october_2017() -> None:
    programme = defined("2560-cluster")
    last_dues = {periods(2560, i.frequency)[-1].due(i.due_days) for i in programme.indicators}
    assert last_dues == {date(2017, 10, 15)}


def test_the_programme_of_2563_shares_nothing_with_that_of_2560_but_the_form() -> None:
    older, newer = defined("2560-cluster"), defined("2563-example")
    year = Period(2563, PeriodKind.YEAR)
    assert all(year.contains(activity.opens) for activity in newer.activities)
    assert len(newer.activities) < len(older.activities)
    assert len(newer.indicators) == 3
    assert set(newer.regions) < set(older.regions)
    assert not {i.code for i in newer.indicators} & {i.code for i in older.indicators}
    assert not {i.weight for i in newer.indicators} & {i.weight for i in older.indicators}
    assert (newer.quorum, newer.evidence, newer.deadlines) != (older.quorum, older.evidence, older.deadlines)
    assert {i.frequency.value for i in newer.indicators} == {"monthly", "half_yearly", "yearly"}
