"""Users of the broker and what each may do, by its own access control (SCRAM users, ACLs).

aiokafka's administrator knows neither, librdkafka's does; its calls block, so they are made in a thread.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal, TypeVar

from shared.contracts.coded import CodedError
from shared.streams.broker import Broker

T = TypeVar("T")

Granted = Mapping[str, frozenset[Any]]
"""The broker's bindings (AclBinding of confluent-kafka) by user name."""
Operation = Literal["READ", "WRITE", "CREATE", "DESCRIBE", "DESCRIBE_CONFIGS", "ALTER"]

SECONDS = 10.0
ITERATIONS = 4096
"""Of SCRAM's hash, the least that Kafka takes: the passwords are 256 random bits."""
CLUSTER = "kafka-cluster"
SAME = frozenset({"TOPIC_ALREADY_EXISTS"})
"""What the broker says when somebody else has just made the topic."""
NOT_THERE = frozenset({"RESOURCE_NOT_FOUND"})
"""What it says of a user that is taken away and was not there."""


class BrokerRefused(CodedError):
    """The broker does not do it or does not answer; ``code`` is ``broker.refused``."""

    def __init__(self, message: str) -> None:
        super().__init__("broker.refused", message)


@dataclass(frozen=True, slots=True)
class Right:
    """What a user may do with a topic, a group, or the cluster; ``prefixed``: with all whose name begins so."""

    kind: Literal["TOPIC", "GROUP", "BROKER"]
    name: str
    operations: tuple[Operation, ...]
    prefixed: bool = False


