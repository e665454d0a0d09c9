"""Which form an answer is wanted in, and the answer in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from services.reporting.exports.csv import csv_of
from services.reporting.exports.excel import xlsx_of
from services.reporting.exports.parquet import parquet_of
from services.reporting.exports.tables import Cell, Table, meta_row, tables_of
from shared.contracts import Rejected
from shared.web.api import Parameter
from shared.web.jsonable import Json

Asked = Mapping[str, str]
Headers = Mapping[str, str]
Write = Callable[[Sequence[Table], Table, Mapping[str, Cell], Asked], bytes]

JSON = "json"


@dataclass(frozen=True, slots=True)
class Format:
    """A form of answers besides JSON; ``write`` makes it of all tables, or of the one that was asked for."""

    media_type: str
    write: Write


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv", lambda _all, one, meta, asked: csv_of(one, meta, bom=asked.get("bom") == "1")),
    "xlsx": Format(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda every, _one, meta, _asked: xlsx_of(every, meta),
    ),
    "parquet": Format("application/vnd.apache.parquet", lambda _all, one, meta, _asked: parquet_of(one, meta)),
}
"""By the name that ``format`` takes."""

ONE_TABLE = frozenset({"csv", "parquet"})
"""Forms whose files hold one table."""
JSON_TYPE = "application/json"
_BY_TYPE = {JSON_TYPE: JSON, **{known.media_type: name for name, known in FORMATS.items()}}
DESCRIBED = '</v1/dictionary>; rel="describedby"'
"""Where a file's columns are explained that has no room for it itself."""

PARAMETERS = (
    Parameter(
        "format",
        "query",
        "Form of the answer; without it the Accept header says, and JSON if that does not.",
        {"type": "string", "enum": [JSON, *FORMATS]},
    ),
    Parameter(
        "table",
        "query",
        "Which part of the answer a CSV or Parquet file holds; a workbook holds all.",
        {"type": "string", "examples": ["regions"]},
    ),
    Parameter("bom", "query", "1: a CSV file begins with a byte order mark, as Excel wants it.", {"enum": ["1"]}),
)


def format_of(request: Request) -> str:
    """Name of the form that is wanted. Rejected ``query.unreadable`` for one that there is not."""
    named = request.query_params.get("format")
    if named is not None:
        if named != JSON and named not in FORMATS:
            raise Rejected("query.unreadable", name="format", value=named[:100])
        return named
    accepted = parse_accept_header(request.headers.get("accept", ""), MIMEAccept)
    return _BY_TYPE[accepted.best_match(_BY_TYPE, default=JSON_TYPE) or JSON_TYPE]


def answer_in(
    form: str,
    query: Mapping[str, str],
    answer: Mapping[str, Any],
    main: str,
    about: Mapping[str, Cell],
    headers: Headers,
) -> Response:
    """An answer (with its ``meta``, if it has one) in a form; ``main``: the part that a file of one table holds if none
    is named, ``about``: what goes before the ``meta``. Rejected ``query.unreadable`` for a part that there is not.
    """
    if form == JSON:
        return Json(answer, headers=dict(headers))
    tables = tables_of(answer)
    wanted = query.get("table") or main
    one = next((table for table in tables if table.name == wanted), None)
    if one is None:
        raise Rejected("query.unreadable", name="table", value=wanted[:100])
    known = FORMATS[form]
    body = known.write(tables, one, {**about, **meta_row(answer.get("meta", {}))}, query)
    name = "-".join(_plain(str(each)) for each in (*about.values(), *([] if form == "xlsx" else [wanted])))
    links = ", ".join([*filter(None, [headers.get("Link")]), DESCRIBED])
    attached = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Link": links}
    return Response(body, media_type=known.media_type, headers={**headers, **attached})


def _plain(text: str) -> str:
    """Letters, digits and hyphens alone: it goes into a header."""
    return "".join(each if each.isascii() and each.isalnum() else "-" for each in text).strip("-")
