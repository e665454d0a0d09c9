"""The report's document: one content, and the same numbers in PDF, HTML and workbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from services.reporting.documents.cells import Cell, baht, day, figure, moment, percent, period, score, thai_digits
from services.reporting.documents.content import Content, canonical
from services.reporting.documents.fonts import printable
from services.reporting.documents.outline import outlined
from services.reporting.documents.rendering import File, html_of, pdf_of, render, renderer_digest
from services.reporting.documents.sheets import sheets_of
from services.reporting.documents.wording import REASONS
from services.reporting.documents.workbook import HEAD_ROWS
from tests.unit.reporting.made_up import AT, PERSON, complete, document, made_up, national, only_begun

NAMES = {"report-th.pdf", "report-en.pdf", "report-th.html", "report-en.html", "report.xlsx"}
NO_NUMBER = re.compile(r"CC BY 4\.0|[0-9_-]*[A-Za-z][A-Za-z0-9_-]*")
"""What keeps its digits: codes, hashes, the name of a licence."""


@pytest.fixture(scope="module")
def content() -> Content:
    """A report's content."""
    return made_up()


@pytest.fixture(scope="module")
def files(content: Content) -> Mapping[str, File]:
    """Its files."""
    return render(content)


def test_the_content_is_json_and_its_canonical_form_depends_on_nothing_else(content: Content) -> None:
    read = json.loads(canonical(content))
    assert read == content
    assert canonical(dict(reversed(read.items()))) == canonical(made_up())
    assert b'"title":"\xe0\xb8\xa3' in canonical(content)


def test_another_figure_makes_another_content(content: Content) -> None:
    view = national()
    other = made_up(national={**view, "completeness": complete(228, 230, 225, 221)})
    assert canonical(other) != canonical(content)


def test_a_float_has_no_place_in_a_content() -> None:
    with pytest.raises(TypeError, match="float has no form"):
        made_up(meta={"at": AT, "simulated": True, "positions": (), "edition": 1}, digests={"programme": 1.5})


def test_nobody_is_told_as_a_person(content: Content, files: Mapping[str, File]) -> None:
    assert b"person_id" not in canonical(content)
    for told in (canonical(content), files["report-th.html"].body, files["report-en.html"].body):
        assert str(PERSON).encode() not in told
        assert "ผู้ตรวจราชการกระทรวงศึกษาธิการ".encode() in told


def test_the_same_content_gives_the_same_bytes(files: Mapping[str, File]) -> None:
    assert files.keys() == NAMES
    assert render(json.loads(canonical(made_up()))) == files
    assert re.fullmatch("[0-9a-f]{64}", renderer_digest())


def test_another_packer_of_workbooks_is_another_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    known = renderer_digest()
    monkeypatch.setattr("zlib.ZLIB_RUNTIME_VERSION", "0.0")
    assert renderer_digest.__wrapped__() != known


def test_every_cell_is_the_same_in_html_and_workbook(content: Content, files: Mapping[str, File]) -> None:
    book = load_workbook(BytesIO(files["report.xlsx"].body))
    page = tables_of(files["report-en.html"])
    assert set(page) == set(book.sheetnames) == set(sheets_of(content)) != set()
    for name, rows in page.items():
        kept = list(book[name].iter_rows(min_row=HEAD_ROWS + 1, max_row=HEAD_ROWS + len(rows), values_only=True))
        assert [
            [same_as(text, value) for text, value in zip(*both, strict=True)] for both in zip(rows, kept, strict=True)
        ] == [[True] * len(row) for row in rows], name


def test_the_thai_page_says_what_the_english_one_says_in_thai_digits(files: Mapping[str, File]) -> None:
    thai, english = tables_of(files["report-th.html"]), tables_of(files["report-en.html"])
    assert [len(rows) for rows in thai.values()] == [len(rows) for rows in english.values()]
    numbers = [
        (ours, theirs)
        for name in english
        for row, other in zip(thai[name], english[name], strict=True)
        for ours, theirs in zip(row, other, strict=True)
        if re.fullmatch(r"[0-9.,%]+", theirs)
    ]
    assert len(numbers) > 500
    assert all(ours == thai_digits(theirs) for ours, theirs in numbers)


def test_every_number_of_the_tables_stands_in_the_english_pdf(content: Content, files: Mapping[str, File]) -> None:
    squeezed = "".join("".join(pages_of(files["report-en.pdf"].body)).split())
    shown = {cell.shown("en") for cell in cells_of(content) if cell.value is not None}
    assert len(shown) > 200
    assert [each for each in shown if "".join(each.split()) not in squeezed] == []


def test_the_thai_pdf_has_thai_digits_only(files: Mapping[str, File]) -> None:
    text = NO_NUMBER.sub("", "\n".join(pages_of(files["report-th.pdf"].body)))
    assert re.findall(r".{0,20}[0-9].{0,20}", text) == []
    assert len(re.findall("[๐-๙]+", text)) > 500


def test_every_page_says_that_data_are_simulated_and_none_does_when_they_are_not() -> None:
    content = only_begun()
    true = {**content, "sources": {**content["sources"], "simulated": False}}
    simulated, real = (pages_of(pdf_of(outlined(each, "en"))) for each in (content, true))
    assert all("Simulated data" in page for page in simulated)
    assert not any("Simulated data" in page for page in real)


