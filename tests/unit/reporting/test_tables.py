"""An answer laid flat, and what each kind of file makes of its cells."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from services.reporting.exports.csv import csv_of
from services.reporting.exports.excel import LONGEST_TEXT, xlsx_of
from services.reporting.exports.parquet import META, parquet_of
from services.reporting.exports.tables import Table, meta_row, tables_of

ANSWER = {
    "regions": [
        {"region": "R01", "budget": {"net": 12_345_678_901, "share": Decimal("0.250")}, "members": ["a", "b"]},
        {"region": "R02", "budget": {"net": None, "share": None}, "members": [], "late": True},
    ],
    "centre": {"net": 5},
    "nobody": None,
    "meta": {"at": datetime(2017, 9, 30, 17, tzinfo=UTC), "completeness": {"expected": 3}, "positions": [1]},
}
META_ROW = meta_row(ANSWER["meta"])  # type: ignore[arg-type]


def table(*values: Any) -> Table:
    """A table of one column."""
    return Table("t", ("value",), [(value,) for value in values])


def test_every_part_is_a_table_and_objects_within_rows_are_columns() -> None:
    regions, centre, nobody = tables_of(ANSWER)
    assert regions.columns == ("region", "budget.net", "budget.share", "members", "late")
    assert regions.rows[0] == ("R01", 12_345_678_901, Decimal("0.250"), '["a","b"]', None)
    assert regions.rows[1] == ("R02", None, None, "[]", True)
    assert centre == Table("centre", ("net",), [(5,)])
    assert nobody == Table("nobody", (), [])


def test_a_csv_file_keeps_every_digit_and_says_in_each_row_what_it_is_as_of() -> None:
    first, second = csv.DictReader(StringIO(csv_of(tables_of(ANSWER)[0], META_ROW).decode()))
    assert (first["budget.net"], first["budget.share"]) == ("12345678901", "0.250")
    assert (second["budget.net"], second["late"]) == ("", "true")
    assert {first["meta.at"], second["meta.at"]} == {"2017-09-30T17:00:00Z"}


def test_a_csv_file_begins_with_a_mark_for_excel_only_if_it_is_asked_for() -> None:
    assert csv_of(table("ก"), {}, bom=True).startswith(b"\xef\xbb\xbfvalue")
    assert csv_of(table("ก"), {}).startswith(b"value")


@pytest.mark.parametrize("text", ["=1+1", "+66", "-1", "@SUM(A1)", "\tx"])
def test_no_text_is_carried_out_by_a_spreadsheet(text: str) -> None:
    [_, row] = csv.reader(StringIO(csv_of(table(text), {}).decode(), newline=""))
    assert row[0] == f"'{text}"
    cell = openpyxl.load_workbook(BytesIO(xlsx_of([table(text)], {})))["t"]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_a_negative_number_is_a_number() -> None:
    [_, row] = csv.reader(StringIO(csv_of(table(-5), {}).decode()))
    assert row[0] == "-5"


def test_a_workbook_begins_with_what_it_is_as_of_in_bangkok_s_time() -> None:
    book = openpyxl.load_workbook(BytesIO(xlsx_of(tables_of(ANSWER), META_ROW)))
    assert book.sheetnames == ["About", "regions", "centre", "nobody", "Dictionary"]
    about = {row[0]: row[2] for row in book["About"].iter_rows(min_row=2, values_only=True)}
    assert about == {"at": datetime(2017, 10, 1), "completeness.expected": 3, "positions": "[1]", "texts_cut": 0}  # noqa: DTZ001
    assert [cell.value for cell in book["regions"][2]] == ["R01", 12_345_678_901, 0.25, '["a","b"]', None]


def test_a_workbook_keeps_as_text_a_number_that_excel_would_round() -> None:
    sheet = openpyxl.load_workbook(BytesIO(xlsx_of([table(12, 1_234_567_890_123_456_789)], {})))["t"]
    assert [sheet["A2"].value, sheet["A3"].value] == [12, "1234567890123456789"]


def test_a_workbook_says_how_many_of_its_texts_were_cut() -> None:
    long, longest = "ก" * (LONGEST_TEXT + 1), "ข" * LONGEST_TEXT
    book = openpyxl.load_workbook(BytesIO(xlsx_of([table(long, longest, long)], {})))
    [(_, meaning, cut)] = book["About"].iter_rows(min_row=2, values_only=True)
    assert cut == 2
    assert "ถูกตัด" in str(meaning)
    assert [cell.value for cell in book["t"]["A"][1:]] == [long[:-1], longest, long[:-1]]


def test_a_workbook_shows_every_digit_of_a_number_and_thousands_of_money() -> None:
    money = Table("budget", ("allocated", "share"), [(1_234_567, Decimal("3.50"))])
    sheet = openpyxl.load_workbook(BytesIO(xlsx_of([money], {})))["budget"]
    assert [(cell.value, cell.number_format) for cell in sheet[2]] == [(1_234_567, "#,##0"), (3.5, "0.00")]


def test_a_workbook_s_dictionary_tells_instants_in_bangkok_s_time() -> None:
    sheet = openpyxl.load_workbook(BytesIO(xlsx_of([Table("events", ("recorded_at",), [])], {})))["Dictionary"]
    [(_, column, thai, english, unit)] = sheet.iter_rows(min_row=2, values_only=True)
    assert (column, unit) == ("recorded_at", "instant (Asia/Bangkok)")
    assert thai
    assert english


def test_the_same_answer_is_the_same_workbook() -> None:
    assert xlsx_of(tables_of(ANSWER), META_ROW) == xlsx_of(tables_of(ANSWER), META_ROW)


def test_a_parquet_file_has_types_and_its_meta() -> None:
    found = parquet.read_table(BytesIO(parquet_of(tables_of(ANSWER)[0], META_ROW)))
    assert found.to_pylist()[0]["budget.net"] == 12_345_678_901
    assert found.to_pylist()[0]["budget.share"] == Decimal("0.25")
    assert found.schema.field("late").type == pyarrow.bool_()
    assert b'"at":"2017-09-30T17:00:00Z"' in found.schema.metadata[META]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([date(2017, 9, 30), None], [date(2017, 9, 30), None]),
        ([datetime(2017, 9, 30, tzinfo=UTC)], [datetime(2017, 9, 30, tzinfo=UTC)]),
        ([1, Decimal("1.5")], [Decimal(1), Decimal("1.5")]),
        ([False, 1], ["false", "1"]),
        ([Decimal("1.5"), True], ["1.5", "true"]),
        ([date(2017, 9, 30), datetime(2017, 9, 30, 17, tzinfo=UTC)], ["2017-09-30", "2017-09-30T17:00:00Z"]),
        ([1, "x", date(2017, 9, 30)], ["1", "x", "2017-09-30"]),
        ([Decimal("0.1234567890123")], ["0.1234567890123"]),
        ([None], [None]),
    ],
)
def test_a_parquet_column_is_of_the_kind_of_its_values(values: list[Any], read: list[Any]) -> None:
    found = parquet.read_table(BytesIO(parquet_of(table(*values), {})))
    assert found.column("value").to_pylist() == read