class Access:
    """Users and rights of one broker, managed as ``broker``'s own user. Every method raises BrokerRefused, after
    ``seconds`` when there is no answer.
    """

    def __init__(self, broker: Broker, seconds: float = SECONDS) -> None:
        self.broker, self._seconds = broker, seconds
        self._made: Any = None

    async def put_users(self, passwords: Mapping[str, str]) -> None:
        """Make users, or give them other passwords; by user name."""
        from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        changes = [UserScramCredentialUpsertion(user, info, word.encode()) for user, word in passwords.items()]
        await self._asked(lambda client: client.alter_user_scram_credentials(changes, request_timeout=self._seconds))

    async def until_sees(self, username: str, password: str, topics: Iterable[str]) -> None:
        """Wait until a new user may see topics: the broker learns of users and rights a moment after they were made."""
        user = Access(
            replace(self.broker, username=username, password=password, mechanism="SCRAM-SHA-512"), self._seconds
        )
        deadline = monotonic() + self._seconds
        while not set(topics) <= (await user._topics()).keys():
            if monotonic() > deadline:
                raise BrokerRefused(f"Kafka at {self.broker}: {username} has no rights after {self._seconds:.0f} s")
            await asyncio.sleep(0.05)

    async def delete_users(self, usernames: Iterable[str]) -> None:
        """Take users away; those that are not there are no error."""
        from confluent_kafka.admin import ScramMechanism, UserScramCredentialDeletion

        gone = [UserScramCredentialDeletion(each, ScramMechanism.SCRAM_SHA_512) for each in usernames]
        if gone:
            await self._asked(
                lambda client: client.alter_user_scram_credentials(gone, request_timeout=self._seconds), NOT_THERE
            )

    async def users(self) -> frozenset[str]:
        """Names of all users that have a password."""
        found = await self._one(lambda client: client.describe_user_scram_credentials(request_timeout=self._seconds))
        return frozenset(found)

    async def put_topics(self, names: Sequence[str], settings: Mapping[str, str]) -> None:
        """Make topics of one partition, with as many copies as the broker makes of its own accord."""
        known = frozenset((await self._topics()).keys())
        new = sorted(set(names) - known)
        if new:
            await self._asked(lambda client: client.create_topics([_topic(each, settings) for each in new]), SAME)

    async def grant(self, rights: Mapping[str, Sequence[Right]]) -> None:
        """Give users rights, by user name; those that a user has already stay."""
        bindings = _bindings(rights)
        await self._asked(lambda client: client.create_acls(bindings, request_timeout=self._seconds))

    async def granted(self) -> Granted:
        """What users are allowed and forbidden."""
        bindings = await self._one(lambda client: client.describe_acls(_filter(), request_timeout=self._seconds))
        made: defaultdict[str, set[Any]] = defaultdict(set)
        for each in bindings:
            made[each.principal.removeprefix("User:")].add(each)
        return {user: frozenset(some) for user, some in made.items()}

    async def hold_to(self, rights: Mapping[str, Sequence[Right]], granted: Granted) -> None:
        """Users shall have these rights, by user name, and no others: given what is lacking in ``granted``, and of
        what is there, what is too much is taken away.
        """
        wanted = frozenset(_bindings(rights))
        found = {binding for user in rights for binding in granted.get(user, ())}
        too_much = [_exactly(each) for each in found - wanted]
        if too_much:
            await self._asked(lambda client: client.delete_acls(too_much, request_timeout=self._seconds))
        lacking = [*(wanted - found)]
        if lacking:
            await self._asked(lambda client: client.create_acls(lacking, request_timeout=self._seconds))

    async def _topics(self) -> Mapping[str, Any]:
        found = await asyncio.to_thread(self._told, lambda client: client.list_topics(timeout=self._seconds).topics)
        known: Mapping[str, Any] = found
        return known

    async def _one(self, ask: Callable[[Any], Future[T]]) -> T:
        found: T = await asyncio.to_thread(self._told, lambda client: ask(client).result(self._seconds))
        return found

    async def _asked(self, ask: Callable[[Any], Mapping[Any, Future[Any]]], done: frozenset[str] = frozenset()) -> None:
        """Wait for all answers; errors of the names in ``done`` say that it was so before."""

        def wait(client: Any) -> None:
            for each in ask(client).values():
                self._settled(each, done)

        await asyncio.to_thread(self._told, wait)

    def _settled(self, answer: Future[Any], done: frozenset[str]) -> None:
        from confluent_kafka import KafkaException

        try:
            answer.result(self._seconds)
        except KafkaException as error:
            if error.args[0].name() not in done:
                raise

    def _told(self, ask: Callable[[Any], Any]) -> Any:
        """What the client answers, with its errors as BrokerRefused."""
        from confluent_kafka import KafkaException

        try:
            if self._made is None:
                self._made = self._client()
            return ask(self._made)
        except (KafkaException, TimeoutError, ValueError) as error:
            cause = error.args[0].str() if isinstance(error, KafkaException) else error
            raise BrokerRefused(f"Kafka at {self.broker}: {cause or 'it does not answer'}") from error

    def _client(self) -> Any:
        from confluent_kafka.admin import AdminClient

        # It would write to stderr of a broker that is away, again and again; what it says is in the error too.
        return AdminClient({**self.broker.librdkafka(), "log_level": 0, "error_cb": lambda _error: None})


def _topic(name: str, settings: Mapping[str, str]) -> Any:
    from confluent_kafka.admin import NewTopic

    return NewTopic(name, num_partitions=1, replication_factor=-1, config=dict(settings))


def _bindings(rights: Mapping[str, Sequence[Right]]) -> list[Any]:
    """Rights by user name as the broker has them."""
    return [binding for user, some in rights.items() for right in some for binding in _binding(user, right)]


def _binding(user: str, right: Right) -> list[Any]:
    """One for each operation."""
    from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

    pattern = ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL
    kind, allowed = ResourceType[right.kind], AclPermissionType.ALLOW
    return [
        AclBinding(kind, right.name, pattern, f"User:{user}", "*", AclOperation[each], allowed)
        for each in right.operations
    ]


def _exactly(binding: Any) -> Any:
    """A filter that finds one binding."""
    from confluent_kafka.admin import AclBindingFilter

    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _filter() -> Any:
    """A filter that finds every binding."""
    from confluent_kafka.admin import (
        AclBindingFilter,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    return AclBindingFilter(
        ResourceType.ANY,
        None,
        ResourcePatternType.ANY,
        None,
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
