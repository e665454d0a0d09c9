"""Decides facts: each goes through the same rules and the same append as a command, and is answered once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import orjson
import structlog

from shared.contracts import REGISTRY, Claim, ContractError, Rejected
from shared.contracts.event import split_type
from shared.contracts.types import instant
from shared.eventstore.append import (
    Answer,
    Append,
    OtherContent,
    Outcome,
    Stale,
    StoreUnavailable,
    Verdict,
    payload_digest,
)
from shared.eventstore.commands import CommandHandler, Ready, Request
from shared.ingress.cloudevents import Incoming
from shared.ingress.facts import CORRECTS, Fact, Facts, Sent
from shared.ingress.originals import Originals
from shared.ingress.places import places_of, places_told
from shared.ingress.reading import read_data
from shared.ingress.register import OWNER, Publisher, Register
from shared.ingress.sql import statement
from shared.thai.errors import ThaiConventionError
from shared.web.problems import UNREACHABLE
from shared.web.validation import Invalid

log = structlog.get_logger(__name__)

_CORRECT, _CORRECTABLE = statement("correct"), statement("correctable")

DECIDE_AGAIN = 20
"""How often a fact is decided anew when a stream moved on under it; nobody stands there who could send it again."""
ROLES = frozenset({"publisher"})
TAKERS = frozenset({"committee", "activity", "evaluation"})
"""Who takes facts of others; what reporting decides nobody sends."""
NOT_THE_RULE: tuple[type[Exception], ...] = (*UNREACHABLE, asyncpg.PostgresError)
"""What deciding may raise that says nothing of the fact: it is to be sent again."""


class NotOurs(Exception):
    """Another service takes this type; ``owner`` is its name."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


class HistoryUnreadable(Exception):
    """An event that is stored cannot be read here, of a newer version maybe: it says nothing of the fact."""


class _Case(NamedTuple):
    """A fact on its way: what came, what it is, and how it stands with what waits already."""

    incoming: Incoming
    publisher: str
    actor: str
    received_at: datetime
    digest: bytes
    regions: Collection[str] | None = None
    """Those that its publisher may speak of; None: of all."""
    again: bool = False
    woken: int = 0
    waited_for: Sequence[str] = ()


class _Asked(NamedTuple):
    """A fact as the command that it means, on its stream, and the verdict when that is carried out."""

    request: Request
    verdict: Verdict
    new: bool
    """It begins the stream."""
    regions: Collection[str] | None
    """Those of which the stream must be; None: of any, or the fact says itself of which it speaks."""


