"""The set of indicators of a programme: their definitions, targets and periods (activity 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.evaluation import periods
from services.evaluation.scoring import find
from services.evaluation.streams import indicators_stream, programme_stream
from shared.contracts import (
    Aggregate,
    Command,
    Context,
    Event,
    KnownProgramme,
    ProgrammeDefinition,
    Read,
    Rejected,
    require,
)
from shared.contracts.common import FactVoided
from shared.contracts.definition import (
    Bands,
    IndicatorDefinition,
    IndicatorKind,
    NationalRule,
    PeriodRule,
    monotone,
)
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    PeriodClosed,
    PeriodExtended,
    PeriodReopened,
    TargetRevised,
)
from shared.contracts.types import Amount, Day, IndicatorCode, Percent, PeriodCode, ProgrammeId, Prose, RegionCode


class DefineIndicators(Command):
    """Fix indicators, or replace them; None: all that the programme's definition has.

    Those not named stay as they are. Afterwards the weights of all that are not closed sum to 100.
    """

    programme: ProgrammeId
    indicators: tuple[IndicatorDefinition, ...] | None = None

    def stream(self) -> str:
        """A programme has one set."""
        return indicators_stream(self.programme)


class ReviseTarget(Command, effective="revised_on"):
    """Change an indicator's target and the bands that go with it; what is None stays as it is.

    The weight may change only so that all weights sum to 100, as after another indicator was closed.
    """

    code: IndicatorCode
    target: Amount | None = None
    national_target: Amount | None = None
    bands: Bands | None = None
    national_bands: Bands | None = None
    weight: Percent | None = None
    revised_on: Day
    reason: Prose


class CloseIndicator(Command):
    """Measure it no longer."""

    code: IndicatorCode
    reason: Prose


class ClosePeriod(Command):
    """Make the figures of a period that is over final."""

    period: PeriodCode
    reason: Prose | None = None


class ReopenPeriod(Command):
    """Take figures of the period again."""

    period: PeriodCode
    reason: Prose


class ExtendPeriod(Command):
    """Let a region send its figures of a period until the end of a later day."""

    period: PeriodCode
    region: RegionCode
    until: Day
    reason: Prose


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator as it is defined now, and the versions it has had."""

    definition: IndicatorDefinition
    versions: tuple[int, ...]
    event: UUID | None = None
    """The event that defined it so; None while it is only decided."""

    @property
    def version(self) -> int:
        """How many-th definition this is."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """The indicators of a programme, which periods are closed, and who may send later."""

    programme: str = ""
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    """Codes that are measured no longer."""
    closed_periods: Mapping[str, Mapping[str, Indicator]] = field(default_factory=dict)
    """By closed period, the indicators that it is scored by: those known when it was closed."""
    defined: Mapping[UUID, Indicator] = field(default_factory=dict)
    """Every definition there was, by the event that made it."""
    extended: Mapping[str, Mapping[str, date]] = field(default_factory=dict)
    """By period and region, the day until whose end it may send its figures."""

    def required(self, code: str) -> Indicator:
        """An indicator that is measured. Raises Rejected ``indicator.not_defined``, ``indicator.closed``."""
        found = self.indicators.get(code)
        if found is None:
            raise Rejected("indicator.not_defined", indicator=code)
        require(code not in self.closed, "indicator.closed", indicator=code)
        return found

    def scored_by(self, code: str, period: str) -> Indicator | None:
        """The definition that scores figures of a period: today's or, of a closed period, that of its closing."""
        return self.closed_periods.get(period, self.indicators).get(code)

    def weight(self) -> Decimal:
        """Sum of the weights of all that are not closed."""
        weights = (each.definition.weight for code, each in self.indicators.items() if code not in self.closed)
        return sum(weights, Decimal())


