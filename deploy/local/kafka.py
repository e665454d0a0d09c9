"""One Apache Kafka broker (KRaft) on loopback, its data under one folder."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deploy.local import processes
from deploy.local.errors import StackError, last_line
from deploy.local.ports import HOST, require_free
from deploy.local.topics import SERVICES, user_of
from shared.streams.broker import Broker

HERE = Path(__file__).parent
_POM = HERE / "pom.xml"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
ADMIN = "admin"
"""The one user that may do everything: `super.users` in server.properties."""
SHORT_LIVED = ("-XX:TieredStopAtLevel=1",)
"""For a broker that lives for minutes: the thorough compiler costs it more than it brings (9 s of CPU for 14 s)."""


class Kafka:
    """The broker whose data is in `home/kafka`; class path and class archive are shared by all stacks in `cache`.

    `options` are given to Java beside those of every broker.
    """

    name = "kafka"

    def __init__(self, home: Path, port: int, controller_port: int, cache: Path, options: Sequence[str] = ()) -> None:
        self.folder = home / "kafka"
        self.port = port
        self.controller_port = controller_port
        self.cache = cache
        self.options = options
        self.log = home / "log" / "kafka.log"

    @property
    def broker(self) -> Broker:
        """The broker as its administrator comes to it. Raises StackError when there is none yet."""
        return self._as(ADMIN)

    def broker_of(self, service: str) -> Broker:
        """The broker as a service comes to it. Raises StackError when there is none yet."""
        return self._as(user_of(service))

    @property
    def passwords(self) -> Mapping[str, str]:
        """Of the administrator and the services, by user. Raises StackError when there is no broker yet."""
        try:
            found: Mapping[str, str] = json.loads((self.folder / "passwords.json").read_text())
        except FileNotFoundError as error:
            raise StackError(f"there is no Kafka in {self.folder}: run `obec up` first") from error
        return found

    def _as(self, user: str) -> Broker:
        return Broker(f"{HOST}:{self.port}", "SASL_PLAINTEXT", user, self.passwords[user])

    @property
    def pid(self) -> int | None:
        """The broker's pid while it runs."""
        return next(iter(processes.find(self._is_ours)), None)

    def answers(self) -> bool:
        """Whether the broker answers a request."""
        return speaks_kafka(HOST, self.port)

    def start(self) -> None:
        """Start the broker and wait until it answers; nothing when it does already. Raises StackError."""
        pid = self.pid
        was_there = pid is not None
        if pid is not None:
            self._require_same_port()
        else:
            require_free(self.name, self.port)
            require_free("controller", self.controller_port)
            self._make_folder()
            utf8 = {**os.environ, "LC_ALL": "C.UTF-8"}  # else Java does not find a folder with Thai in its name
            pid = processes.spawn(self._command(), self.log, utf8, self.folder)
        if not processes.comes_up(pid, self.answers, START_SECONDS):
            raise StackError(f"Kafka does not come up on port {self.port}: {last_line(self.log)}")
        if not was_there:
            from deploy.local.rights import put_users  # it loads the contracts, which no other command needs

            asyncio.run(put_users(replace(self.broker, mechanism="PLAIN"), self.passwords))

    def stop(self) -> None:
        """End the broker; nothing when it does not run."""
        for pid in processes.find(self._is_ours):
            if processes.end(pid, self._is_ours, STOP_SECONDS) and self._new_archive.exists():
                self._keep_archive()

    def _keep_archive(self) -> None:
        """Put the new archive into the cache, whole or not at all; the cache may be on another disk."""
        beside = self._archive.with_name(f"{self._archive.name}.new-{os.getpid()}")
        shutil.move(self._new_archive, beside)
        os.replace(beside, self._archive)

    def _is_ours(self, arguments: Sequence[str]) -> bool:
        return "kafka.Kafka" in arguments and arguments[-1] == str(self._configuration)

    @property
    def _configuration(self) -> Path:
        return self.folder / "server.properties"

    def _require_same_port(self) -> None:
        if self._properties() not in self._configuration.read_text():
            raise StackError(f"Kafka runs on another port than {self.port}: `obec down` with its port first")

    def _make_folder(self) -> None:
        """Make the data folder under another name first: what has the right name is whole."""
        for leftover in self.folder.parent.glob("kafka.new-*"):
            shutil.rmtree(leftover)
        if not self.folder.exists():
            unfinished = self.folder.with_name(f"kafka.new-{os.getpid()}")
            (unfinished / "data").mkdir(parents=True)
            (unfinished / "data" / "meta.properties").write_text(
                f"version=1\ncluster.id={_random_id()}\nnode.id=1\ndirectory.id={_random_id()}\n"
            )
            unfinished.rename(self.folder)
        if not (self.folder / "passwords.json").exists():  # nor had brokers of earlier versions
            _write_secret(self.folder / "passwords.json", json.dumps(_new_passwords()))
        _write_secret(self._configuration, (HERE / "server.properties").read_text() + self._properties())

    def _properties(self) -> str:
        client, controller = f"CLIENT://{HOST}:{self.port}", f"CONTROLLER://{HOST}:{self.controller_port}"
        properties = {
            "listeners": f"{client},{controller}",
            "advertised.listeners": client,
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "log.dirs": str(self.folder / "data"),
            **logins(self.passwords[ADMIN]),
        }
        return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())

    def _command(self) -> list[str]:
        return [
            java(),
            "-Xms128m",
            "-Xmx512m",
            *self.options,
            *self._class_archive(),
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.yaml'}",
            "-cp",
            resolve_class_path(self.cache),
            "kafka.Kafka",
            str(self._configuration),
        ]

    def _class_archive(self) -> list[str]:
        """The first run that ends well keeps the loaded classes; later starts take half the time (1.2 s for 2.4)."""
        quiet = ["-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        if self._archive.exists():
            return [f"-XX:SharedArchiveFile={self._archive}", *quiet]
        return [f"-XX:ArchiveClassesAtExit={self._new_archive}", *quiet]

    @property
    def _archive(self) -> Path:
        program = Path(java()).resolve()
        return self.cache / f"kafka-{_digest(f'{program} {program.stat().st_mtime_ns} {_POM.read_text()}')}.jsa"

    @property
    def _new_archive(self) -> Path:
        return self.folder / "classes.jsa"


def logins(admin_password: str) -> dict[str, str]:
    """Properties of a broker: as whom one can log in.

    The administrator's password is in the broker's configuration too, as one is needed before there are users; all
    users are by SCRAM, in the broker's metadata.
    """
    admin = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{ADMIN}" password="{admin_password}" user_{ADMIN}="{admin_password}";'
    )
    return {
        "listener.name.client.plain.sasl.jaas.config": admin,
        "listener.name.client.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.controller.plain.sasl.jaas.config": admin,
    }


