"""What the evaluation service serves: its collections, and what it learns from the other services' events."""

from __future__ import annotations

from typing import Any

import uuid_utils

from services.evaluation.committees import COMMITTEES
from services.evaluation.conclusion import EVALUATION, ConcludeEvaluation
from services.evaluation.indicators import (
    INDICATORS,
    CloseIndicator,
    ClosePeriod,
    DefineIndicators,
    ExtendPeriod,
    ReopenPeriod,
    ReviseTarget,
)
from services.evaluation.measurement import MEASUREMENT, MeasureIndicator, ReturnMeasurement, VerifyMeasurement
from services.evaluation.recommendation import (
    RECOMMENDATION,
    CloseRecommendation,
    FollowUpRecommendation,
    IssueRecommendation,
)
from services.evaluation.supervision import SUPERVISION, RecordSupervisionVisit
from shared.contracts import KNOWN_PROGRAMME, Learned
from shared.web.collection import APPROVER, OFFICER, Collection, Lookup

OF_PERIODS = OFFICER | {"operator"}
"""Who decides when a period's figures are final, and who may send later."""


async def new_visit(_command: RecordSupervisionVisit, _lookup: Lookup) -> str:
    """A new stream: a visit has no number."""
    return _new("supervision")


async def new_recommendation(_command: IssueRecommendation, _lookup: Lookup) -> str:
    """A new stream: a recommendation has no number."""
    return _new("recommendation")


def _new(kind: str) -> str:
    return f"{kind}:{uuid_utils.uuid7()}"


COLLECTIONS: tuple[Collection, ...] = (
    Collection(
        "indicators",
        INDICATORS,
        DefineIndicators,
        {
            "revise-target": ReviseTarget,
            "close": CloseIndicator,
            "close-period": ClosePeriod,
            "reopen-period": ReopenPeriod,
            "extend-period": ExtendPeriod,
        },
        roles=dict.fromkeys(("close-period", "reopen-period", "extend-period"), OF_PERIODS),
    ),
    Collection(
        "measurements",
        MEASUREMENT,
        MeasureIndicator,
        {"return": ReturnMeasurement, "verify": VerifyMeasurement},
        roles={"return": APPROVER, "verify": APPROVER},
    ),
    Collection("supervision-visits", SUPERVISION, RecordSupervisionVisit, locate=new_visit),
    Collection(
        "recommendations",
        RECOMMENDATION,
        IssueRecommendation,
        {"follow-up": FollowUpRecommendation, "close": CloseRecommendation},
        locate=new_recommendation,
        roles={"close": APPROVER},
    ),
    Collection("evaluations", EVALUATION, ConcludeEvaluation),
)

LEARNED: tuple[Learned[Any], ...] = (KNOWN_PROGRAMME, COMMITTEES)
