"""Names of the streams that evaluation writes and reads."""

from __future__ import annotations

from typing import NamedTuple

NATION = "TH"
"""The scope that is no region."""


def programme_stream(programme: str) -> str:
    """Stream that a programme's definition is learned from."""
    return f"programme:{programme}"


def committee_streams(programme: str, region: str) -> str:
    """Pattern of the streams of a region's committees, one after another."""
    return f"committee:{programme}:{region}:*"


def indicators_stream(programme: str) -> str:
    """A programme has one set of indicators."""
    return f"indicators:{programme}"


def evaluation_stream(programme: str) -> str:
    """A programme is concluded once."""
    return f"evaluation:{programme}"


def measurement_stream(programme: str, indicator: str, scope: str, period: str) -> str:
    """The figures of one indicator, scope and period, one after another."""
    return f"measurement:{programme}:{indicator}:{scope}:{period}"


def measurement_streams(programme: str, indicator: str | None = None) -> str:
    """What the names of all streams of an indicator's figures begin with, or of all indicators'."""
    return f"measurement:{programme}:{indicator}:" if indicator else f"measurement:{programme}:"


def kind_of(stream: str) -> str:
    """Name of the aggregate whose stream it is."""
    return stream.partition(":")[0]


def programme_of(stream: str) -> str:
    """Programme that a stream is of, where its name says so."""
    return stream.split(":")[1]


def region_of(stream: str) -> str:
    """Region that a committee's stream is of."""
    return stream.split(":")[2]


class Cell(NamedTuple):
    """Where a figure of an indicator stands: a scope (region or TH) and a period."""

    scope: str
    period: str


def cell_of(stream: str) -> tuple[str, Cell]:
    """Indicator and cell that a measurement's stream is of."""
    _, _, indicator, scope, period = stream.split(":")
    return indicator, Cell(scope, period)
