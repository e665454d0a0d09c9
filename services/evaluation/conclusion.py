"""The programme's evaluation is concluded once: conclusions, recommendations and guidelines (indicator QL3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.evaluation.streams import evaluation_stream, programme_stream
from shared.contracts import Aggregate, Command, Context, Event, KnownProgramme, Read, require
from shared.contracts.evaluation import EvaluationConcluded, Points
from shared.contracts.types import Day, ProgrammeId


class ConcludeEvaluation(Command, effective="concluded_on"):
    """Say what the programme came to, what is recommended, and by which guidelines to go on."""

    programme: ProgrammeId
    concluded_on: Day
    conclusions: Points
    recommendations: Points
    guidelines: Points

    def stream(self) -> str:
        """A programme has one evaluation."""
        return evaluation_stream(self.programme)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was concluded; more than one conclusion may not be."""

    concluded: tuple[EvaluationConcluded, ...] = ()


def evolve(evaluation: Evaluation, event: Event) -> Evaluation:
    """The evaluation after one more event."""
    match event:
        case EvaluationConcluded():
            return Evaluation((*evaluation.concluded, event))
        case _:
            return evaluation


def invariant(evaluation: Evaluation) -> None:
    """Concluded once. Raises Rejected."""
    require(len(evaluation.concluded) <= 1, "evaluation.concluded_already")


def reads(command: Command, _evaluation: Evaluation) -> Sequence[Read]:
    """The programme has to be known."""
    if isinstance(command, ConcludeEvaluation):
        return [Read(KnownProgramme, programme_stream(command.programme))]
    return []


def decide(command: Command, evaluation: Evaluation, context: Context) -> list[Event]:
    """Events that the command makes; codes ``evaluation.*``, ``programme.not_known``."""
    match command:
        case ConcludeEvaluation():
            return _conclude(command, evaluation, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of an evaluation")


def _conclude(command: ConcludeEvaluation, evaluation: Evaluation, context: Context) -> list[Event]:
    context.state(KnownProgramme, programme_stream(command.programme)).required(command.programme)
    concluded = EvaluationConcluded.of(command)
    if any(dict(each) == dict(concluded) for each in evaluation.concluded):
        return []  # told twice: nothing new
    require(not evaluation.concluded, "evaluation.concluded_already")
    return [concluded]


EVALUATION = Aggregate("evaluation", Evaluation(), evolve, decide, invariant, reads)
