"""The whole stack of one data folder: Kafka, PostgreSQL, databases, topics and the product's processes."""

import asyncio
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy.local.errors import StackError, last_line
from deploy.local.given import Given, dsn_variable
from deploy.local.kafka import Kafka
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Postgres
from deploy.local.supervisor import ROOT, Program, Supervisor
from deploy.local.topics import SERVICES, create_topics
from shared.streams.broker import Broker

Report = Callable[[str], None]
AUDIENCE = "obec"
MONITOR, ALARM_TOKEN = "reporting-monitor", "OBEC_ALARM_TOKEN"
"""The process that judges alarms, and the variable by which it is told an operator's token."""

MOST_SHARDS, MOST_REPLICAS = 64, 32_767
"""What services take at most, so that no topic is made that they then refuse; what Kafka can count."""


@dataclass(frozen=True, slots=True)
class State:
    """One line of `obec status`: `running`, `starting`, `not answering`, `stopped` or `given`."""

    name: str
    state: str
    pid: int | None
    address: str


class Stack:
    """Kafka, PostgreSQL and the product's processes on loopback, with all data in `home`.

    `given` names servers from outside, which are then not started; `settings` are environment variables for the
    processes, before those of the stack. Every method raises StackError with one line that a person can act on.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports,
        *,
        cache: Path | None = None,
        given: Given | None = None,
        settings: Mapping[str, str] | None = None,
        programs: Sequence[Program] | None = None,
        postgres_settings: dict[str, str] | None = None,
        java_options: Sequence[str] = (),
    ) -> None:
        self.home = home.absolute()
        self.ports = ports
        self.given = given or Given()
        self.settings = dict(settings or {})
        shared = (cache or self.home.parent / "cache").absolute()
        self.kafka = Kafka(self.home, ports.kafka, ports.controller, shared, java_options)
        self.postgres = Postgres(self.home, ports.postgres, postgres_settings)
        self._programs = programs

    @property
    def broker(self) -> Broker:
        """The broker as its administrator comes to it; a given one as whom it was given with."""
        return self.given.broker or self.kafka.broker

    def broker_of(self, service: str) -> Broker:
        """The broker as a service comes to it; a given one as whom it was given with."""
        return self.given.broker or self.kafka.broker_of(service)

    def dsn(self, service: str, role: str = "app") -> str:
        """The address of a service's database for the role that runs (`app`) or the one that migrates (`owner`)."""
        return self.given.dsns.get((service, role)) or self.postgres.dsn(service, role)

    @property
    def embedded(self) -> bool:
        """Whether both servers are this stack's own."""
        return self.given == Given()

    @property
    def _own_issuer(self) -> bool:
        return "OBEC_ISSUERS" not in self.settings

    def environment(self) -> dict[str, str]:
        """What all processes find in their environment; needs the databases' passwords, so start the servers first.

        As whom a service comes to Kafka is told to its processes alone.
        """
        issuer = f"http://{HOST}:{self.ports.issuer}"
        issuers = [{"issuer": issuer, "jwks_url": f"{issuer}/.well-known/jwks.json", "audience": AUDIENCE}]
        return {
            **({"OBEC_SIGN_IN": issuer} if self._own_issuer else {}),
            "OBEC_TOPIC_PREFIX": "",
            "OBEC_SHARDS": "1",
            "OBEC_CLOCK": "real",
            "OBEC_ISSUERS": json.dumps(issuers),
            "OBEC_ALARM_FOLDERS": str(self.home),
            **self.settings,
            "OBEC_HOST": HOST,
            "OBEC_STACK": str(self.home),
            **({"OBEC_EMBEDDED": "1"} if self.embedded else {}),
            **{f"OBEC_{name.upper()}_PORT": str(port) for name, port in asdict(self.ports).items()},
            **{
                dsn_variable(service, role): self.dsn(service, role)
                for service in SERVICES
                for role in ("owner", "app")
            },
        }

    def start(self, report: Report = lambda _: None, *, background: bool = True) -> None:
        """Bring everything up, in order; what runs already is left alone.

        Without ``background`` what works in the background waits for ``start_background``.
        """
        with self._locked():
            shards, replication = self._count("OBEC_SHARDS", MOST_SHARDS), self._count("OBEC_REPLICATION")
            self._start_servers(report)
            self._prepare(shards, replication, report)
            self._supervisor(self._process_environment()).start(report, background=background)

    def start_background(self) -> None:
        """Start what works in the background, where ``start`` left it out; it is not waited for."""
        with self._locked():
            self._supervisor().start_background()

    def start_servers(self, report: Report = lambda _: None) -> None:
        """Bring up Kafka and PostgreSQL alone, without topics and processes."""
        with self._locked():
            self._start_servers(report)

    def make_topics(self, shards: int) -> None:
        """Make the topics that the broker lacks, as ``start`` does; those that exist stay as they are."""
        prefix, replication = self.settings.get("OBEC_TOPIC_PREFIX", ""), self._count("OBEC_REPLICATION")
        asyncio.run(create_topics(self.broker, prefix, shards, replication))

    def stop(self, report: Report = lambda _: None) -> None:
        """End the processes, then the servers; given servers are left alone."""
        with self._locked():
            self._supervisor().stop()
            report("processes")
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda server: server.stop(), (self.kafka, self.postgres)))
            report("servers")

    def reset(self, report: Report = lambda _: None) -> None:
        """Stop everything and delete the data; the shared cache stays."""
        self.stop(report)
        shutil.rmtree(self.home)
        report("data")

    def status(self) -> list[State]:
        """What runs, server by server and process by process."""
        return [*self._server_states(), *self.process_states()]

    def _start_servers(self, report: Report) -> None:
        self.given.require_reachable()
        starts = {
            "kafka": None if self.given.broker else self.kafka.start,
            "postgres": None if self.given.every_database else self.postgres.start,
        }
        with ThreadPoolExecutor() as pool:
            running = {name: pool.submit(start) for name, start in starts.items() if start is not None}
            for name, future in running.items():
                future.result()
                report(name)

    def _prepare(self, shards: int, replication: int, report: Report) -> None:
        """Topics and migrations, once for each life of the supervisor."""
        if self._supervisor().pid is not None:
            return
        prefix = self.settings.get("OBEC_TOPIC_PREFIX", "")
        asyncio.run(create_topics(self.broker, prefix, shards, replication))
        if self.given.broker is None:
            from deploy.local.rights import grant_services

            asyncio.run(grant_services(self.broker, prefix))
        report("topics")
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._migrate, filter(_is_written, SERVICES)))
        report("migrations")

    def _migrate(self, service: str) -> None:
        log = self.home / "log" / f"{service}-migrate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", f"services.{service}", "migrate"]
        environment = self._process_environment()
        with log.open("w") as output:
            run = subprocess.run(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if run.returncode != 0:
            raise StackError(f"the database of {service} could not be migrated: {last_line(log)}")

    def _count(self, name: str, most: int = MOST_REPLICAS) -> int:
        text = self.settings.get(name, "1")
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= most):
            raise StackError(f"{name} must be a whole number from 1 to {most}, not {text!r}")
        return int(text)

    def _process_environment(self) -> dict[str, str]:
        return os.environ | self.environment()

    def _supervisor(self, environment: Mapping[str, str] | None = None) -> Supervisor:
        programs = self._programs
        if programs is None:
            broker_of = None if environment is None else self.broker_of
            every = programs_of(self.ports, broker_of)
            programs = [program for program in every if self._own_issuer or program.name != "issuer"]
            if environment is not None and self._own_issuer and ALARM_TOKEN not in environment:
                programs = [self._with_token(each) if each.name == MONITOR else each for each in programs]
        return Supervisor(self.home, programs, environment or {})

    def _with_token(self, program: Program) -> Program:
        """The program, and a token of this stack's issuer by which it may ask the services how they are."""
        from deploy.local.issuer import Issuer

        token = Issuer(f"http://{HOST}:{self.ports.issuer}", self.home / "issuer").watcher_token()
        return replace(program, environment={**program.environment, ALARM_TOKEN: token})

    def _server_states(self) -> list[State]:
        kafka = State("kafka", "given", None, str(self.given.broker)) if self.given.broker else _state_of(self.kafka)
        postgres = State("postgres", "given", None, "") if self.given.every_database else _state_of(self.postgres)
        return [kafka, postgres]

    def process_states(self) -> Iterator[State]:
        """What runs of the product itself."""
        ports = {program.name: program.port for program in self._supervisor().programs}
        for process in self._supervisor().states():
            state = "running" if process.ready else "stopped" if process.pid is None else "starting"
            port = ports[process.name]
            yield State(process.name, state, process.pid, f"http://{HOST}:{port}" if port else "")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One command at a time on one data folder."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home.parent / f"{self.home.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def programs_of(ports: Ports, broker_of: Callable[[str], Broker] | None = None) -> list[Program]:
    """The product's processes, those of services that exist; ``broker_of`` tells each as whom it comes to Kafka."""
    programs = [
        Program("issuer", ("deploy.local.issuer",), ports.issuer),
        Program("committee-api", ("services.committee", "api"), ports.committee),
        Program("activity-api", ("services.activity", "api"), ports.activity),
        Program("activity-reactions", ("services.activity", "reactions"), ports.activity_reactions),
        Program("evaluation-api", ("services.evaluation", "api"), ports.evaluation),
        Program("evaluation-reactions", ("services.evaluation", "reactions"), ports.evaluation_reactions),
        Program("reporting-projector", ("services.reporting", "projector"), ports.reporting_projector),
        Program("reporting-api", ("services.reporting", "api"), ports.reporting),
        Program(MONITOR, ("services.reporting", "monitor"), ports.reporting_monitor, background=True),
        Program("reporting-rebuilder", ("services.reporting", "rebuilder"), ports.reporting_rebuilder, background=True),
        Program("reporting-prover", ("obec.prover", "prover"), ports.reporting_prover, background=True),
    ]
    written = [each for each in programs if each.name == "issuer" or _is_written(_service_of(each))]
    if broker_of is None:
        return written
    return [
        each if each.name == "issuer" else replace(each, environment=broker_of(_service_of(each)).environment())
        for each in written
    ]


def _service_of(program: Program) -> str:
    """The service that a program belongs to, and as which it comes to Kafka."""
    return program.name.partition("-")[0]


def _is_written(service: str) -> bool:
    return importlib.util.find_spec("services") is not None and (ROOT / "services" / service / "__main__.py").exists()


def _state_of(server: Kafka | Postgres) -> State:
    pid = server.pid
    state = "stopped" if pid is None else "running" if server.answers() else "not answering"
    return State(server.name, state, pid, f"{HOST}:{server.port}")
