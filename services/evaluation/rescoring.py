"""The scoring rule: a figure that is verified is scored, and with it the year's and the nation's.

What a score should be follows from the verified figures and the definitions alone. The rule compares that with what
stands and replies with the difference, so that a replay replies nothing. Where a verification or a figure was voided
and none is left, it withdraws the scores: it voids them, so that no reader has to know why a score no longer stands.
A closed period is scored by the definitions of its closing, so that a revised target scores open periods only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.evaluation import periods
from services.evaluation.indicators import INDICATORS, IndicatorSet
from services.evaluation.measurement import (
    MEASUREMENT,
    Measurement,
    ScoreIndicator,
    WithdrawScore,
    scored_event,
    stands,
)
from services.evaluation.rollup import figure_of
from services.evaluation.snapshot import Snapshot
from services.evaluation.streams import (
    NATION,
    Cell,
    cell_of,
    indicators_stream,
    kind_of,
    measurement_stream,
    measurement_streams,
    programme_of,
    programme_stream,
)
from shared.contracts import KNOWN_PROGRAMME, ProgrammeDefinition, Recorded
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import IndicatorDefined, MeasurementVerified, PeriodReopened, Reading, TargetRevised
from shared.streams.reaction import Reply

ACTOR = "rule:scoring"
CONCERNS = frozenset({"MeasurementVerified", "IndicatorDefined", "TargetRevised", "PeriodReopened", "FactVoided"})
"""Names of the events that may change a score."""


async def respond(cause: Recorded, snapshot: Snapshot) -> list[Reply]:
    """What the rule commands in answer to an event: at most one command on a stream."""
    match cause.event:
        case MeasurementVerified(indicator=code, scope=scope, period=period):
            return await _around(cause, snapshot, code, Cell(scope, period))
        case FactVoided() if kind_of(cause.stream) == MEASUREMENT.name:
            return await _around(cause, snapshot, *cell_of(cause.stream))
        case TargetRevised(code=code):
            return await _all(cause, snapshot, {code})
        case IndicatorDefined(indicator=definition):
            return await _all(cause, snapshot, {definition.code})
        case PeriodReopened(period=period):
            return await _all(cause, snapshot, period=period)
        case FactVoided() if kind_of(cause.stream) == INDICATORS.name:
            return await _all(cause, snapshot)
        case _:
            return []


@dataclass(frozen=True, slots=True)
class Sheet:
    """All figures of one indicator, and by what they are scored."""

    cause: Recorded
    programme: ProgrammeDefinition
    indicators: IndicatorSet
    code: str
    measurements: Mapping[Cell, Measurement]

    def cells(self, period: str | None = None) -> list[Cell]:
        """Every cell that has a score or should have one, or those of one period."""
        used = [cell for cell, each in self.measurements.items() if each.verified is not None or each.score is not None]
        near = _distinct(near for cell in used for near in self.around(cell))
        return [cell for cell in near if period in (None, cell.period)]

    def around(self, cell: Cell) -> list[Cell]:
        """The cell and what is rolled up from it: the year's, the nation's, the nation's year."""
        year = periods.whole_year(self.programme.fiscal_year)
        return _distinct([cell, Cell(cell.scope, year), Cell(NATION, cell.period), Cell(NATION, year)])

    def replies(self, cells: Iterable[Cell]) -> list[Reply]:
        """What it takes for these cells to have the scores that they should have."""
        verified = {cell: each.verified for cell, each in self.measurements.items() if each.verified is not None}
        found: list[Reply] = []
        for cell in cells:
            command = self._difference(cell, verified)
            if command is not None:
                stream = measurement_stream(self.programme.programme, self.code, *cell)
                found.append(Reply(MEASUREMENT, stream, command, ACTOR))
        return found

    def _difference(self, cell: Cell, verified: Mapping[Cell, Reading]) -> ScoreIndicator | WithdrawScore | None:
        measurement = self.measurements.get(cell, MEASUREMENT.initial)
        standing = measurement.newest_score
        indicator = self.indicators.scored_by(self.code, cell.period)
        figure = figure_of(indicator.definition, self.programme.regions, cell, verified) if indicator else None
        if indicator is None or figure is None:
            return WithdrawScore(replaces=standing) if standing is not None else None
        command = ScoreIndicator(
            programme=self.programme.programme,
            indicator=self.code,
            scope=cell.scope,
            period=cell.period,
            figure=figure.figure,
            regions_counted=figure.regions_counted,
            regions_expected=figure.regions_expected,
            provisional=figure.provisional,
            replaces=standing,
            cause=self.cause.id,
        )
        told = stands(measurement, scored_event(command, indicator, self.programme.scoring))
        return None if told else command


async def _around(cause: Recorded, snapshot: Snapshot, code: str, cell: Cell) -> list[Reply]:
    return [each for sheet in await _sheets(cause, snapshot, {code}) for each in sheet.replies(sheet.around(cell))]


async def _all(
    cause: Recorded, snapshot: Snapshot, codes: Collection[str] = (), period: str | None = None
) -> list[Reply]:
    return [each for sheet in await _sheets(cause, snapshot, codes) for each in sheet.replies(sheet.cells(period))]


async def _sheets(cause: Recorded, snapshot: Snapshot, codes: Collection[str] = ()) -> list[Sheet]:
    """Sheets of these indicators, or of every one that has figures."""
    programme = programme_of(cause.stream)
    known = await snapshot.learned(KNOWN_PROGRAMME, programme_stream(programme))
    sets = await snapshot.folded(INDICATORS, indicators_stream(programme))
    indicators = sets.get(indicators_stream(programme), INDICATORS.initial)
    prefixes = [measurement_streams(programme, code) for code in codes] or [measurement_streams(programme)]
    by_code: dict[str, dict[Cell, Measurement]] = {code: {} for code in codes}
    for prefix in prefixes:
        for stream, measurement in (await snapshot.folded(MEASUREMENT, prefix)).items():
            code, cell = cell_of(stream)
            by_code.setdefault(code, {})[cell] = measurement
    definition = known.required(programme)
    return [Sheet(cause, definition, indicators, code, cells) for code, cells in by_code.items()]


def _distinct(cells: Iterable[Cell]) -> list[Cell]:
    return list(dict.fromkeys(cells))
