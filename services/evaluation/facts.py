"""What other systems may tell the evaluation service, and how figures, visits and recommendations are found."""

from __future__ import annotations

from typing import Any

from services.evaluation.conclusion import EVALUATION, ConcludeEvaluation
from services.evaluation.http import new_recommendation, new_visit
from services.evaluation.measurement import MEASUREMENT, MeasureIndicator, ReturnMeasurement, VerifyMeasurement
from services.evaluation.recommendation import (
    RECOMMENDATION,
    CloseRecommendation,
    FollowUpRecommendation,
    IssueRecommendation,
)
from services.evaluation.streams import measurement_stream
from services.evaluation.supervision import SUPERVISION, RecordSupervisionVisit
from shared.contracts import Command, Event
from shared.contracts.evaluation import (
    EvaluationConcluded,
    IndicatorMeasured,
    MeasurementReturned,
    MeasurementVerified,
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
    SupervisionVisited,
)
from shared.contracts.types import IndicatorCode, PeriodCode, ProgrammeId, Scope
from shared.eventstore.commands import CommandHandler
from shared.ingress.facts import Fact, Facts, Sent, by_own_name, by_subject, voiding

OF_CELL: dict[str, Any] = {
    "programme": (ProgrammeId, ...),
    "indicator": (IndicatorCode, ...),
    "scope": (Scope, ...),
    "period": (PeriodCode, ...),
}
NO_PROGRAMME = frozenset({"programme.not_known"})
NO_INDICATOR = NO_PROGRAMME | {"indicator.not_defined", "indicator.none_defined"}


async def figure_of_that_cell(sent: Sent, _handler: CommandHandler) -> str:
    """The figure of an indicator, scope and period."""
    data = sent.data
    return measurement_stream(data.programme, data.indicator, data.scope, data.period)


async def a_new_visit(sent: Sent, handler: CommandHandler) -> str:
    """A visit has no number: each is a new one."""
    return await new_visit(sent.data, handler)


async def a_new_recommendation(sent: Sent, handler: CommandHandler) -> str:
    """A recommendation has no number: each is a new one."""
    return await new_recommendation(sent.data, handler)


def _of_cell(event: type[Event], command: type[Command]) -> Fact:
    return Fact(event, MEASUREMENT, command, figure_of_that_cell, OF_CELL, NO_INDICATOR | {"measurement.none"})


FACTS = Facts(
    (
        Fact(IndicatorMeasured, MEASUREMENT, MeasureIndicator, by_own_name, waits=NO_INDICATOR),
        _of_cell(MeasurementReturned, ReturnMeasurement),
        _of_cell(MeasurementVerified, VerifyMeasurement),
        Fact(SupervisionVisited, SUPERVISION, RecordSupervisionVisit, a_new_visit, waits=NO_PROGRAMME, alone=True),
        Fact(
            RecommendationIssued,
            RECOMMENDATION,
            IssueRecommendation,
            a_new_recommendation,
            waits=NO_PROGRAMME | {"recommendation.unknown_visit"},
            alone=True,
        ),
        Fact(RecommendationFollowedUp, RECOMMENDATION, FollowUpRecommendation, by_subject("recommendation")),
        Fact(RecommendationClosed, RECOMMENDATION, CloseRecommendation, by_subject("recommendation")),
        Fact(EvaluationConcluded, EVALUATION, ConcludeEvaluation, by_own_name, waits=NO_PROGRAMME),
        voiding(MEASUREMENT),
    )
)
