"""Voidings, and events that no view shows but the copy of all events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.histories.committees import is_history
from tests.histories.teller import Teller


def void(teller: Teller) -> None:
    """Void something, mostly of late; now and then something that is voided already, or stands elsewhere."""
    recent = teller.envelopes[-30:] if teller.chance(0.7) else teller.envelopes
    fact = teller.pick(recent)
    living = {each.event_id for each in teller.living(fact.stream)}
    if fact.event_id not in living and teller.chance(0.9):
        return
    stream = fact.stream if teller.chance(0.97) else teller.pick(teller.envelopes).stream
    if stream.startswith("committee:") and is_history(teller, stream):
        return
    teller.say(stream, "FactVoided", event_id=fact.event_id, reason=teller.words())


def publish(teller: Teller) -> None:
    """A publisher or a report: streams that no row table knows."""
    if teller.chance(0.5):
        teller.say(
            "publisher:e-meeting",
            "CredentialRevoked",
            publisher="e-meeting",
            credential=f"key-{teller.number(1, 9)}",
            reason=teller.words(),
        )
    else:
        programme = teller.programme().programme
        teller.say(
            f"alarm:{programme}:committee.without_chair:R07",
            "AlarmRaised",
            programme=programme,
            kind="committee.without_chair",
            what="R07",
            occurrence=1,
            message={"th": teller.words(), "en": teller.words()},
        )


ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = ((9, void), (2, publish))
