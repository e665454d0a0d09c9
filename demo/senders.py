"""The four systems that publish in the demonstration, each with its own credential and its own manners.

The personnel system sends by Kafka, the others over HTTP. They send as real ones do: some facts twice, some before what
they build on, some wrong. What is wrong comes back with its reason, and the ledger counts all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from demo.client import PATIENCE, DemoFailed, Offices
from demo.example import REGIONS
from shared.kit.sending import Sender
from shared.streams.broker import Broker

TYPE = "th.go.obec.cluster.{name}.v1"
AT_ONCE = 200
"""Events of one request."""
EVERY = 5
"""Of the facts that a system tells, one in so many is sent twice."""

Event = dict[str, Any]
Receipt = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class System:
    """One sending system as the register knows it."""

    name: str
    office: str
    types: tuple[str, ...]
    sources: tuple[str, ...]
    by_kafka: bool = False

    @property
    def rights(self) -> dict[str, Any]:
        """What it may send."""
        limits = {"events_per_minute": 100_000}
        return {"sources": list(self.sources), "types": list(self.types), "limits": limits}


PERSONNEL = System(
    "personnel",
    "สำนักพัฒนาระบบบริหารงานบุคคลและนิติการ",
    ("CommitteeAppointed", "MemberAppointed", "MemberEnded"),
    ("/ext/personnel/central",),
    by_kafka=True,
)
E_MEETING = System(
    "e-meeting",
    "สำนักอำนวยการ",
    ("MeetingScheduled", "MeetingNoticeIssued", "MeetingHeld", "MinutesApproved"),
    ("/ext/e-meeting/central",),
)
FISCAL = System("fiscal", "สำนักการคลังและสินทรัพย์", ("FundsDisbursed", "FactVoided"), ("/ext/fiscal/gfmis",))
AREA = System(
    "area-offices",
    "สำนักงานเขตพื้นที่การศึกษา",
    ("IndicatorMeasured",),
    tuple(f"/ext/area-offices/{region}" for region in REGIONS),
)
SYSTEMS = (PERSONNEL, E_MEETING, FISCAL, AREA)
SANDBOX = System(
    "sandbox",
    "ผู้ทดลองเชื่อมต่อ (ตัวอย่าง)",
    tuple(sorted({name for system in SYSTEMS for name in system.types} | {"CommitteeProposed"})),
    ("/ext/sandbox/test",),
)
"""For whoever tries the embedded stack."""


class Channel(Protocol):
    """How facts go out and answers come back."""

    async def send(self, events: Sequence[Event]) -> Sequence[Receipt]:
        """Send facts; their receipts, in order, each the first that came."""

    async def final(self, receipt: Receipt) -> Receipt:
        """What became of a fact in the end, once it waits no longer."""

    async def close(self) -> None:
        """Hang up."""


@dataclass
class Ledger:
    """What one system sent, and what became of it."""

    sent: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """By outcome, each fact once; ``again`` and ``conflict`` count what was sent again."""
    reasons: list[tuple[str, str, str]] = field(default_factory=list)
    """Why something came back: code, in Thai, in English."""


class Publisher:
    """One system that publishes."""

    def __init__(self, system: System, channel: Channel) -> None:
        self.system, self.ledger, self._channel = system, Ledger(), channel
        self._told = 0
        self._first: Sequence[Event] = ()

    def event(self, name: str, fact: str, data: Mapping[str, Any], **more: Any) -> Event:
        """A CloudEvent of this system; ``fact`` is its id."""
        source = more.pop("source", self.system.sources[0])
        kind = TYPE.format(name=name)
        return {"specversion": "1.0", "id": fact, "source": source, "type": kind, **more, "data": dict(data)}

    async def tell(self, *events: Event) -> list[Receipt]:
        """Send facts that will stand, some of them twice; their final receipts. Raises DemoFailed."""
        receipts = await self._send(events)
        again = [each for number, each in enumerate(events, self._told) if number % EVERY == 0]
        self._told += len(events)
        final = [await self._final(each) for each in receipts]
        self._first = self._first or events[:1]
        await self._repeat(again)
        return final

    async def repeat(self) -> None:
        """Send its first fact again, months later: it is answered as it was then. Raises DemoFailed."""
        await self._repeat(self._first)

    async def _repeat(self, events: Sequence[Event]) -> None:
        for each in await self._send(events) if events else []:
            _require(each["outcome"] == "accepted" and each["duplicate"], each)
            self.ledger.outcomes["again"] += 1

    async def tell_early(self, *events: Event) -> list[Receipt]:
        """Send facts before what they build on: they wait. Raises DemoFailed."""
        receipts = list(await self._send(events))
        for each in receipts:
            _require(each["outcome"] == "waiting", each)
        self.ledger.outcomes["waited"] += len(receipts)
        return receipts

    async def came_in(self, receipts: Iterable[Receipt]) -> list[Receipt]:
        """Final receipts of facts that waited. Raises DemoFailed."""
        return [await self._final(each) for each in receipts]

    async def tell_wrongly(self, event: Event, code: str) -> None:
        """Send what cannot stand; it comes back with its reason. Raises DemoFailed when it does not."""
        [receipt] = await self._send([event])
        reason = _nearest(receipt.get("reason") or {})
        _require(reason.get("code") == code, receipt)
        self.ledger.outcomes[receipt["outcome"]] += 1
        self.ledger.reasons.append((code, reason["th"], reason["en"]))

    async def close(self) -> None:
        """Hang up."""
        await self._channel.close()

    async def _send(self, events: Sequence[Event]) -> Sequence[Receipt]:
        self.ledger.sent += len(events)
        return await self._channel.send(events)

    async def _final(self, receipt: Receipt) -> Receipt:
        final = await self._channel.final(receipt)
        _require(final["outcome"] == "accepted", final)
        self.ledger.outcomes["accepted"] += 1
        return final


def _nearest(reason: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a fact whose data is not valid, what is wrong with the first place that is not."""
    errors = reason.get("errors") or [reason]
    return dict(errors[0])