def evolve(known: IndicatorSet, event: Event) -> IndicatorSet:
    """The set after one more event."""
    match event:
        case IndicatorDefined(programme=programme, indicator=definition, version=version):
            return replace(_with(known, definition, version, event.id), programme=programme)
        case TargetRevised(new=definition, version=version):
            return _with(known, definition, version, event.id)
        case IndicatorClosed(code=code):
            return replace(known, closed=known.closed | {code})
        case PeriodClosed(period=period, definitions=definitions):
            then = {**known.indicators, **_defined_by(known, definitions)}
            return replace(known, closed_periods={**known.closed_periods, period: then})
        case PeriodReopened(period=period):
            return replace(known, closed_periods={k: v for k, v in known.closed_periods.items() if k != period})
        case PeriodExtended(period=period, region=region, until=until):
            regions = {**known.extended.get(period, {}), region: until}
            return replace(known, extended={**known.extended, period: regions})
        case _:
            return known


def _with(known: IndicatorSet, definition: IndicatorDefinition, version: int, event: UUID | None) -> IndicatorSet:
    before = known.indicators.get(definition.code)
    indicator = Indicator(definition, (*(before.versions if before else ()), version), event)
    defined = {**known.defined, event: indicator} if event else known.defined
    return replace(known, indicators={**known.indicators, definition.code: indicator}, defined=defined)


def _defined_by(known: IndicatorSet, events: Iterable[UUID]) -> dict[str, Indicator]:
    """Those that these events defined; a revision that was told later but took effect before is not among them."""
    found = (known.defined[event] for event in events if event in known.defined)
    return {each.definition.code: each for each in found}


def invariant(known: IndicatorSet) -> None:
    """Versions follow each other, weights are at most 100, and only what is defined is closed. Raises Rejected."""
    for code, each in known.indicators.items():
        require(
            each.versions == tuple(range(1, len(each.versions) + 1)), "indicator.versions_out_of_order", indicator=code
        )
    require(known.weight() <= 100, "indicator.weights_not_hundred", weight=known.weight())
    for code in known.closed:
        require(code in known.indicators, "indicator.not_defined", indicator=code)


def reads(command: Command, known: IndicatorSet) -> Sequence[Read]:
    """The programme says which indicators, regions and scoring scheme there are."""
    programme = command.programme if isinstance(command, DefineIndicators) else known.programme
    return [Read(KnownProgramme, programme_stream(programme))] if programme else []


def decide(command: Command, known: IndicatorSet, context: Context) -> list[Event]:
    """Events that the command makes; codes ``indicator.*``, ``period.*``, ``programme.not_known``."""
    if isinstance(command, DefineIndicators):
        return _define(command, known, context)
    require(known.programme, "indicator.none_defined")
    match command:
        case ReviseTarget():
            return _revise(command, known)
        case CloseIndicator(code=code, reason=reason):
            if code in known.closed:
                return []  # told twice: nothing new
            known.required(code)
            return [IndicatorClosed(programme=known.programme, code=code, reason=reason)]
        case ClosePeriod():
            return _close_period(command, known, context)
        case ReopenPeriod(period=period, reason=reason):
            _require_period(period, known)
            if period not in known.closed_periods:
                return []
            return [PeriodReopened(programme=known.programme, period=period, reason=reason)]
        case ExtendPeriod():
            return _extend(command, known, _definition(known.programme, context))
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a set of indicators")


def _definition(programme: str, context: Context) -> ProgrammeDefinition:
    return context.state(KnownProgramme, programme_stream(programme)).required(programme)


def _define(command: DefineIndicators, known: IndicatorSet, context: Context) -> list[Event]:
    programme = _definition(command.programme, context)
    find(programme.scoring)
    definitions = programme.indicators if command.indicators is None else command.indicators
    _require_definitions(definitions)
    changed = [each for each in definitions if _differs(each, known)]
    for each in changed:
        require(each.code not in known.closed, "indicator.closed", indicator=each.code)
    # Those that lose weight come first, so that at no event in between there is more than 100 of it.
    changed.sort(key=lambda each: each.weight >= _weight_of(each.code, known))
    events: list[Event] = []
    for each in changed:
        events.append(
            IndicatorDefined(programme=command.programme, indicator=each, version=_next_version(each.code, known))
        )
        known = evolve(known, events[-1])
    require(not events or known.weight() == 100, "indicator.weights_not_hundred", weight=known.weight())
    return events


