"""The servers that a test run stands on: given ones, containers where a Docker engine answers, or the embedded ones.

Given: KAFKA_BOOTSTRAP_SERVERS and OBEC_TEST_POSTGRES_DSN, a role that may make roles and databases on a server that is
there for tests. One set of servers serves a whole run, under pytest-xdist too; the run's folder carries the pid of its
main process, so a run that was killed is cleaned up by the next one.
"""

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from deploy.local import processes
from deploy.local.given import Given
from deploy.local.kafka import ADMIN, SHORT_LIVED, logins, speaks_kafka
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import create_databases, program
from deploy.local.rights import put_users
from deploy.local.stack import Stack
from deploy.local.supervisor import ROOT
from deploy.local.topics import SERVICES, user_of
from shared.streams.broker import Broker

FOLDER = Path(os.environ.get("OBEC_HOME") or ROOT / ".obec")
MEMORY, ROOM = Path("/dev/shm"), 8 << 30
"""The machine's file system in memory, and how many bytes it must have for the runs' folders to be there."""
SQL = Path(__file__).parent / "sql"
# A test kills processes, never the machine: what the kernel has is safe, and need not be flushed.
WITHOUT_DISK_FLUSH = {"fsync": "off", "max_connections": "300"}


def runs() -> Path:
    """The folder of the runs' folders: in memory, where making a database takes a tenth of the time, or on disk.

    By how much there is, not by how much is free: every process of a run must come to the same.
    """
    if "OBEC_HOME" in os.environ or not MEMORY.is_dir():
        return FOLDER / "test"
    there = os.statvfs(MEMORY)
    return MEMORY / f"obec-test-{os.getuid()}" if there.f_blocks * there.f_frsize >= ROOM else FOLDER / "test"


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What testcontainers would start; `{port}` is the port on this machine that leads to `port` in the container."""

    image: str
    port: int
    environment: Mapping[str, str]
    command: str = ""


def _variable(name: str) -> str:
    """How the image is told a property: by the rules of its entry point."""
    return "KAFKA_" + name.upper().replace("-", "___").replace(".", "_")


KAFKA_CONTAINER = ContainerSpec(
    image="apache/kafka:4.1.1",
    port=9092,
    environment={
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "CLIENT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": "CLIENT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:SASL_PLAINTEXT,CLIENT:SASL_PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "CLIENT",
        "KAFKA_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512,PLAIN",
        "KAFKA_SASL_MECHANISM_INTER_BROKER_PROTOCOL": "PLAIN",
        "KAFKA_SASL_MECHANISM_CONTROLLER_PROTOCOL": "PLAIN",
        "KAFKA_LISTENER_NAME_CONTROLLER_SASL_ENABLED_MECHANISMS": "PLAIN",
        "KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "KAFKA_SUPER_USERS": "User:admin",
        "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND": "false",
        **{_variable(name): value for name, value in logins("{password}").items()},
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_LOG_RETENTION_MS": "-1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    },
)
POSTGRES_CONTAINER = ContainerSpec(
    image="postgres:18",
    port=5432,
    environment={
        "POSTGRES_PASSWORD": "{password}",
        "POSTGRES_INITDB_ARGS": "--locale-provider=builtin --locale=C.UTF-8",
    },
    command="postgres -c fsync=off -c max_connections=300 -c timezone=UTC",
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a run's servers are, and the passwords of the services' roles and users on them."""

    broker: Broker
    admin_dsn: str
    owner_password: str
    app_password: str
    users: dict[str, str]
    """Password by user of the broker."""
    containers: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Self:
        """What was written as JSON."""
        told = json.loads(text)
        return cls(**{**told, "broker": Broker(**told["broker"])})

    def broker_of(self, service: str) -> Broker:
        """The broker as a service comes to it."""
        if not self.broker.secured:
            return self.broker
        return replace(self.broker, username=user_of(service), password=self.users[user_of(service)])

    def dsn(self, database: str, service: str, role: str) -> str:
        """The address of any database for a service's role, `owner` or `app`."""
        password = self.owner_password if role == "owner" else self.app_password
        server = self.admin_dsn.split("://", 1)[1].rpartition("@")[2].partition("/")[0]
        return f"postgresql://obec_{service}_{role}:{password}@{server}/{database}"


def servers() -> Servers:
    """The servers of this run; started by whichever test asks first, in whichever process."""
    with locked("servers"):
        record = run_folder() / "servers.json"
        if not record.exists():
            _clear_dead_runs()
            record.write_text(json.dumps(asdict(_start())))
        return Servers.read(record.read_text())


def stop_servers() -> None:
    """End what this run started, and forget its folder; given servers stay."""
    folder = run_folder()
    if folder.exists():
        record = folder / "servers.json"
        if record.exists():
            _leave(Servers.read(record.read_text()))
        _clear(folder)


def embedded(folder: Path) -> Stack:
    """An embedded stack of its own, not started, for a test that breaks its servers."""
    return Stack(folder, Ports.free(), cache=FOLDER / "cache", programs=(), java_options=SHORT_LIVED)