class FactHandler:
    """Decides the facts of one service."""

    def __init__(self, handler: CommandHandler, facts: Facts, register: Register | None = None) -> None:
        """``register``: asked again for the rights of who sent what waits; None: they hold as they were."""
        self.register = register
        self.handler, self.store, self.facts = handler, handler.store, facts
        self.originals = Originals(handler.store)

    async def take(self, incoming: Incoming, publisher: Publisher, *, dry_run: bool = False) -> Answer:
        """Decide a fact, or answer as before.

        ``dry_run`` decides and appends nothing. Raises OtherContent (the id was used for something else), NotOurs,
        ContractError (a type that is none of ours), Rejected ``publisher.not_admitted`` and
        ``publisher.source_not_allowed``, of which nothing is kept, HistoryUnreadable, StoreUnavailable and what else a
        database raises.
        """
        require_admitted(publisher, incoming)
        digest = payload_digest(self.store.settings.secret, incoming.content)
        fact = self._fact(incoming)
        if dry_run:  # otherwise the append finds out, whatever this is decided to be
            known = await self._known(incoming, digest)
            if known is not None:
                return known
        await self._require_refers(incoming, publisher, dry_run=dry_run)
        received_at = await self.store.clock.now()
        case = _Case(incoming, publisher.name, publisher.actor, received_at, digest, _regions(publisher))
        try:
            require_rights(publisher, incoming, fact)
        except Rejected as refusal:
            return await self._conclude(_verdict(case, "rejected", refusal), dry_run=dry_run)
        return await self._decide(case, fact, dry_run=dry_run)

    async def take_plain(self, many: Sequence[Incoming], publisher: Publisher) -> list[Answer | None]:
        """Decide several facts of which none needs the effect of another: read, decided and appended together.

        Only what is accepted as it stands, or answered already; whatever else a fact may come to is left to ``take``:
        None stands in its place. Raises StoreUnavailable.
        """
        if len(many) < 2:
            return [None] * len(many)
        received_at = await self.store.clock.now()
        read = [self._plain(each, publisher, received_at) for each in many]
        try:
            asked = await self._located_all([each for each in read if each is not None])
            appends = await self._accepted([each for each in asked if each is not None])
        except Exception:
            return [None] * len(many)  # taken one by one, each comes to what is its own
        answers = [_standing(each) for each in await self.store.append_all(appends)]
        told = {(each.source, each.id): answer for each, answer in zip(appends, answers, strict=True)}
        return [told.get((each.source, each.id)) for each in many]

    def _plain(self, incoming: Incoming, publisher: Publisher, received_at: datetime) -> tuple[_Case, Fact, Any] | None:
        """A fact with its data, if nothing is to be said of it, or kept of it, before it is decided."""
        try:
            require_admitted(publisher, incoming)
            fact = self._fact(incoming)
            require_rights(publisher, incoming, fact)
            data, repaired = read_data(fact, incoming.data)
        except Exception:
            return None
        if repaired or CORRECTS in incoming.extensions:
            return None
        digest = payload_digest(self.store.settings.secret, incoming.content)
        case = _Case(incoming, publisher.name, publisher.actor, received_at, digest, _regions(publisher))
        return case, fact, data

    async def _located_all(self, read: Sequence[tuple[_Case, Fact, Any]]) -> list[_Asked | None]:
        """What is to be decided of each fact; those whose streams are looked for ask the database together."""
        if all(fact.alone for _, fact, _ in read):  # new streams are not looked for, and a task for each takes longer
            return [await self._located(*each) for each in read]
        return await asyncio.gather(*(self._located(*each) for each in read))

    async def _located(self, case: _Case, fact: Fact, data: Any) -> _Asked | None:
        """What is to be decided of a fact; None while its stream is not known, or not to be had."""
        try:
            where = await fact.locate(Sent(data, case.incoming.subject), self.handler)
        except Rejected:
            return None
        return None if isinstance(where, Claim) else self._asked(case, fact, where, fact.commanded(data))

    async def _accepted(self, asked: Sequence[_Asked]) -> list[Append]:
        """The appends of those that are accepted on their present streams."""
        new = {each.request.stream for each in asked if each.new}
        ready = await self.handler.ready_all([each.request for each in asked], new=new)
        appends: list[Append] = []
        for each, known in zip(asked, ready, strict=True):
            with contextlib.suppress(Rejected):
                _require_of_regions(each, known)
                appends.append(self.handler.decided(known, each.verdict))
        return appends

    async def _require_refers(self, incoming: Incoming, publisher: Publisher, *, dry_run: bool) -> None:
        """Keep what the fact is sent in place of. Rejected ``fact.corrects_nothing``, of which nothing is kept."""
        place = incoming.extensions.get(CORRECTS)
        if place is None:
            return
        source, _, fact_id = place.partition(" ")
        meant = publisher.name, source, fact_id
        known = await (
            self.store.pool.fetchval(_CORRECTABLE, *meant)
            if dry_run
            else self.store.pool.fetchval(_CORRECT, incoming.source, incoming.id, *meant)
        )
        if not known:
            raise Rejected("fact.corrects_nothing", pointer=f"/{CORRECTS}", id=(fact_id or place)[:100])

    async def refuse(self, publisher: Publisher, incoming: Incoming, refusal: Rejected) -> Answer:
        """Keep a refusal of what is the publisher's own, with its receipt, where nobody waits for an answer."""
        digest = payload_digest(self.store.settings.secret, incoming.content)
        received_at = await self.store.clock.now()
        verdict = Verdict("rejected", publisher.name, incoming.type, received_at, _told(refusal))
        return await self.store.append(
            Append(incoming.source, incoming.id, digest, incoming.subject, (), {}, received_at, verdict=verdict)
        )

    async def turn_away(
        self, publisher: Publisher, place: str, outcome: Outcome, refusal: Rejected, body: bytes | None = None
    ) -> Answer:
        """Keep that a record could not be taken, by its place alone: <partition>/<offset> in the publisher's topic.

        It uses no id, of which it might not be the owner. ``body``, of one that cannot be read, is kept for a while.
        """
        received_at = await self.store.clock.now()
        reason = {"code": refusal.code, "params": dict(refusal.params), "pointer": refusal.pointer}
        verdict = Verdict(outcome, publisher.name, "", received_at, orjson.dumps(reason, default=str).decode())
        source = f"/ingress/{publisher.name}"
        if body is not None:
            await self.originals.keep(publisher.name, source, place, "unreadable", body)
        digest = payload_digest(self.store.settings.secret, place)
        return await self.store.append(Append(source, place, digest, "", (), {}, received_at, verdict=verdict))

    async def take_again(self, waiting: Any) -> Answer:
        """Decide a fact that waits once more; ``waiting`` is its row."""
        told = orjson.loads(waiting["fact"])
        time = datetime.fromisoformat(told["time"]) if told["time"] else None
        incoming = Incoming(
            waiting["id"], waiting["source"], waiting["type"], told["subject"], time, told["data"], told["extensions"]
        )
        case = _Case(
            incoming,
            waiting["publisher"],
            told["actor"],
            waiting["received_at"],
            waiting["digest"],
            again=True,
            woken=waiting["woken"],
            waited_for=waiting["waits_for"],
        )
        try:
            fact, regions = await self._present(incoming, waiting["publisher"])
        except Rejected as refusal:
            if refusal.code == "register.not_loaded":
                raise
            return await self._conclude(_verdict(case, "rejected", refusal), dry_run=False)
        if await self.store.clock.now() >= waiting["expires_at"]:
            reason = orjson.loads(waiting["reason"])
            late = Rejected("fact.waited_too_long", waited_for=reason["code"])
            return await self._conclude(_verdict(case, "rejected", late), dry_run=False)
        return await self._decide(case._replace(regions=regions), fact, dry_run=False)

    async def _present(self, incoming: Incoming, name: str) -> tuple[Fact, Collection[str] | None]:
        """What a waiting fact is by now, and of which regions it may be. Raises Rejected when it is taken no longer."""
        try:
            fact = self._fact(incoming)
        except NotOurs as elsewhere:
            raise Rejected("event.other_service", type=incoming.type, service=elsewhere.owner) from elsewhere
        except ContractError as error:
            raise Rejected(error.code, pointer="/type", type=incoming.type) from error
        if self.register is None:
            return fact, None
        publisher = await self.register.by_name(name) or Publisher(name)
        require_admitted(publisher, incoming)
        require_rights(publisher, incoming, fact)
        return fact, _regions(publisher)

    async def _known(self, incoming: Incoming, digest: bytes) -> Answer | None:
        known = await self.store.answered(incoming.source, incoming.id)
        known = known or await self.store.pending(incoming.source, incoming.id)
        if known is None:
            return None
        answer, of = known
        if of != digest:
            raise OtherContent
        return answer

    def _fact(self, incoming: Incoming) -> Fact:
        """What it is here.

        Raises NotOurs; ContractError ``event.unknown_type``, ``publisher.not_sendable`` for what no service takes.
        """
        require_known(incoming.type)
        fact = self.facts.of_type(incoming.type, incoming.subject)
        if fact is not None:
            return fact
        owner = owner_of(incoming.type, incoming.subject)
        if owner != self.store.name:
            raise NotOurs(owner)
        unnamed = self.facts.voiding(incoming.type)  # its subject names nothing that anybody takes facts of
        if unnamed is None:
            raise ContractError("publisher.not_sendable", f"{incoming.type} is decided here, not told")
        return unnamed

    async def _decide(self, case: _Case, fact: Fact, *, dry_run: bool) -> Answer:
        for _ in range(DECIDE_AGAIN):
            try:
                append, repaired = await self._decided(case, fact)
                if repaired and not (dry_run or case.again):
                    # What was sent before is not kept anew: it may have been forgotten on purpose.
                    known = await self._known(case.incoming, case.digest)
                    if known is not None:
                        return known
                    await self._keep_original(case)
            except OtherContent:
                raise
            except (Invalid, ThaiConventionError) as unfit:
                append = _verdict(case, "rejected", unfit)
            except NOT_THE_RULE:
                raise
            except ContractError as error:
                raise HistoryUnreadable(error.code) from error
            except Rejected as refusal:
                append = _verdict(case, "rejected", refusal)
            except Exception:
                # A rule that fails is a defect here, not the sender's: the fact is kept until somebody has looked.
                log.exception("a rule failed on a fact", type=case.incoming.type, publisher=case.publisher)
                append = _verdict(case, "quarantined", Rejected("fact.rule_failed"))
            try:
                return await self._conclude(append, dry_run=dry_run)
            except Stale:
                continue
            except Rejected as taken:  # a claim that somebody else took meanwhile
                return await self._conclude(_verdict(case, "rejected", taken), dry_run=dry_run)
        return await self._conclude(_verdict(case, "rejected", Rejected("stream.busy", stream="")), dry_run=dry_run)

    async def _keep_original(self, case: _Case) -> None:
        incoming = case.incoming
        body = orjson.dumps(incoming.data)
        await self.originals.keep(case.publisher, incoming.source, incoming.id, "repaired", body)

    async def _decided(self, case: _Case, fact: Fact) -> tuple[Append, bool]:
        """The append that the fact comes to, and whether its text was repaired. Raises Rejected, Invalid."""
        data, repaired = read_data(fact, case.incoming.data)
        return await self._decided_on(case, fact, data), repaired

    async def _decided_on(self, case: _Case, fact: Fact, data: Any) -> Append:
        """The append that a fact comes to on its present stream. Raises Rejected."""
        incoming = case.incoming
        where = await fact.locate(Sent(data, incoming.subject), self.handler)
        command = fact.commanded(data)
        if isinstance(where, Claim):
            missing = Rejected("fact.predecessor_missing", scope=where.scope, key=where.key)
            claim = f"claim:{where.scope}/{where.key}"
            return self._waits(case, fact, missing, "", {}, (claim,), _occurred_at(case, command))
        asked = self._asked(case, fact, where, command)
        ready = await self.handler.ready(asked.request, new=asked.new)
        try:
            _require_of_regions(asked, ready)
            return self.handler.decided(ready, asked.verdict)
        except Rejected as refusal:
            if refusal.code in fact.waits:
                occurred_at = asked.verdict.occurred_at
                return self._waits(case, fact, refusal, where, ready.versions, _names(ready), occurred_at)
            refused = _verdict(case, "rejected", refusal)
            return refused._replace(stream=where, versions=ready.versions)

    def _asked(self, case: _Case, fact: Fact, stream: str, command: Any) -> _Asked:
        incoming, occurred_at = case.incoming, _occurred_at(case, command)
        verdict = Verdict("accepted", case.publisher, incoming.type, occurred_at, again=case.again, woken=case.woken)
        request = Request(
            fact.aggregate,
            stream,
            command,
            incoming.source,
            incoming.id,
            None,
            case.actor,
            ROLES,
            received_at=case.received_at,
            correlation=incoming.extensions.get("correlationid", ""),
            traceparent=incoming.extensions.get("traceparent", ""),
            ids="cause",
            digest=case.digest,
        )
        return _Asked(request, verdict, fact.alone, None if fact.placed else case.regions)

    def _waits(
        self,
        case: _Case,
        fact: Fact,
        refusal: Rejected,
        stream: str,
        versions: Mapping[str, int],
        names: Sequence[str],
        occurred_at: datetime,
    ) -> Append:
        incoming = case.incoming
        kept = {
            "subject": incoming.subject,
            "time": incoming.time.isoformat() if incoming.time else None,
            "data": incoming.data,
            "extensions": dict(incoming.extensions),
            "actor": case.actor,
        }
        made = _verdict(case, "waiting", refusal)
        assert made.verdict is not None
        # What it did not wait for until now did not wake it meanwhile: it is looked at once more. Not for streams of
        # this store: the append is held against their versions, and a new one is given another name every time.
        unheld = set(names).difference(versions, case.waited_for)
        woken = case.woken - 1 if unheld else case.woken
        verdict = made.verdict._replace(
            woken=woken,
            waits_for=names,
            fact=orjson.dumps(kept).decode(),
            occurred_at=occurred_at,
            expires_at=case.received_at + fact.patience,
        )
        return made._replace(stream=stream, versions=versions, verdict=verdict)

    async def _conclude(self, append: Append, *, dry_run: bool) -> Answer:
        return _as_if(self.store.name, append) if dry_run else await self.store.append(append)