def _require_definitions(definitions: Sequence[IndicatorDefinition]) -> None:
    for index, each in enumerate(definitions):
        pointer = f"/indicators/{index}"
        twice = any(each.code == other.code for other in definitions[:index])
        require(not twice, "indicator.code_twice", pointer=pointer, indicator=each.code)
        if each.kind is IndicatorKind.QUALITATIVE:
            rolled_up = each.period_rule is not PeriodRule.SUM and each.national_rule in _RULES_OF_LEVELS
            require(rolled_up, "indicator.levels_not_summed", pointer=pointer, indicator=each.code)


_RULES_OF_LEVELS = frozenset({NationalRule.MEAN, NationalRule.MEASURED})


def _differs(definition: IndicatorDefinition, known: IndicatorSet) -> bool:
    found = known.indicators.get(definition.code)
    return found is None or found.definition != definition


def _weight_of(code: str, known: IndicatorSet) -> Decimal:
    found = known.indicators.get(code)
    return found.definition.weight if found else Decimal()


def _next_version(code: str, known: IndicatorSet) -> int:
    found = known.indicators.get(code)
    return found.version + 1 if found else 1


def _revise(command: ReviseTarget, known: IndicatorSet) -> list[Event]:
    indicator = known.required(command.code)
    old = indicator.definition
    asked = {name: getattr(command, name) for name in _REVISABLE}
    changes = {name: value for name, value in asked.items() if value is not None and value != getattr(old, name)}
    if not changes:
        return []
    for name in ("bands", "national_bands"):
        _require_bands(old, name, changes.get(name))
    new = old.model_copy(update=changes)
    revised = TargetRevised(
        programme=known.programme,
        code=command.code,
        version=indicator.version + 1,
        old=old,
        new=new,
        revised_on=command.revised_on,
        reason=command.reason,
    )
    if "weight" in changes:
        weight = evolve(known, revised).weight()
        require(weight == 100, "indicator.weights_not_hundred", pointer="/weight", weight=weight)
    return [revised]


_REVISABLE = ("target", "national_target", "bands", "national_bands", "weight")


def _require_bands(indicator: IndicatorDefinition, name: str, bands: tuple[Decimal, ...] | None) -> None:
    if bands is None:
        return
    require(indicator.bands is not None, "indicator.rubric_has_no_bands", pointer=f"/{name}", indicator=indicator.code)
    in_order = monotone(bands, indicator.direction)
    require(in_order, "indicator.bands_not_monotone", pointer=f"/{name}", direction=indicator.direction.value)


def _close_period(command: ClosePeriod, known: IndicatorSet, context: Context) -> list[Event]:
    period = command.period
    _require_period(period, known)
    if period in known.closed_periods:
        return []
    require(context.now > periods.ends(period), "period.not_over", period=period)
    definitions = tuple(each.event for each in known.indicators.values() if each.event is not None)
    return [PeriodClosed(programme=known.programme, period=period, definitions=definitions, reason=command.reason)]


def _extend(command: ExtendPeriod, known: IndicatorSet, programme: ProgrammeDefinition) -> list[Event]:
    period, region, until = command.period, command.region, command.until
    _require_period(period, known)
    if known.extended.get(period, {}).get(region) == until:
        return []
    require(region in programme.regions, "period.unknown_region", pointer="/region", region=region)
    require(period not in known.closed_periods, "period.closed", period=period)
    require(until > periods.last_day(period), "period.extension_too_early", pointer="/until", period=period)
    return [PeriodExtended(programme=known.programme, period=period, region=region, until=until, reason=command.reason)]


def _require_period(period: str, known: IndicatorSet) -> None:
    of_year = periods.year_of(period) == periods.year_of(known.programme)
    require(of_year, "period.not_of_programme", pointer="/period", period=period)


def voidable(known: IndicatorSet, fact: FactVoided, _context: Context) -> None:
    """A closed period is scored by the definitions of its closing, until it is reopened. Raises Rejected."""
    for period, definitions in known.closed_periods.items():
        needed = any(each.event == fact.event_id for each in definitions.values())
        require(not needed, "period.closed", period=period)


INDICATORS = Aggregate("indicators", IndicatorSet(), evolve, decide, invariant, reads, voidable=voidable)
