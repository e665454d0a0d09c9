"""A table as CSV (RFC 4180, UTF-8), with what it is as of in columns of its own, so that it stays with the rows."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from services.reporting.exports.tables import Cell, Table
from shared.web.jsonable import dump

OF_ALL = ("as_of", "effective_at", "at", "final", "complete_up_to", "newest_recorded_at", "simulated")
"""Of the answer's ``meta``, what stands in every row, as ``meta.<name>``, where the answer says it."""
BOM = "\ufeff"
"""Excel takes a file for UTF-8 by it alone."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How texts begin that a spreadsheet would carry out."""


def csv_of(table: Table, meta: Mapping[str, Cell], *, bom: bool = False) -> bytes:
    """The table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    of_all = [name for name in OF_ALL if name in meta]
    writer.writerow([*table.columns, *(f"meta.{name}" for name in of_all)])
    known = [_text(meta[name]) for name in of_all]
    writer.writerows([*map(_text, row), *known] for row in table.rows)
    return ((BOM if bom else "") + out.getvalue()).encode()


def _text(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return dump(value).decode().strip('"')
        case _:
            return str(value)
