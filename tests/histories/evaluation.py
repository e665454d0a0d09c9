"""Indicators, measurements, scores, supervision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from oracle.days import last_day, over_at
from shared.contracts.definition import IndicatorDefinition, MeasuredAt, ProgrammeDefinition
from shared.contracts.envelope import Envelope
from shared.contracts.evaluation import IndicatorMeasured, MeasurementVerified
from shared.contracts.types import Frequency
from tests.histories.teller import OFFICES, Fields, Teller

PERIODS = {
    Frequency.MONTHLY: [f"M{number:02}" for number in (1, 2, 3, 12)],
    Frequency.QUARTERLY: ["Q1", "Q2", "Q3", "Q4"],
    Frequency.HALF_YEARLY: ["H1", "H2"],
    Frequency.YEARLY: ["Y"],
}


def define_all(teller: Teller, programme: ProgrammeDefinition) -> None:
    """Define the whole set."""
    for indicator in programme.indicators:
        _define(teller, programme, indicator, 1)


def _define(teller: Teller, programme: ProgrammeDefinition, indicator: IndicatorDefinition, version: int) -> None:
    teller.say(
        f"indicators:{programme.programme}",
        "IndicatorDefined",
        programme=programme.programme,
        indicator=indicator.model_dump(mode="json", exclude_none=True),
        version=version,
    )


def change_set(teller: Teller) -> None:
    """Define anew, revise a target, close an indicator, or close, reopen and extend a period."""
    programme = teller.programme()
    indicator = teller.pick(programme.indicators)
    stream = f"indicators:{programme.programme}"
    period = f"{programme.fiscal_year}-{teller.pick(PERIODS[indicator.frequency])}"
    version = len(teller.streams[stream]) + 1
    said: Fields = {"programme": programme.programme}
    match teller.random.choices(range(6), (2, 5, 1, 2, 1, 4))[0]:
        case 0:
            _define(teller, programme, indicator, version)
        case 1:
            new = {
                **indicator.model_dump(mode="json", exclude_none=True),
                "target": f"{teller.number(0, 9)}.{teller.number(0, 999)}",
            }
            if teller.chance(0.3):
                new.pop("target")
            teller.say(
                stream,
                "TargetRevised",
                **said,
                code=indicator.code,
                version=version,
                old=indicator.model_dump(mode="json", exclude_none=True),
                new=new,
                revised_on=teller.day(),
                reason=teller.words(),
            )
        case 2:
            teller.say(stream, "IndicatorClosed", **said, code=indicator.code, reason=teller.words())
        case 3:
            teller.say(stream, "PeriodClosed", **said, period=period)
        case 4:
            teller.say(stream, "PeriodReopened", **said, period=period, reason=teller.words())
        case _:
            teller.say(
                stream,
                "PeriodExtended",
                **said,
                period=period,
                region=teller.pick(programme.regions),
                until=teller.day(ahead=60),
                reason=teller.words(),
            )


def change_figure(teller: Teller) -> None:
    """Report, restate, return, verify or score a figure."""
    programme = teller.programme()
    indicator = teller.pick(programme.indicators)
    scope = "TH" if indicator.measured_at is MeasuredAt.NATION else teller.pick(programme.regions)
    periods = PERIODS[indicator.frequency] if teller.chance(0.9) else ["Y"]
    place: Fields = {
        "programme": programme.programme,
        "indicator": indicator.code,
        "scope": "TH" if teller.chance(0.1) else scope,
        "period": f"{programme.fiscal_year}-{teller.pick(periods)}",
    }
    stream = f"measurement:{programme.programme}:{indicator.code}:{place['scope']}:{place['period']}"
    figures = teller.living(stream, "IndicatorMeasured")
    if not figures:
        if teller.chance(0.15):
            _score(teller, stream, place, indicator, None)
        else:
            _measure(teller, stream, place, indicator, None)
        return
    ever = [each for each in teller.streams[stream] if isinstance(teller.event(each), IndicatorMeasured)]
    current = figures[-1] if teller.chance(0.9) else teller.pick(ever)
    match teller.random.choices(range(4), (2, 4, 2, 3))[0]:
        case 0:
            _measure(teller, stream, place, indicator, current)
        case 1:
            verified = teller.say(
                stream, "MeasurementVerified", **place, measured=current.event_id, verifier="usr-verifier"
            )
            if teller.chance(0.8):
                _score(teller, stream, place, indicator, verified)
                _roll_up(teller, place, indicator, verified)
        case 2:
            teller.say(
                stream,
                "MeasurementReturned",
                programme=place["programme"],
                measured=current.event_id,
                reason=teller.words(),
                reviewer="usr-reviewer",
            )
        case _:
            _score(teller, stream, place, indicator, teller.last(stream, "MeasurementVerified"))


def _reading(teller: Teller, indicator: IndicatorDefinition) -> Fields:
    if indicator.rubric is not None:
        return {"level": teller.number(1, 5)}
    if indicator.code == "QN2":
        return {"numerator": str(teller.number(0, 40)), "denominator": str(teller.number(1, 42))}
    return {"value": f"{teller.number(0, 60)}.{teller.number(0, 999_999):06}"}


def _measure(
    teller: Teller, stream: str, place: Fields, indicator: IndicatorDefinition, current: Envelope | None
) -> None:
    restated = {"supersedes": current.event_id, "reason": teller.words()} if current else {}
    fields: Fields = {
        **place,
        **restated,
        "indicator_version": teller.number(1, 3),
        "reading": _reading(teller, indicator),
        "evidence": [{"title": f"เอกสาร {number}", "uri": "urn:x:1"} for number in range(teller.number(0, 3))],
        "reporter": teller.pick(("usr-a", "usr-b", "rule:qn1")),
    }
    last_moment = _last_moment(teller, place, indicator)
    if last_moment is not None and teller.chance(0.15):
        teller.say_received(last_moment, stream, "IndicatorMeasured", fields)
    else:
        teller.say(stream, "IndicatorMeasured", **fields)


def _last_moment(teller: Teller, place: Fields, indicator: IndicatorDefinition) -> datetime | None:
    """The instant at which a figure's due day is over, or the one before it; None while it lies ahead."""
    over = over_at(last_day(place["period"]) + timedelta(days=indicator.due_days))
    moment = over - timedelta(microseconds=teller.number(0, 1))
    return moment if moment <= teller.now else None


