"""A small aggregate for driving the store at random, and a plain model of what the store must hold.

A note says numbers and holds words; a word is held by one note. The model is a list of what happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shared.contracts import Aggregate, Claim, Command, Context, Event, On, Read, require
from shared.contracts.activity import DeadlineExtended


class Hold(Command):
    """Hold a word."""

    word: str


class Free(Command):
    """Let go of a word."""

    word: str


class Say(Command):
    """Say a number."""

    number: int


class Tell(Command):
    """Have another note say what this one says."""

    to: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a note holds and says."""

    held: frozenset[str] = frozenset()
    said: int | None = None
    broken: bool = False


def happened(text: str) -> Event:
    """Any event with a text will do."""
    return DeadlineExtended(programme="2560-cluster", code="1.2", deadline=date(2017, 1, 12), reason=text)


def evolve(note: Note, event: Event) -> Note:
    """The note after one more event."""
    assert isinstance(event, DeadlineExtended)
    verb, _, rest = event.reason.partition(" ")
    match verb:
        case "hold":
            return replace(note, held=note.held | {rest}, broken=note.broken or rest in note.held)
        case "free":
            return replace(note, held=note.held - {rest}, broken=note.broken or rest not in note.held)
        case _:
            return replace(note, said=int(rest))


def decide(command: Command, note: Note, context: Context) -> list[Event | On]:
    """What a command makes."""
    match command:
        case Hold(word=word):
            return [] if word in note.held else [happened(f"hold {word}")]
        case Free(word=word):
            require(word in note.held, "note.not_held")
            return [happened(f"free {word}")]
        case Say(number=number):
            return [] if note.said == number else [happened(f"say {number}")]
        case Tell(to=to):
            require(note.said is not None, "note.nothing_said")
            other = note if to == context.stream else context.state(Note, to)
            return [] if other.said == note.said else [On(to, happened(f"say {note.said}"))]
        case _:
            raise AssertionError(command)


def reads(command: Command, _note: Note) -> Sequence[Read]:
    """The other note."""
    return [Read(Note, command.to)] if isinstance(command, Tell) else ()


def invariant(note: Note) -> None:
    """Nothing is let go that was not held, nothing is taken that is."""
    require(not note.broken, "note.broken")


NOTE = Aggregate(
    "note",
    Note(),
    evolve,
    decide,
    invariant,
    reads,
    claims=lambda note: frozenset(Claim("word", word) for word in note.held),
)


# --- the model


@dataclass(frozen=True)
class Fact:
    """Something that happened to a note: ``hold x``, ``free x``, ``say 3`` or ``void <id>``."""

    id: str
    stream: str
    text: str


@dataclass
class Model:
    """Everything that happened, in order."""

    facts: list[Fact] = field(default_factory=list)

    def before(self, count: int) -> Model:
        """The model as it was when so much had happened."""
        return Model(self.facts[:count])

    def texts(self, stream: str, without: str = "") -> list[str]:
        """What happened to a note and was not taken back."""
        gone = {each.text.removeprefix("void ") for each in self.facts if each.text.startswith("void ")}
        return [
            each.text
            for each in self.facts
            if each.stream == stream and each.id not in gone | {without} and not each.text.startswith("void ")
        ]

    def holders(self) -> dict[str, str]:
        """Who holds each word."""
        streams = {each.stream for each in self.facts}
        return {word: stream for stream in streams for word in held(self.texts(stream)) or ()}

    def outcome(self, stream: str, words: Sequence[str]) -> list[tuple[str, str]] | str:
        """What a command such as ("hold", "x") makes, by stream, or the code with which it is refused."""
        mine, holders = held(self.texts(stream)) or set(), self.holders()
        said = last_said(self.texts(stream))
        match words:
            case ["hold", word]:
                if word in mine:
                    return []
                return "claim.taken" if word in holders else [(stream, f"hold {word}")]
            case ["free", word]:
                return [(stream, f"free {word}")] if word in mine else "note.not_held"
            case ["say", number]:
                return [] if said == number else [(stream, f"say {number}")]
            case ["tell", to]:
                if said is None:
                    return "note.nothing_said"
                return [] if last_said(self.texts(to)) == said else [(to, f"say {said}")]
            case ["void", fact_id]:
                return self._void(stream, fact_id)
        raise AssertionError(words)

    def _void(self, stream: str, fact_id: str) -> list[tuple[str, str]] | str:
        fact = next((each for each in self.facts if each.id == fact_id and each.stream == stream), None)
        if fact is None:
            return "fact.not_found"
        if fact.text.startswith("void "):
            return "fact.not_voidable"
        if any(each.text == f"void {fact_id}" for each in self.facts):
            return "fact.already_voided"
        left = held(self.texts(stream, without=fact_id))
        if left is None:
            return "effective.contradicts_later"
        if any(self.holders().get(word, stream) != stream for word in left):
            return "claim.taken"
        return [(stream, f"void {fact_id}")]


def held(texts: Sequence[str]) -> set[str] | None:
    """The words that a note holds after this; None when it does not go together."""
    words: set[str] = set()
    for text in texts:
        verb, _, word = text.partition(" ")
        if verb == "say":
            continue
        if (verb == "hold") == (word in words):
            return None
        words ^= {word}
    return words


def last_said(texts: Sequence[str]) -> str | None:
    """The number that was said last."""
    return next((text.removeprefix("say ") for text in reversed(texts) if text.startswith("say ")), None)