def java() -> str:
    """The path of the `java` command. Raises StackError when there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if found is None:
        raise StackError("Java 17 or newer is missing: apt-get install openjdk-17-jdk-headless")
    return found


def resolve_class_path(cache: Path, pom: Path = _POM) -> str:
    """The jars of a pom as Maven finds or downloads them; asked once a pom, until a jar is gone.

    Raises StackError when Maven is missing or fails.
    """
    known = cache / f"kafka-{_digest(pom.read_text())}.classpath"
    if known.exists() and all(Path(jar).exists() for jar in known.read_text().split(":")):
        return known.read_text()
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = known.with_suffix(f".new-{os.getpid()}")
    _maven("-f", str(pom), "dependency:build-classpath", f"-Dmdep.outputFile={unfinished.resolve()}")
    unfinished.rename(known)
    return known.read_text()


def speaks_kafka(host: str, port: int, timeout: float = 2.0) -> bool:
    """Whether a broker answers an ApiVersions request (version 0, no client id) without an error."""
    correlation = 7
    request = struct.pack(">hhih", 18, 0, correlation, -1)
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(10, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (correlation, 0)


def _maven(*arguments: str) -> None:
    if shutil.which("mvn") is None:
        raise StackError("Maven is missing: apt-get install maven")
    command = ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        lines = [line for line in run.stdout.splitlines() if "ERROR" in line] or ["no output"]
        raise StackError(f"Maven could not get Kafka's jars: {lines[0]}")


def _new_passwords() -> dict[str, str]:
    return {user: secrets.token_hex(32) for user in (ADMIN, *map(user_of, SERVICES))}


def _write_secret(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new-{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(path)


def _escaped(value: str) -> str:
    """A value as Java reads it out of a file of properties: in Latin-1, with escapes for everything else."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _random_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