def _roll_up(teller: Teller, place: Fields, indicator: IndicatorDefinition, verified: Envelope) -> None:
    """Now and then the nation's figure and the year's are scored as well."""
    year = f"{place['period'][:4]}-Y"
    for rolled_up in ({**place, "scope": "TH"}, {**place, "period": year}, {**place, "scope": "TH", "period": year}):
        if teller.chance(0.4):
            named = (rolled_up["programme"], indicator.code, rolled_up["scope"], rolled_up["period"])
            _score(teller, f"measurement:{':'.join(named)}", rolled_up, indicator, verified)


def _score(
    teller: Teller, stream: str, place: Fields, indicator: IndicatorDefinition, verified: Envelope | None
) -> None:
    """Mostly of the figure that was verified, else of any number; the cause may be of another stream."""
    figure = Decimal(f"{teller.number(0, 60)}.5")
    if verified is not None and teller.chance(0.8):
        event = teller.event(verified)
        assert isinstance(event, MeasurementVerified)
        told = {each.event_id: teller.event(each) for each in teller.streams[verified.stream]}
        measured = told.get(str(event.measured))
        figure = measured.reading.figure() if isinstance(measured, IndicatorMeasured) else figure
    score = Decimal(teller.number(100, 500)) / 100
    cause = verified if verified is not None and teller.chance(0.8) else teller.pick(teller.envelopes)
    rolled_up = {"regions_counted": 2, "regions_expected": 3, "provisional": teller.chance(0.5)}
    teller.say(
        stream,
        "IndicatorScored",
        **place,
        **(rolled_up if place["scope"] == "TH" and teller.chance(0.7) else {}),
        indicator_version=teller.number(1, 3),
        figure=str(figure),
        **({"target": str(indicator.target)} if indicator.target is not None else {}),
        score=str(score),
        level=int(score),
        weight=str(indicator.weight),
        weighted=str((indicator.weight * score / 100).quantize(Decimal("0.000001"), ROUND_HALF_UP)),
        scheme="five-band-linear/1",
        cause=cause.event_id,
    )


def supervise(teller: Teller) -> None:
    """Visits, recommendations and what became of them, a conclusion."""
    programme = teller.programme()
    said: Fields = {"programme": programme.programme}
    region = {"region": teller.pick(programme.regions)} if teller.chance(0.7) else {}
    stream = teller.stream("recommendation", programme.programme)
    evidence = [{"title": "หนังสือ"}]
    match teller.random.choices(range(5), (3, 3, 2, 2, 1))[0]:
        case 0:
            findings = [teller.words()] * teller.number(0, 2)
            teller.say(
                teller.stream("supervision", programme.programme),
                "SupervisionVisited",
                **said,
                region=teller.pick(programme.regions),
                visited_on=teller.day(),
                visited_by=teller.pick(OFFICES),
                findings=findings,
                no_findings=not findings,
            )
        case 1:
            visit = {"visit": teller.stream("supervision", programme.programme)} if teller.chance(0.5) else {}
            teller.say(
                stream,
                "RecommendationIssued",
                **said,
                **region,
                **visit,
                issued_on=teller.day(),
                text=teller.words(),
                owner=teller.pick(OFFICES),
                due_on=teller.day(ahead=90),
            )
        case 2:
            teller.say(stream, "RecommendationFollowedUp", **said, followed_up_on=teller.day(), progress=teller.words())
        case 3:
            teller.say(
                stream, "RecommendationClosed", **said, closed_on=teller.day(), closer="usr-c", evidence=evidence
            )
        case _:
            points = {name: [teller.words()] for name in ("conclusions", "recommendations", "guidelines")}
            teller.say(
                f"evaluation:{programme.programme}",
                "EvaluationConcluded",
                **said,
                concluded_on=teller.day(),
                **points,
            )


ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = ((8, change_set), (40, change_figure), (12, supervise))
