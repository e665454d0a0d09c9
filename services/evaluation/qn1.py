"""Indicator QN1 by rule: a region's figure is 1 while it has a committee and 0 when it has one no longer.

A period's figure is what holds at its end, as far as the committees' events tell by now, for every period of the
indicator's frequency that has begun and is not closed. A region of which no appointment was ever heard has no figure.
The rule compares that with the figures there are and replies with the difference, so that a replay replies nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.evaluation import periods
from services.evaluation.committees import COMMITTEES, Committees
from services.evaluation.indicators import INDICATORS, IndicatorSet
from services.evaluation.measurement import (
    COMPUTED,
    MEASUREMENT,
    MeasureIndicator,
    Measurement,
    Status,
    VerifyMeasurement,
)
from services.evaluation.snapshot import Snapshot
from services.evaluation.streams import (
    cell_of,
    committee_streams,
    indicators_stream,
    kind_of,
    measurement_stream,
    measurement_streams,
    programme_of,
    programme_stream,
    region_of,
)
from shared.contracts import KNOWN_PROGRAMME, Command, Recorded
from shared.contracts.committee import CommitteeAppointed, CommitteeDissolved, CommitteeReconstituted
from shared.contracts.common import FactVoided
from shared.contracts.definition import IndicatorDefinition
from shared.contracts.evaluation import IndicatorDefined, PeriodReopened, Reading
from shared.contracts.types import Evidence
from shared.streams.reaction import Reply

RULE = "qn1"
"""What an indicator names as ``computed_by``."""

CONCERNS = frozenset(
    {
        "CommitteeAppointed",
        "CommitteeDissolved",
        "CommitteeReconstituted",
        "IndicatorDefined",
        "PeriodReopened",
        "FactVoided",
    }
)
"""Names of the events that may change a figure."""

REASON = "ปรับตามเหตุการณ์ของคณะกรรมการประจำเขตตรวจราชการ"
EVIDENCE = "เหตุการณ์ของคณะกรรมการประจำเขตตรวจราชการ"


async def respond(cause: Recorded, snapshot: Snapshot, now: datetime) -> list[Reply]:
    """What the rule commands in answer to an event: a figure measured and verified."""
    programme = programme_of(cause.stream)
    match cause.event:
        case (
            CommitteeAppointed(region=region)
            | CommitteeDissolved(region=region)
            | CommitteeReconstituted(region=region)
        ):
            return await figures(programme, snapshot, now, cause.id, [region])
        case FactVoided() if kind_of(cause.stream) == "committee":
            return await figures(programme, snapshot, now, cause.id, [region_of(cause.stream)])
        case FactVoided() if kind_of(cause.stream) == MEASUREMENT.name:
            return await figures(programme, snapshot, now, cause.id, [cell_of(cause.stream)[1].scope])
        case FactVoided() if kind_of(cause.stream) == INDICATORS.name:
            return await figures(programme, snapshot, now, cause.id)
        case IndicatorDefined() | PeriodReopened():
            return await figures(programme, snapshot, now, cause.id)
        case _:
            return []


async def figures(
    programme: str, snapshot: Snapshot, now: datetime, cause: UUID, regions: Collection[str] | None = None
) -> list[Reply]:
    """What it takes for the regions, all of them if None, to have the figures that they should have.

    A period that begins makes no event: who wants its figures asks once it has begun, with regions None.
    """
    sets = await snapshot.folded(INDICATORS, indicators_stream(programme))
    indicators = sets.get(indicators_stream(programme), INDICATORS.initial)
    found: list[Reply] = []
    for definition in _computed(indicators):
        known = (await snapshot.learned(KNOWN_PROGRAMME, programme_stream(programme))).required(programme)
        measurements = await snapshot.folded(MEASUREMENT, measurement_streams(programme, definition.code))
        for period in _periods(definition, indicators, known.fiscal_year, now):
            for region in known.regions:
                if regions is None or region in regions:
                    place = Place(programme, definition.code, region, period)
                    measurement = measurements.get(measurement_stream(*place), MEASUREMENT.initial)
                    pattern = committee_streams(programme, region)
                    committees = await snapshot.learned(COMMITTEES, pattern, periods.ends(period))
                    found += difference(place, measurement, committees, cause)
    return found


class Place(NamedTuple):
    """Where a figure stands."""

    programme: str
    indicator: str
    scope: str
    period: str


def difference(place: Place, measurement: Measurement, committees: Committees, cause: UUID) -> list[Reply]:
    """What it takes for a figure to say what the committees do; nothing of a region that never had one."""
    current = measurement.current
    if current is None and not committees.appointed:
        return []
    wanted = Reading(value=Decimal(int(committees.active)))
    verify = _reply(place, VerifyMeasurement(), COMPUTED[RULE].verifier)
    if current is not None and current.reading == wanted:
        return [verify] if current.status is Status.PENDING else []
    measure = MeasureIndicator(
        **place._asdict(),
        reading=wanted,
        evidence=tuple(Evidence(title=EVIDENCE, uri=each.urn) for each in committees.evidence or [cause]),
        supersedes=current.id if current else None,
        reason=REASON if current else None,
    )
    return [_reply(place, measure, COMPUTED[RULE].reporter), verify]


def _reply(place: Place, command: Command, actor: str) -> Reply:
    return Reply(MEASUREMENT, measurement_stream(*place), command, actor)


def _computed(indicators: IndicatorSet) -> list[IndicatorDefinition]:
    definitions = [each.definition for code, each in indicators.indicators.items() if code not in indicators.closed]
    return [each for each in definitions if each.computed_by == RULE]


def _periods(definition: IndicatorDefinition, indicators: IndicatorSet, year: int, now: datetime) -> list[str]:
    """Those of the year that have begun and are not closed."""
    begun = [each for each in periods.of_year(year, definition.frequency) if periods.begins(each) <= now]
    return [each for each in begun if each not in indicators.closed_periods]