def test_the_pdf_tells_its_language_title_and_outline(files: Mapping[str, File]) -> None:
    for language in ("th", "en"):
        reader = PdfReader(BytesIO(files[f"report-{language}.pdf"].body))
        assert str(reader.root_object["/Lang"]).partition("-")[0] == language
        assert reader.metadata is not None
        assert "CLUSTER" in str(reader.metadata.title)
        assert reader.metadata.creation_date == AT
        assert len(reader.outline) >= 8


def test_a_figure_that_is_missing_says_why_in_both_languages() -> None:
    sheet = sheets_of(made_up())["scores"]
    reasons = {cell.shown("en"): cell.shown("th") for row in sheet.rows for cell in row if cell.why}
    assert reasons == {REASONS[name].en: REASONS[name].th for name in REASONS_OF_FIGURES}


REASONS_OF_FIGURES = ("returned", "waiting", "not_reported", "not_due", "not_applicable")


def test_nothing_expected_is_not_due_and_not_a_hundred_per_cent() -> None:
    first = sheets_of(made_up())["regions"].rows[0]
    assert [cell.shown("en") for cell in first[2:4]] == ["0/0", "not due"]


def test_without_a_conclusion_the_report_says_so() -> None:
    told = outlined(made_up(document={**document(), "conclusion": None}), "en")
    said = [
        block["text"] for section in told["sections"] for block in section["blocks"] if block["kind"] == "paragraph"
    ]
    assert said.count("The programme's evaluation has not been concluded yet.") == 3


def test_a_programme_that_has_only_begun_has_a_report_too() -> None:
    told = outlined(only_begun(), "th")
    assert pdf_of(told).startswith(b"%PDF-")
    assert tables_of(File("report-th.html", "text/html", html_of(told)))["indicators"] == []


def test_what_the_font_lacks_is_named_in_the_pdf_instead_of_stopping_it() -> None:
    assert printable("ฎ ๏ ≥ 中 😀 \u0416") == "ฎ ๏ ≥ [U+4E2D] [U+1F600] [U+0416]"
    told = outlined({**only_begun(), "report": {**made_up()["report"], "text": "Regions 😀"}}, "en")
    assert "Regions [U+1F600]" in "".join(pages_of(pdf_of(told)))
    assert "Regions 😀".encode() in html_of(told)


def test_markup_in_a_text_stays_text() -> None:
    told = outlined(
        {**only_begun(), "report": {**made_up()["report"], "title": "<script>1</script> #eval(1) *x* $y$"}}, "en"
    )
    assert b"<script" not in html_of(told)
    assert "<script>1</script> #eval(1) *x* $y$" in "".join(pages_of(pdf_of(told)))


def test_numbers_are_rounded_half_up_and_shown_as_their_kind_is() -> None:
    assert [shown(each) for each in (figure("0.81235"), figure("1234.50000"), figure("0.00001"))] == [
        "0.8124",
        "1,234.5",
        "0",
    ]
    assert [shown(each) for each in (score("3.845"), score("4"))] == ["3.85", "4.00"]
    assert [shown(each) for each in (percent("0.99995"), percent("1"))] == ["100.00%", "100.00%"]
    assert [shown(each) for each in (baht(1), baht(-123_456_789_01))] == ["0.01", "-123,456,789.01"]
    assert baht(123_45).shown("th") == "๑๒๓.๔๕"


def test_days_are_told_in_b_e_to_thais() -> None:
    assert (day("2017-01-31").shown("th"), shown(day("2017-01-31"))) == ("๓๑ ม.ค. ๒๕๖๐", "31 Jan 2017")
    assert moment("2017-09-30T16:59:59.999999Z").shown("th") == "๓๐ กันยายน พ.ศ. ๒๕๖๐ เวลา ๒๓:๕๙:๕๙ น."
    assert [period(f"2560-{name}").shown("th") for name in ("M01", "Q4", "H1", "Y")] == [
        *("ต.ค. ๒๕๕๙", "ไตรมาส ๔", "ครึ่งปีที่ ๑", "ทั้งปี")
    ]
    assert thai_digits("QN1 ไตรมาส 4/2560 ของ R07 ในปี 2560-cluster") == "QN1 ไตรมาส ๔/๒๕๖๐ ของ R07 ในปี 2560-cluster"


def shown(cell: Cell) -> str:
    """As in the English edition."""
    return cell.shown("en")


def cells_of(content: Content) -> Iterator[Cell]:
    """Every cell of every table."""
    return (cell for sheet in sheets_of(content).values() for row in sheet.rows for cell in row)


@cache
def pages_of(pdf: bytes) -> list[str]:
    """The words of each page. Thai letters come out wrong: the reader does not know of ``ActualText``."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def same_as(text: str, value: Any) -> bool:
    """Whether the English page's text says what a workbook's cell holds."""
    match value:
        case int() | float():
            number = Decimal(text.replace(",", "").rstrip("%"))
            return number == Decimal(str(value)) * (100 if text.endswith("%") else 1)
        case date():
            return text == f"{value:%-d %b %Y}"
        case _:
            return str(value or "").rpartition(" / ")[2] == text or value == text


class _Tables(HTMLParser):
    """Texts of the cells of each table, by its key."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "table":
                self._rows = self.tables.setdefault(str(dict(attrs)["data-key"]), [])
            case "tr":
                self._rows.append([])
            case "td":
                self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._cell is not None:
            self._rows[-1].append("".join(self._cell))
            self._cell = None


def tables_of(file: File) -> dict[str, list[list[str]]]:
    """The rows of each table of a page, without its head."""
    parser = _Tables()
    parser.feed(file.body.decode())
    return {key: [row for row in rows if row] for key, rows in parser.tables.items()}