def psql(dsn: str, file: str, **variables: str) -> None:
    """Run a file of tests/sql with psql, which quotes the variables. Raises CalledProcessError."""
    assignments = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
    command = [program("psql"), dsn, "-Xq", "-v", "ON_ERROR_STOP=1", *assignments, "-f", str(SQL / file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def run_folder() -> Path:
    """The folder of this run: that of the main process, also in pytest-xdist's workers."""
    main = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return runs() / str(main)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process of this run at a time."""
    run_folder().mkdir(parents=True, exist_ok=True)
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def choice(environment: Mapping[str, str], engine_answers: bool) -> str:
    """`given`, `containers` or `embedded`."""
    if environment.get("KAFKA_BOOTSTRAP_SERVERS") and environment.get("OBEC_TEST_POSTGRES_DSN"):
        return "given"
    return "containers" if engine_answers else "embedded"


def run_arguments(spec: ContainerSpec, port: int, password: str) -> dict[str, Any]:
    """What the engine is told: image, environment, command, and the port on loopback that leads into the container."""
    filled = {
        name: value.replace("{port}", str(port)).replace("{password}", password)
        for name, value in spec.environment.items()
    }
    ports = {f"{spec.port}/tcp": (HOST, port)}
    return {"image": spec.image, "environment": filled, "command": spec.command, "ports": ports}


def engine_answers() -> bool:
    """Whether a Docker engine answers."""
    if "DOCKER_HOST" not in os.environ and not Path("/var/run/docker.sock").exists():
        return False
    import docker

    try:
        docker.from_env(timeout=3).ping()
    except docker.errors.DockerException:
        return False
    return True


def _start() -> Servers:
    start = {"given": _given, "containers": _start_containers, "embedded": _start_embedded}
    return start[choice(os.environ, engine_answers())]()


def _given() -> Servers:
    broker = Given.of_environment(os.environ).broker
    assert broker is not None
    users = {user_of(service): secrets.token_hex(16) for service in SERVICES}
    asyncio.run(put_users(broker, users))
    return _with_roles(broker, users, os.environ["OBEC_TEST_POSTGRES_DSN"], [])


def _start_embedded() -> Servers:
    stack = Stack(
        run_folder() / "stack",
        Ports.free(),
        cache=FOLDER / "cache",
        programs=(),
        postgres_settings=WITHOUT_DISK_FLUSH,
        java_options=SHORT_LIVED,
    )
    stack.start_servers()
    return _with_roles(stack.kafka.broker, dict(stack.kafka.passwords), stack.postgres.admin_dsn, [])


def _start_containers() -> Servers:
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    # The reaper would end the containers with the first worker that ends; this run ends them itself.
    testcontainers_config.ryuk_disabled = True
    password, ports = secrets.token_hex(16), Ports.free()
    started = []
    for spec, port in ((KAFKA_CONTAINER, ports.kafka), (POSTGRES_CONTAINER, ports.postgres)):
        arguments = run_arguments(spec, port, password)
        container = DockerContainer(arguments["image"]).with_envs(**arguments["environment"])
        container.ports.update(arguments["ports"])
        if arguments["command"]:
            container.with_command(arguments["command"])
        started.append(container.start().get_wrapped_container().id)
    if not processes.wait_until(lambda: speaks_kafka(HOST, ports.kafka), seconds=120):
        raise TimeoutError("Kafka's container does not answer")
    admin_dsn = f"postgresql://postgres:{password}@{HOST}:{ports.postgres}/postgres"
    if not processes.wait_until(lambda: _accepts(admin_dsn), seconds=120, pause=0.2):
        raise TimeoutError("PostgreSQL's container does not answer")
    broker = Broker(f"{HOST}:{ports.kafka}", "SASL_PLAINTEXT", ADMIN, password)
    users = {ADMIN: password, **{user_of(service): secrets.token_hex(16) for service in SERVICES}}
    asyncio.run(put_users(replace(broker, mechanism="PLAIN"), users))
    return _with_roles(broker, users, admin_dsn, started)


def _accepts(dsn: str) -> bool:
    return subprocess.run([program("pg_isready"), "-q", "-d", dsn], stdin=subprocess.DEVNULL).returncode == 0


def _with_roles(broker: Broker, users: dict[str, str], admin_dsn: str, containers: list[str]) -> Servers:
    made = Servers(broker, admin_dsn, secrets.token_hex(16), secrets.token_hex(16), users, containers)
    create_databases(made.admin_dsn, made.owner_password, made.app_password)
    return made


def _leave(made: Servers) -> None:
    if choice(os.environ, engine_answers=False) == "given":
        psql(made.admin_dsn, "drop.sql", prefix=f"template_{run_folder().name}_")
    if made.containers:
        import docker

        engine = docker.from_env()
        for identifier in made.containers:
            engine.containers.get(identifier).remove(force=True, v=True)


def _clear_dead_runs() -> None:
    for folder in runs().iterdir():
        if folder.name.isdigit() and not Path(f"/proc/{folder.name}").exists():
            _clear(folder)
    # What is in the folder of this very pid, before this run put anything there, is a dead run's.
    _clear_contents(run_folder())


def _clear(folder: Path) -> None:
    _clear_contents(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _clear_contents(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            embedded(path).stop()
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != ".lock":
            path.unlink(missing_ok=True)  # two runs that begin at once both clear what a dead one left
