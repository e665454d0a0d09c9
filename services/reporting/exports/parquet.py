"""A table as Parquet, with what it is as of in the file's own metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.reporting.exports.dictionary import meaning
from services.reporting.exports.tables import Cell, Table
from shared.web.jsonable import dump

META = b"obec.meta"
"""Key of the file's metadata under which the answer's ``meta`` stands, as JSON."""
DIGITS, PLACES = 38, 12
"""Of decimals: wide enough for every figure, and the same in every file, so that files can be put together."""


def parquet_of(table: Table, meta: Mapping[str, Cell]) -> bytes:
    """The table as one Parquet file; columns without any value are text."""
    import pyarrow
    from pyarrow import parquet

    columns = [[row[number] for row in table.rows] for number in range(len(table.columns))]
    fields = [
        pyarrow.field(name, _type(values), metadata=_told(table.name, name))
        for name, values in zip(table.columns, columns, strict=True)
    ]
    schema = pyarrow.schema(fields, metadata={META: dump(meta)})
    arrays = [
        pyarrow.array(_fit(values, field.type), field.type) for values, field in zip(columns, fields, strict=True)
    ]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), sink)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _told(table: str, column: str) -> dict[str, str]:
    """What a column means, beside it."""
    word = meaning(table, column)
    return {"th": word.thai, "en": word.english, "unit": word.unit}


def _type(values: Sequence[Cell]) -> Any:
    import pyarrow

    known = [value for value in values if value is not None]
    kinds: tuple[tuple[frozenset[type], Any], ...] = (
        (frozenset({bool}), pyarrow.bool_()),
        (frozenset({int}), pyarrow.int64()),
        (frozenset({float}), pyarrow.float64()),
        (frozenset({int, Decimal}), pyarrow.decimal128(DIGITS, PLACES)),
        (frozenset({datetime}), pyarrow.timestamp("us", "UTC")),
        (frozenset({date}), pyarrow.date32()),
    )
    # By the class itself: a boolean is an int to Python and an instant is a date, and neither is one in a column.
    of = {type(value) for value in known}
    if of and not any(isinstance(value, Decimal) and _places(value) > PLACES for value in known):
        return next((made for kind, made in kinds if of <= kind), pyarrow.string())
    return pyarrow.string()


def _fit(values: Sequence[Cell], kind: Any) -> Sequence[Cell]:
    """Values of several kinds in one column are text."""
    import pyarrow

    if kind != pyarrow.string():
        return values
    return [value if value is None or isinstance(value, str) else dump(value).decode().strip('"') for value in values]


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else DIGITS
