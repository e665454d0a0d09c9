"""The consumers of the activity service, as its API knows them to show what a replay would change."""

from __future__ import annotations

from collections.abc import Sequence

from services.activity import reactions
from shared.eventstore.commands import CommandHandler
from shared.operating.consumers import Consumer


def consumers(handler: CommandHandler) -> Sequence[Consumer]:
    """The learner, and the rule that moves the plan."""
    return (
        Consumer("activity.learner", reactions.learner),
        Consumer("activity.progress", reactions=lambda: [reactions.progress(handler, reactions.learner())]),
    )