def require_known(event_type: str) -> None:
    """Raises ContractError ``event.unknown_type`` for a type, or a version of it, that is none of ours."""
    if not REGISTRY.knows(event_type):
        raise ContractError("event.unknown_type", f"{event_type} is not an event of this programme")


def owner_of(event_type: str, subject: str) -> str:
    """The service that answers for a known type: its owner, or committee for who takes no facts."""
    known = REGISTRY.newest()
    owner: str = known[split_type(event_type)[0]].spec.owner
    if owner == "any":
        kind = subject.partition(":")[0]
        owner = next((str(each.spec.owner) for each in known.values() if each.spec.aggregate == kind), OWNER)
    return owner if owner in TAKERS else OWNER


def require_admitted(publisher: Publisher, incoming: Incoming) -> None:
    """Rejected ``publisher.not_admitted`` and ``publisher.source_not_allowed``.

    Asked before anything else: under a source that is not its own a publisher neither uses an id nor learns of one.
    """
    if publisher.suspended or publisher.rights is None:
        raise Rejected("publisher.not_admitted", publisher=publisher.name)
    if incoming.source not in publisher.rights.sources:
        raise Rejected("publisher.source_not_allowed", pointer="/source", publisher=publisher.name)


def require_rights(publisher: Publisher, incoming: Incoming, fact: Fact) -> None:
    """Rejected ``publisher.*`` for what the publisher may not send."""
    rights = publisher.rights
    assert rights is not None
    if fact.name not in rights.types:
        raise Rejected("publisher.type_not_allowed", pointer="/type", publisher=publisher.name, type=fact.name)
    if rights.regions is None:
        return
    for name, code in places_of(incoming.data, fact.national_without).items():
        if code not in rights.regions:
            raise Rejected("publisher.region_not_allowed", pointer=f"/data/{name}", publisher=publisher.name)


