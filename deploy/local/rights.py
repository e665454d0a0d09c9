"""What each service may do at the broker: its own topic and groups, no more of the others' than to read them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from deploy.local.errors import StackError
from deploy.local.topics import SERVICES, user_of
from shared.streams.access import CLUSTER, Access, BrokerRefused, Right
from shared.streams.broker import Broker
from shared.streams.declared import declared_topics
from shared.streams.topics import Topics

TAKING_FACTS = ("committee", "activity", "evaluation")


def rights_of(service: str, topics: Topics) -> Sequence[Right]:
    """The rights of a service's user."""
    return [
        *(Right("TOPIC", topics.events(each), ("READ", "DESCRIBE")) for each in SERVICES),
        Right("TOPIC", topics.heads, ("READ", "WRITE", "DESCRIBE")),
        Right("GROUP", f"{topics.prefix}obec.{service}", ("READ", "DESCRIBE"), prefixed=True),
        Right("TOPIC", topics.events(service), ("WRITE",)),
        *(_of_ingress(topics) if service in TAKING_FACTS else ()),
        *(_of_the_register(topics) if service == "committee" else ()),
        *(_of_the_watch(topics) if service == "reporting" else ()),
    ]


async def put_users(broker: Broker, passwords: Mapping[str, str]) -> None:
    """Make users with these passwords, by user name. Raises StackError."""
    await _managed(broker, lambda access: access.put_users(passwords))


async def grant_services(broker: Broker, prefix: str = "") -> None:
    """Give the services' users their rights on the topics of a prefix. Raises StackError."""
    topics = Topics(prefix)
    rights = {user_of(service): rights_of(service, topics) for service in SERVICES}
    await _managed(broker, lambda access: access.grant(rights))


async def _managed(broker: Broker, manage: Callable[[Access], Awaitable[None]]) -> None:
    """Nothing on a broker that does not ask who one is."""
    if not broker.secured:
        return
    try:
        await manage(Access(broker))
    except BrokerRefused as refused:
        raise StackError(f"the services' users and rights could not be made: {refused}") from refused


def _of_ingress(topics: Topics) -> Sequence[Right]:
    return [
        Right("TOPIC", topics.ingress(""), ("READ", "DESCRIBE"), prefixed=True),
        Right("TOPIC", topics.receipts(""), ("WRITE", "DESCRIBE"), prefixed=True),
    ]


def _of_the_register(topics: Topics) -> Sequence[Right]:
    """Committee keeps the publishers' users, their rights and their topics."""
    return [
        Right("TOPIC", topics.ingress(""), ("CREATE",), prefixed=True),
        Right("TOPIC", topics.receipts(""), ("CREATE",), prefixed=True),
        Right("BROKER", CLUSTER, ("ALTER", "DESCRIBE")),
    ]


def _of_the_watch(topics: Topics) -> Sequence[Right]:
    """Reporting sees whether the topics are set as they were declared."""
    return [Right("TOPIC", each.name, ("DESCRIBE_CONFIGS",)) for each in declared_topics(topics, shards=1)]