def _require(holds: bool, receipt: Receipt) -> None:
    if not holds:
        raise DemoFailed(f"{receipt['source']} {receipt['id']}: {receipt['outcome']} {receipt.get('reason')}")


class OverHttp:
    """Batches over HTTP, by the publisher kit: each fact to the service that takes it."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @classmethod
    async def open(cls, start: str, key: str) -> Self:
        """A channel of a publisher; ``start`` is any service of the installation, which knows the others."""
        sender = Sender(start, {"X-API-Key": key})
        await sender.learn()
        return cls(sender)

    async def send(self, events: Sequence[Event]) -> Sequence[Receipt]:
        """Send facts, so many at once."""
        told: list[Receipt] = []
        for begin in range(0, len(events), AT_ONCE):
            told += await self._sender.batch(events[begin : begin + AT_ONCE])
        return told

    async def final(self, receipt: Receipt) -> Receipt:
        """Asked of the service again and again while it waits."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while receipt["outcome"] == "waiting":
            if asyncio.get_running_loop().time() > deadline:
                raise DemoFailed(f"{receipt['source']} {receipt['id']} still waits: {receipt['reason']}")
            await asyncio.sleep(0.05)
            receipt = await self._sender.present(receipt)
        return receipt

    async def close(self) -> None:
        """Hang up."""
        await self._sender.close()