def _regions(publisher: Publisher) -> Collection[str] | None:
    return publisher.rights.regions if publisher.rights else None


def _require_of_regions(asked: _Asked, ready: Ready) -> None:
    """Rejected ``publisher.region_not_allowed`` for a fact of a stream, or a voiding of an event, of other regions."""
    if asked.regions is None:
        return
    history = ready.histories[asked.request.stream]
    voided = getattr(asked.request.command, "event_id", None)
    meant = [each.event for each in history if each.id == voided] + [each.event for each in history[:1]]
    told = next((found for event in meant if (found := places_told(event)) is not None), frozenset())
    if not told <= set(asked.regions):
        raise Rejected("publisher.region_not_allowed", pointer="/subject", publisher=asked.verdict.publisher)


def _standing(told: Answer | BaseException) -> Answer | None:
    """What an append was answered; None when it was refused. Raises StoreUnavailable."""
    if isinstance(told, StoreUnavailable):
        raise told
    return told if isinstance(told, Answer) else None


def _occurred_at(case: _Case, command: Any) -> datetime:
    effective = command.moment()
    return instant(effective) if effective is not None else case.received_at


def _names(ready: Ready) -> tuple[str, ...]:
    """What the decision read: whichever of it changes, the fact is decided again."""
    own = tuple(ready.versions)
    return own + tuple(f"learned:{stream}" for stream in ready.context.states if stream not in ready.versions)


