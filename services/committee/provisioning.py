"""What publishers have at the broker, kept as the register says: their topics, their users, what each user may do.

A user is a credential of kind ``scram``; so that one can be changed for another without a gap, a publisher may have
several. Whatever differs is put right whenever the register changes, and now and then, however it came about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from shared.contracts import Rejected
from shared.eventstore.store import EventStore
from shared.ingress.register import Publisher, Register
from shared.process import Run, first_of
from shared.streams.access import Access, BrokerRefused, Right
from shared.streams.topics import Topics

log = structlog.get_logger(__name__)

KIND = "scram"
LOOK_SECONDS = 30.0
"""How often it is looked without an occasion: a credential expires without one."""
PAUSE_SECONDS = 1.0
"""What wakes is not answered more often."""
KEPT_MS = 30 * 24 * 3600 * 1000
"""How long the broker keeps what publishers write and are told; the stores keep what became of it for good."""
TOPIC = {
    "cleanup.policy": "delete",
    "retention.ms": str(KEPT_MS),
    "retention.bytes": "-1",
    "compression.type": "uncompressed",  # however a publisher compresses, the broker unpacks it: not every client can
}


class Provisioner:
    """Keeps the publishers' topics, users and rights at a broker as the register has them."""

    def __init__(self, access: Access, topics: Topics) -> None:
        self._access, self._topics = access, topics
        self._seen: Mapping[str, Publisher] | None = None

    def username(self, publisher: str, credential: str) -> str:
        """The broker's user for a credential."""
        return f"{self._users}{publisher}.{credential}"

    def told(self, publisher: str, credential: str) -> dict[str, str]:
        """What a publisher needs to know, but for the password."""
        ingress, receipts = self._topics_of(publisher)
        return {
            "username": self.username(publisher, credential),
            "bootstrap_servers": str(self._access.broker),
            "ingress": ingress,
            "receipts": receipts,
            "group_prefix": self._group_prefix(publisher),
        }

    def running(self, store: EventStore) -> Run:
        """The work that keeps the broker as the register says, until told to stop."""
        return partial(self._run, store)

    async def admit(self, publisher: str, credential: str, password: str) -> None:
        """Make a user for a credential that was just issued. Raises Rejected ``broker.unavailable``."""
        user = self.username(publisher, credential)
        try:
            await self._access.put_topics(self._topics_of(publisher), TOPIC)
            await self._access.put_users({user: password})
            await self._access.grant({user: self._rights(publisher)})
            await self._access.until_sees(user, password, self._topics_of(publisher))
        except BrokerRefused as refused:
            log.warning("a publisher's user could not be made", user=user, reason=str(refused))
            raise Rejected("broker.unavailable") from refused

    async def settle(self, store: EventStore) -> None:
        """Make the broker as the register is. Raises BrokerRefused, Rejected ``register.not_loaded``.

        The broker is asked first: whoever makes a user has told the register before, so that none is taken for a
        leftover.
        """
        known, granted = await self._access.users(), await self._access.granted()
        publishers, now = await Register(store).all(), await store.clock.now()
        await self._access.put_topics([each for name in publishers for each in self._topics_of(name)], TOPIC)
        ours = {user for user in {*known, *granted} if user.startswith(self._users)}
        good = {user: name for name, publisher in publishers.items() for user in self._good_users(publisher, now)}
        rights = {user: self._rights(good[user]) if user in good else () for user in ours}
        await self._access.hold_to(rights, granted)
        await self._access.delete_users(sorted(ours - good.keys() - self._paused(publishers, now)))

    @property
    def _users(self) -> str:
        return f"{self._topics.prefix}ext."

    def _topics_of(self, publisher: str) -> Sequence[str]:
        return self._topics.ingress(publisher), self._topics.receipts(publisher)

    def _rights(self, publisher: str) -> Sequence[Right]:
        """Write what is its own, read what it is told, under groups of its name."""
        ingress, receipts = self._topics_of(publisher)
        return (
            Right("TOPIC", ingress, ("WRITE", "DESCRIBE")),
            Right("TOPIC", receipts, ("READ", "DESCRIBE")),
            Right("GROUP", self._group_prefix(publisher), ("READ",), prefixed=True),
        )

    def _group_prefix(self, publisher: str) -> str:
        return f"{self._topics.prefix}{publisher}."

    def _good_users(self, publisher: Publisher, now: datetime) -> Sequence[str]:
        """Users that may work now."""
        return [] if publisher.suspended else self._valid(publisher, now)

    def _paused(self, publishers: Mapping[str, Publisher], now: datetime) -> set[str]:
        """Users of suspended publishers: without rights, but there, so that their passwords hold when they are back."""
        return {user for each in publishers.values() if each.suspended for user in self._valid(each, now)}

    def _valid(self, publisher: Publisher, now: datetime) -> Sequence[str]:
        valid = [each for each in publisher.credentials.values() if each.kind == KIND and each.valid_at(now)]
        return [self.username(publisher.name, each.id) for each in valid]

    async def _run(self, store: EventStore, stop: asyncio.Event) -> None:
        register, wake, looked_at = Register(store), asyncio.Event(), float("-inf")
        store.on_commit(wake.set)
        while not stop.is_set():
            wake.clear()
            try:
                publishers = await register.all()
                now = asyncio.get_running_loop().time()
                if publishers != self._seen or now - looked_at > LOOK_SECONDS:
                    await self.settle(store)
                    self._seen, looked_at = dict(publishers), now
            except Exception as error:  # it is put right once broker and database are back
                log.warning("the publishers' rights at the broker are put right later", reason=repr(error))
            await first_of(stop, seconds=PAUSE_SECONDS)
            await first_of(stop, wake, seconds=LOOK_SECONDS)
