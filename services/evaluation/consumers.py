"""The consumers of the evaluation service, as its API knows them to show what a replay would change."""

from __future__ import annotations

from collections.abc import Sequence

from shared.eventstore.commands import CommandHandler
from shared.operating.consumers import Consumer
from shared.streams.projection import Projection
from shared.streams.reaction import Reaction


def consumers(handler: CommandHandler) -> Sequence[Consumer]:
    """The learner, and the rules that measure and score."""

    # The reactions come with Faust, which an API does not need until somebody asks.
    def learner() -> Projection:
        from services.evaluation import reactions

        return reactions.learner()

    def rules() -> Sequence[Reaction]:
        from services.evaluation import reactions

        made = reactions.Rules(handler, reactions.learner())
        return made.computed, made.scoring

    return Consumer("evaluation.learner", learner), Consumer("evaluation.reactions", reactions=rules)