class ByKafka:
    """Records on the system's ingress topic, answers from its receipts topic."""

    def __init__(self, login: Mapping[str, str]) -> None:
        self._login = login
        client = Broker(login["bootstrap_servers"], "SASL_PLAINTEXT", login["username"], login["password"]).client()
        self._producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
        self._consumer = AIOKafkaConsumer(**client, enable_auto_commit=False, auto_offset_reset="earliest")
        self._told: dict[tuple[str, str], list[Receipt]] = {}
        self._news = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, login: Mapping[str, str]) -> Self:
        """A channel of a publisher, with what it was told when its user was made."""
        made = cls(login)
        await made._producer.start()
        await made._consumer.start()
        place = TopicPartition(login["receipts"], 0)
        made._consumer.assign([place])
        await made._consumer.seek_to_beginning(place)
        made._reading = asyncio.create_task(made._read())
        return made

    async def send(self, events: Sequence[Event]) -> Sequence[Receipt]:
        """Write facts in structured mode; what cannot be told by its id is told by the place of its record."""
        told = []
        sent = [(each, len(self._told.get(_id(each), ())), await self._write(each)) for each in events]
        for each, before, place in sent:
            told.append(await self._receipt(_id(each), (f"/ingress/{self._topic}", place), before))
        return told

    async def final(self, receipt: Receipt) -> Receipt:
        """The next receipt of the fact, while the last one says that it waits."""
        name = receipt["source"], receipt["id"]
        async with self._news:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait_for(lambda: not self._waits(name)), PATIENCE)
        return self._told[name][-1]

    async def close(self) -> None:
        """Hang up."""
        if self._reading is not None:
            self._reading.cancel()
        await self._producer.stop()
        await self._consumer.stop()

    @property
    def _topic(self) -> str:
        return self._login["ingress"].rpartition(".")[2]

    async def _write(self, event: Event) -> str:
        headers = [("content-type", b"application/cloudevents+json")]
        at = await self._producer.send_and_wait(self._login["ingress"], orjson.dumps(event), headers=headers)
        return f"{at.partition}/{at.offset}"

    async def _receipt(self, name: tuple[str, str], place: tuple[str, str], before: int) -> Receipt:
        """The first receipt of a fact; sent again, it gets none, and the one that it has counts."""

        def is_told() -> bool:
            return bool(before or self._told.get(name) or self._told.get(place))

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(is_told), PATIENCE)
            except TimeoutError as error:
                raise DemoFailed(f"nothing was told of {name[1]}, sent by Kafka, within {PATIENCE:.0f} s") from error
        found = self._told.get(name) or self._told[place]
        return {**found[-1], "duplicate": bool(before)}

    def _waits(self, name: tuple[str, str]) -> bool:
        return bool(self._told[name][-1]["outcome"] == "waiting")

    async def _read(self) -> None:
        async for record in self._consumer:
            told = orjson.loads(record.value)
            async with self._news:
                self._told.setdefault((told["source"], told["id"]), []).append(told)
                self._news.notify_all()


def _id(event: Event) -> tuple[str, str]:
    return str(event.get("source", "")), str(event.get("id", ""))


@dataclass
class Senders:
    """All four, registered and ready."""

    offices: Offices
    publishers: dict[str, Publisher] = field(default_factory=dict)
    sandbox_key: str = ""
    personnel_key: str = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self.publishers.values():
            await each.close()

    async def begin(self) -> None:
        """Have the bureau admit them, and give each its credential. Raises DemoFailed."""
        for system in (*SYSTEMS, SANDBOX):
            body = {"publisher": system.name, "office": system.office, "rights": system.rights}
            await self.offices.send("committee", "publishers", body)
        keys = {each.name: await self.offices.issue(each.name, "api-key") for each in (*SYSTEMS, SANDBOX)}
        self.sandbox_key = keys[SANDBOX.name]["api_key"]
        for system in SYSTEMS:
            self.publishers[system.name] = Publisher(system, await self._channel(system, keys[system.name]["api_key"]))
        self.personnel_key = keys[PERSONNEL.name]["api_key"]

    async def repeat(self) -> None:
        """Each sends an old fact again."""
        for each in self.publishers.values():
            await each.repeat()

    async def _channel(self, system: System, key: str) -> Channel:
        if system.by_kafka:
            return await ByKafka.open(await self.offices.issue(system.name, "kafka-user"))
        return await OverHttp.open(self.offices.addresses["committee"], key)

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """What each sent, and what became of it."""
        return {name: each.ledger for name, each in self.publishers.items()}

    @property
    def personnel(self) -> Publisher:
        """The personnel system, which signs orders."""
        return self.publishers[PERSONNEL.name]

    @property
    def e_meeting(self) -> Publisher:
        """The e-meeting system."""
        return self.publishers[E_MEETING.name]

    @property
    def fiscal(self) -> Publisher:
        """The fiscal system."""
        return self.publishers[FISCAL.name]

    @property
    def area(self) -> Publisher:
        """The area offices."""
        return self.publishers[AREA.name]
