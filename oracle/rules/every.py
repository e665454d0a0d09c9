"""All rules of the domain at once."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.numbers.subject import Subject
from oracle.rules.committees import committee_faults, mandate_faults, programme_faults
from oracle.rules.measurements import (
    briefing_faults,
    measurement_faults,
    recommendation_faults,
    weight_faults,
)
from oracle.rules.meetings import meeting_faults
from oracle.rules.money import money_faults
from oracle.rules.rollups import rollup_faults
from oracle.rules.scores import score_faults
from oracle.told import Told

CHECKS = (
    programme_faults,
    mandate_faults,
    committee_faults,
    meeting_faults,
    money_faults,
    measurement_faults,
    score_faults,
    recommendation_faults,
    briefing_faults,
    weight_faults,
)


def rule_faults(told: Sequence[Told]) -> list[str]:
    """What breaks a rule at any position, whatever reactions have still to come."""
    return [f"rule {fault}" for check in CHECKS for fault in check(told)]


def settled_faults(subject: Subject) -> list[str]:
    """What is wrong once every reaction has come to rest."""
    return [f"settled {fault}" for fault in rollup_faults(subject)]