def _verdict(case: _Case, outcome: Outcome, refusal: Exception) -> Append:
    """An append of no events that keeps an outcome and its reason."""
    incoming = case.incoming
    verdict = Verdict(
        outcome, case.publisher, incoming.type, case.received_at, _told(refusal), again=case.again, woken=case.woken
    )
    return Append(
        incoming.source, incoming.id, case.digest, incoming.subject, (), {}, case.received_at, verdict=verdict
    )


def _told(refusal: Exception) -> str:
    return orjson.dumps(_reason(refusal), default=str).decode()


def _reason(refusal: Exception) -> dict[str, Any]:
    match refusal:
        case Rejected(code=code, params=params, pointer=pointer):
            return {
                "code": code,
                "params": dict(params),
                "pointer": f"/data{pointer}" if _of_data(pointer) else pointer,
            }
        case Invalid(errors=errors):
            return {"code": "fact.invalid", "params": {}, "pointer": errors[0]["pointer"], "errors": list(errors)}
        case ThaiConventionError(code=code):
            return {"code": code, "params": {}, "pointer": "/data", "th": refusal.thai, "en": refusal.english}
        case _:
            raise TypeError(repr(refusal))


def _of_data(pointer: str) -> bool:
    """Rules point into the command; what is of the envelope is named so already."""
    return bool(pointer) and pointer not in ("/subject", "/source", "/type") and not pointer.startswith("/data")


def _as_if(store: str, append: Append) -> Answer:
    """What would have been answered."""
    assert append.verdict is not None
    version = append.versions.get(append.stream, 0) + sum(each.stream == append.stream for each in append.events)
    told = [{"id": str(each.id), "type": each.type} for each in append.events]
    reason = append.verdict.reason
    return Answer(
        append.stream, version, store, 0, 0, told, append.received_at, False, append.verdict.outcome,
        orjson.loads(reason) if reason else None,
    )  # fmt: skip
