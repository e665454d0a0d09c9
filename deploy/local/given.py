"""What is given from outside instead of the embedded Kafka and PostgreSQL."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.errors import StackError
from deploy.local.ports import answers
from deploy.local.topics import SERVICES
from shared.streams.broker import KAFKA_VARIABLES, Broker

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Given:
    """A broker and the user to come to it as, and the addresses of services' databases by (service, role)."""

    broker: Broker | None = None
    dsns: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Given":
        """From KAFKA_BOOTSTRAP_SERVERS with what belongs to it, OBEC_<SERVICE>_DSN and OBEC_<SERVICE>_OWNER_DSN.

        Raises StackError when a service has one of its two addresses, and for what no broker can be.
        """
        names = {(service, role): dsn_variable(service, role) for service in SERVICES for role in ("owner", "app")}
        dsns = {key: environment[name] for key, name in names.items() if environment.get(name)}
        for service, role in dsns:
            for other in ("owner", "app"):
                if (service, other) not in dsns:
                    raise StackError(f"{names[service, role]} is given, {names[service, other]} is missing beside it")
        return cls(_broker(environment), dsns)

    @property
    def every_database(self) -> bool:
        """Whether no embedded PostgreSQL is needed."""
        return all((service, "app") in self.dsns for service in SERVICES)

    def require_reachable(self) -> None:
        """Raise StackError when a given broker list or database does not answer."""
        if self.broker is not None:
            _require_broker(self.broker.servers)
        asyncio.run(self._require_databases())

    async def _require_databases(self) -> None:
        await asyncio.gather(*(_require_database(dsn_variable(*key), dsn) for key, dsn in self.dsns.items()))


def dsn_variable(service: str, role: str) -> str:
    """The environment variable of a service's database address: `OBEC_COMMITTEE_DSN`, `OBEC_COMMITTEE_OWNER_DSN`."""
    return f"OBEC_{service.upper()}_{'OWNER_' if role == 'owner' else ''}DSN"


def _broker(environment: Mapping[str, str]) -> Broker | None:
    """The broker that the same variables as a process's name."""
    said = {field: environment[name] for field, name in KAFKA_VARIABLES.items() if environment.get(name)}
    if "servers" not in said:
        return None
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Broker).validate_python(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = KAFKA_VARIABLES.get(str(first["loc"][0]), "") if first["loc"] else ""
        raise StackError(f"{name}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")) from error


def _require_broker(servers: str) -> None:
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65_536):
            raise StackError(f"KAFKA_BOOTSTRAP_SERVERS must be host:port[,host:port…], not {servers!r}")
        if answers(int(port), host.strip("[]"), SECONDS):
            return
    raise StackError(f"no Kafka broker answers at {servers} (KAFKA_BOOTSTRAP_SERVERS)")


async def _require_database(name: str, dsn: str) -> None:
    import asyncpg

    try:
        connection = await asyncpg.connect(dsn, timeout=SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        cause = str(error).splitlines()[0] if str(error) else "it does not answer"
        raise StackError(f"the database of {name} cannot be reached: {cause}") from error
    await connection.close()
